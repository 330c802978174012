/// Settings shared by all exchanges of a client.
///
/// curl takes proxies from the environment: `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`.
package struct HTTPClientSettings: Sendable, Hashable {
    /// A PEM file of certificates to trust instead of the system's; nil to trust the system's.
    package var caBundle: String?
    package var userAgent: String
    /// The number of connections kept open for reuse, within `openFiles`. Set it to at least the number of concurrent
    /// exchanges, two per pipe: curl also counts connections in use, and above this number closes one after each
    /// answer.
    package var keptConnections: Int
    /// How many files and connections this process may have open; exchanges beyond `DescriptorLimit.pieces` wait.
    package var openFiles: Int
    /// Memory in bytes for the whole process, including bodies. What the process does not use when the first body
    /// arrives is for bodies, at least 4 MiB.
    package var memory: Int
    /// Whether to use the environment's proxies; if not, every host is reached directly.
    package var usesProxies: Bool
    /// The longest wait for a connection, for an answer to begin and for further bytes, even if a request allows more;
    /// nil for no such limit.
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
