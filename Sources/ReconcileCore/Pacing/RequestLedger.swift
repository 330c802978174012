import Synchronization

/// Counts a run's requests to the source and the store: by operation, plus retries and throttled answers.
///
/// Every attempt counts as a request. Safe to call from any task at any time.
package final class RequestLedger: Sendable {
    /// The counts at one moment.
    package struct Counts: Hashable, Sendable {
        /// An operation that was never sent is absent.
        package var sent: [ServiceOperation: Int] = [:]
        package var retries = 0
        package var throttled = 0

        /// The difference to an earlier snapshot.
        package func since(_ earlier: Counts) -> Counts {
            let added = sent.map { ($0, $1 - earlier.sent[$0, default: 0]) }
            return Counts(
                sent: Dictionary(uniqueKeysWithValues: added.filter { $0.1 > 0 }),
                retries: retries - earlier.retries,
                throttled: throttled - earlier.throttled
            )
        }

        /// The requests by name, as reports show them, such as `codeartifact.ListPackages`.
        package var requests: [String: Int] { sent.byName }
    }

    private let counts = Mutex(Counts())
    private let overloads = Atomic(0)
    private let refusals = Mutex<[ServiceOperation: RefusalCount]>([:])
    /// By host name.
    private let silences = Mutex<[String: HostSilence]>([:])
    private let declared: Set<ServiceOperation>?

    /// - Parameter declared: the operations that may be sent; nil for any. A debug build traps on any other operation,
    ///   which keeps the declarations, and the policies made from them, true.
    package init(declared: Set<ServiceOperation>? = nil) {
        self.declared = declared
    }

    /// Counts one attempt of an operation.
    package func sent(_ operation: ServiceOperation) {
        assert(declared?.contains(operation) ?? true, "\(operation) \(operation.actions) was sent and is not declared")
        counts.withLock { $0.sent[operation, default: 0] += 1 }
    }

    /// Counts one attempt that follows a failed one.
    package func retried() {
        counts.withLock { $0.retries += 1 }
    }

    /// Counts one throttled answer.
    package func throttled() {
        counts.withLock { $0.throttled += 1 }
    }

    /// Counts a sign of overload: a time-out, or a store that asks to slow down or fails (5xx).
    package func overloaded() {
        overloads.add(1, ordering: .relaxed)
    }

    /// How many signs of overload there have been.
    package var overloadCount: Int { overloads.load(ordering: .relaxed) }

    /// Reports that an operation was allowed.
    package func accepted(_ operation: ServiceOperation) {
        refusals.withLock { $0[operation, default: RefusalCount()].accept() }
    }

    /// Counts a `denied` answer; returns the failure to throw, which is `forbidden` once the operation is refused as a
    /// whole.
    package func refused(_ failure: RemoteFailure, at now: Duration) -> RemoteFailure {
        refusals.withLock { refusals in
            refusals[failure.operation, default: RefusalCount()].refuse(failure, at: now)
            return refusals[failure.operation]?.verdict(at: now) ?? failure
        }
    }

    /// Call it before an operation is sent.
    ///
    /// - Parameter target: the target that a failure would name.
    /// - Throws: `forbidden` if the operation is refused as a whole, `denied` if it is refused for the target's
    ///   package.
    package func checkAllowed(
        _ operation: ServiceOperation,
        of target: String,
        at now: Duration
    ) throws(RemoteFailure) {
        let verdict = refusals.withLock { $0[operation]?.verdict(at: now, of: target) }
        if let verdict { throw verdict }
    }

    /// At the end of the work: a required operation that was refused as a whole; nil if there is none.
    ///
    /// - Parameters:
    ///   - limit: how many refusals without an acceptance.
    ///   - items: the minimum number of packages refused.
    ///   - repeatsWords: whether to repeat the last refusal's message even if this failure's own advice suffices; false
    ///     if that refusal is already reported as a failure.
    package func forbidden(
        after limit: Int = RefusalCount.limitAtEnd,
        of items: Int = RefusalCount.items,
        repeatsWords: Bool = true
    ) -> RemoteFailure? {
        refusals.withLock { refusals in
            refusals.filter { !$0.key.isOptional }.values
                .compactMap { $0.verdictAtEnd(after: limit, of: items, repeatsWords: repeatsWords) }
                .min { "\($0.operation)" < "\($1.operation)" }
        }
    }

    /// Notes that a host began to answer, whatever the answer is.
    package func answered(_ host: RemoteHost) {
        silences.withLock { $0[host.name, default: HostSilence(host)].answer() }
    }

    /// Counts a request without an answer; `now` is when that was noticed. Returns the failure to throw, which names
    /// the host if it is silent, and whether to delay it by `HostSilence.hold`.
    package func unanswered(
        _ failure: RemoteFailure,
        by host: RemoteHost,
        at now: Duration
    ) -> (failure: RemoteFailure, isHeld: Bool) {
        silences.withLock { silences in
            var silence = silences[host.name] ?? HostSilence(host)
            silence.miss(failure, at: now)
            silences[host.name] = silence
            let verdict = silence.verdict(at: now)
            return (verdict ?? failure, silence.isDoubtful && verdict == nil)
        }
    }

    /// Call it before a request is sent.
    ///
    /// - Throws: `unreachable` if the host is silent.
    package func checkAnswering(_ host: RemoteHost, at now: Duration) throws(RemoteFailure) {
        if let verdict = silences.withLock({ $0[host.name]?.verdict(at: now) }) { throw verdict }
    }

    /// At the end of the work: the failure of a host that never answered; nil if there is none.
    package func unreachable() -> RemoteFailure? {
        silences.withLock { silences in
            silences.sorted { $0.key < $1.key }.lazy.compactMap { $0.value.verdictAtEnd() }.first
        }
    }

    /// The counts so far.
    package var snapshot: Counts { counts.withLock { $0 } }
}

extension [ServiceOperation: Int] {
    /// The counts as reports show them; operations with the same name are added up.
    package var byName: [String: Int] {
        [String: Int](map { ("\($0)", $1) }, uniquingKeysWith: +)
    }
}
