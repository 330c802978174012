import Synchronization

/// Counts requests by operation, such as `codeartifact.ListPackages`, `maven.GetAsset` or `assets.GetObject`.
///
/// Servers that share a counter add to the same counts. Every request counts, even if it is refused or fails.
package final class RequestCounter: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    package init() {}

    func count(_ operation: String) {
        counts.withLock { $0[operation, default: 0] += 1 }
    }

    func reset() {
        counts.withLock { $0 = [:] }
    }

    var snapshot: [String: Int] { counts.withLock { $0 } }
}
