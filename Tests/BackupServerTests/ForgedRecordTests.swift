import Cryptography
import HTTPTypes
import Logging
import ReconcileCore
import Synchronization
import TestSupport
import Testing

@testable import BackupServer

/// A server with a trust file on a signed backup, each of whose records somebody forges, with other bytes for its files.
@Suite struct ForgedRecordTests {
    /// What a client gets.
    private struct Got: Equatable {
        var status: Int
        var bytes: [UInt8] = []
    }

    private func responder(_ backup: Backup, _ clock: ManualClock) -> RepositoryResponder {
        RepositoryResponder(
            view: RepositoryView(store: backup.store, layout: backup.layout, clock: clock),
            token: nil,
            realm: "acme",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// Asks as a client does, and reads the body as the server sends it: one that fails before its end is a 502.
    private func get(_ path: String, of backup: Backup, _ clock: ManualClock) async throws -> Got {
        let responder = responder(backup, clock)
        let answer = await responder.answer(path)
        switch answer.body {
        case .none: return Got(status: answer.status)
        case .bytes(let bytes): return Got(status: answer.status, bytes: answer.status == 200 ? bytes : [])
        case .stored(let stored, let range):
            let sent = Mutex<[UInt8]>([])
            let body = StoredBody(
                store: backup.store,
                stored: stored,
                range: range,
                clock: clock,
                proofs: responder.proofs
            )
            do {
                try await body.send {
                } _: { piece in
                    sent.withLock { $0 += piece }
                }
            } catch is RemoteFailure {
                #expect(sent.withLock { $0 } == [], "no byte of a small body goes out before all are proved")
                return Got(status: 502)
            }
            return Got(status: answer.status, bytes: sent.withLock { $0 })
        }
    }

    /// The one file of a version, and its bytes.
    private func file(
        of version: VersionCoordinates,
        in model: SignedModel
    ) throws -> (path: String, bytes: [UInt8]) {
        let assets = try #require(model.stage.source.currentVersions[version]?.assets)
        let (name, bytes) = try #require(assets.first { $0.key.value != MavenMetadata.fileName })
        let package = version.package.name
        return ("/releases/com/acme/\(package)/\(version.version)/\(name.value)", bytes)
    }

    private func sha1(_ bytes: [UInt8]) -> [UInt8] { Array(testHashes.digest(bytes, .sha1).utf8) }

    private func manifests(of model: SignedModel) -> [(key: ObjectKey, version: VersionCoordinates)] {
        model.records.compactMap { row in model.layout.record(at: row.key).map { (row.key, $0.coordinates) } }
    }

    @Test(arguments: SignedForgery.allCases)
    func `nothing that a forged record says is served, in the place of any record and beside it`(
        way: SignedForgery
    ) async throws {
        let model = try await SignedModel.made()
        let records = manifests(of: model)
        #expect(records.count == 10)
        let damaged = [model.retired, model.accepted]
        for (key, version) in records {
            let (path, bytes) = try file(of: version, in: model)
            let store = InMemoryStore()
            try await model.copy(model.objects, to: store)
            let backup = try model.backup(in: store)
            #expect(try await get(path, of: backup, model.stage.clock) == Got(status: 200, bytes: bytes), "\(key)")
            let before = store.memory
            // Where no other record of the version counts, nothing is known of it.
            let isOnly = !records.contains { $0.version == version && $0.key != key && !damaged.contains($0.key) }
            let sum = Got(status: 200, bytes: sha1(bytes))

            try await model.put([model.replacing(key, of: .manifest)], as: way, .overwrite, in: store)
            #expect(try await get(path, of: backup, model.stage.clock) == Got(status: 502), "\(way), \(key)")
            let replaced = try await get("\(path).sha1", of: backup, model.stage.clock)
            #expect(replaced == (isOnly ? Got(status: 502) : sum), "\(way), \(key)")

            store.memory = before
            let placed = try model.beside(key, of: .manifest, at: Timestamp(seconds: model.now.seconds - 60))
            try await model.put([placed], as: way, .createOnly, in: store)
            // The true record counts, whose bytes are no longer there.
            #expect(try await get(path, of: backup, model.stage.clock) == Got(status: 502), "\(way), \(key)")
            #expect(try await get("\(path).sha1", of: backup, model.stage.clock) == sum, "\(way), \(key)")
        }
    }

    @Test(arguments: SignedForgery.allCases)
    func `a version of which there is a forged record alone is a 502, though its file is there`(
        way: SignedForgery
    ) async throws {
        let model = try await SignedModel.made()
        let store = InMemoryStore()
        try await model.copy(model.objects, to: store)
        try await model.put(model.wishedVersion(at: model.now), as: way, .createOnly, in: store)
        let path = "/releases/com/acme/app/6.6.6/app-6.6.6.jar"
        for asked in [path, "\(path).sha1"] {
            let got = try await get(asked, of: model.backup(in: store), model.stage.clock)
            #expect(got == Got(status: 502), "\(way), \(asked)")
        }
    }

    @Test func `without the trust file what an unsigned record says is served`() async throws {
        let model = try await SignedModel.made()
        let bare = { (store: InMemoryStore) in
            Backup(store: store, layout: model.layout, hashes: testHashes, clock: model.stage.clock)
        }
        let (key, version) = try #require(manifests(of: model).last)
        let (path, bytes) = try file(of: version, in: model)
        let poison = Got(status: 200, bytes: SignedModel.poison(bytes))
        for placed in [
            try model.replacing(key, of: .manifest),
            try model.beside(key, of: .manifest, at: Timestamp(seconds: model.now.seconds - 60)),
        ] {
            let store = InMemoryStore()
            try await model.copy(model.objects, to: store)
            try await model.put([placed], as: .unsigned, .overwrite, in: store)
            #expect(try await get(path, of: bare(store), model.stage.clock) == poison)
        }
        let store = InMemoryStore()
        try await model.copy(model.objects, to: store)
        try await model.put(model.wishedVersion(at: model.now), as: .unsigned, .createOnly, in: store)
        let wished = try await get("/releases/com/acme/app/6.6.6/app-6.6.6.jar", of: bare(store), model.stage.clock)
        #expect(wished == Got(status: 200, bytes: Array("jar 1.0".utf8)))
    }
}
