package import Cryptography
import FoundationEssentials
package import HTTPTransfer
package import ReconcileCore
import Synchronization

/// A signed service behind an endpoint: signs a call, sends it in one attempt, and classes what comes back.
///
/// Every failure is a `RemoteFailure`, or `CancellationError` when the task is cancelled. Retry is the caller's, but
/// for two cases, each once a call: credentials that the service calls expired are renewed, and where it calls the
/// request's time wrong, its own clock dates this and all later signatures.
package struct SignedTransport: Sendable {
    package let client: HTTPClient
    package let endpoint: ServiceEndpoint
    private let credentials: any CredentialSource
    private let signature: SignatureV4
    package let ledger: RequestLedger
    package let governor: RateGovernor
    package let deadlines: HTTPDeadlines
    private let fault: @Sendable (HTTPResponse) -> ServiceFault
    package let clock: any RunClock
    private let offset = ClockOffset()

    /// - Parameters:
    ///   - fault: reads the service's error answers; `ServiceFault.json` fits the JSON services.
    ///   - clock: its calendar dates the signatures.
    package init(
        client: HTTPClient,
        endpoint: ServiceEndpoint,
        credentials: any CredentialSource,
        signature: SignatureV4,
        ledger: RequestLedger,
        governor: RateGovernor,
        deadlines: HTTPDeadlines = HTTPDeadlines(),
        fault: @escaping @Sendable (HTTPResponse) -> ServiceFault = ServiceFault.json,
        clock: any RunClock = SystemClock()
    ) {
        self.client = client
        self.endpoint = endpoint
        self.credentials = credentials
        self.signature = signature
        self.ledger = ledger
        self.governor = governor
        self.deadlines = deadlines
        self.fault = fault
        self.clock = clock
    }

    /// Sends a call whose body is at hand and returns its answer: a 2xx, or a status that the call names.
    package func send(_ call: ServiceCall, bodyLimit: Int = 16 << 20) async throws -> HTTPResponse {
        try await perform(call) { request in
            count(call)
            return try await client.send(request, bodyLimit: bodyLimit)
        }
    }

    /// Signs a call for an exchange of the caller's own (a streamed upload, a pipe), and classes what it returns.
    ///
    /// Waits at the call's rates first. `exchange` sends the request with the deadlines that it carries and calls
    /// `count` when it goes out; it is called again when the credentials had expired or the clock was wrong, so it
    /// must be able to start its body over. A `TransferFailure` that it throws is classed as this
    /// service's; what else it throws is thrown on.
    package func perform(
        _ call: ServiceCall,
        _ exchange: (HTTPRequest) async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        var mended: Set<Refused.Reason> = []
        while true {
            let used = try await currentCredentials(for: call)
            do {
                return try await attempt(call, with: used, exchange)
            } catch let refused as Refused {
                guard mended.insert(refused.reason).inserted else { throw refused.failure }
                if refused.reason == .expired { await credentials.refuse(used) }
                ledger.retried()
            }
        }
    }

    /// Counts a call under its operation name; for `exchange` of `perform`.
    package func count(_ call: ServiceCall) {
        ledger.sent(call.operation)
    }

    /// What is wrong with an answer; nil when it is a 2xx or a status that the call names.
    private func failure(of call: ServiceCall, answered response: HTTPResponse) -> RemoteFailure? {
        if (200..<300).contains(response.status) || call.answers.contains(response.status) { return nil }
        return RemoteFailure(
            answered: response,
            fault: fault(response),
            operation: call.operation,
            target: call.target
        )
    }

    private func attempt(
        _ call: ServiceCall,
        with used: AWSCredentials,
        _ exchange: (HTTPRequest) async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        try ledger.checkAllowed(call.operation)
        try await governor.admit(call.operation.rates)
        let response: HTTPResponse
        let offset = offset.seconds
        do {
            // Signed after the wait, so that the signature's time is the sending's.
            response = try await exchange(sign(call, with: used, at: clock.secondsSince1970() + offset))
        } catch let failure as TransferFailure {
            throw RemoteFailure(failure, operation: call.operation, target: call.target)
        }
        guard let failure = failure(of: call, answered: response) else {
            governor.succeeded(call.operation.rates)
            ledger.accepted(call.operation)
            return response
        }
        if failure.kind == .denied { throw ledger.refused(failure) }
        if failure.kind == .throttled {
            ledger.throttled()
            governor.throttled(call.operation.rates, retryAfter: failure.retryAfter)
        }
        let fault = fault(response)
        if fault.saysExpired { throw Refused(reason: .expired, failure: failure) }
        if fault.saysClockIsWrong, let date = response.head.headers["date"].flatMap(HTTPDate.date(of:)) {
            let shown = date.timeIntervalSince1970 - clock.secondsSince1970()
            // Where its clock shows what was signed, another fault is called by this name.
            if abs(shown - offset) > Self.clockTolerance {
                self.offset.set(shown)
                throw Refused(reason: .wrongClock, failure: failure)
            }
        }
        throw failure
    }

    private func sign(_ call: ServiceCall, with used: AWSCredentials, at seconds: Double) -> HTTPRequest {
        let body: [UInt8]
        let payload: SignableRequest.Payload
        switch call.payload {
        case .bytes(let bytes): (body, payload) = (bytes, .bytes(bytes))
        case .streamed(let sha256): (body, payload) = ([], .sha256(sha256))
        case .streamedUnsigned: (body, payload) = ([], .unsigned)
        }
        let signed = signature.sign(
            SignableRequest(
                method: call.method.rawValue,
                host: endpoint.host,
                path: endpoint.basePath + call.path,
                query: call.query,
                headers: call.headers.fields.map { (name: $0.name, value: $0.value) },
                payload: payload
            ),
            with: used,
            at: Date(timeIntervalSince1970: seconds)
        )
        var headers = HTTPHeaders()
        for (name, value) in signed.headers { headers.append(name, value) }
        return HTTPRequest(
            method: call.method,
            url: endpoint.url(signed.pathAndQuery),
            headers: headers,
            body: body,
            deadlines: deadlines
        )
    }

    private func currentCredentials(for call: ServiceCall) async throws -> AWSCredentials {
        do {
            return try await credentials.credentials()
        } catch let failure as RemoteFailure {
            throw failure
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw call.failure(.credentials, "No AWS credentials: \(error)")
        }
    }

    /// Seconds; no service refuses a request whose time is off by less.
    private static let clockTolerance = 60.0

    /// The service refused a call for something that has been mended, or may be by who catches it.
    private struct Refused: Error {
        enum Reason {
            case expired
            case wrongClock
        }

        let reason: Reason
        let failure: RemoteFailure
    }
}

/// How far a service's clock is ahead of this machine's, in seconds, as far as its refusals have shown.
private final class ClockOffset: Sendable {
    private let value = Mutex(0.0)

    var seconds: Double { value.withLock { $0 } }

    func set(_ seconds: Double) { value.withLock { $0 = seconds } }
}
