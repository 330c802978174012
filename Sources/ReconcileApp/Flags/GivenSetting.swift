/// One option that was given: its value, nil for one that takes none, and where it was found.
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

    /// What environment or file give.
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
    /// The value as it may be shown: an address without its user and password, and that of `--notify` without its path.
    /// No other setting is a secret.
    package var shown: String? {
        if option == Self.notify { return value.map { NotifyAddress(spelled: $0)?.shown ?? "…" } }
        return value.map { $0.contains("://") ? Self.withoutUser($0) : $0 }
    }

    /// The option whose value may be a secret.
    static let notify = "notify"

    /// An address, which may lack its scheme, without user and password.
    package static func withoutUser(_ address: String) -> String {
        let start = address.firstRange(of: "://")?.upperBound ?? address.startIndex
        guard let at = address[start...].lastIndex(of: "@") else { return address }
        return address[..<start] + "…" + address[at...]
    }
}
