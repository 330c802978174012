import FoundationEssentials
import ReconcileCore

/// The environment and the settings file, converted to the arguments of a command.
///
/// `--domain-owner` is `RECONCILE_DOMAIN_OWNER` in the environment and `domain-owner` in the file. The command line
/// takes precedence over the environment, the environment over the file, and the file over other programs' variables.
/// An option that takes several values is separated by commas in the environment and is a list in the file. An empty
/// variable counts as not set. Settings that only other commands have are ignored.
package struct SettingSources: Sendable {
    /// One option given by the environment or the file.
    package struct Given: Hashable, Sendable {
        package let arguments: [String]
        /// Where the value was found, in words an operator can search for.
        package let source: String
    }

    private let environment: [String: String]
    private let file: [String: [String]]
    private let fileName: String

    package static let prefix = "RECONCILE_"

    /// - Parameters:
    ///   - file: the bytes of the settings, a JSON object; nil if there is no file.
    ///   - fileName: the name used in messages.
    /// - Throws: `UsageFailure` if the file is not such an object.
    package init(environment: [String: String], file: [UInt8]?, fileName: String = "") throws(UsageFailure) {
        self.environment = environment.filter { !$0.value.isEmpty }
        self.fileName = fileName
        guard let file else {
            self.file = [:]
            return
        }
        if case .failure(let problem) = Self.names(in: file), problem.kind == .doubled {
            throw UsageFailure(
                "\(fileName) is not a settings file: it \(problem.reason). Write several values as a list"
            )
        }
        do {
            // $schema is for editors.
            self.file = try JSONDecoder().decode([String: FileValue].self, from: Data(file)).mapValues(\.texts)
                .filter { $0.key != "$schema" }
        } catch {
            throw UsageFailure(
                "\(fileName) is not a settings file: write a JSON object whose values are strings, numbers, booleans or "
                    + "arrays of strings"
            )
        }
    }

    /// Whether an object's members have different names, which the decoder does not look at.
    private static func names(in file: [UInt8]) -> Result<Names, JSONProblem> {
        do throws(JSONProblem) { return .success(try JSONScanner.read(Names.self, from: file)) } catch {
            return .failure(error)
        }
    }

    private struct Names: JSONReadable {
        init(reading json: inout JSONScanner) throws(JSONProblem) {
            try json.members { (json, _) throws(JSONProblem) in try json.skip() }
        }
    }

    /// The name of the environment variable for a setting.
    package static func variable(_ option: String) -> String {
        prefix + option.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }

    /// Returns the command's options that the environment and the file give, except `--config`.
    ///
    /// - Parameter present: options given on the command line, which are left out.
    /// - Throws: `UsageFailure` that names every flag whose value is neither true nor false, and every empty list.
    package func given(
        _ options: [CommandShape.Option],
        except present: Set<String>
    ) throws(UsageFailure) -> [Given] {
        var given: [Given] = []
        var wrong: [String] = []
        for option in options where option.name != "config" && !present.contains(option.name) {
            guard let (values, source) = values(of: option.name, isRepeating: option.isRepeating) else { continue }
            guard let last = values.last else {
                wrong.append("\(source): the list names nothing")
                continue
            }
            guard !values.contains("") else {
                wrong.append("\(source): the list has an empty value")
                continue
            }
            guard option.isFlag else {
                let texts = option.isRepeating ? values : [last]
                given.append(Given(arguments: texts.map { "--\(option.name)=\($0)" }, source: source))
                continue
            }
            switch Self.truth(last) {
            case true?: given.append(Given(arguments: ["--\(option.name)"], source: source))
            case false?: given.append(Given(arguments: ["--no-\(option.name)"], source: source))
            case nil: wrong.append("\(source): \"\(last)\" is neither true nor false")
            }
        }
        guard wrong.isEmpty else { throw UsageFailure(wrong.joined(separator: "\n")) }
        return given
    }

    /// The values that the environment or the file gives for an option that takes several.
    func list(_ name: String) -> [String] { values(of: name, isRepeating: true)?.values ?? [] }

    private func values(of name: String, isRepeating: Bool) -> (values: [String], source: String)? {
        let variable = Self.variable(name)
        if let text = environment[variable] {
            let items = text.split(separator: ",").map(Self.trimmed).filter { !$0.isEmpty }
            return (isRepeating ? items : [text], variable)
        }
        if let texts = file[name], !texts.allSatisfy(\.isEmpty) {
            return (texts, "\(name) in \(fileName)")
        }
        return Self.borrowed[name].flatMap { variable, read in
            environment[variable].flatMap(read).map { ([$0], variable) }
        }
    }

    /// Other programs' variables that supply a setting if nothing else does: the bucket of the AWS sample
    /// maven-package-backup, whose backups this program takes over, and the SDKs' number of attempts.
    private static let borrowed: [String: (variable: String, read: @Sendable (String) -> String?)] = [
        "backup": ("DESTINATION_BUCKET", { "s3://\($0)" }),
        "max-attempts": (
            "AWS_MAX_ATTEMPTS", { text in Int(text).flatMap { $0 > 0 ? String(min($0, 100)) : nil } }
        ),
    ]

    /// Parses a Boolean; the program accepts no other spellings.
    package static func truth(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "1": true
        case "false", "no", "0": false
        default: nil
        }
    }

    /// Trims white space, including line ends: a YAML block may spread a list over several lines.
    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    // MARK: Unknown names

    /// Options that commands declare themselves, outside the shared groups, so that no other program warns about them.
    package static let ofSingleCommands: Set<String> = [
        "accept-loss", "accept-uncompared", "accept-unproved", "against-domain", "all-checksums", "all-records",
        "allow-upstream", "backup-role-policy", "bucket",
        "checkpoint", "client", "configuration", "contents", "create-domain", "deleted", "depth", "domain-policy",
        "dry-run", "encryption-key", "evidence", "for", "for-build", "force", "html", "incremental", "into-domain",
        "kms-key", "last", "listen", "map-account", "map-repository", "maven-plugins", "max-checkpoint-age", "merge",
        "offline", "order",
        "overwrite-configuration", "pages", "prefix", "reason", "record", "repair", "repository-policy", "sample",
        "sample-count", "settling", "since", "strict", "subset", "to", "to-domain", "to-repository",
    ]

    /// Returns a warning, with the nearest known name, for each name in the environment and the file that is not a
    /// setting of any command.
    ///
    /// - Parameters:
    ///   - own: the options of the command being read.
    ///   - all: returns the options of every command; only called if there are names that the command does not have.
    package func warnings(
        own: [CommandShape.Option],
        all: () throws -> [CommandShape.Option]
    ) rethrows -> [String] {
        let known = Self.ofSingleCommands.union(own.map(\.name)).union(["config", "serve-token"])
        guard !strange(known).isEmpty else { return [] }
        let every = known.union(try all().map(\.name))
        return strange(every).map { name, place, nearest in
            "\(name)\(place) is not a setting and is ignored" + (nearest.map { "; did you mean \($0)?" } ?? "")
        }
    }

    /// Returns the unknown names, where each was found, and the nearest known name.
    private func strange(_ known: Set<String>) -> [(name: String, place: String, nearest: String?)] {
        let variables = Set(known.map(Self.variable))
        return environment.keys.filter {
            $0.hasPrefix(Self.prefix) && !variables.contains($0) && !Self.isKubernetes($0)
        }.sorted().map { ($0, "", Self.nearest(to: $0, variables)) }
            + file.keys.filter { !known.contains($0) || $0 == "config" }.sorted().map {
                ($0, " in \(fileName)", Self.nearest(to: $0, known))
            }
    }

    private static func nearest(to name: String, _ names: Set<String>) -> String? {
        var nearest = NearestNames(to: name)
        for other in names.sorted() { nearest.offer(other) }
        return nearest.names.first
    }

    /// Whether Kubernetes may have set the variable for a service whose name begins with reconcile, such as
    /// `RECONCILE_SERVE_SERVICE_HOST` or `RECONCILE_SERVE_PORT_80_TCP` (Kubernetes documentation, Service, Environment
    /// variables).
    private static func isKubernetes(_ name: String) -> Bool {
        name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.hasSuffix("_PORT")
            || name.contains("_PORT_")
    }

    /// The value of one member of the file.
    private struct FileValue: Decodable {
        let texts: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                texts = [text]
            } else if let truth = try? container.decode(Bool.self) {
                texts = [truth ? "true" : "false"]
            } else if let whole = try? container.decode(Int.self) {
                texts = [String(whole)]
            } else if let number = try? container.decode(Double.self) {
                texts = [String(number)]
            } else {
                texts = try container.decode([String].self)
            }
        }
    }
}

/// Settings that cannot be used; the process exits with `ExitStatus.usage`.
package struct UsageFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = Self.withoutPasswords(description)
    }

    /// Removes secrets from quoted values: a URL may contain a user and password, or a secret in its path, which must
    /// not appear in a log.
    private static func withoutPasswords(_ text: String) -> String {
        guard !text.contains("PRIVATE KEY") else {
            return "a private key was given where the name of a file is expected; it is not repeated here"
        }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard let start = line.firstRange(of: "The value '")?.upperBound,
                let end = line.firstRange(of: "' is invalid for")?.lowerBound, start < end
            else { return String(line) }
            if line[end...].contains("'--\(GivenSetting.notify) ") { return line[..<start] + "…" + line[end...] }
            guard let at = line[start..<end].lastIndex(of: "@") else { return String(line) }
            return line[..<start] + "…" + line[at...]
        }.joined(separator: "\n")
    }
}
