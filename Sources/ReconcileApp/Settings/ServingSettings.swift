package import ReconcileCore

/// The settings of `reconcile-serve` beside those that name the backup, checked.
package struct ServingSettings: Sendable {
    /// A name or an address; an IPv6 address without its brackets.
    package let host: String
    /// 0 for one that is free.
    package let port: Int
    /// Nil for the backup as it is.
    package let asOf: Timestamp?
    /// What clients must send; nil to serve everybody. Only from the environment, where no list of processes shows it.
    package let token: String?

    package static let tokenVariable = "RECONCILE_SERVE_TOKEN"

    init(_ values: SettingValues, environment: [String: String]) throws(SettingFailure) {
        let address = values.value(.listen) ?? ""
        guard let colon = address.lastIndex(of: ":"), colon != address.startIndex,
            let port = UInt16(address[address.index(after: colon)...])
        else { throw SettingFailure(.listen, "\(address) is not host:port") }
        var host = address[..<colon]
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        self.host = String(host)
        self.port = Int(port)
        if let text = values.value(.asOf) {
            guard let moment = Timestamp(extended: text) ?? Timestamp(basic: text) else {
                throw SettingFailure(.asOf, "\(text) is no time such as 2026-11-22T08:36:12Z")
            }
            asOf = moment
        } else {
            asOf = nil
        }
        token = environment[Self.tokenVariable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether only this machine can reach the listener.
    package var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
