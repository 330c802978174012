import Cryptography
import FoundationEssentials
import HTTPTransfer
import ReconcileCore
import Synchronization
import TestSupport
import Testing

@testable import AWSServices

/// Roles: assumed with keys, with another role, or with a web identity's token.
@Suite struct RoleCredentialsTests {
    private func assumed(_ profile: String, _ settings: AWSSettings, _ access: CredentialAccess)
        -> AssumeRoleCredentials
    {
        AssumeRoleCredentials(profileName: profile, settings: settings, access: access, visited: [profile])
    }

    @Test func `a role is assumed with the keys of its source profile, in a signed call`() async throws {
        var machine = FakeMachine()
        machine.environment["AWS_REGION"] = "eu-west-1"
        machine.config = """
            [profile backup]
            role_arn = arn:aws:iam::111122223333:role/backup
            source_profile = base
            external_id = ext 1
            role_session_name = nightly
            duration_seconds = 3600
            """
        machine.credentials = "[base]\naws_access_key_id = BASE\naws_secret_access_key = base-secret"
        let settings = try machine.settings()
        let (found, request) = try await machine.withServer { _ in
            .reply(200, text: stsAnswer("AssumeRole", key: "ASIA1"))
        } _: { access, server async throws in
            let place = self.assumed("backup", settings, access)
            let found = try await place.look()
            return (found, server.requests[0])
        }
        #expect(
            found
                == .found(
                    AWSCredentials(
                        accessKeyID: "ASIA1",
                        secretAccessKey: "secret/of+ASIA1",
                        sessionToken: "token-of-ASIA1==",
                        expiration: today(13),
                        place: "profile backup, assumed role (by profile base, credentials file)",
                        isRenewable: true
                    )
                )
        )
        #expect(request.method == "POST" && request.target == "/")
        #expect(
            request.form == [
                "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::111122223333:role/backup",
                "RoleSessionName": "nightly", "ExternalId": "ext 1", "DurationSeconds": "3600",
            ]
        )
        // The server answers for sts.eu-west-1.amazonaws.com, which is the host that was signed.
        var received = ReceivedRequest(
            method: request.method,
            target: request.target,
            headers: request.headers.filter { $0.name.lowercased() != "host" },
            body: request.body
        )
        received.headers.append(("Host", "sts.eu-west-1.amazonaws.com"))
        try SignatureV4(region: "eu-west-1", service: "sts").verify(
            received,
            with: AWSCredentials(accessKeyID: "BASE", secretAccessKey: "base-secret"),
            at: today(12)
        )
    }

    @Test func `a role is requested again by the service's clock if this machine's is wrong`() async throws {
        var machine = FakeMachine()
        machine.environment["AWS_REGION"] = "eu-west-1"
        machine.config = "[profile backup]\nrole_arn = arn\nsource_profile = base"
        machine.credentials = "[base]\naws_access_key_id = BASE\naws_secret_access_key = base-secret"
        let settings = try machine.settings()
        let date = HTTPDate.text(of: today(12, 20))
        let error =
            "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error></ErrorResponse>"
        for isRefusedAgain in [false, true] {
            let (said, dates) = try await machine.withServer { request in
                let isRefused = isRefusedAgain || request["x-amz-date"] == "20260115T120000Z"
                let answer = stsAnswer("AssumeRole", key: "ASIA1", expiration: "2026-01-15T13:20:00Z")
                return .reply(isRefused ? 403 : 200, headers: [("Date", date)], text: isRefused ? error : answer)
            } _: { access, server async throws in
                let said = try await told(self.assumed("backup", settings, access))
                return (said, server.requests.map { $0["x-amz-date"] })
            }
            #expect(dates == ["20260115T120000Z", "20260115T122000Z"])
            if isRefusedAgain {
                #expect(said.contains("this machine's clock is 20 minutes behind the service's; the service said: no"))
            } else {
                #expect(said == "ASIA1")
            }
        }
    }

    @Test func `a role may be assumed with another role, and a session gets a name of its own`() async throws {
        var machine = FakeMachine()
        machine.config = """
            [profile outer]
            role_arn = outer-role
            source_profile = inner
            [profile inner]
            role_arn = inner-role
            source_profile = inner
            aws_access_key_id = INNER
            aws_secret_access_key = s
            [profile middle]
            role_arn = middle-role
            source_profile = last
            [profile last]
            role_arn = last-role
            credential_source = Environment
            """
        machine.environment.merge(["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s"]) { _, new in new }
        let settings = try machine.settings()
        let requests = try await machine.withServer { _ in
            .reply(200, text: stsAnswer("AssumeRole", key: "ASIA1"))
        } _: { access, server async throws in
            #expect(try await told(self.assumed("outer", settings, access)) == "ASIA1")
            #expect(try await told(self.assumed("inner", settings, access)) == "ASIA1")
            #expect(try await told(self.assumed("middle", settings, access)) == "ASIA1")
            return server.requests
        }
        // A source profile with keys lends its keys; one without lends its role.
        #expect(requests.map { $0.form["RoleArn"] } == ["outer-role", "inner-role", "last-role", "middle-role"])
        let keys = requests.map { $0["Authorization"]?.split(separator: "=")[1].prefix { $0 != "/" } }
        #expect(keys == ["INNER", "INNER", "ENV", "ASIA1"])
        #expect(requests.allSatisfy { $0.form["RoleSessionName"] == "maven-package-reconciler-1768478400" })
        #expect(requests[0]["Host"] != nil && requests[0]["Authorization"]?.contains("/us-east-1/sts/") == true)
    }

    @Test(
        "a role that cannot be assumed",
        arguments: [
            ("region = r", "nothing: no role_arn"),
            ("role_arn = r", "fault: role_arn needs source_profile or credential_source beside it"),
            (
                "role_arn = r\nsource_profile = a\ncredential_source = Environment",
                "fault: source_profile and credential_source exclude each other"
            ),
            ("role_arn = r\nsource_profile = nobody", "fault: the source_profile nobody does not exist"),
            (
                "role_arn = r\ncredential_source = Magic",
                "fault: the credential_source Magic is none of Environment, Ec2InstanceMetadata and EcsContainer"
            ),
            (
                "role_arn = r\ncredential_source = Environment",
                "fault: nothing to assume the role with: environment variables: AWS_ACCESS_KEY_ID is not set"
            ),
            ("role_arn = r\nsource_profile = x", "fault: source_profile goes in a circle: x, x"),
            (
                "role_arn = r\nsource_profile = base\nduration_seconds = 1h",
                "fault: duration_seconds is not a number of seconds: 1h"
            ),
            (
                "role_arn = r\nsource_profile = base\nmfa_serial = m",
                "fault: the role r requires an MFA code (mfa_serial), and this program cannot prompt for one: "
                    + "put `credential_process = aws configure export-credentials --profile x` into a separate "
                    + "profile and select it with --profile"
            ),
            ("role_arn = r\nweb_identity_token_file = f", "nothing: the role is for a web identity"),
        ]
    )
    func unassumable(section: String, outcome: String) async throws {
        var machine = FakeMachine()
        machine.config = "[profile x]\n\(section)"
        machine.credentials = "[base]\naws_access_key_id = BASE\naws_secret_access_key = s"
        #expect(try await told(assumed("x", machine.settings(), machine.offline)) == outcome)
    }

    @Test func `a circle of several profiles is found, and a source without keys is named`() async throws {
        var machine = FakeMachine()
        machine.config = """
            [profile a]
            role_arn = a
            source_profile = b
            [profile b]
            role_arn = b
            source_profile = a
            [profile c]
            role_arn = c
            source_profile = d
            [profile d]
            """
        let settings = try machine.settings()
        #expect(
            try await told(assumed("a", settings, machine.offline))
                == "fault: profile b, assumed role: source_profile goes in a circle: a, b, a"
        )
        #expect(
            try await told(assumed("c", settings, machine.offline))
                == "fault: nothing to assume the role with: the source_profile d has no credentials"
        )
    }

    @Test func `a web identity of the environment sends the file's token unsigned, read anew each time`() async throws {
        var machine = FakeMachine()
        machine.environment.merge([
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/token", "AWS_ROLE_ARN": "arn:role", "AWS_ROLE_SESSION_NAME": "pod",
            "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1/sts",
        ]) { _, new in new }
        machine.files["/var/token"] = "the.jwt.token\n"
        let settings = try machine.settings()
        let request = try await machine.withServer { _ in
            .reply(200, text: stsAnswer("AssumeRoleWithWebIdentity", key: "ASIA2"))
        } _: { access, server async throws in
            let place = WebIdentityCredentials(
                profileName: "default",
                settings: settings,
                access: access,
                usesEnvironment: true
            )
            #expect(try await told(place) == "ASIA2")
            return server.requests[0]
        }
        #expect(request.target == "/sts")
        #expect(request["Authorization"] == nil)
        #expect(
            request.form == [
                "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": "arn:role",
                "RoleSessionName": "pod", "WebIdentityToken": "the.jwt.token",
            ]
        )
    }

    @Test func `a web identity of a profile, and what it lacks`() async throws {
        var machine = FakeMachine()
        machine.config = "[default]\nweb_identity_token_file = ~/token\nrole_arn = arn:profile"
        machine.files["/home/u/token"] = "jwt"
        machine.environment["AWS_ROLE_ARN"] = "arn:environment"
        let settings = try machine.settings()
        let requests = try await machine.withServer { _ in
            .reply(200, text: stsAnswer("AssumeRoleWithWebIdentity", key: "ASIA3"))
        } _: { access, server async throws in
            for usesEnvironment in [true, false] {
                let place = WebIdentityCredentials(
                    profileName: "default",
                    settings: settings,
                    access: access,
                    usesEnvironment: usesEnvironment
                )
                #expect(try await told(place) == "ASIA3")
            }
            return server.requests
        }
        #expect(requests.map { $0.form["RoleArn"] } == ["arn:environment", "arn:profile"])

        machine.files["/home/u/token"] = nil
        var place = WebIdentityCredentials(
            profileName: "default",
            settings: settings,
            access: machine.offline,
            usesEnvironment: true
        )
        #expect(try await told(place) == "fault: the web identity token file /home/u/token does not exist")
        machine.files["/home/u/token"] = " \n"
        place = WebIdentityCredentials(
            profileName: "default",
            settings: settings,
            access: machine.offline,
            usesEnvironment: true
        )
        #expect(try await told(place) == "fault: the web identity token file /home/u/token is empty")
        machine.config = "[default]\nweb_identity_token_file = ~/token"
        place = WebIdentityCredentials(
            profileName: "default",
            settings: try machine.settings(),
            access: machine.offline,
            usesEnvironment: false
        )
        #expect(
            try await told(place)
                == "fault: the web identity token file ~/token needs AWS_ROLE_ARN or role_arn beside it"
        )
    }

    @Test(
        "where the token service is asked, as botocore does",
        arguments: [
            (nil, nil, nil, "sts.amazonaws.com us-east-1"),
            (nil, "eu-west-1", nil, "sts.eu-west-1.amazonaws.com eu-west-1"),
            ("eu-south-1", "eu-west-1", nil, "sts.eu-south-1.amazonaws.com eu-south-1"),
            ("cn-north-1", nil, nil, "sts.cn-north-1.amazonaws.com.cn cn-north-1"),
            ("us-gov-west-1", nil, nil, "sts.us-gov-west-1.amazonaws.com us-gov-west-1"),
            (nil, nil, "legacy", "sts.amazonaws.com us-east-1"),
            ("eu-west-1", nil, "legacy", "sts.amazonaws.com us-east-1"),
            ("eu-south-1", nil, "legacy", "sts.eu-south-1.amazonaws.com eu-south-1"),
            ("ap-northeast-2", nil, "legacy", "sts.ap-northeast-2.amazonaws.com ap-northeast-2"),
            ("cn-north-1", nil, "legacy", "sts.cn-north-1.amazonaws.com.cn cn-north-1"),
            ("eu-west-1", nil, "regional", "sts.eu-west-1.amazonaws.com eu-west-1"),
            ("eu-west-1", nil, "Legacy", "Legacy: set it to regional or legacy"),
        ] as [(String?, String?, String?, String)]
    )
    func place(chosen: String?, profile: String?, kind: String?, place: String) async throws {
        let asked = Mutex<[String]>([])
        for isInProfile in [false, true] {
            var machine = FakeMachine()
            machine.environment.merge(["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s"]) { $1 }
            machine.config = "[profile x]\nrole_arn = r\ncredential_source = Environment\n"
            if let profile { machine.config += "region = \(profile)\n" }
            if let kind, isInProfile { machine.config += "sts_regional_endpoints = \(kind)\n" }
            if let kind, !isInProfile { machine.environment["AWS_STS_REGIONAL_ENDPOINTS"] = kind }
            let access = machine.access { request in
                let host = request.url.split(separator: "/")[1]
                let scope = request.headers["Authorization"]?.split(separator: "/")[2] ?? ""
                asked.withLock { $0.append("\(host) \(scope)") }
                return HTTPResponse(
                    head: HTTPResponseHead(status: 200),
                    body: Array(stsAnswer("AssumeRole", key: "ASIA").utf8)
                )
            }
            let chain = CredentialChain(
                environment: machine.environment,
                chosenProfile: "x",
                chosenRegion: chosen,
                access: access
            )
            do {
                _ = try await chain.credentials()
            } catch let failure as RemoteFailure {
                asked.withLock { $0.append(failure.message) }
            }
        }
        let places = asked.withLock { $0 }
        #expect(places.count == 2 && places.allSatisfy { $0.hasSuffix(place) }, "\(places)")
    }

    @Test func `a configured token service is asked in any case`() async throws {
        var machine = FakeMachine()
        machine.environment.merge([
            "AWS_ENDPOINT_URL_STS": "https://sts.example", "AWS_REGION": "eu-west-1",
            "AWS_STS_REGIONAL_ENDPOINTS": "legacy", "AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s",
        ]) { $1 }
        machine.config = "[profile x]\nrole_arn = r\ncredential_source = Environment\n"
        let settings = try machine.settings()
        let outcome = try await told(assumed("x", settings, machine.offline))
        #expect(outcome == "fault: no route to https://sts.example/")
    }

    @Test(
        "a refusal is told in the service's words, without the token",
        arguments: [
            (
                403,
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
                    + "<Message>not for the.jwt.token</Message></Error><RequestId>r</RequestId></ErrorResponse>",
                "fault: AssumeRoleWithWebIdentity at https://sts.us-east-1.amazonaws.com was refused: AccessDenied: "
                    + "not for (secret)", 1
            ),
            (
                400, "<ErrorResponse><Error><Code>IDPCommunicationError</Code></Error></ErrorResponse>",
                "fault: AssumeRoleWithWebIdentity at https://sts.us-east-1.amazonaws.com was refused: "
                    + "IDPCommunicationError: no reason given", 3
            ),
            (
                503, "busy",
                "fault: AssumeRoleWithWebIdentity at https://sts.us-east-1.amazonaws.com was refused: status 503: "
                    + "no reason given", 3
            ),
            (
                200, "<AssumeRoleWithWebIdentityResponse/>",
                "fault: AssumeRoleWithWebIdentity gave an answer without one of the four parts of its credentials", 1
            ),
        ]
    )
    func refusals(status: Int, answer: String, outcome: String, attempts: Int) async throws {
        var machine = FakeMachine()
        machine.environment.merge([
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/token", "AWS_ROLE_ARN": "arn", "AWS_REGION": "us-east-1",
        ]) { _, new in new }
        machine.files["/var/token"] = "the.jwt.token"
        let settings = try machine.settings()
        let count = try await machine.withServer { _ in
            .reply(status, text: answer)
        } _: { access, server async throws in
            let place = WebIdentityCredentials(
                profileName: "default",
                settings: settings,
                access: access,
                usesEnvironment: true
            )
            #expect(try await told(place) == outcome)
            return server.requests.count
        }
        #expect(count == attempts)
        #expect(machine.clock.slept == Array(repeating: .seconds(1), count: attempts - 1))
    }
}
