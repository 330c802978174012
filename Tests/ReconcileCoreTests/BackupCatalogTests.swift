import ReconcileCore
import TestSupport
import Testing

/// What is read back from manifests alone.
@Suite struct BackupCatalogTests {
    private let layout = BackupLayout(domain: "acme")
    private let first = Timestamp(seconds: 1_700_000_000)
    private let later = Timestamp(seconds: 1_700_000_060)

    private func version(_ text: String, of name: String = "lib", in repository: String = "releases")
        -> VersionCoordinates
    {
        VersionCoordinates(
            package: PackageCoordinates(repository: repository, namespace: "com.acme", name: name),
            version: text
        )
    }

    private func manifest(_ version: VersionCoordinates, _ time: Timestamp, _ status: VersionStatus) -> Manifest {
        Manifest(
            coordinates: version,
            revision: "cmV2",
            status: status,
            properties: VersionProperties(origin: .internal),
            recordedAt: time,
            recordedBy: Manifest.Recorder(door: "reconcile", version: "1"),
            assets: []
        )
    }

    private func place(_ manifest: Manifest, in store: InMemoryStore) throws {
        store.place(try manifest.canonicalBytes(), at: layout.key(of: manifest.record).value)
    }

    @Test(arguments: [InMemoryOrder.bytes, .shuffled(seed: 7)])
    func `each package is visited once, in any order of listing`(order: InMemoryOrder) async throws {
        let store = InMemoryStore(order: order, pageSize: 2)
        for name in ["lib", "lib-b", "tool"] {
            for text in ["1.0", "1.1", "2.0"] {
                try place(manifest(version(text, of: name), first, .published), in: store)
            }
        }
        try place(manifest(version("1.0", in: "other"), first, .published), in: store)
        store.place([1], at: "acme/manifests/maven/releases/com.acme/stray/no-record")
        let catalog = BackupCatalog(store: store, layout: layout, clock: ManualClock())
        var all: [String] = []
        try await catalog.forEachPackage { all.append("\($0)") }
        #expect(
            all.sorted() == [
                "other/com.acme:lib", "releases/com.acme:lib", "releases/com.acme:lib-b", "releases/com.acme:tool",
            ]
        )
        var one: [String] = []
        try await catalog.forEachPackage(in: "other") { one.append("\($0)") }
        #expect(one == ["other/com.acme:lib"])
    }

    @Test func `a history is in order of time, and says what was known at a moment`() async throws {
        let store = InMemoryStore(order: .shuffled(seed: 7))
        try place(manifest(version("1.0"), later, .deleted), in: store)
        try place(manifest(version("1.0"), first, .published), in: store)
        try place(manifest(version("2.0"), later, .published), in: store)
        let catalog = BackupCatalog(store: store, layout: layout, clock: ManualClock())
        let histories = try await catalog.history(of: version("1.0").package).versions
        #expect(histories.map(\.coordinates.version) == ["1.0", "2.0"])
        #expect(histories[0].records.map(\.status) == [.published, .deleted])
        #expect(histories[0].newest.status == .deleted)
        #expect(histories[0].record(asOf: Timestamp(seconds: first.seconds - 1)) == nil)
        #expect(histories[0].record(asOf: first)?.status == .published)
        #expect(histories[0].record(asOf: Timestamp(seconds: later.seconds - 1))?.status == .published)
        #expect(histories[0].record(asOf: later)?.status == .deleted)
        #expect(histories[1].record(asOf: first) == nil)
    }

    @Test func `a manifest that is gone, unreadable or of another version is refused`() async throws {
        let store = InMemoryStore()
        let catalog = BackupCatalog(store: store, layout: layout, clock: ManualClock())
        let good = manifest(version("1.0"), first, .published)
        try place(good, in: store)
        #expect(try await catalog.manifest(of: good.record) == good)
        let gone = manifest(version("2.0"), first, .published)
        let cut = manifest(version("3.0"), first, .published)
        store.place(Array(try cut.canonicalBytes().dropLast(5)), at: layout.key(of: cut.record).value)
        let moved = manifest(version("4.0"), first, .published)
        store.place(try good.canonicalBytes(), at: layout.key(of: moved.record).value)
        for (record, kind) in [
            (gone.record, RemoteFailure.Kind.absent), (cut.record, .untrusted), (moved.record, .untrusted),
        ] {
            let failure = await #expect(throws: RemoteFailure.self) { try await catalog.manifest(of: record) }
            #expect(failure?.kind == kind)
        }
    }
}
