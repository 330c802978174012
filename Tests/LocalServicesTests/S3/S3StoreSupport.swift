import AWSServices
import Cryptography
import HTTPTransfer
import LocalServices
import ReconcileCore
import Testing

/// Credentials that never change.
struct UnchangingCredentials: CredentialSource {
    let value: AWSCredentials

    func credentials() async throws -> AWSCredentials { value }
    func refuse(_ used: AWSCredentials) async {}
}

/// A store on a server, and what it stands on.
struct StoreTrial {
    let store: S3Store
    let server: LocalS3
    let client: HTTPClient
    let ledger: RequestLedger

    /// Serves, and hands out a store whose location `place` makes from the server's endpoint.
    static func with(
        _ configuration: LocalS3Configuration = LocalS3Configuration(),
        credentials: AWSCredentials? = nil,
        place: (ServiceEndpoint, String) throws -> S3Location = { endpoint, region in
            try S3Location(bucket: "backup", region: region, endpoint: endpoint)
        },
        time: StoreClock? = nil,
        notify: @escaping @Sendable (String) -> Void = { _ in },
        _ body: (StoreTrial) async throws -> Void
    ) async throws {
        try await LocalS3.with(configuration) { server in
            try await HTTPClient.withClient { client in
                let ledger = RequestLedger()
                let store = S3Store(
                    try place(ServiceEndpoint(server.endpoint), configuration.region),
                    client: client,
                    credentials: UnchangingCredentials(value: credentials ?? configuration.credentials[0]),
                    ledger: ledger,
                    governor: RateGovernor(limits: [:], clock: SystemClock()),
                    deadlines: HTTPDeadlines(connect: .seconds(60), firstByte: .seconds(60), stall: .seconds(60)),
                    time: time,
                    notify: notify
                )
                try await body(StoreTrial(store: store, server: server, client: client, ledger: ledger))
            }
        }
    }

    /// A signed way to the server of the test's own.
    var transport: SignedTransport {
        get throws {
            try SignedTransport(
                client: client,
                endpoint: ServiceEndpoint(server.endpoint),
                credentials: UnchangingCredentials(value: server.configuration.credentials[0]),
                signature: SignatureV4(region: server.configuration.region, service: "s3"),
                ledger: RequestLedger(),
                governor: RateGovernor(limits: [:], clock: SystemClock())
            )
        }
    }

    /// A signed request of the test's own.
    func send(
        _ method: HTTPMethod,
        key: String? = nil,
        query: [(name: String, value: String)] = [],
        headers: HTTPHeaders = [:],
        body: [UInt8] = [],
        answers: Set<Int> = Set(300..<600)
    ) async throws -> HTTPResponse {
        let path = "/backup" + (key.map { "/" + PercentEncoding.encode($0, keepSlash: true) } ?? "")
        let call = ServiceCall(
            .work("s3.Test"),
            on: path,
            method: method,
            path: path,
            query: query,
            headers: headers,
            payload: .bytes(body),
            answers: answers
        )
        return try await transport.send(call)
    }
}

extension SignedTransport {
    /// A call as it would be sent, signed, and not sent.
    func signed(_ call: ServiceCall) async throws -> HTTPRequest {
        var captured: HTTPRequest?
        _ = try await perform(call) { request in
            captured = request
            return HTTPResponse(head: HTTPResponseHead(status: 200))
        }
        return try #require(captured)
    }
}
