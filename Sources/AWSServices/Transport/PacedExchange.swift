package import HTTPTransfer
import ReconcileCore

/// Sends requests at the rates of their operations, where they have any: every attempt at the API, a Maven endpoint or
/// S3 is made here.
///
/// Retry is the caller's, except where a request is refused for its proof (credentials, a bearer token), its time, its
/// place or the address that it was redirected to: each of them is corrected at most once a request. Failures are
/// `RemoteFailure`, or `CancellationError`.
struct PacedExchange: Sendable {
    let ledger: RequestLedger
    let governor: RateGovernor
    let clock: any RunClock

    /// Makes one attempt, and another after each correctable refusal; returns what `exchange` finished with.
    ///
    /// - Parameter exchange: sends the attempt's request; called for every attempt, so it must be able to start over.
    func perform<Request: PacedRequest, R: Sendable>(
        _ request: Request,
        _ exchange: (Request.Attempt) async throws -> ExchangeEnd<R>
    ) async throws -> R {
        var corrected: Set<Refusal.Cause> = []
        while true {
            let proof = try await request.proof()
            switch try await attempt(request, with: proof, corrected, exchange) {
            case .success(let result): return result
            case .failure(let refusal):
                guard let cause = refusal.cause, refusal.failure.kind != .forbidden, corrected.insert(cause).inserted
                else { throw refusal.failure }
                if cause == .proof { await request.discard(proof) }
                ledger.retried()
            }
        }
    }

    /// Waits for a slot, counts, sends, classifies the answer, and reports it to the ledger and the governor.
    ///
    /// - Throws: `forbidden`, `denied` or `unreachable`, without sending anything, if the operation is denied as a whole or
    ///   for the package in question, or the host does not answer.
    private func attempt<Request: PacedRequest, R: Sendable>(
        _ request: Request,
        with proof: Request.Proof,
        _ corrected: Set<Refusal.Cause>,
        _ exchange: (Request.Attempt) async throws -> ExchangeEnd<R>
    ) async throws -> Result<R, Refusal> {
        let operation = request.operation
        for operation in request.operations {
            try ledger.checkAllowed(operation, of: request.target, at: clock.now())
        }
        try await governor.admit(operation)
        // Made after the wait, so that a signature is not older than it needs to be; the PUT of a pipe is signed before
        // its GET begins.
        let attempt =
            corrected.isEmpty
            ? request.attempt(with: proof)
            : RetryPolicy.$attempt.withValue(RetryPolicy.attempt + corrected.count) { request.attempt(with: proof) }
        for host in request.hosts(of: attempt) { try ledger.checkAnswering(host, at: clock.now()) }
        if request.role == .reading { ledger.sent(operation) }
        let end: ExchangeEnd<R>
        do {
            end = try await exchange(attempt)
        } catch {
            guard let failure = error as? TransferFailure, request.role == .sending || failure.side != .destination
            else { throw error }
            throw try await self.failure(failure, of: request, attempt)
        }
        for host in request.hosts(of: attempt) { ledger.answered(host) }
        switch end {
        case .finished(let result):
            governor.succeeded(operation)
            for operation in request.operations(of: attempt) { ledger.accepted(operation) }
            return .success(result)
        case .refused(let answer):
            for operation in request.operations(of: attempt).dropLast() { ledger.accepted(operation) }
            let refusal = await request.refusal(answer, to: attempt)
            if refusal.failure.kind == .throttled {
                ledger.throttled()
                if refusal.slowsDown { governor.throttled(operation, retryAfter: refusal.failure.retryAfter) }
            }
            if operation.kind == .store, [.throttled, .unavailable].contains(refusal.failure.kind) {
                ledger.overloaded()
            }
            // A proof that was good until now says nothing of rights: all that are under way are refused with it.
            let isOfProof = refusal.cause.map { $0 != .address && !corrected.contains($0) } ?? false
            guard refusal.failure.kind == .denied, !isOfProof else { return .failure(refusal) }
            return .failure(Refusal(ledger.refused(refusal.failure, at: clock.now()), cause: refusal.cause))
        }
    }

    /// What a transfer without a complete answer means. The ledger counts it if there was no answer at all.
    private func failure<Request: PacedRequest>(
        _ transfer: TransferFailure,
        of request: Request,
        _ attempt: Request.Attempt
    ) async throws -> RemoteFailure {
        if transfer.kind == .timedOut { ledger.overloaded() }
        let failure = RemoteFailure(transfer, operation: request.operation, target: request.target)
        var hosts = request.hosts(of: attempt)
        guard transfer.isUnanswered, let silent = hosts.popLast() else { return failure }
        for host in hosts { ledger.answered(host) }
        let (verdict, isHeld) = ledger.unanswered(failure, by: silent, at: clock.now())
        if isHeld { try await clock.sleep(for: HostSilence.hold) }
        return verdict
    }
}

/// What `PacedExchange` needs to know of a request: how it counts, how it is authorized, and what its answers mean.
protocol PacedRequest: Sendable {
    /// Credentials or a bearer token.
    associatedtype Proof: Sendable
    /// The request as one attempt sends it.
    associatedtype Attempt

    var operation: ServiceOperation { get }
    /// All operations that it may take, its own first: it is not sent where one of them is denied as a whole.
    var operations: [ServiceOperation] { get }
    /// What the request is about, for the operator. Never holds a secret.
    var target: String { get }
    var role: ExchangeRole { get }

    func proof() async throws -> Proof
    /// Makes the request; called when it may be sent.
    func attempt(with proof: Proof) -> Attempt
    /// The hosts an attempt has asked or will ask: each leads to the next, and the last one's answer is the attempt's.
    func hosts(of attempt: Attempt) -> [RemoteHost]
    /// Which of the operations it has taken so far; the last one's answer is the attempt's.
    func operations(of attempt: Attempt) -> [ServiceOperation]
    /// What an answer that does not finish the request means; the service may be asked once more for it.
    func refusal(_ answer: HTTPResponse, to attempt: Attempt) async -> Refusal
    /// The service refused this proof: the next call of `proof` does not return it again.
    func discard(_ proof: Proof) async
}

extension PacedRequest {
    var operations: [ServiceOperation] { [operation] }
    func operations(of attempt: Attempt) -> [ServiceOperation] { [operation] }
}

/// Which part of an exchange a request is.
enum ExchangeRole: Sendable {
    /// A GET whose bytes may go on to another service. It is counted when it is admitted, and a transfer that failed
    /// on the side of the destination is not its failure.
    case reading
    /// The exchange counts the request when it goes out, since the PUT of a pipe waits for its first bytes.
    case sending
}

/// How one exchange ended.
package enum ExchangeEnd<R: Sendable>: Sendable {
    /// The service answered something else than what was asked for; of an asset, no byte came.
    case refused(HTTPResponse)
    /// What was asked for came, and this was made of it.
    case finished(R)
}

/// What an answer other than the one asked for means.
struct Refusal: Error {
    /// What can be corrected before the request is sent again.
    enum Cause {
        /// The credentials or the token are no longer valid.
        case proof
        /// The request was dated by a wrong clock; the next one is dated by the service's.
        case time
        /// The service is in another region; the next one goes there.
        case place
        /// The address that it was redirected to may have expired; the next one is redirected anew.
        case address
    }

    let failure: RemoteFailure
    /// Nil where the same request would only be refused again.
    let cause: Cause?
    /// Whether a throttling answer is about the operation's own rates.
    let slowsDown: Bool

    init(_ failure: RemoteFailure, cause: Cause? = nil, slowsDown: Bool = true) {
        self.failure = failure
        self.cause = cause
        self.slowsDown = slowsDown
    }
}

extension RequestLabel {
    /// Of the attempt that the task makes of an operation.
    init(_ operation: ServiceOperation) {
        self.init(service: operation.service, operation: operation.name, attempt: RetryPolicy.attempt)
    }
}
