import AWSServices
import Cryptography
import DirectoryAdapter
import FoundationEssentials
import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// Records that contradict a checkpoint, until an operator accepts that by name, as the programs do it.
@Suite(.serialized, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"), .seaweedFS)
struct AcceptedCutTests {
    @Test func `a contradiction ends each run with 6 until it is accepted, in a directory`() async throws {
        try await withScratchDirectory { scratch in
            let path = "\(scratch)/backup"
            let store = try DirectoryStore(directory: path, create: true, ledger: RequestLedger())
            try await prove(.directory(path), store, in: scratch) {
                try FileManager.default.removeItem(atPath: "\(path)/\($0)")
            }
        }
    }

    @Test func `a contradiction ends each run with 6 until it is accepted, in a bucket that keeps versions`()
        async throws
    {
        let seaweed = try #require(SeaweedFS.current)
        let place = BackupPlace.versionedBucket(seaweed, prefix: "cut")
        try await HTTPClient.withClient { client in
            let store = try S3Store(seaweed, bucket: seaweed.versionedBucket, prefix: "cut", client: client)
            try await withScratchDirectory { scratch in
                try await prove(place, store, in: scratch, credentials: seaweed.credentials) {
                    try await seaweed.delete("cut/\($0)", in: seaweed.versionedBucket)
                }
            }
        }
    }

    private func prove(
        _ place: BackupPlace,
        _ store: any ObjectStore,
        in scratch: String,
        credentials: AWSCredentials? = nil,
        remove: @escaping @Sendable (ObjectKey) async throws -> Void
    ) async throws {
        let configuration = LocalCodeArtifact.Configuration(repositories: [.init("releases")])
        try await LocalCodeArtifact.with(configuration) { server in
            if let credentials { server.add(credentials) }
            let run = { try await server.reconcile(to: place.url, environment: place.environment) }
            let verification = Verification(server: server, url: place.url, environment: place.environment)
            try await fill(store, from: server, in: scratch)
            // Documents have the time of the newest record.
            let always = ["--metadata", "always"]
            let first = try await server.reconcile(to: place.url, always, environment: place.environment)
            #expect(first.status == 0, "\(first.errors)")
            let checkpoint = try #require(first.report?.checkpoint?.key)
            #expect(try await verification.run().status == 0)

            let record = try #require(
                try await place.objects().keys.first { $0.contains("/manifests/") && $0.contains("/1.0/") }
            )
            try await remove(ObjectKey(record))
            // The version is protected again at once; that a record is gone stays said.
            for number in 1...2 {
                let contradicted = try await run()
                #expect(contradicted.status == 6 && contradicted.report?.outcome == .contradicted)
                #expect(contradicted.report?.versions.copied == (number == 1 ? 1 : 0))
                let message = contradicted.report?.message ?? ""
                #expect(message.hasPrefix("the records contradict the checkpoint \(checkpoint): "), "\(message)")
                #expect(message.hasSuffix("with verify --accept-loss '\(checkpoint)' --reason TEXT"), "\(message)")
            }
            let found = try await verification.run()
            #expect(found.status == 6 && found.rows.contains("contradictedCheckpoint \(checkpoint)"), "\(found.rows)")

            // Another name accepts nothing.
            let other = try await verification.run(["--accept-loss", "\(checkpoint)x", "--reason", "test"])
            #expect(other.status == 6 && other.report.acceptedLosses.isEmpty)
            #expect(try await run().status == 6)
            let names = Set(found.report.findings.map(\.key)).sorted().flatMap { ["--accept-loss", $0] }
            let accepted = try await verification.run(names + ["--reason", "removed by mistake"])
            #expect(accepted.status == 0, "\(accepted.rows) \(accepted.errors)")
            let losses = accepted.report.acceptedLosses.map { "\($0.kind.rawValue) \($0.key) \($0.reason)" }
            #expect(losses.contains("contradictedCheckpoint \(checkpoint) removed by mistake"))

            for _ in 1...2 {
                let after = try await run()
                #expect(after.status == 0 && after.report?.checkpoint?.contradictions == [], "\(after.errors)")
                #expect(try await verification.run().status == 0)
            }
            // What is removed after that is another cut.
            let next = try #require(
                try await place.objects().keys.first { $0.contains("/manifests/") && $0.contains("/1.1/") }
            )
            try await remove(ObjectKey(next))
            #expect(try await run().status == 6)
        }
    }

    /// Three versions whose records say that they were made three hours earlier: those of the last hour are in no checkpoint.
    private func fill(_ store: any ObjectStore, from server: LocalCodeArtifact, in scratch: String) async throws {
        for number in 0...2 {
            server.publish(
                try version("com.acme:app:1.\(number)"),
                assets: ["app-1.\(number).jar": Array("jar \(number)".utf8)]
            )
        }
        let made = try await server.reconcile(to: "file://\(scratch)/made")
        #expect(made.status == 0, "\(made.errors)")
        for (path, file) in try files(below: "\(scratch)/made") where !path.contains("/runs/") {
            let bytes = Array(try Data(contentsOf: file))
            let name = file.lastPathComponent
            guard path.contains("/manifests/"), let time = Timestamp(basic: name.prefix(16)) else {
                _ = try await store.write(bytes, to: ObjectKey(path), .createOnly)
                continue
            }
            let earlier = Timestamp(seconds: time.seconds - 3 * 3_600)
            let text = String(decoding: bytes, as: UTF8.self).replacing(time.extended, with: earlier.extended)
            let key = path.replacing(time.basic, with: earlier.basic)
            _ = try await store.write(Array(text.utf8), to: ObjectKey(key), .createOnly)
        }
    }
}
