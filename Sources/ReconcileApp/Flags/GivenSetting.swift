/// One option that was given: its value (nil for a flag) and its source.
package struct GivenSetting: Hashable, Sendable {
    package let option: String
    package let value: String?
    package let source: String

    package static let commandLine = "the command line"

    package init(option: String, value: String?, source: String) {
        self.option = option
        self.value = value
        self.source = source
    }

    /// Creates a setting from a value of the environment or the settings file.
    init(_ given: SettingSources.Given) {
        let parts = given.arguments.map { argument in
            let text = argument.dropFirst(2)
            return (name: text.prefix { $0 != "=" }, value: text.drop { $0 != "=" }.dropFirst())
        }
        option = parts.first.map { String($0.name) } ?? ""
        value =
            given.arguments.contains { $0.contains("=") } ? parts.map { String($0.value) }.joined(separator: ",") : nil
        source = given.source
    }
}

extension GivenSetting {
    /// The value in a form that may be shown: addresses lose their user and password, and that of `--notify` also loses
    /// its path. No other setting is a secret.
    package var shown: String? {
        if option == Self.notify { return value.map { NotifyAddress(spelled: $0)?.shown ?? "…" } }
        return value.map { $0.contains("://") ? Self.withoutUser($0) : $0 }
    }

    /// The option whose value may contain a secret.
    static let notify = "notify"

    /// Replaces the user and password of an address, with or without a scheme, by an ellipsis.
    package static func withoutUser(_ address: String) -> String {
        let start = address.firstRange(of: "://")?.upperBound ?? address.startIndex
        guard let at = address[start...].lastIndex(of: "@") else { return address }
        return address[..<start] + "…" + address[at...]
    }
}
