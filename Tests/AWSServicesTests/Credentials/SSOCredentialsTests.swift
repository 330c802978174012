import Cryptography
import TestSupport
import Testing

@testable import AWSServices

/// Roles of IAM Identity Center, with a token out of the AWS CLI's cache.
@Suite struct SSOCredentialsTests {
    private static let session = """
        [profile dev]
        sso_session = corp
        sso_account_id = 111122223333
        sso_role_name = Read Only
        [sso-session corp]
        sso_region = eu-central-1
        sso_start_url = https://corp.awsapps.com/start
        """

    private func machine(_ config: String, token: String?, expires: String = "2026-01-15T12:00:01Z") -> FakeMachine {
        var machine = FakeMachine()
        machine.config = config
        machine.environment["AWS_PROFILE"] = "dev"
        for name in ["corp", "https://corp.awsapps.com/start"] where token != nil {
            let hash = Hexadecimal.encode(Digest.of(Array(name.utf8), .sha1))
            machine.files["/home/u/.aws/sso/cache/\(hash).json"] =
                #"{"startUrl":"x","accessToken":"\#(token ?? "")-\#(name.prefix(4))","expiresAt":"\#(expires)"}"#
        }
        return machine
    }

    private func outcome(of machine: FakeMachine) async throws -> String {
        let settings = try machine.settings()
        return try await told(SSOCredentials(profile: settings.profile, settings: settings, access: machine.offline))
    }

    @Test func `a session's cached token buys the role's keys`() async throws {
        let machine = machine(Self.session, token: "bearer")
        let settings = try machine.settings()
        let (found, request) = try await machine.withServer { _ in
            .reply(
                200,
                text: #"""
                    {"roleCredentials":{"accessKeyId":"ASIA","secretAccessKey":"s","sessionToken":"t",
                     "expiration":1768482000000}}
                    """#
            )
        } _: { access, server async throws in
            let place = SSOCredentials(profile: settings.profile, settings: settings, access: access)
            return (try await place.look(), server.requests[0])
        }
        let expected = AWSCredentials(
            accessKeyID: "ASIA",
            secretAccessKey: "s",
            sessionToken: "t",
            expiration: today(13)
        )
        #expect(found == .found(expected))
        #expect(request.method == "GET")
        #expect(request.target == "/federation/credentials?role_name=Read%20Only&account_id=111122223333")
        #expect(request["x-amz-sso_bearer_token"] == "bearer-corp")
        #expect(request["Authorization"] == nil)
    }

    @Test func `a profile without a session finds its token by the start URL`() async throws {
        let machine = machine(
            """
            [profile dev]
            sso_account_id = 1
            sso_role_name = r
            sso_region = eu-central-1
            sso_start_url = https://corp.awsapps.com/start
            """,
            token: "bearer"
        )
        let settings = try machine.settings()
        let token = try await machine.withServer { _ in
            .reply(401, text: "{}")
        } _: { access, server async throws in
            let place = SSOCredentials(profile: settings.profile, settings: settings, access: access)
            #expect(
                try await told(place) == "fault: the SSO login was refused: run `aws sso login --profile dev`"
            )
            return server.requests.map { $0["x-amz-sso_bearer_token"] }
        }
        #expect(token == ["bearer-http"])
    }

    @Test func `a token that is missing, old or unreadable asks for a login`() async throws {
        let login = "run `aws sso login --profile dev`"
        #expect(try await outcome(of: machine(Self.session, token: nil)) == "fault: there is no SSO login: \(login)")
        #expect(
            try await outcome(of: machine(Self.session, token: "b", expires: "2026-01-15T12:00:00UTC"))
                == "fault: the SSO login expired at 2026-01-15T12:00:00UTC and cannot be renewed: \(login)"
        )
        var machine = machine(Self.session, token: "b")
        let path = try #require(
            machine.files.keys.first {
                $0.hasSuffix("\(Hexadecimal.encode(Digest.of(Array("corp".utf8), .sha1))).json")
            }
        )
        machine.files[path] = "{}"
        #expect(try await outcome(of: machine) == "fault: the SSO login in \(path) cannot be read: \(login)")
    }

    @Test(
        "a profile that is not whole",
        arguments: [
            ("region = r", "nothing: no sso_account_id"),
            ("sso_role_name = r", "fault: sso_account_id is missing"),
            ("sso_account_id = 1", "fault: sso_role_name is missing"),
            ("sso_account_id = 1\nsso_role_name = r", "fault: sso_region is missing"),
            ("sso_account_id = 1\nsso_role_name = r\nsso_region = e", "fault: sso_start_url is missing"),
            ("sso_account_id = 1\nsso_session = other", "fault: the sso-session other does not exist"),
            (
                "sso_account_id = 1\nsso_role_name = r\nsso_session = corp\nsso_region = us-east-1",
                "fault: sso_region of the profile contradicts that of the sso-session corp"
            ),
        ]
    )
    func incomplete(section: String, outcome: String) async throws {
        let machine = machine(
            "[profile dev]\n\(section)\n[sso-session corp]\nsso_region = eu-central-1\nsso_start_url = https://x",
            token: nil
        )
        #expect(try await self.outcome(of: machine) == outcome)
    }
}
