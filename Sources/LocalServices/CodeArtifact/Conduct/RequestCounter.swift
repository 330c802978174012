import Synchronization

/// How many requests arrived, by operation: `codeartifact.ListPackages`, `maven.GetAsset`, `assets.GetObject`.
///
/// Every request counts, whatever its answer; a refused or failed one too.
final class RequestCounter: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func count(_ operation: String) {
        counts.withLock { $0[operation, default: 0] += 1 }
    }

    func reset() {
        counts.withLock { $0 = [:] }
    }

    var snapshot: [String: Int] { counts.withLock { $0 } }
}
