import Synchronization

/// Counts what a run asked of the source and the store: requests by operation, retries, throttled answers.
///
/// Every attempt counts as a request. Safe to call from anywhere at any time.
package final class RequestLedger: Sendable {
    /// The counts at one moment.
    package struct Counts: Hashable, Sendable {
        /// By operation, such as `codeartifact.ListPackages`; operations never sent are absent.
        package var requests: [String: Int] = [:]
        package var retries = 0
        package var throttled = 0

        /// What was counted after an earlier moment.
        package func since(_ earlier: Counts) -> Counts {
            let added = requests.map { ($0, $1 - earlier.requests[$0, default: 0]) }
            return Counts(
                requests: Dictionary(uniqueKeysWithValues: added.filter { $0.1 > 0 }),
                retries: retries - earlier.retries,
                throttled: throttled - earlier.throttled
            )
        }
    }

    private let counts = Mutex(Counts())

    package init() {}

    /// Counts one attempt of an operation.
    package func sent(_ operation: String) {
        counts.withLock { $0.requests[operation, default: 0] += 1 }
    }

    /// Counts one attempt that follows a failed one.
    package func retried() {
        counts.withLock { $0.retries += 1 }
    }

    /// Counts one answer that said "too fast".
    package func throttled() {
        counts.withLock { $0.throttled += 1 }
    }

    /// The counts so far.
    package var snapshot: Counts { counts.withLock { $0 } }
}
