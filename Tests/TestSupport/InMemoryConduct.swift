package import ReconcileCore
import Synchronization

/// How an in-memory port behaves: counts its operations and does what a test asks before a given call of one.
///
/// Acts run in the order they were added, outside every lock: an act may fail the call by throwing, or change either
/// side, or wait. A call of a cancelled task throws `CancellationError`.
package final class InMemoryConduct: Sendable {
    /// Does something before a call; `call` counts the operation's calls since the act was added, from 1.
    package typealias Act = @Sendable (_ call: Int) async throws -> Void

    private struct State {
        var counts: [ServiceOperation: Int] = [:]
        var acts: [ServiceOperation: [(act: Act, calls: Int)]] = [:]
        var repeatsTokens: Set<ServiceOperation> = []
    }

    private let state = Mutex(State())
    private let ledger: RequestLedger?

    init(ledger: RequestLedger?) {
        self.ledger = ledger
    }

    /// Calls of each operation so far; operations never called are absent.
    package var counts: [String: Int] { state.withLock { $0.counts.byName } }

    /// Forgets the counts, not the acts and what they have counted.
    package func resetCounts() {
        state.withLock { $0.counts = [:] }
    }

    /// Has `act` run before each call of an operation.
    package func before(_ name: String, _ act: @escaping Act) {
        let operation = TestOperations.named(name)
        state.withLock { $0.acts[operation, default: []].append((act, 0)) }
    }

    /// Fails the given calls of an operation; all of them without `calls`.
    package func fail(
        _ name: String,
        calls: ClosedRange<Int> = 1...Int.max,
        with kind: RemoteFailure.Kind,
        retryAfter: Duration? = nil
    ) {
        let operation = TestOperations.named(name)
        before(name) { call in
            guard calls.contains(call) else { return }
            throw RemoteFailure(
                kind,
                operation: operation,
                target: "call \(call)",
                message: "told to fail",
                retryAfter: retryAfter
            )
        }
    }

    /// Has every page of an operation's listing point to the same next page.
    package func repeatTokens(of name: String) {
        let operation = TestOperations.named(name)
        state.withLock { _ = $0.repeatsTokens.insert(operation) }
    }

    /// Counts a call and does what is asked before it.
    func enter(_ operation: ServiceOperation) async throws {
        try Task.checkCancellation()
        ledger?.sent(operation)
        let due = state.withLock { state in
            state.counts[operation, default: 0] += 1
            var acts = state.acts[operation, default: []]
            for index in acts.indices { acts[index].calls += 1 }
            state.acts[operation] = acts
            return acts
        }
        do {
            for (act, call) in due { try await act(call) }
        } catch let failure as RemoteFailure where failure.kind == .denied {
            throw ledger?.refused(failure, at: .zero) ?? failure
        }
        ledger?.accepted(operation)
        // Others get a turn, as they would while a request is under way.
        await Task.yield()
        try Task.checkCancellation()
    }

    /// The next token of a page, or the one that is repeated.
    func next(_ token: PageToken?, of operation: ServiceOperation) -> PageToken? {
        state.withLock { $0.repeatsTokens.contains(operation) } ? PageToken("again") : token
    }
}

/// The order in which an in-memory port lists; a page goes on behind the last row of the one before, whatever has
/// come or gone since.
package enum InMemoryOrder: Hashable, Sendable {
    /// UTF-8 bytes, as S3 lists general-purpose buckets.
    case bytes
    case reversed
    case shuffled(seed: UInt64)

    func page<Row: Sendable>(_ rows: [(name: ExactText, row: Row)], after: PageToken?, size: Int) -> Page<Row> {
        var rest = rows.sorted { precedes($0.name, $1.name) }
        if let after {
            // The first character is the port's own, so that no name makes an empty token.
            let last = ExactText(String(after.value.dropFirst()))
            rest.removeAll { !precedes(last, $0.name) }
        }
        let page = rest.prefix(max(1, size))
        let isLast = page.count == rest.count
        return Page(page.map(\.row), next: isLast ? nil : page.last.map { PageToken(">\($0.name)") })
    }

    private func precedes(_ left: ExactText, _ right: ExactText) -> Bool {
        switch self {
        case .bytes: left < right
        case .reversed: right < left
        case .shuffled(let seed): (Self.rank(left, seed), left) < (Self.rank(right, seed), right)
        }
    }

    private static func rank(_ text: ExactText, _ seed: UInt64) -> UInt64 {
        var state = seed ^ 0x9E37_79B9_7F4A_7C15
        for byte in text.value.utf8 {
            state = (state ^ UInt64(byte)) &* 6_364_136_223_846_793_005
            state ^= state >> 29
        }
        return state
    }
}
