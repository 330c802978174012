import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A domain that is backed up, loses everything, and is restored by the program itself.
@Suite struct RestoreTests {
    private let app = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")

    private func withParts(
        _ configuration: LocalCodeArtifact.Configuration = .init(),
        _ body: @escaping @Sendable (LocalCodeArtifact, _ backup: String) async throws -> Void
    ) async throws {
        try await withTimeout(300) {
            try await withScratchDirectory { scratch in
                try await LocalCodeArtifact.with(configuration) { server in
                    try await body(server, "file://\(scratch)/backup")
                }
            }
        }
    }

    private func version(_ name: String, of package: PackageCoordinates) -> VersionCoordinates {
        VersionCoordinates(package: package, version: name)
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `releases that were deleted come back, and a second restore finds nothing to do`() async throws {
        try await withParts { server, backup in
            for number in 1...3 {
                server.publish(
                    version("1.\(number)", of: app),
                    assets: [
                        "app-1.\(number).jar": text("jar \(number)"), "app-1.\(number).pom": text("<project/>"),
                        "app-1.\(number)-sources.jar": text("sources \(number)"),
                    ],
                    status: number == 2 ? .unlisted : .published
                )
            }
            let before = try await DomainPicture(server, [app])
            let saved = try await server.reconcile(to: backup)
            #expect(saved.status == 0, "\(saved.errors)")
            try server.lose([app])
            server.resetRequests()

            let restored = try await server.restore(from: backup)
            #expect(restored.status == 0, "\(restored.errors)")
            let report = try #require(restored.report)
            #expect(report.versions.missing == 3)
            #expect(report.versions.copied == 3)
            #expect(report.assets.copied == 9)
            #expect(try await DomainPicture(server, [app]) == before)
            #expect(server.requests["maven.PutAsset"] == 9)
            #expect(server.requests["codeartifact.UpdatePackageVersionsStatus"] == 3)
            #expect(server.requests["maven.PutMetadata"] == nil)

            server.resetRequests()
            let again = try await server.restore(from: backup)
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.report?.versions.inSync == 3)
            #expect(server.requests.keys.allSatisfy { $0.hasPrefix("codeartifact.List") })
        }
    }
}
