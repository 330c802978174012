package import AWSServices
package import ReconcileApp

/// The output of `reconcile settings`: every setting of a command, its value and its source.
package struct SettingsListing: Listing {
    /// One setting, as it is in force.
    struct Row: Hashable, Sendable {
        let name: String
        /// Empty if the setting is not set; several values only for a list.
        let values: [String]
        let source: String
        let shape: CommandShape.Option

        var text: String { values.isEmpty ? "-" : values.joined(separator: ",") }
    }

    private let command: String
    private let rows: [Row]
    /// Required settings that are missing, as flags.
    private let missing: [String]

    private static let standard = "default"

    /// - Parameters:
    ///   - given: the settings from the command line, the environment and the file; the last of each counts, unless it
    ///     is a list.
    ///   - aws: supplies the region and profile if no setting does.
    ///   - missing: as returned by `HostedCommand.missing(in:)`.
    package init(_ shape: CommandShape, given: [GivenSetting], aws: AWSSettings, missing: [String]) {
        command = shape.name
        self.missing = missing
        let absent = Set(missing.map { String($0.drop { $0 == "-" }.prefix { $0 != " " }) })
        rows = shape.options.map { option in
            let own = given.filter { $0.option == option.name || (option.isFlag && $0.option == "no-\(option.name)") }
            if let last = own.last {
                let values =
                    option.isFlag
                    ? ["\(last.option == option.name)"]
                    : (option.isRepeating ? own : [last]).compactMap(\.shown).flatMap { text in
                        option.isRepeating && last.source != GivenSetting.commandLine
                            ? text.split(separator: ",").map(String.init) : [text]
                    }
                return Row(name: option.name, values: values, source: last.source, shape: option)
            }
            if let (value, source) = Self.ofAWS(option.name, aws) {
                return Row(name: option.name, values: [value], source: source, shape: option)
            }
            return Row(
                name: option.name,
                values: option.standard.map { [$0] } ?? [],
                source: absent.contains(option.name) ? "missing" : Self.standard,
                shape: option
            )
        }
    }

    private static func ofAWS(_ name: String, _ aws: AWSSettings) -> (value: String, source: String)? {
        switch name {
        case "region": aws.regionFound
        case "profile": aws.profileFound
        default: nil
        }
    }

    // MARK: For a person

    /// Values come last, because people copy them.
    package func lines(width: Int) -> [String] {
        let titles = ("SETTING", "FROM")
        let names = max(titles.0.count, rows.map(\.name.count).max() ?? 0)
        let sources = max(titles.1.count, rows.map { DisplayWidth.of($0.source) }.max() ?? 0)
        func line(_ name: String, _ source: String, _ value: String) -> String {
            name + String(repeating: " ", count: names - name.count + 2) + source
                + String(repeating: " ", count: sources - DisplayWidth.of(source) + 2) + value
        }
        return [line(titles.0, titles.1, "VALUE")] + rows.map { line($0.name, $0.source, $0.text) }
            + (missing.isEmpty ? [] : ["", "missing \(missing.formattedList)"])
    }

    // MARK: For a program

    package struct Document: Encodable {
        let format = 1
        let command: String
        let settings: [Setting]
        let missing: [String]
    }

    struct Setting: Encodable {
        let name: String
        let value: Value
        let source: String
    }

    /// A text, a Boolean, a list, or null for a setting that is not set.
    enum Value: Encodable {
        case none
        case truth(Bool)
        case text(String)
        case list([String])

        init(_ row: Row) {
            if row.values.isEmpty {
                self = .none
            } else if row.shape.isRepeating {
                self = .list(row.values)
            } else if row.shape.isFlag {
                self = .truth(row.values == ["true"])
            } else {
                self = .text(row.text)
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .none: try container.encodeNil()
            case .truth(let truth): try container.encode(truth)
            case .text(let text): try container.encode(text)
            case .list(let texts): try container.encode(texts)
            }
        }
    }

    package var document: Document {
        Document(
            command: command,
            settings: rows.map { Setting(name: $0.name, value: Value($0), source: $0.source) },
            missing: missing
        )
    }
}
