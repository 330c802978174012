package import ArgumentParser
import FoundationEssentials
import ReconcileCore
import Synchronization

/// The options of a command, as ArgumentParser describes them; each is declared once, in its group.
package struct CommandShape: Hashable, Sendable {
    /// One option, by its long name without dashes.
    package struct Option: Hashable, Sendable {
        package let name: String
        /// Its other long names.
        let aliases: [String]
        /// The short name, without the dash.
        package let letter: String?
        /// Whether the option takes no value.
        package let isFlag: Bool
        package let isRepeating: Bool
        /// The default, as the help states it; nil if there is none or it depends on other settings.
        package let standard: String?
    }

    package let name: String
    package let options: [Option]
    /// The number of required operands.
    package let operands: Int

    private static let known = Mutex<[ObjectIdentifier: CommandShape]>([:])

    /// Returns the shape of a command, without its subcommands. A shape never changes, so each is made once and cached.
    package static func of(_ command: any ParsableArguments.Type) throws -> CommandShape {
        if let shape = known.withLock({ $0[ObjectIdentifier(command)] }) { return shape }
        let shape = try CommandShape(describing: command)
        known.withLock { $0[ObjectIdentifier(command)] = shape }
        return shape
    }

    private init(describing command: (some ParsableArguments).Type) throws {
        let tool = try JSONDecoder().decode(Tool.self, from: Data(command._dumpHelp().utf8))
        name = tool.command.commandName
        let named = (tool.command.arguments ?? []).compactMap { argument -> Option? in
            guard argument.kind != "positional", let name = argument.preferredName?.name,
                name != "help", name != "version"
            else { return nil }
            let isFlag = argument.kind == "flag"
            return Option(
                name: name,
                aliases: argument.names?.filter { $0.kind == "long" && $0.name != name }.map(\.name) ?? [],
                letter: argument.names?.first { $0.kind == "short" }?.name,
                isFlag: isFlag,
                isRepeating: argument.isRepeating,
                standard: isFlag ? "\(argument.defaultValue == "--\(name)")" : argument.standard
            )
        }
        operands = (tool.command.arguments ?? []).count { $0.kind == "positional" && !$0.isOptional }
        // ArgumentParser lists the `--no-` form of a flag as a separate flag.
        let opposites = Set(named.filter(\.isFlag).map { "no-\($0.name)" })
        options = named.filter { !opposites.contains($0.name) }
    }

    /// The part of ArgumentParser's description (ToolInfoV0) that this type reads.
    private struct Tool: Decodable {
        struct Command: Decodable {
            let commandName: String
            let arguments: [Argument]?
        }

        struct Argument: Decodable {
            struct Name: Decodable {
                let kind: String
                let name: String
            }

            let kind: String
            let isOptional: Bool
            let isRepeating: Bool
            let preferredName: Name?
            let names: [Name]?
            let defaultValue: String?
            let abstract: String?

            /// ArgumentParser does not know the default of an option with a custom parser, so it is read from the help.
            var standard: String? {
                if let defaultValue { return defaultValue }
                guard let abstract, let start = abstract.firstRange(of: "(default: ")?.upperBound else { return nil }
                return String(abstract[start...].prefix { $0 != ")" })
            }
        }

        let command: Command
    }
}

/// A program's commands: a root with its subcommands, or one command alone.
package struct CommandTree: Sendable {
    private let root: any ParsableArguments.Type
    private let subcommands: [any ParsableCommand.Type]
    private let standard: (any ParsableCommand.Type)?

    package init(_ root: any ParsableArguments.Type) {
        self.root = root
        let configuration = (root as? any ParsableCommand.Type)?.configuration
        subcommands = configuration?.subcommands ?? []
        standard = configuration?.defaultSubcommand
    }

    /// Returns the command that the arguments name, and how many words name it: 0 for the default command or the root.
    func named(by arguments: [String]) -> (command: any ParsableArguments.Type, words: Int) {
        if let first = arguments.first, let named = subcommands.first(where: { $0._commandName == first }) {
            return (named, 1)
        }
        return (standard ?? root, 0)
    }

    /// Commands of another program that people may look for in this one.
    private static let ofOtherPrograms = ["serve": "reconcile-serve", "drill": "reconcile-serve drill"]

    /// Returns the error if the first argument should be a command but is not one; otherwise nil.
    func refusal(of arguments: [String]) -> UsageFailure? {
        guard !subcommands.isEmpty, let word = arguments.first, !word.hasPrefix("-"), named(by: arguments).words == 0
        else { return nil }
        if let other = Self.ofOtherPrograms[word] { return UsageFailure("\(word) is not a command; that is \(other)") }
        var near = NearestNames(to: word)
        for command in subcommands { near.offer(command._commandName) }
        return UsageFailure("\(word) is not a command" + (near.names.first.map { "; did you mean \($0)?" } ?? ""))
    }

    /// Returns the message for an option that the command does not have: it names the commands that have it, or the
    /// command's option with the nearest name.
    func unknown(_ option: String, of command: CommandShape) -> String {
        let sentence = "--\(option) is not an option of \(command.name)"
        let owners = ((try? shapes) ?? []).filter { $0.options.contains { $0.name == option } }.map(\.name)
        if option == "output", command.options.contains(where: { $0.name == "report" }) {
            return "\(sentence); --report - prints its report"
        }
        guard owners.isEmpty else { return "\(sentence), but of \(owners.formattedList)" }
        var near = NearestNames(to: option)
        for other in command.options.map(\.name).sorted() { near.offer(other) }
        return sentence + (near.names.first.map { "; did you mean --\($0)?" } ?? "")
    }

    /// Returns the message for an unknown short option, such as `-o`.
    func unknown(letter: String, of command: CommandShape) -> String {
        let names = command.options.map(\.name)
        // In other programs, -o names the output.
        let meant = letter == "-o" ? names.filter { ["output", "to"].contains($0) } : []
        let near = (meant.isEmpty ? names.filter { $0.hasPrefix(letter.dropFirst()) } : meant).sorted().map {
            "--\($0)"
        }
        return "\(letter) is not an option of \(command.name)"
            + (letter.count == 2 && (1...3).contains(near.count)
                ? "; did you mean \(near.joined(separator: " or "))?" : "")
    }

    /// Returns the named command as a shell would call it; the program's name if the arguments name no existing
    /// command.
    func name(_ arguments: [String]) -> String {
        if refusal(of: arguments) != nil { return (root as? any ParsableCommand.Type)?._commandName ?? "" }
        let named = named(by: arguments).command
        guard let command = named as? any ParsableCommand.Type, let root = root as? any ParsableCommand.Type else {
            return ""
        }
        return command == root ? root._commandName : "\(root._commandName) \(command._commandName)"
    }

    /// The shape of each command.
    package var shapes: [CommandShape] {
        get throws {
            try subcommands.isEmpty ? [.of(root)] : subcommands.map { try .of($0) }
        }
    }
}

/// Returns the body of a command's help page: the examples, then the text.
package func helpPage(examples: [String], _ text: String) -> String {
    "EXAMPLES:\n" + examples.map { "\(broken($0))\n" }.joined() + "\n\(text)"
}

/// Returns a command's usage, broken into lines where it would be wider than 80 columns, `USAGE: ` included; an option
/// and its value stay together.
package func usageLines(_ usage: String) -> String {
    var parts: [String] = []
    for word in usage.split(separator: " ").map(String.init) {
        if word.hasPrefix("<"), let option = parts.last, option.contains("--") {
            parts[parts.count - 1] += " \(word)"
        } else {
            parts.append(word)
        }
    }
    var lines = [""]
    for part in parts {
        if lines[lines.count - 1].count + 1 + part.count > 80 - "USAGE: ".count {
            lines.append("  \(part)")
        } else {
            lines[lines.count - 1] += lines == [""] ? part : " \(part)"
        }
    }
    return lines.joined(separator: "\n")
}

/// Breaks a command line before options into lines of at most 78 columns, continued with backslashes.
private func broken(_ command: String) -> String {
    var lines = ["  "]
    for (index, part) in command.split(separator: " --").enumerated() {
        let word = index == 0 ? String(part) : " --\(part)"
        if lines[lines.count - 1].count + word.count > 76 {
            lines[lines.count - 1] += " \\"
            lines.append("      \(word.dropFirst())")
        } else {
            lines[lines.count - 1] += word
        }
    }
    return lines.joined(separator: "\n")
}

extension [String] {
    /// `a`, `a and b`, `a, b and c`.
    package var formattedList: String {
        guard let last, count > 1 else { return first ?? "" }
        return "\(dropLast().joined(separator: ", ")) and \(last)"
    }
}
