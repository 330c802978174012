import AWSServices
import Cryptography
import DirectoryAdapter
import FoundationEssentials
import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A file and its record that were replaced together: the domain tells, and so do the versions that a bucket keeps.
@Suite(.serialized, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"), .seaweedFS)
struct PoisonTests {
    @Test func `in a directory`() async throws {
        try await withScratchDirectory { scratch in
            let store = try DirectoryStore(directory: "\(scratch)/backup", create: true, ledger: RequestLedger())
            try await prove("file://\(scratch)/backup", [:], store, keepsVersions: false)
        }
    }

    @Test func `in a bucket that keeps versions`() async throws {
        let seaweed = try #require(SeaweedFS.current)
        let environment = [
            "AWS_ENDPOINT_URL_S3": seaweed.endpoint, "AWS_ACCESS_KEY_ID": seaweed.credentials.accessKeyID,
            "AWS_SECRET_ACCESS_KEY": seaweed.credentials.secretAccessKey, "AWS_REGION": "us-west-2",
        ]
        try await HTTPClient.withClient { client in
            let store = try S3Store(seaweed, bucket: seaweed.versionedBucket, prefix: "poison", client: client)
            try await prove("s3://\(seaweed.versionedBucket)/poison", environment, store, keepsVersions: true) {
                $0.add(seaweed.credentials)
            }
        }
    }

    private func prove(
        _ url: String,
        _ environment: [String: String],
        _ store: any ObjectStore,
        keepsVersions: Bool,
        prepare: @escaping @Sendable (LocalCodeArtifact) -> Void = { _ in }
    ) async throws {
        let configuration = LocalCodeArtifact.Configuration(repositories: [.init("releases")])
        try await LocalCodeArtifact.with(configuration) { server in
            prepare(server)
            for number in 0...2 {
                server.publish(
                    try version("com.acme:app:1.\(number)"),
                    assets: ["app-1.\(number).jar": Array("jar \(number)".utf8)]
                )
            }
            let run = try await server.reconcile(to: url, environment: environment)
            #expect(run.status == 0, "\(run.errors)")
            let key = try await poison(try version("com.acme:app:1.1"), with: Array("evil!".utf8), store, server)
            let verification = Verification(server: server, url: url, environment: environment)
            let replaced = keepsVersions ? ["rewrittenRecord \(key)"] : []
            let alone = try await verification.run()
            #expect(alone.status == (keepsVersions ? 6 : 0), "\(alone.errors)")
            #expect(alone.rows == replaced)
            #expect(alone.report.looked.comparedWithDomain == nil)
            let seen = try await verification.run(["--against-domain"])
            #expect(seen.status == 6)
            #expect(seen.rows.sorted() == ["contradictedRecord \(key)"] + replaced)
            #expect(seen.report.looked.comparedWithDomain == 3)
            // What the domain shows otherwise says nothing.
            try server.setStatus(.unlisted, of: version("com.acme:app:1.1"))
            let other = try await verification.run(["--against-domain"])
            #expect(other.rows == replaced, "\(other.errors)")
            #expect(other.report.looked.comparedWithDomain == 2)
        }
    }

    private func poison(
        _ version: VersionCoordinates,
        with bytes: [UInt8],
        _ store: any ObjectStore,
        _ server: LocalCodeArtifact
    ) async throws -> ObjectKey {
        let layout = BackupLayout(domain: server.configuration.domain)
        var keys: [ObjectKey] = []
        try await store.forEachObject(under: layout.manifestsPrefix(of: version)) { keys.append($0.key) }
        let key = try #require(keys.first)
        let record = try #require(layout.record(at: key))
        var manifest = try await BackupCatalog(store: store, layout: layout, clock: SystemClock()).manifest(of: record)
        let stored = try #require(manifest.assets.first)
        guard case .stored(let versionID) = try await store.write(bytes, to: stored.key, .overwrite) else {
            throw POSIXFailure.notWritten
        }
        func sum(_ algorithm: DigestAlgorithm) -> String { Hexadecimal.encode(Digest.of(bytes, algorithm)) }
        let checksums = Checksums(md5: sum(.md5), sha1: sum(.sha1), sha256: sum(.sha256), sha512: sum(.sha512))
        let asset = Asset(name: stored.asset.name, size: Int64(bytes.count), checksums: checksums)
        manifest.assets = [Manifest.StoredAsset(asset: asset, key: stored.key, versionID: versionID)]
        _ = try await store.write(try manifest.canonicalBytes(), to: key, .overwrite)
        return key
    }

    private enum POSIXFailure: Error {
        case notWritten
    }
}
