import Cryptography
import FoundationEssentials
import ReconcileCore
import TestSupport
import Testing

@testable import AWSServices

/// Places that hold keys as they are: the environment, the profile's files, and programs.
@Suite struct StaticCredentialsTests {
    @Test(
        "the environment",
        arguments: [
            (["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s"], "AKID"),
            (["AWS_SECRET_ACCESS_KEY": "s"], "nothing: AWS_ACCESS_KEY_ID is not set"),
            (
                ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": ""],
                "fault: AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not"
            ),
        ]
    )
    func environment(variables: [String: String], outcome: String) async throws {
        var machine = FakeMachine()
        machine.environment = variables
        #expect(try await told(EnvironmentCredentials(environment: machine.settings().environment)) == outcome)
    }

    @Test func `the environment's token and expiry come along`() throws {
        let place = EnvironmentCredentials(environment: [
            "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
            "AWS_CREDENTIAL_EXPIRATION": "2026-01-15T13:00:00+00:00",
        ])
        let expected = AWSCredentials(
            accessKeyID: "AKID",
            secretAccessKey: "s",
            sessionToken: "t",
            expiration: today(13)
        )
        #expect(try place.look() == .found(expected))
    }

    @Test func `a profile's keys, each file for itself`() async throws {
        var machine = FakeMachine()
        machine.config = "[default]\naws_access_key_id = CONFIG\naws_secret_access_key = s"
        machine.credentials = "[default]\naws_access_key_id = KEYS\naws_secret_access_key = s\naws_session_token = t"
        let profile = try machine.settings().profile
        let keys = AWSCredentials(accessKeyID: "KEYS", secretAccessKey: "s", sessionToken: "t")
        #expect(try ProfileCredentials(profile: profile, file: .credentials).look() == .found(keys))
        #expect(try await told(ProfileCredentials(profile: profile, file: .config)) == "CONFIG")
    }

    @Test(
        "half a pair of keys is a fault, none is nothing",
        arguments: [
            ("[default]\naws_access_key_id = K", "fault: aws_access_key_id is set and aws_secret_access_key is not"),
            (
                "[default]\naws_secret_access_key = K",
                "fault: aws_secret_access_key is set and aws_access_key_id is not"
            ),
            ("[default]\nregion = r", "nothing: no aws_access_key_id"),
            ("", "nothing: no aws_access_key_id"),
        ]
    )
    func halves(file: String, outcome: String) async throws {
        var machine = FakeMachine()
        machine.credentials = file
        #expect(try await told(ProfileCredentials(profile: machine.settings().profile, file: .credentials)) == outcome)
    }

    @Test(
        "what a credential process may say",
        arguments: [
            (#"{"Version":1,"AccessKeyId":"K","SecretAccessKey":"hush"}"#, true, "K"),
            (#"{"Version":2,"AccessKeyId":"K"}"#, true, "fault: /opt/keys answered Version 2; only 1 is known"),
            (#"{"AccessKeyId":"K"}"#, true, "fault: /opt/keys answered Version (none); only 1 is known"),
            (#"{"Version":1,"SecretAccessKey":"hush"}"#, true, "fault: /opt/keys gave no AccessKeyId"),
            (#"{"Version":1,"AccessKeyId":"K"}"#, true, "fault: /opt/keys gave no SecretAccessKey"),
            (
                #"{"Version":1,"AccessKeyId":"K","SecretAccessKey":"hush","Expiration":"soon"}"#, true,
                "fault: /opt/keys gave an Expiration that is not an ISO 8601 time: soon"
            ),
            ("hush", true, "fault: /opt/keys did not answer the JSON document of credentials"),
            ("hush", false, "fault: /opt/keys failed: exited(3): no session"),
        ]
    )
    func processAnswers(output: String, succeeded: Bool, outcome: String) async throws {
        var machine = FakeMachine()
        machine.config = "[default]\ncredential_process = /opt/keys --for 'a b'"
        machine.run = { words in
            #expect(words == ["/opt/keys", "--for", "a b"])
            return ProgramOutput(succeeded: succeeded, output: Array(output.utf8), complaint: "exited(3): no session")
        }
        let place = ProcessCredentials(profile: try machine.settings().profile, access: machine.offline)
        #expect(try await told(place) == outcome)
    }

    @Test func `a process's token and expiry come along`() async throws {
        var machine = FakeMachine()
        machine.config = "[default]\ncredential_process = keys"
        machine.run = { _ in
            let json = #"""
                {"Version":1,"AccessKeyId":"K","SecretAccessKey":"s","SessionToken":"t",
                 "Expiration":"2026-01-15T15:30:00.250+02:00"}
                """#
            return ProgramOutput(succeeded: true, output: Array(json.utf8), complaint: "")
        }
        let place = ProcessCredentials(profile: try machine.settings().profile, access: machine.offline)
        guard case .found(let credentials) = try await place.look() else {
            Issue.record("nothing found")
            return
        }
        #expect(credentials.sessionToken == "t")
        #expect(credentials.expiration == today(13, 30).addingTimeInterval(0.25))
    }

    @Test func `a command that is not closed is a fault`() async throws {
        var machine = FakeMachine()
        machine.config = "[default]\ncredential_process = keys 'a"
        let place = ProcessCredentials(profile: try machine.settings().profile, access: machine.offline)
        #expect(
            try await told(place) == "fault: the command is not closed: a quote or a backslash is left over"
        )
    }

    @Test func `a real program is run without a shell`() async throws {
        let result = try await CredentialAccess.runProgram(["printf", "%s", "$HOME; a b"])
        #expect(result.succeeded)
        #expect(String(decoding: result.output, as: UTF8.self) == "$HOME; a b")
        let failed = try await CredentialAccess.runProgram(["/bin/sh", "-c", "echo no session >&2; exit 3"])
        #expect(!failed.succeeded)
        #expect(failed.complaint.contains("3") && failed.complaint.hasSuffix("no session"))
        await #expect(throws: CredentialFault.self) { try await CredentialAccess.runProgram(["/nonexistent/program"]) }
        await #expect(throws: CredentialFault.self) { try await CredentialAccess.runProgram(["nonexistent-program"]) }
    }

    @Test func `a program that hangs is waited for once, and again after a while`() async throws {
        let programs = HungPrograms(limit: .seconds(2), pause: .seconds(2))
        let clock = ContinuousClock()
        await #expect(throws: CredentialFault("sleep did not end within 2 seconds")) {
            _ = try await programs.run(["sleep", "30"])
        }
        let again = await clock.measure {
            for _ in 1...2 {
                await #expect(
                    throws: CredentialFault(
                        "sleep did not end within 2 seconds, and is not started again for 2 seconds"
                    )
                ) {
                    _ = try await programs.run(["sleep", "30"])
                }
            }
        }
        #expect(again < .milliseconds(400))
        // Other words are another program.
        #expect(try await programs.run(["true"]).succeeded)
        try await Task.sleep(for: .seconds(2))
        await #expect(throws: CredentialFault("sleep did not end within 2 seconds")) {
            _ = try await programs.run(["sleep", "30"])
        }
    }

    @Test(
        "what a process complains of, without secrets",
        arguments: [
            ("Error: no session for role backup", "Error: no session for role backup"),
            ("key hushhush refused", "key *** refused"), ("token=of-the-profile!", "token=***!"),
            ("printed quoted-by-itself", "printed ***"),
            // Known to the program alone: as long as a secret key, and a token of three parts.
            ("got 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'", "got '***'"),
            (
                "jwt eyJhbGciOiJSUzI1NiIsImtpZCI6IjEyMzQ1Njc4OTAifQ.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4ifQ.x",
                "jwt ***.***.x"
            ),
            (
                "request 5a1bcd24-0f44-4c86-9f3a-1d8a3f0e0b11 of /usr/lib/python3/dist-packages/keys.py",
                "request 5a1bcd24-0f44-4c86-9f3a-1d8a3f0e0b11 of /usr/lib/python3/dist-packages/keys.py"
            ),
        ]
    )
    func complaints(complaint: String, shown: String) async throws {
        var machine = FakeMachine()
        machine.environment["AWS_SECRET_ACCESS_KEY"] = "hushhush"
        machine.config = "[profile p]\ncredential_process = keys\naws_session_token = of-the-profile"
        machine.run = { _ in
            let output = #"{"SecretAccessKey":"quoted-by-itself"}"#
            return ProgramOutput(succeeded: false, output: Array(output.utf8), complaint: complaint)
        }
        let chain = CredentialChain(environment: machine.environment, chosenProfile: "p", access: machine.offline)
        let failure = try await #require(throws: RemoteFailure.self) { try await chain.credentials() }
        #expect(failure.message == "profile p, credential_process: keys failed: \(shown)")
    }

    @Test func `a secret at the end of a long complaint is not cut in two and shown`() async throws {
        var machine = FakeMachine()
        machine.config = "[default]\ncredential_process = keys"
        let words = String(repeating: "x ", count: (ServiceFault.messageLimit - 10) / 2)
        let complaint = words + "SECRET-of-the-environment"
        machine.run = { _ in ProgramOutput(succeeded: false, output: [], complaint: complaint) }
        machine.environment["AWS_SESSION_TOKEN"] = "SECRET-of-the-environment"
        let settings = try machine.settings()
        let place = ProcessCredentials(profile: settings.profile, access: machine.offline, secrets: settings.secrets)
        #expect(try await !told(place).contains("SECRET"))
    }

    @Test func `a real file is read, and a missing one is none`() async throws {
        try await withScratchDirectory { directory in
            #expect(try CredentialAccess.readFile("\(directory)/missing") == nil)
            let answer = try await CredentialAccess.runProgram(["/bin/sh", "-c", "printf text > \(directory)/file"])
            #expect(answer.succeeded)
            #expect(try CredentialAccess.readFile("\(directory)/file") == Array("text".utf8))
            #expect(throws: (any Error).self) { try CredentialAccess.readFile(directory) }
        }
    }

    @Test(
        "times as services and tools write them",
        arguments: [
            ("2026-01-15T13:00:00Z", true), ("2026-01-15T13:00:00.000Z", true), ("2026-01-15T14:00:00+01:00", true),
            ("2026-01-15T13:00:00UTC", true), ("2026-01-15", false), ("1768482000", false), ("", false),
        ]
    )
    func times(text: String, isTime: Bool) {
        #expect(ISOTime.date(text) == (isTime ? today(13) : nil))
    }
}
