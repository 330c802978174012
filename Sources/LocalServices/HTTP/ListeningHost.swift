/// Where a server listens, and the name under which clients reach it.
struct ListeningHost: Hashable, Sendable {
    let host: String
    /// The name for all clients; nil if none was configured.
    let publicHost: String?

    /// Whether the host stands for all addresses of this machine, none of which suits every client.
    var isEverywhere: Bool { ["0.0.0.0", "::", "[::]"].contains(host) }

    /// The public name, or else a name that works on this machine; in the form used in URLs.
    var reachable: String {
        let name = publicHost ?? (isEverywhere ? "127.0.0.1" : host)
        return name.contains(":") && !name.hasPrefix("[") ? "[\(name)]" : name
    }
}
