import Cryptography
import FoundationEssentials
import HTTPTransfer
import TestSupport
import Testing

@testable import AWSServices

/// Keys of `aws login`: its cache file, and their renewal with a proof of the key.
@Suite struct LoginCredentialsTests {
    private static let session = "arn:aws:iam::111122223333:user/dev"
    private static let name = Hexadecimal.encode(Digest.of(Array(session.utf8), .sha256))
    private static let path = "/home/u/.aws/login/cache/\(name).json"
    private static let pem =
        #"-----BEGIN EC PRIVATE KEY-----\n"#
        + #"MHcCAQEEIHR1znirywZP/SLNQfj9+dJr6JUrm5G2/UAPZtgwmmDooAoGCCqGSM49\n"#
        + #"AwEHoUQDQgAE7x03Qewe6I8XH1OP0gEcdaWoZ7mreFznYVvQRfqbZGnNJTBLveCM\n"#
        + #"dKDg5PLPgF7tz5IQl2PkG9fL1Ti02ZCf4Q==\n-----END EC PRIVATE KEY-----\n"#

    /// The clock stands at 12:00.
    private func machine(expires: String, pem: String = pem, region: String? = "eu-west-1") -> FakeMachine {
        var machine = FakeMachine()
        machine.environment["AWS_REGION"] = "us-west-2"
        machine.config = "[default]\nlogin_session = \(Self.session)\n"
        let region = region.map { #","signInRegion":"\#($0)""# } ?? ""
        machine.files[Self.path] = #"""
            {"accessToken":{"accessKeyId":"ASIAOLD","secretAccessKey":"old secret","sessionToken":"old token",
              "accountId":"111122223333","expiresAt":"\#(expires)"},
             "tokenType":"aws_sigv4","refreshToken":"old refresh","idToken":"id","clientId":"client",
             "dpopKey":"\#(pem)","other":[1,2.5,true,null]\#(region)}
            """#
        return machine
    }

    private static let created = #"""
        {"accessToken":{"accessKeyId":"ASIANEW","secretAccessKey":"new secret","sessionToken":"new token"},
         "tokenType":"aws_sigv4","expiresIn":900,"refreshToken":"new refresh"}
        """#

    private func look(
        on machine: FakeMachine,
        _ created: @escaping @Sendable () -> [ScriptedStep] = { .reply(200, text: Self.created) }
    ) async throws -> (outcome: String, requests: [ScriptedRequest]) {
        let settings = try machine.settings()
        return try await machine.withServer { _ in
            created()
        } _: { access, server async throws in
            let place = LoginCredentials(profile: settings.profile, settings: settings, access: access)
            return (try await told(place), server.requests)
        }
    }

    @Test func `keys with more than five minutes left are used as they are`() async throws {
        let machine = machine(expires: "2026-01-15T12:05:01Z")
        let settings = try machine.settings()
        let place = LoginCredentials(profile: settings.profile, settings: settings, access: machine.offline)
        let expected = AWSCredentials(
            accessKeyID: "ASIAOLD",
            secretAccessKey: "old secret",
            sessionToken: "old token",
            expiration: today(12, 5).addingTimeInterval(1),
            isRenewable: true
        )
        #expect(try await place.look() == .found(expected))
    }

    @Test("keys with at most five minutes left are renewed", arguments: ["12:05:00", "11:00:00"])
    func renewal(expires: String) async throws {
        let machine = machine(expires: "2026-01-15T\(expires)Z")
        let (outcome, requests) = try await look(on: machine)
        #expect(outcome == "ASIANEW")
        #expect(requests.map { "\($0.method) \($0.target)" } == ["POST /v1/token"])
        #expect(requests[0]["Content-Type"] == "application/json")
        #expect(requests[0]["Authorization"] == nil)
        #expect(
            try JSONDecoder().decode([String: String].self, from: Data(requests[0].body))
                == ["clientId": "client", "refreshToken": "old refresh", "grantType": "refresh_token"]
        )
        let proof = try #require(requests[0]["DPoP"]).split(separator: ".").map(Self.decoded)
        #expect(proof.count == 3 && proof[2].count == 64)
        let header = try JSONDecoder().decode(JSONValue.self, from: Data(proof[0]))
        #expect(
            header
                == .object([
                    "typ": .string("dpop+jwt"), "alg": .string("ES256"),
                    "jwk": .object([
                        "kty": .string("EC"), "crv": .string("P-256"),
                        "x": .string("7x03Qewe6I8XH1OP0gEcdaWoZ7mreFznYVvQRfqbZGk"),
                        "y": .string("zSUwS73gjHSg4OTyz4Be7c-SEJdj5BvXy9U4tNmQn-E"),
                    ]),
                ])
        )
        let payload = try JSONDecoder().decode(JSONValue.self, from: Data(proof[1]))
        #expect(payload["htm"]?.text == "POST")
        #expect(payload["htu"]?.text == "https://eu-west-1.signin.aws.amazon.com/v1/token")
        #expect(payload["iat"] == .integer(1_768_478_400))
        #expect(payload["jti"]?.text?.count == 36)

        let written = try JSONDecoder().decode(JSONValue.self, from: Data((machine.written[Self.path] ?? "").utf8))
        let old = try JSONDecoder().decode(JSONValue.self, from: Data((machine.files[Self.path] ?? "").utf8))
        guard case .object(var members) = old else { return #expect(Bool(false), "\(old)") }
        members["refreshToken"] = .string("new refresh")
        members["accessToken"] = .object([
            "accessKeyId": .string("ASIANEW"), "secretAccessKey": .string("new secret"),
            "sessionToken": .string("new token"), "accountId": .string("111122223333"),
            "expiresAt": .string("2026-01-15T12:15:00Z"),
        ])
        #expect(written == .object(members))
    }

    private static func decoded(_ base64URL: Substring) -> [UInt8] {
        let text = String(base64URL).replacing("-", with: "+").replacing("_", with: "/")
        let padded = text + String(repeating: "=", count: (4 - text.count % 4) % 4)
        return Array(Data(base64Encoded: padded) ?? Data())
    }

    @Test(
        "a renewal that fails leaves the old keys in use while they last",
        arguments: [
            (
                400, #"{"error":"TOKEN_EXPIRED","message":"old refresh"}"#,
                "the login has ended (TOKEN_EXPIRED): run `aws login --profile default`"
            ),
            (
                403, #"{"error":"INSUFFICIENT_PERMISSIONS","message":""}"#,
                "the login may not be renewed: allow signin:CreateOAuth2Token to whoever logged in"
            ),
            (503, "", "the login could not be renewed: https://eu-west-1.signin.aws.amazon.com answered status 503"),
            (200, "{}", "https://eu-west-1.signin.aws.amazon.com answered no keys"),
        ]
    )
    func failedRenewal(status: Int, answer: String, fault: String) async throws {
        for (expires, expected) in [("12:01:00", "ASIAOLD"), ("12:00:00", "fault: \(fault)")] {
            let machine = machine(expires: "2026-01-15T\(expires)Z")
            let (outcome, _) = try await look(on: machine) { .reply(status, text: answer) }
            #expect(outcome == expected)
            #expect(machine.written[Self.path] == nil && machine.written.discarded == 1)
        }
    }

    @Test func `the region of tokens from older logins is the one in use`() async throws {
        let (_, requests) = try await look(on: machine(expires: "2026-01-15T11:00:00Z", region: nil))
        let proof = try #require(requests[0]["DPoP"]).split(separator: ".").map(Self.decoded)
        let payload = try JSONDecoder().decode(JSONValue.self, from: Data(proof[1]))
        #expect(payload["htu"]?.text == "https://us-west-2.signin.aws.amazon.com/v1/token")
    }

    @Test(
        "AWS Sign-In has domains of its own, as botocore knows them",
        arguments: [
            ("eu-south-1", "eu-south-1.signin.aws.amazon.com"), ("cn-north-1", "cn-north-1.signin.amazonaws.cn"),
            ("us-gov-west-1", "us-gov-west-1.signin.amazonaws-us-gov.com"),
            ("eusc-de-east-1", "eusc-de-east-1.signin.amazonaws-eusc.eu"),
            ("us-iso-east-1", "us-iso-east-1.signin.c2shome.ic.gov"),
            ("us-isob-east-1", "us-isob-east-1.signin.sc2shome.sgov.gov"),
            ("us-isof-south-1", "us-isof-south-1.signin.csphome.hci.ic.gov"),
            ("eu-isoe-west-1", "eu-isoe-west-1.signin.csphome.adc-e.uk"),
        ]
    )
    func host(region: String, host: String) async throws {
        let machine = machine(expires: "2026-01-15T11:00:00Z", region: region)
        let settings = try machine.settings()
        let place = LoginCredentials(profile: settings.profile, settings: settings, access: machine.offline)
        #expect(try await told(place) == "fault: no route to https://\(host)/v1/token")
    }

    @Test func `what is missing or unreadable asks for a login`() async throws {
        let login = "run `aws login --profile default`"
        var machine = machine(expires: "2026-01-15T11:00:00Z", pem: "no key")
        let unusable = try await look(on: machine).outcome
        #expect(unusable == "fault: the key of the login in \(Self.path) cannot be used: \(login)")
        machine.files[Self.path] = #"{"accessToken":{}}"#
        #expect(try await look(on: machine).outcome == "fault: the login in \(Self.path) cannot be read: \(login)")
        machine.files[Self.path] = nil
        #expect(try await look(on: machine).outcome == "fault: there is no login: \(login)")
        machine.config = "[default]\n"
        #expect(try await look(on: machine).outcome == "nothing: no login_session")
    }

    @Test func `another directory may hold the logins`() async throws {
        var machine = machine(expires: "2026-01-15T13:00:00Z")
        machine.environment["AWS_LOGIN_CACHE_DIRECTORY"] = "$PLACE/elsewhere"
        machine.environment["PLACE"] = "~"
        machine.files["/home/u/elsewhere/\(Self.name).json"] = machine.files[Self.path]
        machine.files[Self.path] = nil
        #expect(try await look(on: machine).outcome == "ASIAOLD")
    }

    @Test func `keys that another tool renewed meanwhile are used`() async throws {
        let machine = machine(expires: "2026-01-15T11:00:00Z")
        let (outcome, _) = try await look(on: machine) {
            let other = machine.files[Self.path]?.replacing("11:00", with: "13:00").replacing("OLD", with: "OTHER")
            machine.written.put(other ?? "", in: Self.path)
            return .reply(400, text: #"{"error":"TOKEN_EXPIRED"}"#)
        }
        #expect(outcome == "ASIAOTHER")
    }

    @Test func `a role may be assumed with a login`() async throws {
        var machine = machine(expires: "2026-01-15T11:00:00Z")
        machine.config = "[default]\nrole_arn = r\nsource_profile = me\n[profile me]\nlogin_session = \(Self.session)\n"
        let environment = machine.environment
        let (found, requests) = try await machine.withServer { request in
            .reply(200, text: request.target == "/v1/token" ? Self.created : stsAnswer("AssumeRole", key: "ROLE"))
        } _: { access, server async throws in
            (try await CredentialChain(environment: environment, access: access).credentials(), server.requests)
        }
        #expect(found.accessKeyID == "ROLE")
        #expect(found.place == "profile default, assumed role (by profile me, login)")
        #expect(found.isRenewable)
        #expect(requests[1]["Authorization"]?.contains("Credential=ASIANEW/20260115/us-west-2/sts/") == true)
    }
}
