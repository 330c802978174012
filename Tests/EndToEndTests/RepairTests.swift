import AWSServices
import Cryptography
import DirectoryAdapter
import FoundationEssentials
import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// Backups that are damaged, verified and mended by the program itself.
@Suite(.serialized, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"), .seaweedFS)
struct RepairTests {
    @Test func `in a directory`() async throws {
        try await withScratchDirectory { scratch in
            let path = "\(scratch)/backup"
            let store = try DirectoryStore(directory: path, create: true, ledger: RequestLedger())
            // The bytes that were written over are nowhere else.
            try await prove("file://\(path)", [:], store, leftWithoutSource: ["wrongBytes", "unreadableManifest"])
        }
    }

    @Test func `in a bucket that keeps versions`() async throws {
        let seaweed = try #require(SeaweedFS.current)
        let environment = [
            "AWS_ENDPOINT_URL_S3": seaweed.endpoint, "AWS_ACCESS_KEY_ID": seaweed.credentials.accessKeyID,
            "AWS_SECRET_ACCESS_KEY": seaweed.credentials.secretAccessKey, "AWS_REGION": "us-west-2",
        ]
        try await HTTPClient.withClient { client in
            let store = try S3Store(seaweed, bucket: seaweed.versionedBucket, prefix: "repair", client: client)
            let url = "s3://\(seaweed.versionedBucket)/repair"
            try await prove(url, environment, store, leftWithoutSource: ["unreadableManifest"]) {
                $0.add(seaweed.credentials)
            }
        }
    }

    private func prove(
        _ url: String,
        _ environment: [String: String],
        _ store: any ObjectStore,
        leftWithoutSource: Set<String>,
        prepare: @escaping @Sendable (LocalCodeArtifact) -> Void = { _ in }
    ) async throws {
        let configuration = LocalCodeArtifact.Configuration(repositories: [.init("releases"), .init("shared")])
        try await LocalCodeArtifact.with(configuration) { server in
            prepare(server)
            try server.fillVariously()
            let run = try await server.reconcile(to: url, environment: environment)
            #expect(run.status == 0, "\(run.errors)")
            let verification = Verification(server: server, url: url, environment: environment)
            let sound = try await verification.run()
            #expect(sound.status == 0, "\(sound.errors)")

            let domain = server.configuration.domain
            let folder = "\(domain)/maven/releases/com/acme/app"
            let records = "\(domain)/manifests/maven/releases/com.acme/app/1.3/"
            func victims() async throws -> [(ObjectKey, String)] {
                [
                    (ObjectKey("\(folder)/1.1/app-1.1.jar"), "wrongBytes"),
                    (try await lastKey(under: records, store), "unreadableManifest"),
                    (ObjectKey("\(folder)/maven-metadata.xml"), "wrongMetadata"),
                ]
            }
            for (key, kind) in try await victims() {
                try await damage(key, store)
                let damaged = try await store.read(key, limit: 1 << 20)
                let found = try await verification.run()
                #expect(found.status == 6, "\(key)")
                #expect(found.rows.contains("\(kind) \(key)"), "\(found.rows)")
                // A record that is retired may have been written over.
                let mendable = found.rows.filter { !$0.hasPrefix("rewrittenRecord ") }
                let rehearsed = try await verification.run(["--repair", "--dry-run"])
                #expect(rehearsed.status == 6 && rehearsed.report.mended == 0, "\(key): \(rehearsed.errors)")
                #expect(rehearsed.rows == mendable)
                #expect(rehearsed.report.findings.allSatisfy { $0.message.hasSuffix(". A repair would fix it") })
                let repaired = try await verification.run(["--repair"])
                #expect(repaired.status == 0, "\(key): \(repaired.errors)")
                #expect(repaired.report.mended == mendable.count)
                let after = try await verification.run()
                #expect(after.status == 0, "\(key): \(after.errors)")
                guard kind == "unreadableManifest" else { continue }
                #expect(try await store.read(key, limit: 1 << 20) == damaged)
                #expect(after.report.retired == 1)
            }

            try server.loseEverything()
            for (key, _) in try await victims() { try await damage(key, store) }
            let rehearsed = try await verification.run(["--repair", "--dry-run"])
            let repaired = try await verification.run(["--repair"])
            #expect(repaired.status == 6, "\(repaired.errors)")
            let promised = rehearsed.report.findings.filter { $0.message.hasSuffix(". A repair would fix it") }
            #expect(promised.map(\.key) == repaired.report.findings.filter(\.mended).map(\.key))
            let left = repaired.report.findings.filter { !$0.mended && $0.kind != .rewrittenRecord }
            #expect(Set(left.map(\.kind.rawValue)).subtracting(["stray"]) == leftWithoutSource, "\(repaired.errors)")
            #expect(left.allSatisfy { $0.message.contains("Not repaired: ") }, "\(left.map(\.message))")
            let after = Set(try await verification.run().rows.filter { !$0.hasPrefix("rewrittenRecord ") })
            #expect(after == Set(left.map { "\($0.kind.rawValue) \($0.key)" }))
        }
    }

    private func lastKey(under prefix: String, _ store: any ObjectStore) async throws -> ObjectKey {
        try #require(try await store.list(prefix: ObjectKey(prefix), after: nil).elements.map(\.key).max())
    }

    /// Puts another first byte into an object.
    private func damage(_ key: ObjectKey, _ store: any ObjectStore) async throws {
        var bytes = try #require(try await store.read(key, limit: 1 << 20))
        bytes[0] ^= 1
        _ = try await store.write(bytes, to: key, .overwrite)
    }
}
