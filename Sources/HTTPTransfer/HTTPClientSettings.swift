/// What all exchanges of a client have in common.
///
/// Proxies are taken from the environment as curl does: `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`.
package struct HTTPClientSettings: Sendable, Hashable {
    /// A file of PEM certificates to trust instead of the system's; nil for the system's.
    package var caBundle: String?
    package var userAgent: String
    /// Connections kept open for reuse, as far as `openFiles` allows; at least the number of exchanges at a time, two
    /// for each pipe: curl counts connections in use, too, and closes one after each answer while there are more.
    package var keptConnections: Int
    /// How many files and connections this process may have open: what is asked beyond `DescriptorLimit.pieces` waits.
    package var openFiles: Int
    /// Bytes for the process and its bodies together: what it does not hold when the first one comes is theirs,
    /// at least 4 MiB.
    package var memory: Int
    /// Whether the environment's proxies are used; without them every host is reached directly.
    package var usesProxies: Bool
    /// The longest wait for a connection, for an answer to begin and for further bytes, whatever a request allows; nil for
    /// no such limit.
    package var patience: Duration?

    package init(
        caBundle: String? = nil,
        userAgent: String = "maven-package-reconciler",
        keptConnections: Int = 160,
        openFiles: Int = DescriptorLimit.current,
        memory: Int = 48 << 20,
        usesProxies: Bool = true,
        patience: Duration? = nil
    ) {
        self.caBundle = caBundle
        self.userAgent = userAgent
        self.keptConnections = keptConnections
        self.openFiles = openFiles
        self.memory = memory
        self.usesProxies = usesProxies
        self.patience = patience
    }
}
