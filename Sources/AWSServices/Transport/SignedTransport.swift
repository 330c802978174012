package import Cryptography
import FoundationEssentials
package import HTTPTransfer
package import ReconcileCore
import Synchronization

/// A signed service behind an endpoint: signs calls, sends them, and classifies the answers.
///
/// Every failure is a `RemoteFailure`, or `CancellationError` if the task is cancelled. Callers retry, with three
/// exceptions, each at most once per call: expired credentials are renewed; if the service says that the request's time
/// is wrong, its clock dates this and all later signatures; if it says that it is in another region, this and all later
/// requests go there.
package struct SignedTransport: Sendable {
    package let client: HTTPClient
    private let place: ServicePlace
    private let credentials: any CredentialSource
    let paced: PacedExchange
    package let deadlines: HTTPDeadlines
    private let fault: @Sendable (HTTPResponse) -> ServiceFault
    package let clock: any RunClock
    private let offset = ClockOffset()

    /// Where requests go at present.
    var endpoint: ServiceEndpoint { place.site.endpoint }

    /// - Parameters:
    ///   - fault: parses the service's error answers; `ServiceFault.json` fits the JSON services.
    ///   - clock: its wall-clock time dates the signatures.
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
        self.init(
            client: client,
            place: ServicePlace(ServicePlace.Site(endpoint: endpoint, signature: signature), moves: nil),
            credentials: credentials,
            ledger: ledger,
            governor: governor,
            deadlines: deadlines,
            fault: fault,
            clock: clock
        )
    }

    init(
        client: HTTPClient,
        place: ServicePlace,
        credentials: any CredentialSource,
        ledger: RequestLedger,
        governor: RateGovernor,
        deadlines: HTTPDeadlines,
        fault: @escaping @Sendable (HTTPResponse) -> ServiceFault,
        clock: any RunClock
    ) {
        self.client = client
        self.place = place
        self.credentials = credentials
        paced = PacedExchange(ledger: ledger, governor: governor, clock: clock)
        self.deadlines = deadlines
        self.fault = fault
        self.clock = clock
    }

    /// Sends a call whose body is in memory and returns its answer: a 2xx, or a status that the call accepts.
    package func send(_ call: ServiceCall, bodyLimit: Int = Self.answerLimit) async throws -> HTTPResponse {
        try await perform(call) { request in
            count(call)
            var request = request
            request.deadlines = request.deadlines.ofDocument
            do {
                return try await client.send(request, bodyLimit: bodyLimit)
            } catch let failure as TransferFailure where failure.kind == .tooLarge && bodyLimit == Self.answerLimit {
                throw call.failure(
                    .invalid,
                    "\(failure.message) The service never answers at such length, so the answer was ignored. Check what "
                        + "answers instead: an endpoint setting or a proxy"
                )
            }
        }
    }

    /// The most bytes that are read of the answer to a call.
    ///
    /// The largest answer is a page of 1,000 rows. For ListPackages that is 3.4 MB: two names of 255 characters, at
    /// worst six bytes each (`\u00e9`), plus 300 bytes of members per row. ListPackageVersions and
    /// ListPackageVersionAssets reach 2.3 MB, with one name and at most 700 bytes of members and hashes; ListObjectsV2
    /// reaches 3.6 MB, with a key of 1,024 bytes, each written `%XX`, and 500 bytes of members.
    package static let answerLimit = 4 << 20

    /// Signs a call, sends it with `exchange` (a streamed upload, a pipe), and classifies the answer.
    ///
    /// Waits at the call's rates first. `exchange` must send the request with the deadlines that it carries and call
    /// `count` when it does so. It is called again if the credentials had expired, or if the clock or region was wrong,
    /// so it must be able to restart its body. A `TransferFailure` that it throws becomes this service's failure; other
    /// errors are rethrown.
    package func perform(
        _ call: ServiceCall,
        _ exchange: (HTTPRequest) async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        try await paced.perform(SignedCall(call: call, role: .sending, transport: self)) { attempt in
            let response = try await exchange(attempt.request)
            return call.accepts(response) ? .finished(response) : .refused(response)
        }
    }

    /// Sends a call that accepts a 404, and parses its answer; nil for a 404.
    func answerIfAny<Answer: JSONReadable & Sendable>(
        _ type: Answer.Type,
        to call: ServiceCall
    ) async throws -> Answer? {
        let response = try await send(call)
        if response.status == 404 {
            let fault = ServiceFault.json(response)
            // On this answer the caller records a deletion, so do not accept a 404 that the service did not send.
            if fault.code == "ResourceNotFoundException" { return nil }
            throw RemoteFailure(answered: response, fault: fault, operation: call.operation, target: call.target)
        }
        return try call.read(type, from: response)
    }

    /// Sends a call and reads its answer.
    func answer<Answer: JSONReadable & Sendable>(_ type: Answer.Type, to call: ServiceCall) async throws -> Answer {
        try call.read(type, from: await send(call))
    }

    /// Signs and counts a call whose bytes may be passed on to another service.
    func reading<R: Sendable>(
        _ call: ServiceCall,
        _ exchange: (HTTPRequest) async throws -> ExchangeEnd<R>
    ) async throws -> R {
        try await paced.perform(SignedCall(call: call, role: .reading, transport: self)) { attempt in
            try await exchange(attempt.request)
        }
    }

    /// Counts a call under its operation; for the `exchange` of `perform`.
    package func count(_ call: ServiceCall) {
        paced.ledger.sent(call.operation)
    }

    /// A call on its way through `PacedExchange`.
    private struct SignedCall: PacedRequest {
        struct Attempt {
            let request: HTTPRequest
            let site: ServicePlace.Site
            /// The clock's correction in its signature, in seconds.
            let offset: Double
            let proof: AWSCredentials

            /// Secrets that no message may show.
            var secrets: [String?] {
                let signature = request.headers["Authorization"]?.split(separator: "Signature=").last.map(String.init)
                return [proof.secretAccessKey, proof.sessionToken, signature]
            }
        }

        let call: ServiceCall
        let role: ExchangeRole
        let transport: SignedTransport

        var operation: ServiceOperation { call.operation }
        var target: String { call.target }

        func proof() async throws -> AWSCredentials {
            try await transport.currentCredentials(for: call)
        }

        func discard(_ proof: AWSCredentials) async {
            await transport.credentials.refuse(proof)
        }

        func attempt(with proof: AWSCredentials) -> Attempt {
            let offset = transport.offset.seconds
            let seconds = transport.clock.secondsSince1970() + offset
            let site = transport.place.site
            let request = transport.sign(call, for: site, with: proof, at: seconds)
            return Attempt(request: request, site: site, offset: offset, proof: proof)
        }

        func hosts(of attempt: Attempt) -> [RemoteHost] {
            let host = attempt.site.endpoint.host
            return switch operation.kind {
            case .store: [.store(host)]
            case .domain: [.api(host)]
            case .work: [.service(operation.service, host)]
            }
        }

        func refusal(_ answer: HTTPResponse, to attempt: Attempt) async -> Refusal {
            if call.accepts(answer) {
                return Refusal(
                    call.failure(.malformed, "the answer has the status \(answer.status) and no bytes")
                )
            }
            var fault = transport.fault(answer).concealing(attempt.secrets)
            if answer.status == 301, fault.region == nil { fault.region = await transport.regionNamed(after: attempt) }
            let region = attempt.site.signature.region
            let isMoved = fault.region.map { $0 != region && transport.place.move(from: region, to: $0) } ?? false
            if let other = fault.region, let moves = transport.place.moves {
                let advice =
                    other == region
                    ? "\(attempt.site.endpoint) is not of the bucket's region \(other): check AWS_ENDPOINT_URL_S3"
                    : moves.advice(other)
                fault.message = advice + (fault.message.map { " (\($0))" } ?? "")
            }
            let skew = ClockSkew(noticeableIn: answer.head, at: transport.clock.secondsSince1970())
            let failure = RemoteFailure(
                answered: answer,
                fault: fault,
                operation: operation,
                target: target,
                skew: skew
            )
            if failure.kind == .archived, let advice = call.adviceIfArchived {
                return Refusal(call.failure(.archived, "\(advice). \(failure.message)"))
            }
            if fault.code == "NoSuchBucket", let advice = call.adviceIfNoBucket {
                return Refusal(call.failure(.absent, "\(advice). \(failure.message)"))
            }
            if isMoved { return Refusal(failure, cause: .place) }
            if fault.saysExpired { return Refusal(failure, cause: .proof) }
            let isSuspect = fault.saysClockIsWrong || (fault.refusesSignature && skew?.mayRefuseSignatures == true)
            let isCorrected = isSuspect && transport.correctClock(by: answer, after: attempt.offset)
            return Refusal(failure, cause: isCorrected ? .time : nil)
        }
    }

    /// The region of a service that redirected an attempt without naming one: the region that requests go to by now,
    /// otherwise the one that the service names in answer to an inquiry; nil if it names none.
    private func regionNamed(after attempt: SignedCall.Attempt) async -> String? {
        let present = place.site.signature.region
        guard present == attempt.site.signature.region else { return present }
        guard let inquiry = place.moves?.inquiry else { return nil }
        count(inquiry)
        let seconds = clock.secondsSince1970() + offset.seconds
        var request = sign(inquiry, for: attempt.site, with: attempt.proof, at: seconds)
        request.deadlines = request.deadlines.ofDocument
        // Ignore the status: a refusal names the region too.
        let answer = try? await client.send(request, bodyLimit: Self.answerLimit)
        return answer?.head.headers["x-amz-bucket-region"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Adopts the service's clock; false if that agrees with the time that was signed, so that the refusal has another
    /// cause.
    private func correctClock(by answer: HTTPResponse, after signed: Double) -> Bool {
        guard let shown = ClockSkew(answer.head, at: clock.secondsSince1970())?.seconds,
            abs(shown - signed) > ClockSkew.tolerance
        else { return false }
        offset.set(shown)
        return true
    }

    /// Builds the HTTP request of a call.
    ///
    /// `SignatureV4` receives the call's method, host, path, query and headers, and its body, the body's SHA-256, or
    /// that the body is unsigned. It encodes and sorts the query, and adds headers for the date, the session token, the
    /// signature and, if the service takes it, the payload hash.
    private func sign(
        _ call: ServiceCall,
        for site: ServicePlace.Site,
        with used: AWSCredentials,
        at seconds: Double
    ) -> HTTPRequest {
        let body: [UInt8]
        let payload: SignableRequest.Payload
        switch call.payload {
        case .bytes(let bytes): (body, payload) = (bytes, .bytes(bytes))
        case .streamed(let sha256): (body, payload) = ([], .sha256(sha256))
        case .streamedUnsigned: (body, payload) = ([], .unsigned)
        }
        let signed = site.signature.sign(
            SignableRequest(
                method: call.method.rawValue,
                host: site.endpoint.host,
                path: site.endpoint.basePath + call.path,
                query: call.query,
                headers: call.headers.fields.map { (name: $0.name, value: $0.value) },
                payload: payload
            ),
            with: used,
            at: Date(timeIntervalSince1970: seconds)
        )
        var headers = HTTPHeaders()
        for (name, value) in signed.headers { headers.append(name, value) }
        var request = HTTPRequest(
            method: call.method,
            url: site.endpoint.url(signed.pathAndQuery),
            headers: headers,
            body: body,
            deadlines: deadlines
        )
        request.label = RequestLabel(call.operation)
        return request
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
}

/// How far a service's clock is ahead of this machine's, in seconds, as learned from its refusals; 0 until then.
private final class ClockOffset: Sendable {
    private let value = Mutex(0.0)

    var seconds: Double { value.withLock { $0 } }

    func set(_ seconds: Double) { value.withLock { $0 = seconds } }
}
