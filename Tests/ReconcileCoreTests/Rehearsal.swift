import ReconcileCore
import Synchronization
import TestSupport

/// A source and a backup in memory, and the core between them.
struct Rehearsal: Sendable {
    let source: InMemorySource
    let store: InMemoryStore
    let clock: ManualClock
    let ledger: RequestLedger
    let layout = BackupLayout(domain: "acme")

    init(
        keepsVersions: Bool = false,
        etags: InMemoryStore.ETags = .md5,
        order: InMemoryOrder = .bytes,
        pageSize: Int = 1000,
        assetPageSize: Int = 1000,
        source: InMemorySource? = nil
    ) {
        let ledger = RequestLedger()
        self.ledger = ledger
        self.source =
            source ?? InMemorySource(order: order, pageSize: pageSize, assetPageSize: assetPageSize, ledger: ledger)
        store = InMemoryStore(
            keepsVersions: keepsVersions,
            etags: etags,
            order: order,
            pageSize: pageSize,
            ledger: ledger
        )
        clock = ManualClock(at: "2026-11-22T08:36:12Z")
    }

    var backup: Backup { Backup(store: store, layout: layout, hashes: testHashes) }

    func context(
        stop: StopSignal = StopSignal(),
        observe: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) -> RunContext<RunEvent> {
        RunContext(clock: clock, ledger: ledger, stop: stop, observe: observe)
    }

    // MARK: One version

    func copier(keepsVersions: Bool = false, writesSidecars: Bool = false) -> VersionCopier {
        VersionCopier(
            source: source,
            backup: backup,
            clock: clock,
            recorder: Manifest.Recorder(door: "reconcile", version: "test"),
            keepsVersions: keepsVersions,
            writesSidecars: writesSidecars
        )
    }

    /// Copies a version in its present state, with what the store lists under its package.
    func copy(
        _ coordinates: VersionCoordinates = version("1.0"),
        keepsVersions: Bool = false,
        writesSidecars: Bool = false,
        newestRecord: Timestamp? = nil,
        status: VersionStatus? = nil,
        knows: Bool = true,
        publishesMetadata: Bool = false
    ) async throws -> CopyOutcome {
        let description = try await source.describe(coordinates)
        let listed = ListedVersion(
            version: coordinates.version,
            revision: description?.revision,
            status: status ?? description?.status ?? .deleted,
            origin: description?.origin ?? .unknown
        )
        var known: [ObjectKey: StoredObject] = [:]
        if knows {
            try await store.forEachObject(under: layout.packagePrefix(coordinates.package)) { known[$0.key] = $0 }
        }
        source.conduct.resetCounts()
        store.conduct.resetCounts()
        store.forgetWrites()
        return await copier(keepsVersions: keepsVersions, writesSidecars: writesSidecars).copy(
            coordinates,
            listed: listed,
            known: known,
            newestRecord: newestRecord,
            publishesMetadata: publishesMetadata
        )
    }

    // MARK: One run

    /// One run with fresh counts.
    @discardableResult
    func run(
        _ options: Reconciler.Options = Reconciler.Options(),
        stop: StopSignal = StopSignal(),
        observe: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) async -> RunReport {
        source.conduct.resetCounts()
        store.conduct.resetCounts()
        store.forgetWrites()
        return await reconciler(options).run(id: "run-1", in: context(stop: stop, observe: observe))
    }

    /// One event's work with fresh counts.
    @discardableResult
    func protect(
        _ coordinates: VersionCoordinates = version("1.0"),
        _ options: Reconciler.Options = Reconciler.Options()
    ) async -> RunReport {
        source.conduct.resetCounts()
        store.conduct.resetCounts()
        store.forgetWrites()
        return await reconciler(options, door: "event").protect(coordinates, id: "event-1", in: context())
    }

    func reconciler(
        _ options: Reconciler.Options = Reconciler.Options(),
        door: String = "reconcile"
    ) -> Reconciler {
        Reconciler(
            source: source,
            backup: backup,
            options: options,
            recorder: Manifest.Recorder(door: door, version: "test")
        )
    }

    /// What both sides were asked since the last run began.
    var requests: [String: Int] { source.conduct.counts.merging(store.conduct.counts) { $0 + $1 } }

    // MARK: The backup

    /// The manifests of a version, oldest first.
    func manifests(of coordinates: VersionCoordinates = version("1.0")) throws -> [Manifest] {
        let prefix = layout.manifestsPrefix(of: coordinates).value
        let contents = store.contents
        return try store.keys.filter { $0.utf8.starts(with: prefix.utf8) }.map { key in
            try Manifest(canonicalBytes: contents[key] ?? [])
        }
    }

    /// The last segments of what was written, in order.
    var writtenNames: [String] {
        store.writes.map { String($0.key.value.split(separator: "/").last ?? "") }
    }

    /// Every object that was written over though it is no derived metadata.
    var rewritten: [ObjectKey] {
        store.writes.filter { $0.replaced && !$0.key.value.contains("/maven-metadata.xml") }.map(\.key)
    }
}

/// Failures by kind, of a copy that must have failed.
func kinds(_ outcome: CopyOutcome) -> [RemoteFailure.Kind] {
    guard case .failed(let failures) = outcome else { return [] }
    return failures.failures.map(\.kind)
}

func summary(_ outcome: CopyOutcome) -> CopySummary? {
    guard case .committed(let summary) = outcome else { return nil }
    return summary
}
