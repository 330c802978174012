/// Where a server listens, and the name that clients reach it by.
struct ListeningHost: Hashable, Sendable {
    let host: String
    /// The name for everybody, where somebody gave one.
    let publicHost: String?

    /// Whether the host stands for all addresses of this machine, none of which is right for every client.
    var isEverywhere: Bool { ["0.0.0.0", "::", "[::]"].contains(host) }

    /// A name that works from this machine, unless there is one for everybody; as it stands in an address.
    var reachable: String {
        let name = publicHost ?? (isEverywhere ? "127.0.0.1" : host)
        return name.contains(":") && !name.hasPrefix("[") ? "[\(name)]" : name
    }
}
