import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A host that cannot be reached ends a run with 5, which names it, what it is for and what to check.
@Suite struct SilentHostTests {
    private func withDomain(
        _ faults: [String] = [],
        _ body: @Sendable (LocalCodeArtifact, LocalS3) async throws -> Void
    ) async throws {
        try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
            try await LocalS3.with(LocalS3Configuration(beside: server.configuration)) { store in
                for number in 0..<6 {
                    server.publish(
                        try version("com.acme:lib-\(number):1.0"),
                        assets: ["lib-\(number)-1.0.jar": [UInt8(number)]]
                    )
                }
                server.setFaults(try faults.map { try Fault($0) })
                try await body(server, store)
            }
        }
    }

    @Test func `a redirect to a host that answers no request`() async throws {
        try await withDomain(["assets.GetObject:reset"]) { server, store in
            let run = try await server.reconcile(
                to: "s3://backup/b",
                ["--max-attempts", "1"],
                environment: ["AWS_ENDPOINT_URL_S3": store.endpoint]
            )
            #expect(run.status == 5, "\(run.errors)")
            #expect(run.report?.failureKind == .unreachable)
            let message = run.report?.message ?? ""
            #expect(
                message.contains("127.0.0.1:") && message.contains("the store of the domain's assets"),
                "\(message)"
            )
            #expect(message.contains("Check the proxy and, in a VPC, the S3 gateway endpoint"), "\(message)")
            #expect(run.errors.split(separator: "\n").count { $0.contains(#""level":"error""#) } <= 3, "\(run.errors)")
        }
    }

    @Test(
        "Where nobody listens",
        arguments: [
            ("AWS_ENDPOINT_URL_CODEARTIFACT", "the CodeArtifact API"),
            ("AWS_ENDPOINT_URL_S3", "the store of the backup"),
        ]
    )
    func endpoint(variable: String, purpose: String) async throws {
        let port = try ScriptedHTTPServer.unusedPort()
        try await withDomain { server, store in
            for command in variable == "AWS_ENDPOINT_URL_S3" ? ["run", "verify"] : ["run"] {
                let run = try await server.reconcile(
                    command,
                    "s3://backup/b",
                    [],
                    environment: ["AWS_ENDPOINT_URL_S3": store.endpoint]
                        .merging([variable: "http://127.0.0.1:\(port)"]) { $1 },
                    seconds: 60
                )
                #expect(run.status == 5, "\(run.errors)")
                #expect(run.output.contains("127.0.0.1:\(port), \(purpose), cannot be reached"), "\(run.output)")
            }
        }
    }

    @Test("A process with few file descriptors says so", arguments: [8, 12, 20, 40])
    func descriptors(limit: Int) async throws {
        let finished = try await run(
            "bash",
            ["-c", "ulimit -n \(limit); exec \"$0\" run --domain d --backup dir:/nonexistent", Programs.reconcile]
        )
        #expect(finished.status == 8, "\(finished)")
        #expect(finished.errors.hasPrefix("this process may have at most \(limit) files and connections open"))
    }

    @Test func `a process whose own limit is low raises it as far as allowed`() async throws {
        try await withDomain { server, store in
            let finished = try await run(
                "bash",
                ["-c", "ulimit -S -n 12; exec \"$0\" \"$@\"", Programs.reconcile, "run"]
                    + server.arguments(to: "s3://backup/b"),
                environment: server.environment.merging(["AWS_ENDPOINT_URL_S3": store.endpoint]) { $1 }
            )
            #expect(finished.status == 0, "\(finished.errors)")
        }
    }
}
