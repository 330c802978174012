import AWSServices
import Cryptography
import DirectoryAdapter
import FoundationEssentials
import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// Every object of a backup is damaged in every way, one at a time, and the program names each fault at its depth.
@Suite(.enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"), .seaweedFS)
struct VerifySweepTests {
    @Test(arguments: Damage.allCases)
    func `in a directory`(damage: Damage) async throws {
        try await withScratchDirectory { scratch in
            let path = "\(scratch)/backup"
            let store = try DirectoryStore(directory: path, create: true, ledger: RequestLedger())
            try await sweep(damage, .directory(path), store) {
                try FileManager.default.removeItem(atPath: "\(path)/\($0)")
            }
        }
    }

    @Test(arguments: Damage.allCases)
    func `in a bucket`(damage: Damage) async throws {
        let seaweed = try #require(SeaweedFS.current)
        try await sweep(damage, seaweed, seaweed.bucket) { .bucket(seaweed, prefix: $0) }
    }

    @Test(arguments: Damage.allCases)
    func `in a bucket that keeps versions`(damage: Damage) async throws {
        let seaweed = try #require(SeaweedFS.current)
        try await sweep(damage, seaweed, seaweed.versionedBucket) { .versionedBucket(seaweed, prefix: $0) }
    }

    private func sweep(
        _ damage: Damage,
        _ seaweed: SeaweedFS,
        _ bucket: String,
        _ place: (_ prefix: String) -> BackupPlace
    ) async throws {
        try await HTTPClient.withClient { client in
            let prefix = "sweep-\(damage)"
            let store = try S3Store(seaweed, bucket: bucket, prefix: prefix, client: client)
            try await sweep(damage, place(prefix), store, credentials: seaweed.credentials) {
                try await seaweed.delete("\(prefix)/\($0)", in: bucket)
            }
        }
    }

    private func sweep(
        _ damage: Damage,
        _ place: BackupPlace,
        _ store: any ObjectStore,
        credentials: AWSCredentials? = nil,
        remove: @escaping @Sendable (ObjectKey) async throws -> Void
    ) async throws {
        let configuration = LocalCodeArtifact.Configuration(repositories: [.init("releases"), .init("shared")])
        try await LocalCodeArtifact.with(configuration) { server in
            if let credentials { server.add(credentials) }
            try await fill(server, place, changesBytes: store.keepsVersions() == true)
            let verification = Verification(server: server, url: place.url, environment: place.environment)
            // What verify does not look at.
            let objects = try await place.objects().filter { object in
                !["/runs/", "/configuration/"].contains { object.key.contains($0) }
            }
            #expect(objects.count > 25)
            for (name, bytes) in objects.sorted(by: { $0.key < $1.key }) {
                let (key, beside) = (ObjectKey(name), ObjectKey("\(name).x"))
                let expected = damage.expected(at: key, beside)
                guard let fault = expected.fault else { continue }
                let effect = damage.effect(on: bytes)
                if let changed = effect.bytes, changed != bytes {
                    _ = try await store.write(changed, to: key, .overwrite)
                } else if effect.bytes == nil {
                    try await remove(key)
                }
                if let added = effect.beside { _ = try await store.write(added, to: beside, .createOnly) }

                let found = try await verification.run(depth: expected.depth)
                #expect(found.rows.contains(fault), "\(found.rows) \(found.errors)")
                #expect(found.status == 6, "\(fault): \(found.errors)")

                if effect.bytes != bytes { _ = try await store.write(bytes, to: key, .overwrite) }
                if effect.beside != nil { try await remove(beside) }
            }
            // Everything is as it was, but that a bucket with versions tells what was done to each record.
            let sound = try await verification.run()
            let told = sound.rows.filter { $0.hasPrefix("rewrittenRecord ") || $0.hasPrefix("hiddenRecord ") }
            #expect(sound.rows == told)
            let keepsVersions = try await store.keepsVersions() == true
            // These two leave each record as it is.
            let leavesRecords = [.added, .deleted].contains(damage)
            #expect(told.isEmpty == (!keepsVersions || leavesRecords), "\(damage)")
            #expect(sound.status == (told.isEmpty ? 0 : 6), "\(sound.errors)")
        }
    }

    /// Releases in several statuses, other bytes where versions are kept, snapshots, an odd name, origin controls.
    private func fill(_ server: LocalCodeArtifact, _ place: BackupPlace, changesBytes: Bool) async throws {
        func text(_ text: String) -> [UInt8] { Array(text.utf8) }
        func save() async throws {
            let saved = try await server.reconcile(to: place.url, environment: place.environment)
            #expect(saved.status == 0, "\(saved.errors)")
        }
        for number in 1...3 {
            server.publish(
                try version("com.acme:app:1.\(number)"),
                assets: ["app-1.\(number).jar": text("jar \(number)"), "app-1.\(number).pom": text("<project/>")],
                status: number == 2 ? .unlisted : .published
            )
        }
        let build = "3.0-20260101.101010-1"
        try server.publishSnapshot(try version("com.acme:app:\(build)"), assets: ["app-\(build).jar": text("build")])
        let odd = try version("org.odd:grün+lib~x:4.0-日本", in: "shared")
        server.publish(odd, assets: ["grün+lib~x-4.0-日本.tar.gz": text("odd"), "100%.txt": text("%")])
        try server.setOriginControls(.ingested, of: odd.package)
        try await save()
        try server.setStatus(.archived, of: version("com.acme:app:1.3"))
        if changesBytes { try server.setAsset("app-1.1.jar", text("other bytes"), of: version("com.acme:app:1.1")) }
        try await save()
    }
}
