import Configuration
import FoundationEssentials

/// The values of all settings as they were given: flag over environment over file over default.
package struct SettingValues: Sendable {
    private let reader: ConfigReader

    /// - Parameters:
    ///   - flags: by setting; a flag that is present has the value `true`.
    ///   - file: the bytes of a JSON object of settings, as `--config` names it; nil for none.
    /// - Throws: `SettingFailure` for a file that is no such object, or that has a key that no setting has.
    package init(
        flags: [Setting: [String]],
        environment: [String: String],
        file: [UInt8]? = nil
    ) throws(SettingFailure) {
        let given = InMemoryProvider(
            name: "flags",
            values: Self.values(flags.map { ($0.key, $0.value) })
        )
        // An empty variable is how a manifest says "not set".
        let filled = environment.filter { !$0.value.isEmpty }
        let stored = InMemoryProvider(name: "file", values: Self.values(try Self.read(file)))
        reader = ConfigReader(providers: [given, EnvironmentVariablesProvider(environmentVariables: filled), stored])
    }

    /// The value of a setting; its default where nobody gave one, nil where it has none.
    package func value(_ setting: Setting) -> String? {
        reader.string(forKey: Self.key(setting)) ?? setting.standard
    }

    /// Every value of a repeatable setting; empty where nobody gave one.
    package func list(_ setting: Setting) -> [String] {
        reader.stringArray(forKey: Self.key(setting)) ?? []
    }

    /// Whether a flag is set.
    package func isSet(_ setting: Setting) throws(SettingFailure) -> Bool {
        switch value(setting)?.lowercased() {
        case nil, "false", "no", "0": return false
        case "true", "yes", "1": return true
        case .some(let other): throw SettingFailure(setting, "\(other) is neither true nor false")
        }
    }

    private static func key(_ setting: Setting) -> ConfigKey {
        ConfigKey(["reconcile", setting.key])
    }

    private static func values(_ rows: [(Setting, [String])]) -> [AbsoluteConfigKey: ConfigValue] {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (setting, given) in rows {
            guard let last = given.last else { continue }
            let content: ConfigContent = setting.arity == .repeatable ? .stringArray(given) : .string(last)
            values[AbsoluteConfigKey(["reconcile", setting.key])] = ConfigValue(content, isSecret: false)
        }
        return values
    }

    private static func read(_ file: [UInt8]?) throws(SettingFailure) -> [(Setting, [String])] {
        guard let file else { return [] }
        let members: [String: FileValue]
        do {
            members = try JSONDecoder().decode([String: FileValue].self, from: Data(file))
        } catch {
            throw SettingFailure(
                message: "the settings file is no JSON object of texts, numbers, true or false, and lists of texts"
            )
        }
        var rows: [(Setting, [String])] = []
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            guard let setting = Setting.known.first(where: { $0.key == key }) else {
                throw SettingFailure(message: "the settings file has an unknown key \(key)")
            }
            rows.append((setting, value.texts))
        }
        return rows
    }

    /// One member of the file.
    private enum FileValue: Decodable {
        case texts([String])

        var texts: [String] {
            switch self {
            case .texts(let texts): texts
            }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .texts([text])
            } else if let truth = try? container.decode(Bool.self) {
                self = .texts([truth ? "true" : "false"])
            } else if let whole = try? container.decode(Int.self) {
                self = .texts([String(whole)])
            } else if let number = try? container.decode(Double.self) {
                self = .texts([String(number)])
            } else {
                self = try .texts(container.decode([String].self))
            }
        }
    }
}

/// A setting that makes no sense, or one that is missing.
package struct SettingFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String
    /// The setting that the failure is about; nil where it is about the file.
    package let setting: Setting?
    /// Whether nobody gave the setting.
    package let isMissing: Bool

    package init(message: String) {
        self.message = message
        setting = nil
        isMissing = false
    }

    package init(_ setting: Setting, _ reason: String) {
        message = "--\(setting.key) (or \(setting.environmentName)): \(reason)"
        self.setting = setting
        isMissing = false
    }

    /// A setting without which there is no run.
    package init(missing setting: Setting, _ hint: String = "") {
        message = "--\(setting.key) (or \(setting.environmentName)): is needed\(hint)"
        self.setting = setting
        isMissing = true
    }

    package var description: String { message }
}
