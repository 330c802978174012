import Cryptography
import FoundationEssentials
import HTTPTransfer
import ReconcileCore
import Synchronization
import TestSupport
import Testing

@testable import AWSServices

/// The order of the places, and what is said when none has anything.
@Suite struct CredentialChainTests {
    /// One thing that a machine may have, each giving credentials with a key id of its own.
    enum Setup: String, CaseIterable, Sendable {
        case environment = "ENVIRONMENT"
        case assumedRole = "ROLE"
        case webIdentity = "WEB"
        case sso = "SSO"
        case credentialsFile = "CREDENTIALS"
        case login = "LOGIN"
        case process = "PROCESS"
        case configFile = "CONFIG"
        case container = "CONTAINER"
        case instance = "INSTANCE"

        var place: String {
            switch self {
            case .environment: "environment variables"
            case .assumedRole: "profile default, assumed role (by profile base, credentials file)"
            case .webIdentity: "profile default, web identity"
            case .sso: "profile default, SSO"
            case .credentialsFile: "profile default, credentials file"
            case .login: "profile default, login"
            case .process: "profile default, credential_process"
            case .configFile: "profile default, config file"
            case .container: "container"
            case .instance: "EC2 instance metadata"
            }
        }

        var isRenewable: Bool {
            switch self {
            case .assumedRole, .webIdentity, .sso, .login, .container, .instance: true
            case .environment, .credentialsFile, .process, .configFile: false
            }
        }
    }

    /// A machine that has everything from one place of the order on.
    private func machine(from first: Setup) -> FakeMachine {
        let setups = Setup.allCases.drop { $0 != first }
        var machine = FakeMachine()
        var config = "[default]\n"
        for setup in setups {
            switch setup {
            case .environment:
                machine.environment["AWS_ACCESS_KEY_ID"] = "ENVIRONMENT"
                machine.environment["AWS_SECRET_ACCESS_KEY"] = "s"
            case .assumedRole:
                config += "role_arn = r\nsource_profile = base\n"
            case .webIdentity:
                machine.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token"
                machine.environment["AWS_ROLE_ARN"] = "arn"
                machine.files["/token"] = "jwt"
            case .sso:
                config += "sso_account_id = 1\nsso_role_name = r\nsso_region = eu-west-1\nsso_start_url = https://x\n"
                let hash = Hexadecimal.encode(Digest.of(Array("https://x".utf8), .sha1))
                machine.files["/home/u/.aws/sso/cache/\(hash).json"] =
                    #"{"accessToken":"t","expiresAt":"2026-01-16T00:00:00Z"}"#
            case .credentialsFile:
                machine.credentials += "[default]\naws_access_key_id = CREDENTIALS\naws_secret_access_key = s\n"
            case .login:
                config += "login_session = me\n"
                let hash = Hexadecimal.encode(Digest.of(Array("me".utf8), .sha256))
                machine.files["/home/u/.aws/login/cache/\(hash).json"] = #"""
                    {"accessToken":{"accessKeyId":"LOGIN","secretAccessKey":"s","sessionToken":"t",
                     "expiresAt":"2026-01-15T13:00:00Z"},"refreshToken":"r","clientId":"c","dpopKey":"k"}
                    """#
            case .process:
                config += "credential_process = keys\n"
                machine.run = { _ in
                    let json = #"{"Version":1,"AccessKeyId":"PROCESS","SecretAccessKey":"s"}"#
                    return ProgramOutput(succeeded: true, output: Array(json.utf8), complaint: "")
                }
            case .configFile:
                config += "aws_access_key_id = CONFIG\naws_secret_access_key = s\n"
            case .container:
                machine.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://localhost/container"
            case .instance:
                break
            }
        }
        machine.credentials += "[base]\naws_access_key_id = BASE\naws_secret_access_key = s\n"
        machine.config = config
        return machine
    }

    private static let answers: ScriptedHTTPServer.Script = { request in
        switch request.target {
        case "/" where request["Authorization"] == nil:
            .reply(200, text: stsAnswer("AssumeRoleWithWebIdentity", key: "WEB"))
        case "/": .reply(200, text: stsAnswer("AssumeRole", key: "ROLE"))
        case "/container": .reply(200, text: keysAnswer("CONTAINER"))
        case "/latest/meta-data/iam/security-credentials/role": .reply(200, text: keysAnswer("INSTANCE"))
        case "/latest/api/token", "/latest/meta-data/iam/security-credentials/": .reply(200, text: "role")
        default:
            .reply(
                200,
                text: #"""
                    {"roleCredentials":
                     {"accessKeyId":"SSO","secretAccessKey":"s","sessionToken":"t","expiration":1768500000000}}
                    """#
            )
        }
    }

    @Test("each place counts before those behind it", arguments: Setup.allCases)
    func order(first: Setup) async throws {
        let machine = machine(from: first)
        let environment = machine.environment
        let found = try await machine.withServer(Self.answers) { access, _ in
            try await CredentialChain(environment: environment, access: access).credentials()
        }
        #expect(found.accessKeyID == first.rawValue)
        #expect(found.place == first.place)
        #expect(found.isRenewable == first.isRenewable)
    }

    @Test func `a role is renewed as long as what it is assumed with is`() async throws {
        var machine = FakeMachine()
        machine.config = "[default]\nrole_arn = r\ncredential_source = Environment\n"
        machine.environment["AWS_ACCESS_KEY_ID"] = "ENVIRONMENT"
        machine.environment["AWS_SECRET_ACCESS_KEY"] = "s"
        for (expiry, isRenewable) in [(String?.none, true), ("2026-01-15T14:00:00Z", false)] {
            machine.environment["AWS_CREDENTIAL_EXPIRATION"] = expiry
            let settings = try machine.settings()
            let found = try await machine.withServer(Self.answers) { access, _ in
                try await AssumeRoleCredentials(
                    profileName: "default",
                    settings: settings,
                    access: access,
                    visited: ["default"]
                ).look()
            }
            guard case .found(let credentials) = found else { return #expect(Bool(false), "\(found)") }
            #expect(credentials.isRenewable == isRenewable)
            #expect(credentials.place == "profile default, assumed role (by environment variables)")
        }
    }

    @Test func `a chosen profile switches the environment's keys and web identity off, AWS_PROFILE does not`()
        async throws
    {
        var machine = machine(from: .environment)
        machine.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token"
        machine.environment["AWS_ROLE_ARN"] = "arn"
        machine.credentials = "[other]\naws_access_key_id = OTHER\naws_secret_access_key = s\n"
        let access = machine.offline
        let chosen = CredentialChain(environment: machine.environment, chosenProfile: "other", access: access)
        #expect(try await chosen.credentials().accessKeyID == "OTHER")
        machine.environment["AWS_PROFILE"] = "other"
        let named = CredentialChain(environment: machine.environment, access: access)
        #expect(try await named.credentials().accessKeyID == "ENVIRONMENT")
    }

    @Test func `when there is nothing, every place is listed with its reason, a line each`() async throws {
        let machine = FakeMachine()
        let tried = Mutex<[String]>([])
        let chain = CredentialChain(environment: machine.environment, access: machine.offline) { places in
            tried.withLock { $0 += places }
        }
        let failure = try await #require(throws: RemoteFailure.self) { try await chain.credentials() }
        #expect(failure.kind == .credentials)
        #expect(failure.target == "profile default")
        #expect(
            failure.message == "no AWS credentials in the environment, profile default, container or EC2 metadata: "
                + "log in, or use --profile"
        )
        #expect(
            tried.withLock { $0 } == [
                "environment variables: AWS_ACCESS_KEY_ID is not set",
                "profile default, assumed role: no role_arn",
                "profile default, web identity: no AWS_WEB_IDENTITY_TOKEN_FILE",
                "profile default, SSO: no sso_account_id",
                "profile default, credentials file: no aws_access_key_id",
                "profile default, login: no login_session",
                "profile default, credential_process: no credential_process",
                "profile default, config file: no aws_access_key_id",
                "container: no AWS_CONTAINER_CREDENTIALS_* variable",
                "EC2 instance metadata: http://169.254.169.254 does not answer",
            ]
        )
    }

    @Test func `a profile that only the AWS CLI may know what to do with names the way there`() async throws {
        var machine = FakeMachine()
        machine.config = "[profile dev]\nnew_kind_of_login = x\n"
        let chain = CredentialChain(environment: machine.environment, chosenProfile: "dev", access: machine.offline)
        let failure = try await #require(throws: RemoteFailure.self) { try await chain.credentials() }
        #expect(failure.message.contains("`credential_process = aws configure export-credentials --profile dev`"))
        #expect(failure.message.count < 320)
    }

    @Test func `a place that is set up and fails ends the search, and it alone is named`() async throws {
        var machine = machine(from: .process)
        machine.run = { _ in ProgramOutput(succeeded: false, output: [], complaint: "exited(1): locked") }
        let chain = CredentialChain(environment: machine.environment, access: machine.offline)
        let failure = try await #require(throws: RemoteFailure.self) { try await chain.credentials() }
        #expect(failure.kind == .credentials)
        #expect(failure.message == "profile default, credential_process: keys failed: exited(1): locked")
    }

    @Test func `a place that may give credentials later makes the failure transient`() async throws {
        let machine = machine(from: .container)
        let chain = CredentialChain(environment: machine.environment, access: machine.offline)
        let failure = try await #require(throws: RemoteFailure.self) { try await chain.credentials() }
        #expect(failure.kind == .unavailable)
        #expect(failure.isTransient)
    }

    @Test func `no secret is in a failure`() async throws {
        var machine = machine(from: .assumedRole)
        machine.credentials =
            "[base]\naws_access_key_id = BASE\naws_secret_access_key = hush\naws_session_token = quiet\n"
        let environment = machine.environment
        let failure = try await machine.withServer { _ in
            .reply(
                403,
                text: "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code>"
                    + "<Message>The canonical string was x-amz-security-token:quiet hush</Message></Error></ErrorResponse>"
            )
        } _: { access, _ in
            try await #require(throws: RemoteFailure.self) {
                try await CredentialChain(environment: environment, access: access).credentials()
            }
        }
        #expect(failure.message.contains("SignatureDoesNotMatch"))
        #expect(!failure.message.contains("hush") && !failure.message.contains("quiet"))
    }

    @Test func `settings that cannot be used are the failure`() async throws {
        let machine = FakeMachine()
        let chain = CredentialChain(environment: ["AWS_PROFILE": "nobody"], access: machine.offline)
        let failure = try await #require(throws: RemoteFailure.self) { try await chain.credentials() }
        #expect(failure.kind == .credentials)
        #expect(failure.target == "profile nobody")
        #expect(failure.message.contains("The profile nobody is in neither"))
    }
}
