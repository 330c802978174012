import Synchronization

/// How many requests arrived, by operation: `codeartifact.ListPackages`, `maven.GetAsset`, `assets.GetObject`.
///
/// Servers that share it are counted together. Every request counts, whatever its answer; a refused or failed one too.
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
