import AWSServices
import Cryptography
import FoundationEssentials
import HTTPTransfer
import ReconcileCore
import Synchronization
import TestSupport
import Testing

@Suite("A signed request", .timeLimit(.minutes(1)))
struct SignedTransportTests {
    private let ledger = RequestLedger()
    private let credentials = NumberedCredentials()
    private let clock = HandClock()
    private let call = ServiceCall(
        CodeArtifactOperations.listPackages,
        on: "releases",
        method: .post,
        path: "/v1/packages",
        query: [("repository", "releases"), ("domain", "my-domain")],
        answers: [404]
    )

    /// Sends `call` to a service that answers each attempt in turn; returns its requests too.
    private func perform(
        _ answers: [HTTPResponse],
        to call: ServiceCall? = nil,
        endpoint: String = "https://codeartifact.example.com"
    ) async throws -> (requests: [HTTPRequest], result: Result<HTTPResponse, any Error>) {
        let call = call ?? self.call
        let requests = Mutex<[HTTPRequest]>([])
        let result: Result<HTTPResponse, any Error> = try await HTTPClient.withClient(HTTPClientSettings()) { client in
            let transport = try transport(client, endpoint)
            do {
                return .success(
                    try await transport.perform(call) { request in
                        transport.count(call)
                        let attempt = requests.withLock { requests in
                            requests.append(request)
                            return requests.count
                        }
                        return try #require(answers.dropFirst(attempt - 1).first)
                    }
                )
            } catch {
                return .failure(error)
            }
        }
        return (requests.withLock { $0 }, result)
    }

    private func answer(_ status: Int, code: String? = nil, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
        var headers = headers
        if let code { headers.append("x-amzn-errortype", code) }
        return HTTPResponse(head: HTTPResponseHead(status: status, headers: headers), body: Array("{}".utf8))
    }

    private func failure(_ result: Result<HTTPResponse, any Error>) throws -> RemoteFailure {
        try #require(throws: RemoteFailure.self) { try result.get() }
    }

    @Test func `goes to the endpoint below its base path, dated by the clock`() async throws {
        let sent = try await perform([answer(200)], endpoint: "http://127.0.0.1:9000/base/")
        let request = try #require(sent.requests.first)
        #expect(try sent.result.get().status == 200)
        #expect(request.method == .post)
        #expect(request.url == "http://127.0.0.1:9000/base/v1/packages?domain=my-domain&repository=releases")
        #expect(request.headers["X-Amz-Date"] == "20260115T120000Z")
        #expect(request.headers["X-Amz-Security-Token"] == "session1")
        #expect(
            request.headers["Authorization"]?.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKID1/20260115/us-west-2/codeartifact/aws4_request, "
                    + "SignedHeaders=host;x-amz-date;x-amz-security-token, Signature="
            ) == true
        )
        #expect(ledger.snapshot.requests == ["codeartifact.ListPackages": 1])
    }

    @Test func `signs what the service will check`() async throws {
        var call = call
        call.method = .put
        call.path = "/a%2Bb/c"
        call.headers = ["If-None-Match": "*"]
        call.payload = .bytes(Array("hello".utf8))
        let sent = try await perform([answer(200)], to: call)
        let request = try #require(sent.requests.first)
        #expect(request.body == Array("hello".utf8))
        let received = ReceivedRequest(
            method: request.method.rawValue,
            target: String(request.url.dropFirst("https://codeartifact.example.com".count)),
            headers: request.headers.fields.map { ($0.name, $0.value) } + [("Host", "codeartifact.example.com")],
            body: request.body
        )
        let signature = SignatureV4(region: "us-west-2", service: "codeartifact")
        let signer = try await NumberedCredentials().credentials()
        #expect(throws: Never.self) {
            try signature.verify(received, with: signer, at: Date(timeIntervalSince1970: 1_768_478_400))
        }
    }

    @Test("is answered by a 2xx or a status that it names", arguments: [200, 201, 204, 404])
    func answered(status: Int) async throws {
        #expect(try await perform([answer(status)]).result.get().status == status)
    }

    @Test func `that is refused shows no secret of it, though the answer quotes its headers`() async throws {
        let plain = try await perform([answer(403)])
        let authorization = try #require(plain.requests.first?.headers["Authorization"])
        let signature = try #require(authorization.split(separator: "Signature=").last)
        let quoted = HTTPResponse(
            head: HTTPResponseHead(status: 403, headers: ["x-amzn-errortype": "AccessDeniedException"]),
            body: Array(#"{"message":"got Authorization: \#(authorization) X-Amz-Security-Token: session1"}"#.utf8)
        )
        let message = try failure(try await perform([quoted]).result).message
        #expect(message.contains("got Authorization: AWS4-HMAC-SHA256 Credential=AKID1/"))
        #expect(message.contains("Signature=*** X-Amz-Security-Token: ***"))
        #expect(!message.contains(signature) && !message.contains("session1"))
    }

    @Test func `that is refused fails with the service's words, after one attempt`() async throws {
        let sent = try await perform([answer(403, code: "AccessDeniedException", ["x-amzn-RequestId": "5b1f"])])
        #expect(
            try failure(sent.result)
                == RemoteFailure(
                    .denied,
                    operation: CodeArtifactOperations.listPackages,
                    target: "releases",
                    message: "Not allowed: this request needs codeartifact:ListPackages. The service said: "
                        + "status 403 AccessDeniedException (request 5b1f)",
                    denial: Denial(nil, words: "")
                )
        )
        #expect(sent.requests.count == 1)
        #expect(credentials.refused == [])
    }

    @Test(
        "is sent once more with new credentials when its own have expired",
        arguments: [(403, "ExpiredTokenException"), (400, "ExpiredToken"), (401, "ExpiredTokenException")]
    )
    func expired(status: Int, code: String) async throws {
        let sent = try await perform([answer(status, code: code), answer(200)])
        #expect(try sent.result.get().status == 200)
        #expect(sent.requests.map { $0.headers["X-Amz-Security-Token"] } == ["session1", "session2"])
        #expect(credentials.refused == ["AKID1"])
        #expect(ledger.snapshot.requests == ["codeartifact.ListPackages": 2])
        #expect(ledger.snapshot.retries == 1)
    }

    @Test func `fails when the new credentials have expired too`() async throws {
        let expired = answer(403, code: "ExpiredTokenException")
        let sent = try await perform([expired, expired])
        let failure = try failure(sent.result)
        #expect(failure.kind == .credentials)
        #expect(failure.message.hasPrefix("The AWS credentials have expired and could not be renewed: sign in again."))
        #expect(sent.requests.count == 2)
    }

    @Test(arguments: [
        ("Thu, 15 Jan 2026 12:20:00 GMT", "20260115T122000Z"), ("Thu, 15 Jan 2026 11:40:00 GMT", "20260115T114000Z"),
    ])
    func `is dated by the service's clock once that is known to differ`(date: String, stamp: String) async throws {
        let skewed = answer(403, code: "RequestTimeTooSkewed", ["Date": date])
        try await HTTPClient.withClient { client in
            let transport = try transport(client)
            var stamps: [String] = []
            for answers in [[skewed, answer(200)], [answer(200)]] {
                var rest = answers
                _ = try await transport.perform(call) { request in
                    stamps.append(request.headers["X-Amz-Date"] ?? "")
                    return rest.removeFirst()
                }
            }
            #expect(stamps == ["20260115T120000Z", stamp, stamp])
        }
        #expect(ledger.snapshot.retries == 1)
        #expect(credentials.refused == [])
    }

    @Test(
        "fails with what to do where the service's clock does not explain the refusal",
        arguments: [["Date": "Thu, 15 Jan 2026 12:00:00 GMT"], ["Date": "yesterday"], [:]] as [HTTPHeaders]
    )
    func skew(headers: HTTPHeaders) async throws {
        let sent = try await perform([answer(403, code: "RequestTimeTooSkewed", headers), answer(200)])
        let failure = try failure(sent.result)
        #expect(failure.kind == .credentials)
        #expect(failure.message.hasPrefix("This machine's clock differs too much from the service's"))
        #expect(sent.requests.count == 1)
    }

    @Test func `is dated by the service's clock if the refusal only says that the signature is wrong`() async throws {
        let skewed = answer(403, code: "SignatureDoesNotMatch", ["Date": "Thu, 15 Jan 2026 12:20:00 GMT"])
        let sent = try await perform([skewed, answer(200)])
        #expect(try sent.result.get().status == 200)
        #expect(sent.requests.map { $0.headers["X-Amz-Date"] } == ["20260115T120000Z", "20260115T122000Z"])
    }

    @Test(
        "says how wrong this machine's clock is",
        arguments: [
            ("Thu, 15 Jan 2026 12:20:00 GMT", "20 minutes behind"),
            ("Thu, 15 Jan 2026 11:40:00 GMT", "20 minutes ahead of"),
            ("Thu, 15 Jan 2026 00:00:00 GMT", "12 hours ahead of"),
        ]
    )
    func wrongClock(date: String, words: String) async throws {
        for code in ["SignatureDoesNotMatch", "RequestTimeTooSkewed"] {
            let skewed = answer(403, code: code, ["Date": date])
            let message = try failure(try await perform([skewed, skewed]).result).message
            #expect(
                message.hasPrefix("Set the clock right: this machine's clock is \(words) the service's."),
                "\(message)"
            )
        }
    }

    @Test func `fails when the service calls its own time wrong`() async throws {
        let skewed = answer(403, code: "RequestTimeTooSkewed", ["Date": "Thu, 15 Jan 2026 12:20:00 GMT"])
        let other = answer(403, code: "RequestTimeTooSkewed", ["Date": "Thu, 15 Jan 2026 13:20:00 GMT"])
        let sent = try await perform([skewed, other, answer(200)])
        #expect(try failure(sent.result).kind == .credentials)
        #expect(sent.requests.count == 2)
    }

    @Test func `fails without an attempt when there are no credentials`() async throws {
        credentials.exhaust()
        let sent = try await perform([])
        #expect(
            try failure(sent.result)
                == RemoteFailure(
                    .credentials,
                    operation: CodeArtifactOperations.listPackages,
                    target: "releases",
                    message: "No AWS credentials: none are left"
                )
        )
        #expect(ledger.snapshot.requests == [:])
    }

    @Test(arguments: [(503, "SlowDown", 1), (500, "InternalError", 1), (404, "NoSuchKey", 0), (403, "AccessDenied", 0)])
    func `of a store that has too much to do counts as a sign of it`(status: Int, code: String, signs: Int) async throws
    {
        let put = ServiceOperation(.store, service: "s3", name: "PutObject", isWrite: true)
        let call = ServiceCall(put, on: "key", method: .put, path: "/bucket/key")
        _ = try await perform([answer(status, code: code)], to: call)
        #expect(ledger.overloadCount == signs)
        _ = try await perform([answer(status, code: code)])
        #expect(ledger.overloadCount == signs)
    }

    @Test(arguments: [(TransferFailure.Kind.timedOut, 1), (.broken, 0), (.unresolved, 0)])
    func `of a store that does not answer in time counts as a sign of too much to do`(
        kind: TransferFailure.Kind,
        signs: Int
    ) async throws {
        let put = ServiceOperation(.store, service: "s3", name: "PutObject", isWrite: true)
        let call = ServiceCall(put, on: "key", method: .put, path: "/bucket/key")
        _ = try await HTTPClient.withClient { client in
            let transport = try transport(client)
            await #expect(throws: RemoteFailure.self) {
                try await transport.perform(call) { _ in throw TransferFailure(kind, message: "no answer") }
            }
        }
        #expect(ledger.overloadCount == signs)
    }

    @Test func `that is throttled says for how long, and is counted`() async throws {
        let sent = try await perform([answer(429, code: "ThrottlingException", ["Retry-After": "3"])])
        let failure = try failure(sent.result)
        #expect(failure.kind == .throttled)
        #expect(failure.retryAfter == .seconds(3))
        #expect(ledger.snapshot.throttled == 1)
    }

    @Test func `makes the next one of its rate wait as long as the service asks`() async throws {
        let throttled = answer(429, code: "ThrottlingException", ["Retry-After": "3"])
        _ = try await HTTPClient.withClient { client in
            let transport = try transport(client)
            await #expect(throws: RemoteFailure.self) { try await transport.perform(call) { _ in throttled } }
            #expect(clock.waits.allSatisfy { $0 < .seconds(1) })
            let before = clock.waits.count
            _ = try await transport.perform(call) { _ in HTTPResponse(head: HTTPResponseHead(status: 200)) }
            #expect(clock.waits.dropFirst(before).reduce(.zero, +) >= .seconds(3))
        }
    }

    @Test func `keeps what another's failure says`() async throws {
        let other = RemoteFailure(
            .corrupt,
            operation: MavenOperations.getAsset,
            target: "a.jar",
            message: "wrong bytes"
        )
        let thrown = await #expect(throws: RemoteFailure.self) {
            try await HTTPClient.withClient(HTTPClientSettings()) { client in
                _ = try await transport(client).perform(call) { _ in throw other }
            }
        }
        #expect(thrown == other)
    }

    @Test func `that gets no answer is this service's failure`() async throws {
        let transfer = TransferFailure(.timedOut, message: "POST https://x: no response began within 60 seconds.")
        let thrown = await #expect(throws: RemoteFailure.self) {
            try await HTTPClient.withClient(HTTPClientSettings()) { client in
                _ = try await transport(client).perform(call) { _ in throw transfer }
            }
        }
        #expect(
            thrown
                == RemoteFailure(
                    .unavailable,
                    operation: CodeArtifactOperations.listPackages,
                    target: "releases",
                    message: transfer.message,
                    lacksAnswer: true
                )
        )
    }

    @Test func `each attempt is labelled for a trace, a correction as the next one`() async throws {
        let sent = try await perform([answer(403, code: "ExpiredTokenException"), answer(200)])
        #expect(
            sent.requests.map(\.label)
                == [1, 2].map {
                    RequestLabel(service: "codeartifact", operation: "ListPackages", attempt: $0)
                }
        )
    }

    private func transport(
        _ client: HTTPClient,
        _ endpoint: String = "https://codeartifact.example.com"
    ) throws -> SignedTransport {
        SignedTransport(
            client: client,
            endpoint: try ServiceEndpoint(endpoint),
            credentials: credentials,
            signature: SignatureV4(region: "us-west-2", service: "codeartifact"),
            ledger: ledger,
            governor: RateGovernor(limits: [.listPackages: 100], clock: clock),
            clock: clock
        )
    }
}
