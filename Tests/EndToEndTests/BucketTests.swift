import Cryptography
import FoundationEssentials
import LocalServices
import TestSupport
import Testing

/// What the programs do with a bucket that is not as expected: in another region, or of a role with few rights.
@Suite struct BucketTests {
    private func withParts(
        _ configure: (inout LocalS3Configuration) -> Void,
        _ body: @escaping @Sendable (LocalCodeArtifact, LocalS3, _ environment: [String: String]) async throws -> Void
    ) async throws {
        var configuration = LocalS3Configuration()
        configuration.keepsVersions = true
        configure(&configuration)
        try await withTimeout { [configuration] in
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                var configuration = configuration
                configuration.credentials = Array(server.configuration.credentials.prefix(1))
                try await LocalS3.with(configuration) { bucket in
                    server.publish(
                        try version("com.acme:lib:1.0"),
                        assets: ["lib-1.0.pom": Array("<project/>".utf8), "lib-1.0.jar": [1, 2, 3]]
                    )
                    try await body(server, bucket, ["AWS_ENDPOINT_URL_S3": bucket.endpoint])
                }
            }
        }
    }

    @Test func `a bucket in another region is followed, and the log names the setting once`() async throws {
        try await withParts {
            $0.region = "eu-north-1"
        } _: { server, bucket, environment in
            let done = try await server.reconcile(to: "s3://backup", environment: environment)
            #expect(done.status == 0, "\(done.errors)")
            #expect(bucket.keys().contains { $0.hasSuffix("lib-1.0.jar") })
            #expect(done.errors.split(separator: "--backup-region eu-north-1 saves this detour").count == 2)
            let told = try await server.reconcile(
                to: "s3://backup",
                ["--backup-region", "eu-north-1"],
                environment: environment
            )
            #expect(told.status == 0 && !told.errors.contains("detour"), "\(told.errors)")
        }
    }

    @Test func `without the right to read versions, the newest bytes are verified, served and restored`() async throws {
        try await withParts {
            $0.denied = ["s3:GetObjectVersion"]
        } _: { server, _, environment in
            let saved = try await server.reconcile(to: "s3://backup", environment: environment)
            #expect(saved.status == 0, "\(saved.errors)")
            let verified = try await Verification(server: server, url: "s3://backup", environment: environment).run()
            #expect(verified.status == 0, "\(verified.errors)")
            let domain = server.configuration.domain
            let reading = server.environment.merging(environment) { $1 }
            try await serving("s3://backup", domain: domain, environment: reading) { address in
                let url = "\(address)/releases/com/acme/lib/1.0/lib-1.0.jar"
                let got = try await run("curl", ["-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_download}", url])
                #expect(got.output == "200 3")
            }
            try server.loseEverything()
            let planned = try await server.restore(from: "s3://backup", ["--dry-run"], environment: environment)
            #expect(planned.status == 4, "\(planned.errors)")
            let restored = try await server.restore(from: "s3://backup", environment: environment)
            #expect(restored.status == 0, "\(restored.errors)")
        }
    }

    @Test func `without that right, a dry run of a restore shows the bytes that it cannot read`() async throws {
        try await withParts {
            $0.denied = ["s3:GetObjectVersion"]
            $0.entityTag = .opaque
        } _: { server, bucket, environment in
            let saved = try await server.reconcile(to: "s3://backup", environment: environment)
            #expect(saved.status == 0, "\(saved.errors)")
            let jar = try #require(bucket.keys().first { $0.hasSuffix("lib-1.0.jar") })
            bucket.store([3, 2, 1], under: jar)
            try server.loseEverything()
            for arguments in [["--dry-run"], []] {
                let done = try await server.restore(from: "s3://backup", arguments, environment: environment)
                #expect(done.status == 7, "\(done.errors)")
                #expect(
                    done.errors.contains("this request needs s3:GetObject and s3:GetObjectVersion."),
                    "\(done.errors)"
                )
            }
        }
    }
}
