import Cryptography
import FoundationEssentials
import HTTPTransfer
import ReconcileCore
import Synchronization
import TestSupport
import Testing

@testable import AWSServices

/// The Instance Metadata Service in both versions.
@Suite struct InstanceCredentialsTests {
    /// Answers as an instance with the role `backup` does.
    private static func instance(
        tokenStatus: Int = 200,
        role: [ScriptedStep] = .reply(200, text: "backup"),
        keys: String = keysAnswer("ASIA")
    ) -> ScriptedHTTPServer.Script {
        { request in
            switch request.target {
            case "/latest/api/token": .reply(tokenStatus, text: "imds-token")
            case "/latest/meta-data/iam/security-credentials/": role
            case "/latest/meta-data/iam/security-credentials/backup": .reply(200, text: keys)
            default: .reply(404)
            }
        }
    }

    private func outcome(
        _ script: @escaping ScriptedHTTPServer.Script,
        _ variables: [String: String] = [:]
    ) async throws -> (outcome: String, requests: [ScriptedRequest]) {
        var machine = FakeMachine()
        machine.environment.merge(variables) { $1 }
        let settings = try machine.settings()
        return try await machine.withServer(script) { access, server in
            let outcome = try await told(InstanceCredentials(settings: settings, access: access))
            return (outcome, server.requests)
        }
    }

    @Test func `version 2 takes a token, then the role's name, then its keys`() async throws {
        let (outcome, requests) = try await outcome(Self.instance())
        #expect(outcome == "ASIA")
        #expect(
            requests.map { "\($0.method) \($0.target)" } == [
                "PUT /latest/api/token", "GET /latest/meta-data/iam/security-credentials/",
                "GET /latest/meta-data/iam/security-credentials/backup",
            ]
        )
        #expect(requests[0]["x-aws-ec2-metadata-token-ttl-seconds"] == "21600")
        #expect(requests.map { $0["x-aws-ec2-metadata-token"] } == [nil, "imds-token", "imds-token"])
    }

    @Test("a refused token leads to version 1", arguments: [403, 404, 405, 500])
    func versionOne(status: Int) async throws {
        let (outcome, requests) = try await outcome(Self.instance(tokenStatus: status))
        #expect(outcome == "ASIA")
        #expect(requests.map { $0["x-aws-ec2-metadata-token"] } == [nil, nil, nil])
    }

    @Test func `a token that does not come in time leads to version 1`() async throws {
        let never = ScriptedGate()
        let (outcome, _) = try await outcome { request in
            request.method == "PUT" ? [.readBody, .hold(never)] : Self.instance()(request)
        }
        #expect(outcome == "ASIA")
    }

    @Test func `version 1 can be forbidden`() async throws {
        let (outcome, requests) = try await outcome(
            Self.instance(tokenStatus: 403),
            ["AWS_EC2_METADATA_V1_DISABLED": "true"]
        )
        #expect(
            outcome
                == "nothing: no token: status 403, and version 1 is disabled (AWS_EC2_METADATA_V1_DISABLED, or ec2_metadata_v1_disabled in the profile)"
        )
        #expect(requests.count == 1)
    }

    @Test func `a token that does not reach a container, where version 1 is refused, names the hop limit`() async throws
    {
        let never = ScriptedGate()
        let (outcome, requests) = try await outcome { request in
            request.method == "PUT" ? [.readBody, .hold(never)] : .reply(401)
        }
        #expect(
            outcome
                == "fault: http://169.254.169.254 gives keys only for a token (IMDSv2), and its token does not reach this "
                + "container: set the instance's http-put-response-hop-limit to 2, or use a task or pod role"
        )
        #expect(requests.count == 2)
    }

    @Test func `a service that is switched off is a lasting fault that names the setting`() async throws {
        let machine = FakeMachine()
        let environment = machine.environment
        let failure = try await machine.withServer { _ in
            .reply(403)
        } _: { access, _ in
            try await #require(throws: RemoteFailure.self) {
                try await CredentialChain(environment: environment, access: access).credentials()
            }
        }
        #expect(failure.kind == .credentials)
        #expect(
            failure.message == "EC2 instance metadata: http://169.254.169.254 refuses (status 403): set the instance's "
                + "http-endpoint to enabled, or set AWS_EC2_METADATA_DISABLED=true and use other credentials"
        )
    }

    @Test(
        "a local address is asked without proxies, another host as the environment says",
        arguments: [
            (nil, true), ("http://127.0.0.1:1338", true), ("http://[fd00:ec2::254]", true),
            ("http://metadata.example", false),
        ] as [(String?, Bool)]
    )
    func proxies(endpoint: String?, isDirect: Bool) async throws {
        var machine = FakeMachine()
        machine.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = endpoint
        let direct = Mutex<[Bool]>([])
        let access = machine.access { request in
            direct.withLock { $0.append(request.bypassesProxies) }
            return HTTPResponse(head: HTTPResponseHead(status: 200), body: Array(keysAnswer("ASIA").utf8))
        }
        _ = try await told(InstanceCredentials(settings: try machine.settings(), access: access))
        #expect(direct.withLock { $0 } == [isDirect, isDirect, isDirect])
    }

    @Test func `a request for a token that is called wrong is a fault`() async throws {
        let (outcome, requests) = try await outcome(Self.instance(tokenStatus: 400))
        #expect(outcome == "fault: http://169.254.169.254 answered status 400 to the request for a token")
        #expect(requests.count == 1)
    }

    @Test func `an instance without a role has nothing, and an error in a 200 is a fault`() async throws {
        #expect(try await outcome(Self.instance(role: .reply(404))).outcome == "nothing: the instance has no role")
        #expect(
            try await outcome(Self.instance(role: .reply(200))).outcome
                == "fault: http://169.254.169.254 answered status 200 for the role's name"
        )
        let refusal = #"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume the role"}"#
        #expect(
            try await outcome(Self.instance(keys: refusal)).outcome
                == "fault: the role backup gave no keys: AssumeRoleUnauthorizedAccess: EC2 cannot assume the role"
        )
    }

    @Test(
        "where to ask",
        arguments: [
            ([:], "http://169.254.169.254"),
            (["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"], "http://[fd00:ec2::254]"),
            (
                [
                    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6",
                    "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1338/",
                ],
                "http://127.0.0.1:1338"
            ),
        ]
    )
    func endpoint(variables: [String: String], url: String) async throws {
        var machine = FakeMachine()
        machine.environment = variables
        let place = InstanceCredentials(settings: try machine.settings(), access: machine.offline)
        #expect(try await told(place) == "nothing: \(url) does not answer")
    }

    @Test func `it can be switched off`() async throws {
        var machine = FakeMachine()
        machine.environment = ["AWS_EC2_METADATA_DISABLED": "TRUE"]
        let place = InstanceCredentials(settings: try machine.settings(), access: machine.offline)
        #expect(try await told(place) == "nothing: AWS_EC2_METADATA_DISABLED is true")
    }

    @Test(
        "keys that are about to expire are used on for a while",
        arguments: ["2026-01-15T11:00:00Z", "2026-01-15T12:04:59Z"]
    )
    func staleKeys(expiration: String) async throws {
        let machine = FakeMachine()
        let settings = try machine.settings()
        let found = try await machine.withServer(
            Self.instance(keys: keysAnswer("ASIA", expiration: expiration))
        ) { access, _ in
            try await InstanceCredentials(settings: settings, access: access).look()
        }
        guard case .found(let credentials) = found, let expiry = credentials.expiration else {
            Issue.record("no keys")
            return
        }
        #expect((today(12, 27)...today(12, 35)).contains(expiry))
    }
}
