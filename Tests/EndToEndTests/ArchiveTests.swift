import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// Objects in a storage class whose bytes no request returns: verify and restore recognize them from the listing.
@Suite struct ArchiveTests {
    @Test func `verify and a restore's dry run name archived objects and the command, and read none`() async throws {
        try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
            try await LocalS3.with(LocalS3Configuration(beside: server.configuration)) { store in
                server.publish(try version("com.acme:app:1.0"), assets: ["app-1.0.jar": [1], "it's.txt": [2]])
                let environment = ["AWS_ENDPOINT_URL_S3": store.endpoint]
                let saved = try await server.reconcile(to: "s3://backup/b", environment: environment)
                #expect(saved.status == 0, "\(saved.errors)")
                for key in store.keys() where key.contains("/1.0/") && key.contains("/maven/releases/com/") {
                    store.move(key, to: "GLACIER")
                }
                let verification = Verification(server: server, url: "s3://backup/b", environment: environment)
                let folder = "my-domain/maven/releases/com/acme/app/1.0"
                let rows = ["archivedObject \(folder)/app-1.0.jar", "archivedObject \(folder)/it's.txt"]

                let noted = try await verification.run(["--no-strict"], depth: .objects)
                #expect(noted.status == 0, "\(noted.errors)")
                #expect(noted.report.notes.map { "\($0.kind.rawValue) \($0.key)" } == rows)
                let command = "aws s3api restore-object --bucket backup --key 'b/\(folder)/it'\\''s.txt'"
                #expect(noted.report.notes.last?.message.contains(command) == true, "\(noted.report.notes)")
                let deep = try await verification.run(["--no-strict"], depth: .bytes)
                #expect(deep.status == 6)
                #expect(deep.rows == rows)

                try server.loseEverything()
                store.resetRequests()
                let dry = try await server.reconcile(
                    "restore",
                    "s3://backup/b",
                    ["--dry-run"],
                    environment: environment,
                    seconds: 60
                )
                #expect(dry.status == 3, "\(dry.errors)")
                #expect(dry.errors.contains("restore-object"), "\(dry.errors)")
                // The record is read, and the report of the run, and nothing else.
                #expect(store.requests["s3.GetObject"] == 2, "\(store.requests)")
            }
        }
    }
}
