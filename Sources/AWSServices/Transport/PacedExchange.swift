package import HTTPTransfer
import ReconcileCore

/// Sends requests at the rates of their operations, if those have any. Every attempt at the API, a Maven endpoint or S3
/// goes through here.
///
/// Callers retry, with one exception: a refusal because of a request's proof (credentials or bearer token), time, place
/// or redirect address is corrected here, each at most once per request. Throws `RemoteFailure` or `CancellationError`.
struct PacedExchange: Sendable {
    let ledger: RequestLedger
    let governor: RateGovernor
    let clock: any RunClock

    /// Makes one attempt, and another after each refusal that can be corrected; returns the result of `exchange`.
    ///
    /// - Parameter exchange: sends the request; called for every attempt, so it must be able to start over.
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

    /// Waits for a slot, counts and sends the request, classifies the answer, and reports it to the ledger and the
    /// governor.
    ///
    /// - Throws: `forbidden`, `denied` or `unreachable`, without sending anything, if the operation is denied
    ///   altogether or for the package in question, or if the host does not answer.
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
        // Created after the wait, to keep its signature as fresh as possible. The PUT of a pipe is signed before its
        // GET begins.
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
            // A proof that has just stopped being valid says nothing about rights: all requests in flight are refused
            // along with it.
            let isOfProof = refusal.cause.map { $0 != .address && !corrected.contains($0) } ?? false
            guard refusal.failure.kind == .denied, !isOfProof else { return .failure(refusal) }
            return .failure(Refusal(ledger.refused(refusal.failure, at: clock.now()), cause: refusal.cause))
        }
    }

    /// The failure for a transfer without a complete answer. The ledger counts it if there was no answer at all.
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

/// What `PacedExchange` must know about a request: how it is counted and authorized, and what its answers mean.
protocol PacedRequest: Sendable {
    /// Credentials or a bearer token.
    associatedtype Proof: Sendable
    /// The request in the form that one attempt sends.
    associatedtype Attempt

    var operation: ServiceOperation { get }
    /// All operations that the request may take, its own first. It is not sent if one of them is denied altogether.
    var operations: [ServiceOperation] { get }
    /// What the request is about, for the operator. Never contains a secret.
    var target: String { get }
    var role: ExchangeRole { get }

    func proof() async throws -> Proof
    /// Creates the request; called once it may be sent.
    func attempt(with proof: Proof) -> Attempt
    /// The hosts that an attempt has contacted or will contact; each leads to the next, and the last one answers the
    /// attempt.
    func hosts(of attempt: Attempt) -> [RemoteHost]
    /// The operations that the attempt has taken so far; the answer belongs to the last one.
    func operations(of attempt: Attempt) -> [ServiceOperation]
    /// Interprets an answer that does not finish the request. May ask the service once more to find out.
    func refusal(_ answer: HTTPResponse, to attempt: Attempt) async -> Refusal
    /// Discards a proof that the service refused: `proof` does not return it again.
    func discard(_ proof: Proof) async
}

extension PacedRequest {
    var operations: [ServiceOperation] { [operation] }
    func operations(of attempt: Attempt) -> [ServiceOperation] { [operation] }
}

/// A request's role in an exchange.
enum ExchangeRole: Sendable {
    /// A GET whose bytes may be passed to another service. It is counted when it is admitted, and a transfer that fails
    /// on the destination's side is not its failure.
    case reading
    /// A request that the exchange itself counts when it is sent, since the PUT of a pipe waits for the first bytes.
    case sending
}

/// How one exchange ended.
package enum ExchangeEnd<R: Sendable>: Sendable {
    /// The service did not answer with what was requested; if that was an asset, no byte of it arrived.
    case refused(HTTPResponse)
    /// The request succeeded, with this result.
    case finished(R)
}

/// The meaning of an answer other than the requested one.
struct Refusal: Error {
    /// What can be corrected before the request is sent again.
    enum Cause {
        /// The credentials or the token are no longer valid; the next request uses new ones.
        case proof
        /// The request was dated by a wrong clock; the next one is dated by the service's clock.
        case time
        /// The service is in another region; the next one goes there.
        case place
        /// The address that it was redirected to may have expired; the next request is redirected again.
        case address
    }

    let failure: RemoteFailure
    /// Nil if the same request would only be refused again.
    let cause: Cause?
    /// Whether a throttling answer concerns the operation's own rates.
    let slowsDown: Bool

    init(_ failure: RemoteFailure, cause: Cause? = nil, slowsDown: Bool = true) {
        self.failure = failure
        self.cause = cause
        self.slowsDown = slowsDown
    }
}

extension RequestLabel {
    /// The label for the task's current attempt at an operation.
    init(_ operation: ServiceOperation) {
        self.init(service: operation.service, operation: operation.name, attempt: RetryPolicy.attempt)
    }
}
