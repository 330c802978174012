import ReconcileCore
import Synchronization
import TestSupport

/// A source, a backup, and the writers between them, each of which may have a mishap and a clock that is wrong.
final class Stage: Sendable {
    let source = InMemorySource(pageSize: 3)
    let store: InMemoryStore
    let clock = ManualClock(at: "2026-11-22T08:36:12Z")
    let witness: BackupWitness
    let layout = BackupLayout(domain: "acme")
    let keepsVersions: Bool
    private let runs = Mutex(0)

    init(keepsVersions: Bool, etags: InMemoryStore.ETags = .md5) {
        self.keepsVersions = keepsVersions
        store = InMemoryStore(keepsVersions: keepsVersions, etags: etags, pageSize: 5, clock: clock)
        witness = BackupWitness(watching: store, layout: layout, keepsVersions: keepsVersions)
    }

    // MARK: The doors

    /// One run with its report stored, as the command line does it.
    ///
    /// - Parameters:
    ///   - retries: whether the ports try again what may succeed, as the command line has them do.
    ///   - skew: how far the writer's clock is ahead, in seconds.
    @discardableResult
    func reconcile(
        _ options: Reconciler.Options = Reconciler.Options(),
        _ mishap: Mishap = .none,
        retries: Bool = false,
        skew: Int = 0
    ) async -> RunReport {
        let (reconciler, context) = reconciler("reconcile", options, mishap, retries: retries, skew: skew)
        let id = runs.withLock { runs in
            runs += 1
            return "run-\(runs)"
        }
        let startedAt = Timestamp(secondsSince1970: clock.secondsSince1970() + Double(skew))
        let report = await reconciler.run(id: id, in: context)
        try? await report.store(in: MishapStore(store, mishap), layout: layout, startedAt: startedAt)
        return report
    }

    /// Protects one version, as an event about it has it done. Events may come late, twice, and in another order than
    /// what they are about.
    @discardableResult
    func protect(_ version: VersionCoordinates, _ mishap: Mishap = .none, skew: Int = 0) async -> RunReport {
        let (reconciler, context) = reconciler("event", Reconciler.Options(), mishap, retries: false, skew: skew)
        return await reconciler.protect(version, id: "event", in: context)
    }

    private func reconciler(
        _ door: String,
        _ options: Reconciler.Options,
        _ mishap: Mishap,
        retries: Bool,
        skew: Int
    ) -> (Reconciler, RunContext<RunEvent>) {
        let ledger = RequestLedger()
        let clock = SkewedClock(base: clock, skew: skew)
        var source: any PackageSource = MishapSource(source, mishap)
        var store: any ObjectStore = MishapStore(store, mishap)
        if retries {
            let policy = RetryPolicy(attempts: 3, ledger: ledger, clock: clock) { 0 }
            source = RetryingSource(source, policy: policy)
            store = RetryingStore(store, policy: policy)
        }
        let reconciler = Reconciler(
            source: source,
            backup: Backup(store: store, layout: layout, hashes: testHashes),
            options: options,
            recorder: Manifest.Recorder(door: door, version: "test")
        )
        return (reconciler, RunContext(clock: clock, ledger: ledger, stop: mishap.stop))
    }

    /// One verification; nothing is too young to be called a fault unless `settling` says so.
    ///
    /// - Parameters:
    ///   - repairs: whether faults are mended.
    ///   - other: a store to verify in place of the stage's.
    func verify(
        _ depth: VerifyDepth,
        settling: Duration = .zero,
        wantsSidecars: Bool = false,
        repairs: Bool = false,
        in other: (any ObjectStore)? = nil
    ) async -> VerifyReport {
        var options = Verifier.Options()
        options.depth = depth
        options.width = 3
        options.settling = settling
        options.wantsSidecars = wantsSidecars
        let recorder = Manifest.Recorder(door: "repair", version: "test")
        let verifier = Verifier(
            of: Backup(store: other ?? store, layout: layout, hashes: testHashes),
            options: options,
            mending: repairs ? Verifier.Mending(source: source, recorder: recorder) : nil
        )
        return await verifier.run(id: "verify", in: RunContext(clock: clock, ledger: RequestLedger()))
    }

    // MARK: What must hold

    /// The versions that are listed as downloadable and are not protected as they are: what exit 0 rules out.
    ///
    /// - Parameter byNewest: whether the newest manifest must say so, or any: another writer may have added one.
    func unprotected(_ versions: some Sequence<InMemorySource.CurrentVersion>, byNewest: Bool = true) -> [String] {
        let manifests = witness.manifests
        return versions.filter { $0.isListed && $0.status.isDownloadable }.compactMap { version in
            let recorded = manifests[version.coordinates] ?? []
            let isProtected = (byNewest ? recorded.suffix(1) : recorded[...]).contains { manifest in
                manifest.revision == version.revision && manifest.status == version.status
                    && version.assets.allSatisfy { name, bytes in
                        name.value == MavenMetadata.fileName
                            || manifest.assets.contains {
                                ExactText($0.asset.name) == name && $0.asset.checksums.sha256 == Picture.sha256(bytes)
                            }
                    }
            }
            return isProtected ? nil : "\(version.coordinates) is \(version.status.rawValue) and not protected so"
        }
    }
}

/// A clock that is ahead of another, or behind it.
private struct SkewedClock: RunClock {
    let base: ManualClock
    let skew: Int

    func now() -> Duration { base.now() }
    func sleep(for duration: Duration) async throws { try await base.sleep(for: duration) }
    func secondsSince1970() -> Double { base.secondsSince1970() + Double(skew) }
}
