import FoundationEssentials
package import HTTPTransfer
package import ReconcileCore
package import RequestSigning

/// A signed service behind an endpoint: signs a call, sends it in one attempt, and classes what comes back.
///
/// Every failure is a `RemoteFailure`, or `CancellationError` when the task is cancelled. Retry is the caller's, but
/// for one case: credentials that the service calls expired are renewed and the call is sent once more with the new
/// ones.
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
    /// `count` when it goes out; it is called at most twice, the second time when the credentials of the first had
    /// expired, so it must be able to start its body over. A `TransferFailure` that it throws is classed as this
    /// service's; what else it throws is thrown on.
    package func perform(
        _ call: ServiceCall,
        _ exchange: (HTTPRequest) async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        let used = try await currentCredentials(for: call)
        do {
            return try await attempt(call, with: used, exchange)
        } catch is ExpiredCredentials {
            await credentials.refuse(used)
            ledger.retried()
        }
        let renewed = try await currentCredentials(for: call)
        do {
            return try await attempt(call, with: renewed, exchange)
        } catch let expired as ExpiredCredentials {
            throw expired.failure
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
        try await governor.admit(call.rates)
        let response: HTTPResponse
        do {
            // Signed after the wait, so that the signature's time is the sending's.
            response = try await exchange(sign(call, with: used))
        } catch let failure as TransferFailure {
            throw RemoteFailure(failure, operation: call.operation, target: call.target)
        }
        guard let failure = failure(of: call, answered: response) else {
            governor.succeeded(call.rates)
            return response
        }
        if failure.kind == .throttled {
            ledger.throttled()
            governor.throttled(call.rates, retryAfter: failure.retryAfter)
        }
        if fault(response).saysExpired { throw ExpiredCredentials(failure: failure) }
        throw failure
    }

    private func sign(_ call: ServiceCall, with used: AWSCredentials) -> HTTPRequest {
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
            at: Date(timeIntervalSince1970: clock.secondsSince1970())
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

    /// The service refused the credentials as expired.
    private struct ExpiredCredentials: Error {
        let failure: RemoteFailure
    }
}
