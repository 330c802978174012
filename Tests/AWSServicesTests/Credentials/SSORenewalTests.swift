import Cryptography
import FoundationEssentials
import HTTPTransfer
import TestSupport
import Testing

@testable import AWSServices

/// The renewal of an sso-session's token, and what becomes of its cache file.
@Suite struct SSORenewalTests {
    private static let path = "/home/u/.aws/sso/cache/\(Hexadecimal.encode(Digest.of(Array("corp".utf8), .sha1))).json"

    /// The clock stands at 12:00.
    private func machine(
        expires: String,
        refreshToken: String? = "old refresh",
        registration: String = "2026-02-01T00:00:00Z"
    ) -> FakeMachine {
        var machine = FakeMachine()
        machine.environment["AWS_PROFILE"] = "dev"
        machine.config = """
            [profile dev]
            sso_session = corp
            sso_account_id = 1
            sso_role_name = r
            [sso-session corp]
            sso_region = eu-central-1
            sso_start_url = https://corp.awsapps.com/start
            """
        let refresh = refreshToken.map { #""refreshToken":"\#($0)","# } ?? ""
        machine.files[Self.path] = #"""
            {"startUrl":"https://corp.awsapps.com/start","region":"eu-central-1","accessToken":"old access",
             "expiresAt":"\#(expires)",\#(refresh)"clientId":"client","clientSecret":"client secret",
             "registrationExpiresAt":"\#(registration)"}
            """#
        return machine
    }

    private static let created = #"""
        {"accessToken":"new access","tokenType":"Bearer","expiresIn":3600,"refreshToken":"new refresh","idToken":"i"}
        """#

    private static let keys = #"""
        {"roleCredentials":{"accessKeyId":"ASIA","secretAccessKey":"s","sessionToken":"t","expiration":1768482000000}}
        """#

    private func look(
        on machine: FakeMachine,
        _ created: @escaping @Sendable () -> [ScriptedStep] = { .reply(200, text: Self.created) }
    ) async throws -> (outcome: String, requests: [ScriptedRequest]) {
        let settings = try machine.settings()
        return try await machine.withServer { request in
            request.target == "/token" ? created() : .reply(200, text: Self.keys)
        } _: { access, server async throws in
            let place = SSOCredentials(profile: settings.profile, settings: settings, access: access)
            return (try await told(place), server.requests)
        }
    }

    @Test("a token is renewed in its last quarter of an hour", arguments: ["12:14:59", "12:00:00", "09:00:00"])
    func renewal(expires: String) async throws {
        let machine = machine(expires: "2026-01-15T\(expires)Z")
        let (outcome, requests) = try await look(on: machine)
        #expect(outcome == "ASIA")
        #expect(requests.map(\.method) == ["POST", "GET"])
        #expect(requests[0].target == "/token")
        #expect(requests[0]["Content-Type"] == "application/json")
        #expect(requests[0]["Authorization"] == nil)
        let sent = try JSONDecoder().decode([String: String].self, from: Data(requests[0].body))
        #expect(
            sent == [
                "grantType": "refresh_token", "clientId": "client", "clientSecret": "client secret",
                "refreshToken": "old refresh",
            ]
        )
        #expect(requests[1]["x-amz-sso_bearer_token"] == "new access")
        // What botocore writes, member for member.
        let written = try #require(machine.written[Self.path])
        #expect(
            try JSONDecoder().decode([String: String].self, from: Data(written.utf8)) == [
                "startUrl": "https://corp.awsapps.com/start", "region": "eu-central-1", "accessToken": "new access",
                "expiresAt": "2026-01-15T13:00:00Z", "clientId": "client", "clientSecret": "client secret",
                "registrationExpiresAt": "2026-02-01T00:00:00Z", "refreshToken": "new refresh",
            ]
        )
    }

    @Test func `a token with more time left is used as it is`() async throws {
        let machine = machine(expires: "2026-01-15T12:15:01Z")
        let (outcome, requests) = try await look(on: machine)
        #expect(outcome == "ASIA")
        #expect(requests.map { $0["x-amz-sso_bearer_token"] } == ["old access"])
        #expect(machine.written[Self.path] == nil)
    }

    @Test func `the answer's refresh token counts, even where there is none`() async throws {
        let machine = machine(expires: "2026-01-15T12:00:00Z")
        _ = try await look(on: machine) { .reply(200, text: #"{"accessToken":"a","expiresIn":60}"#) }
        let written = try #require(machine.written[Self.path])
        #expect(!written.contains("refreshToken") && written.contains("2026-01-15T12:01:00Z"))
    }

    @Test(
        "a renewal that fails leaves the old token in use while it lasts",
        arguments: [
            (
                400, #"{"error":"invalid_grant","error_description":"old refresh"}"#, 1,
                "the SSO login has ended (invalid_grant): run `aws sso login --profile dev`"
            ),
            (401, "client secret", 1, "the SSO login has ended (status 401): run `aws sso login --profile dev`"),
            (
                500, "", 3,
                "the SSO login could not be renewed: "
                    + "https://oidc.eu-central-1.amazonaws.com answered status 500"
            ),
            (200, "{}", 1, "https://oidc.eu-central-1.amazonaws.com answered no token"),
        ]
    )
    func failedRenewal(status: Int, answer: String, attempts: Int, fault: String) async throws {
        for (expires, expected) in [("12:05:00", "ASIA"), ("11:59:59", "fault: \(fault)")] {
            let machine = machine(expires: "2026-01-15T\(expires)Z")
            let (outcome, requests) = try await look(on: machine) { .reply(status, text: answer) }
            #expect(outcome == expected)
            #expect(requests.filter { $0.target == "/token" }.count == attempts)
            #expect(machine.written[Self.path] == nil)
            #expect(machine.written.discarded == 1)
        }
    }

    @Test func `a token that nothing can renew asks for a login, without a request`() async throws {
        let expired = "2026-01-15T11:00:00Z"
        let login = "run `aws sso login --profile dev`"
        for (machine, fault) in [
            (machine(expires: expired, refreshToken: nil), "the SSO login expired at \(expired) and cannot be renewed"),
            (
                machine(expires: expired, registration: "2026-01-15T12:00:00Z"),
                "the SSO login expired at \(expired), its client's registration at 2026-01-15T12:00:00Z"
            ),
        ] {
            let (outcome, requests) = try await look(on: machine)
            #expect(outcome == "fault: \(fault): \(login)")
            #expect(requests.isEmpty)
        }
    }

    @Test func `the refresh token is not used up where the new one cannot be kept`() async throws {
        for (expires, expected) in [
            ("12:05:00", "ASIA"), ("11:59:59", "fault: \(Self.path) cannot be rewritten: read-only"),
        ] {
            let machine = machine(expires: "2026-01-15T\(expires)Z")
            machine.written.makeReadOnly()
            let (outcome, requests) = try await look(on: machine)
            #expect(outcome == expected)
            #expect(!requests.contains { $0.target == "/token" })
        }
    }

    @Test func `a token that another tool renewed meanwhile is used`() async throws {
        let machine = machine(expires: "2026-01-15T11:00:00Z")
        let other = #"{"accessToken":"other access","expiresAt":"2026-01-15T13:00:00Z"}"#
        let (outcome, requests) = try await look(on: machine) {
            machine.written.put(other, in: Self.path)
            return .reply(400, text: #"{"error":"invalid_grant"}"#)
        }
        #expect(outcome == "ASIA")
        #expect(requests.last?["x-amz-sso_bearer_token"] == "other access")
        #expect(machine.written[Self.path] == other)
    }

    @Test func `a token by start URL is never renewed`() async throws {
        var machine = machine(expires: "2026-01-15T11:00:00Z")
        machine.config = """
            [profile dev]
            sso_account_id = 1
            sso_role_name = r
            sso_region = eu-central-1
            sso_start_url = https://corp.awsapps.com/start
            """
        let name = Hexadecimal.encode(Digest.of(Array("https://corp.awsapps.com/start".utf8), .sha1))
        machine.files["/home/u/.aws/sso/cache/\(name).json"] = machine.files[Self.path]
        let (outcome, requests) = try await look(on: machine)
        #expect(
            outcome == "fault: the SSO login expired at 2026-01-15T11:00:00Z: run `aws sso login --profile dev`"
        )
        #expect(requests.isEmpty)
    }

    @Test("keys are renewable as long as the token is", arguments: [(nil, false), ("refresh", true)])
    func isRenewable(refreshToken: String?, isRenewable: Bool) async throws {
        let machine = machine(expires: "2026-01-15T12:30:00Z", refreshToken: refreshToken)
        let settings = try machine.settings()
        let found = try await machine.withServer { _ in
            .reply(200, text: Self.keys)
        } _: { access, _ async throws in
            try await SSOCredentials(profile: settings.profile, settings: settings, access: access).look()
        }
        guard case .found(let credentials) = found else { return #expect(Bool(false), "\(found)") }
        #expect(credentials.isRenewable == isRenewable)
    }
}
