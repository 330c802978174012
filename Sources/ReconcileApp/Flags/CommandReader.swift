package import ArgumentParser

/// Reads a command from its arguments, the environment and the settings file, and validates all of them against the
/// same declarations.
///
/// Precedence: the command line, then `RECONCILE_<NAME>`, then the settings file, then other programs' variables
/// (AWS_MAX_ATTEMPTS, DESTINATION_BUCKET), then the default in the option's declaration. Values from the environment
/// and the file become arguments after the command's name, so ArgumentParser validates every value in the same way,
/// wherever it came from.
package struct CommandReader<Command>: Sendable {
    /// A command that has been read.
    package struct Reading {
        package let command: Command
        /// Warnings for the caller: names that are not settings, and options that the command does not use.
        package let warnings: [String]
        /// The options that were given, each with its value and the source of that value.
        package var settings: [GivenSetting] = []
    }

    private let tree: CommandTree
    private let unused: [String: Set<String>]
    private let parse: @Sendable ([String]) throws -> Command
    private let message: @Sendable (any Error) -> String

    /// - Parameters:
    ///   - unused: by command, options that it accepts for one more release although it does not use them.
    ///   - parse: parses complete arguments; throws ArgumentParser's errors.
    ///   - message: returns an error's message as one sentence.
    init(
        tree: CommandTree,
        unused: [String: Set<String>],
        parse: @escaping @Sendable ([String]) throws -> Command,
        message: @escaping @Sendable (any Error) -> String
    ) {
        self.tree = tree
        self.unused = unused
        self.parse = parse
        self.message = message
    }

    /// - Parameter readFile: returns the bytes of a file, nil if it does not exist.
    /// - Throws: `UsageFailure`, or what ArgumentParser throws for help, version and completion.
    package func read(
        _ arguments: [String],
        environment: [String: String],
        readFile: (String) throws -> [UInt8]?
    ) throws -> Reading {
        if Self.asksForHelp(arguments) {
            if arguments.first == "help", let refusal = tree.refusal(of: Array(arguments.dropFirst())) { throw refusal }
            return Reading(command: try parse(arguments), warnings: [])
        }
        if let refusal = tree.refusal(of: arguments) { throw refusal }
        let (named, words) = tree.named(by: arguments)
        let command = try CommandShape.of(named)
        var warnings: [String] = []
        let own = try dropUnused(arguments, of: command, &warnings)
        let present = Self.options(own)
        let typed = Self.settings(command, own)
        let sources = try sources(of: command, own, environment: environment, readFile: readFile)
        // A script's variable that is not set: never the same as leaving the option out.
        let empty = typed.filter { $0.value?.isEmpty == true }.map { "--\($0.option) has an empty value" }
        guard empty.isEmpty else { throw UsageFailure(empty.joined(separator: "\n")) }
        let given = try sources.given(command.options, except: present)
        warnings += try sources.warnings(
            own: command.options,
            all: { try (tree.shapes + [.of(EveryFlag.self)]).flatMap(\.options) }
        )
        func whole(_ given: [SettingSources.Given]) -> [String] {
            Array(own[..<words]) + given.flatMap(\.arguments) + own[words...]
        }
        do {
            let settings = typed + given.map(GivenSetting.init)
            return Reading(command: try parse(whole(given)), warnings: warnings, settings: settings)
        } catch {
            let wrong = (try? parse(own)) == nil ? [] : wrong(given) { try parse(whole($0)) }
            let sentences = wrong.isEmpty ? [sentence(error, command)] : wrong
            throw UsageFailure((warnings + sentences).joined(separator: "\n"))
        }
    }

    /// Returns an error's message; for an unknown option, a more helpful one than ArgumentParser's.
    private func sentence(_ error: any Error, _ command: CommandShape) -> String {
        let message = message(error)
        let start = "Unknown option '--"
        guard message.hasPrefix(start) else {
            let letter = message.split(separator: "'").dropFirst().first.map(String.init) ?? ""
            return message == "Unknown option '\(letter)'" ? tree.unknown(letter: letter, of: command) : message
        }
        return tree.unknown(String(message.dropFirst(start.count).prefix { $0 != "'" && $0 != "=" }), of: command)
    }

    /// Returns a message with its source for each invalid value from the environment or the file; empty if the values
    /// fail only in combination.
    private func wrong(
        _ given: [SettingSources.Given],
        _ parse: ([SettingSources.Given]) throws -> Command
    ) -> [String] {
        let suspects = Set(given.filter { (try? parse([$0])) == nil })
        return given.filter(suspects.contains).compactMap { one in
            // Together with the values that parse alone: this one may only be valid with another option.
            do {
                _ = try parse(given.filter { $0 == one || !suspects.contains($0) })
                return nil
            } catch {
                return "\(one.source): \(message(error))"
            }
        }
    }

    private func sources(
        of command: CommandShape,
        _ arguments: [String],
        environment: [String: String],
        readFile: (String) throws -> [UInt8]?
    ) throws -> SettingSources {
        let given = Self.value(of: "config", arguments)
        if given?.isEmpty == true { throw UsageFailure("--config names no file") }
        guard command.options.contains(where: { $0.name == "config" }),
            let name = given ?? environment[SettingSources.variable("config")], !name.isEmpty
        else { return try SettingSources(environment: environment, file: nil) }
        let bytes: [UInt8]?
        do {
            bytes = try readFile(name)
        } catch {
            throw UsageFailure("--config: \(error)")
        }
        guard let bytes else { throw UsageFailure("the settings file \(name) does not exist; check --config") }
        return try SettingSources(environment: environment, file: bytes, fileName: name)
    }

    // MARK: Arguments

    private static func asksForHelp(_ arguments: [String]) -> Bool {
        arguments.first == "help"
            || arguments.prefix { $0 != "--" }.contains {
                ["-h", "--help", "--version", "--experimental-dump-help"].contains($0)
                    || $0.hasPrefix("--generate-completion-script") || $0.hasPrefix("---completion")
            }
    }

    /// The names of the options in the arguments; for a flag's `--no-` form also the flag's own name.
    private static func options(_ arguments: [String]) -> Set<String> {
        var names: Set<String> = []
        for argument in arguments.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
            let name = argument.dropFirst(2).prefix { $0 != "=" }
            names.insert(String(name))
            if name.hasPrefix("no-") { names.insert(String(name.dropFirst(3))) }
        }
        return names
    }

    /// The command's options that the command line itself gives.
    private static func settings(_ command: CommandShape, _ arguments: [String]) -> [GivenSetting] {
        var settings: [GivenSetting] = []
        var rest = arguments.prefix { $0 != "--" }
        while let argument = rest.popFirst() {
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts.first.map(String.init) ?? ""
            if let flag = command.options.first(where: { $0.isFlag && $0.letter.map { "-\($0)" } == argument }) {
                settings.append(GivenSetting(option: flag.name, value: nil, source: GivenSetting.commandLine))
            }
            let known = command.options.first {
                $0.name == name || $0.aliases.contains(name) || ($0.isFlag && "no-\($0.name)" == name)
            }
            guard argument.hasPrefix("--"), let known else { continue }
            let value = known.isFlag ? nil : parts.count > 1 ? String(parts[1]) : rest.popFirst()
            settings.append(GivenSetting(option: name, value: value, source: GivenSetting.commandLine))
        }
        return settings
    }

    private static func value(of option: String, _ arguments: [String]) -> String? {
        var value: String?
        let own = arguments.prefix { $0 != "--" }
        for (index, argument) in own.enumerated() {
            if argument.hasPrefix("--\(option)=") { value = String(argument.dropFirst(option.count + 3)) }
            if argument == "--\(option)", index + 1 < own.count { value = own[index + 1] }
        }
        return value
    }

    /// Drops, with a warning, options that the command accepts but does not use.
    private func dropUnused(
        _ arguments: [String],
        of command: CommandShape,
        _ warnings: inout [String]
    ) throws -> [String] {
        let dropped = unused[command.name] ?? []
        guard !dropped.isDisjoint(with: Self.options(arguments)) else { return arguments }
        let flags = Set(try tree.shapes.flatMap(\.options).filter(\.isFlag).map(\.name))
        var kept: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" { return kept + [argument] + rest }
            var name = String(argument.dropFirst(2).prefix { $0 != "=" })
            if name.hasPrefix("no-") { name = String(name.dropFirst(3)) }
            guard argument.hasPrefix("--"), dropped.contains(name) else {
                kept.append(argument)
                continue
            }
            if !argument.contains("="), !flags.contains(name), rest.first?.hasPrefix("--") == false {
                rest.removeFirst()
            }
            let warning = "\(command.name) does not use --\(name); the next release will refuse it"
            if !warnings.contains(warning) { warnings.append(warning) }
        }
        return kept
    }
}

extension CommandReader where Command == any ParsableCommand {
    /// Creates a reader for a program with subcommands.
    package init<Root: ParsableCommand>(_ root: Root.Type, unused: [String: Set<String>] = [:]) {
        self.init(
            tree: CommandTree(root),
            unused: unused,
            parse: { try root.parseAsRoot($0) },
            message: { root.message(for: $0) }
        )
    }
}

extension CommandReader where Command: ParsableArguments {
    /// Creates a reader for a program without a command line, whose settings come from the environment alone.
    package init(_ arguments: Command.Type) {
        self.init(
            tree: CommandTree(arguments),
            unused: [:],
            parse: { try arguments.parse($0) },
            message: { arguments.message(for: $0) }
        )
    }
}
