import Cryptography
import FoundationEssentials
import LocalServices
import TestSupport
import Testing

/// A bucket that other credentials reach than the domain: each service knows its own key alone.
@Suite struct BackupAccountTests {
    private let role = AWSCredentials(
        accessKeyID: "ASIAROLE",
        secretAccessKey: "role-secret",
        sessionToken: "role-token",
        expiration: nil
    )

    private static let stsAnswer = """
        <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
        <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey>
        <SessionToken>role-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
        </Credentials></AssumeRoleResult></AssumeRoleResponse>
        """

    /// Backs up one version with these flags; the bucket knows the key of the profile `vault` and of the role.
    private func backUp(
        _ flags: [String],
        _ check: @escaping @Sendable (Reconciled, LocalS3, ScriptedHTTPServer) throws -> Void
    ) async throws {
        let role = role
        try await withTimeout {
            try await withScratchDirectory { directory in
                let answer: ScriptedHTTPServer.Script = { _ in .reply(200, text: Self.stsAnswer) }
                let file = "\(directory)/credentials"
                let keys = "[vault]\naws_access_key_id = AKIAVAULT\naws_secret_access_key = vault-secret\n"
                try Data(keys.utf8).write(to: URL(filePath: file))
                var configuration = LocalS3Configuration()
                configuration.credentials = [
                    AWSCredentials(accessKeyID: "AKIAVAULT", secretAccessKey: "vault-secret"), role,
                ]
                try await LocalS3.with(configuration) { bucket in
                    try await ScriptedHTTPServer.withServer(answer) { sts in
                        try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                            server.publish(try version("com.acme:lib:1.0"), assets: ["lib-1.0.jar": [1, 2, 3]])
                            let done = try await server.reconcile(
                                to: "s3://backup",
                                flags + ["--region", server.configuration.region],
                                environment: [
                                    "AWS_REGION": "", "AWS_DEFAULT_REGION": "",
                                    "AWS_SHARED_CREDENTIALS_FILE": file, "AWS_ENDPOINT_URL_S3": bucket.endpoint,
                                    "AWS_ENDPOINT_URL_STS": sts.url(""),
                                ]
                            )
                            try check(done, bucket, sts)
                        }
                    }
                }
            }
        }
    }

    @Test func `the bucket has a profile of its own`() async throws {
        try await backUp(["--backup-profile", "vault"]) { done, bucket, sts in
            #expect(done.status == 0, "\(done.errors)")
            #expect(bucket.keys().contains { $0.hasSuffix("lib-1.0.jar") })
            #expect(sts.requests.isEmpty)
        }
    }

    @Test func `the bucket's role is assumed with its profile, and the domain's credentials stay`() async throws {
        let flags = [
            "--backup-profile", "vault", "--backup-role-arn", "arn:aws:iam::222233334444:role/backup-writer",
            "--backup-external-id", "tenant-7",
        ]
        try await backUp(flags) { done, bucket, sts in
            #expect(done.status == 0, "\(done.errors)")
            #expect(bucket.keys().contains { $0.hasSuffix("lib-1.0.jar") })
            let request = try #require(sts.requests.first)
            #expect(sts.requests.count == 1)
            let form = String(decoding: request.body, as: UTF8.self)
            #expect(form.contains("&ExternalId=tenant-7"))
            #expect(form.contains("RoleArn=arn%3Aaws%3Aiam%3A%3A222233334444%3Arole%2Fbackup-writer"))
            let scope = request["authorization"]?.split(separator: "Credential=").last?.prefix { $0 != "," }
            #expect(scope?.hasPrefix("AKIAVAULT/") == true)
            #expect(scope?.hasSuffix("/us-west-2/sts/aws4_request") == true)
        }
    }

    @Test func `doctor says what lets the role be assumed`() async throws {
        let refusal = """
            <ErrorResponse><Error><Code>AccessDenied</Code><Message>User: u is not authorized to perform: sts:AssumeRole \
            on resource: r</Message></Error></ErrorResponse>
            """
        let role = "arn:aws:iam::222233334444:role/backup-writer"
        try await withTimeout {
            try await ScriptedHTTPServer.withServer({ _ in .reply(403, text: refusal) }) { sts in
                try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                    let finished = try await run(
                        Programs.reconcile,
                        ["doctor", "--backup-role-arn", role] + server.arguments(to: "s3://backup"),
                        environment: server.environment.merging(["AWS_ENDPOINT_URL_STS": sts.url("")]) { $1 }
                    )
                    #expect(finished.status == 7, "\(finished.errors)")
                    #expect(finished.output.contains("The backup's role cannot be assumed"), "\(finished.output)")
                    #expect(finished.output.contains(#"\"sts:AssumeRole\""#), "\(finished.output)")
                    #expect(finished.output.contains("trust policy of \(role)"), "\(finished.output)")
                }
            }
        }
    }

    @Test func `without them the domain's credentials are refused by the bucket, exit 7`() async throws {
        try await backUp([]) { done, bucket, _ in
            #expect(done.status == 7, "\(done.errors)")
            #expect(bucket.keys().isEmpty)
        }
    }
}
