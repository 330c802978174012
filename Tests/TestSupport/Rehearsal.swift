package import ReconcileCore
import Synchronization

/// A domain and its backup in memory with the core between them, and an empty domain to restore the backup into.
///
/// Each writer may have a mishap and a clock that is wrong. What both sides were asked is counted anew for each writer.
package final class Rehearsal: Sendable {
    package let source: InMemorySource
    package let store: InMemoryStore
    /// Where a restore goes.
    package let target: InMemorySource
    package let clock: ManualClock
    package let ledger: RequestLedger
    /// Watches every write to the backup.
    package let witness: BackupWitness
    package let layout = BackupLayout(domain: "acme")
    package let keepsVersions: Bool
    /// What the process that handles the events remembers.
    private let namespaces = RecordedNamespaces()
    private let runs = Mutex(0)
    private let sealing = Mutex<Sealing?>(nil)

    private struct Sealing: Sendable {
        let trust: RecordTrust?
        let signer: RecordSigner?
    }

    package init(
        keepsVersions: Bool = false,
        etags: InMemoryStore.ETags = .md5,
        order: InMemoryOrder = .bytes,
        pageSize: Int = 1000,
        assetPageSize: Int = 1000,
        source: InMemorySource? = nil
    ) {
        self.keepsVersions = keepsVersions
        ledger = RequestLedger()
        clock = ManualClock(at: "2026-11-22T08:36:12Z")
        self.source =
            source ?? InMemorySource(order: order, pageSize: pageSize, assetPageSize: assetPageSize, ledger: ledger)
        store = InMemoryStore(
            keepsVersions: keepsVersions,
            etags: etags,
            order: order,
            pageSize: pageSize,
            ledger: ledger,
            clock: clock
        )
        witness = BackupWitness(watching: store, layout: layout, keepsVersions: keepsVersions)
        target = InMemorySource(pageSize: 3, assetPageSize: 2, ledger: ledger)
    }

    private init(of other: Rehearsal, into target: InMemorySource) {
        (source, store, self.target) = (other.source, other.store, target)
        (clock, ledger, witness) = (other.clock, other.ledger, other.witness)
        keepsVersions = other.keepsVersions
        let sealing = other.sealing.withLock(\.self)
        self.sealing.withLock { $0 = sealing }
    }

    /// From now on every program has this trust and signs with this key.
    package func seal(trust: RecordTrust?, signer: RecordSigner?) {
        sealing.withLock { $0 = Sealing(trust: trust, signer: signer) }
    }

    package var backup: Backup { backup(in: store) }

    /// The backup with the store as it is, which neither proves nor signs.
    package var bare: Backup { Backup(store: store, layout: layout, hashes: testHashes, clock: clock) }

    /// The backup in a store that may be another than the rehearsal's, as programs open it.
    ///
    /// - Parameter rehearses: whether what is written goes nowhere, as in a dry run.
    package func backup(
        in store: any ObjectStore,
        clock: (any RunClock)? = nil,
        rehearses: Bool = false
    ) -> Backup {
        let (trust, signer) = sealing.withLock { ($0?.trust, $0?.signer) }
        let bare = Backup(store: store, layout: layout, hashes: testHashes, clock: clock ?? self.clock)
        let stated = trust?.file.baseline.map { StatedRecords(of: bare, by: $0) }
        let sealed = SealedStore(store, root: layout.prefix, trust: trust, signer: signer, stating: stated?.review)
        return Backup(
            store: rehearses ? RehearsedStore(sealed, digest: testHashes.digest) : sealed,
            layout: layout,
            hashes: testHashes,
            clock: clock ?? self.clock,
            trust: trust,
            signer: signer
        )
    }

    package func context(
        stop: StopSignal = StopSignal(),
        observe: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) -> RunContext<RunEvent> {
        RunContext(clock: clock, ledger: ledger, stop: stop, observe: observe)
    }

    /// What both sides were asked since the last writer began.
    package var requests: [String: Int] { source.conduct.counts.merging(store.conduct.counts) { $0 + $1 } }

    package func resetCounts() {
        source.conduct.resetCounts()
        store.conduct.resetCounts()
        store.forgetWrites()
    }

    // MARK: Backing up

    /// One run.
    ///
    /// - Parameters:
    ///   - retries: whether the ports retry, as the command line has them do.
    ///   - skew: how far the writer's clock is ahead, in seconds.
    @discardableResult
    package func run(
        _ options: Reconciler.Options = Reconciler.Options(),
        _ mishap: Mishap = .none,
        retries: Bool = false,
        skew: Int = 0,
        stop: StopSignal? = nil,
        observe: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) async -> RunReport {
        resetCounts()
        let number = runs.withLock { runs in
            runs += 1
            return runs
        }
        let clock = SkewedClock(base: clock, skew: skew)
        let context = RunContext(clock: clock, ledger: ledger, stop: stop ?? mishap.stop, observe: observe)
        return await reconciler(options, mishap, retries: retries, clock: clock).run(id: "run-\(number)", in: context)
    }

    /// One event's work. Events may come late, twice, and in another order than what they are about.
    @discardableResult
    package func protect(
        _ version: VersionCoordinates,
        _ options: Reconciler.Options = Reconciler.Options(),
        _ mishap: Mishap = .none,
        skew: Int = 0
    ) async -> RunReport {
        resetCounts()
        let clock = SkewedClock(base: clock, skew: skew)
        let context = RunContext<RunEvent>(clock: clock, ledger: ledger, stop: mishap.stop)
        let reconciler = reconciler(options, mishap, by: "event", clock: clock)
        return await reconciler.protect(version, id: "event-1", in: context, remembering: namespaces)
    }

    package func reconciler(
        _ options: Reconciler.Options = Reconciler.Options(),
        _ mishap: Mishap = .none,
        retries: Bool = false,
        by program: String = "reconcile",
        clock: (any RunClock)? = nil,
        evidence: Reconciler.Evidence = Reconciler.Evidence()
    ) -> Reconciler {
        let (source, store) = ports(source, mishap, retries: retries)
        let backup = backup(in: store, clock: clock)
        let signs = PressureSigns(overloads: { [ledger] in ledger.overloadCount })
        let width = AdaptiveWidth(options.width, ceiling: AdaptiveWidth.most, grace: .seconds(25))
        return Reconciler(
            source: source,
            backup: backup,
            options: options,
            recorder: Manifest.Recorder(door: program, version: "test"),
            places: options.width == .auto ? TransferPlaces(width, seeing: signs, clock: clock ?? self.clock) : nil,
            evidence: evidence,
            acceptsLoss: { try await backup.acceptsLoss(of: $0) },
            retired: { try await backup.retiredRecords() }
        )
    }

    private func ports(
        _ domain: InMemorySource,
        _ mishap: Mishap,
        retries: Bool
    ) -> (source: any PackageSource, store: any ObjectStore) {
        let (source, store) = (MishapSource(domain, mishap), MishapStore(store, mishap))
        guard retries else { return (source, store) }
        return (RetryingSource(source, policy: policy), RetryingStore(store, policy: policy))
    }

    private var policy: RetryPolicy { RetryPolicy(attempts: 4, ledger: ledger, clock: clock) { 0 } }

    /// Records a domain's configuration, as a run does.
    package func record(_ domain: InMemoryConfiguration) async throws {
        var report = RunReport(runID: "run-c", domain: layout.domain, startedAt: backup.now)
        let run = ConfigurationRecording(of: domain, in: backup, width: 1)
        try await run.conclude(run.read(try await domain.repositories(), stop: StopSignal()), &report)
    }

    /// States the unsigned records, as `reconcile sign` does.
    package func state(
        under trust: RecordTrust,
        accepting accepted: [String] = [],
        _ domain: InMemoryConfiguration = InMemoryConfiguration(),
        width: Int = 1,
        id: String = "sign-1"
    ) async throws -> StatementMaker.Made {
        let maker = StatementMaker(
            of: backup,
            bare: bare,
            under: trust,
            comparedWith: source,
            domain,
            accepting: accepted,
            recorder: Manifest.Recorder(door: "sign", version: "test"),
            width: width
        )
        return try await maker.run(id: id, until: StopSignal())
    }

    // MARK: Restoring

    /// A domain that was filled and backed up, with an empty one of the same repositories to restore it into.
    package static func backedUp(_ fill: (InMemorySource) -> Void) async -> Rehearsal {
        let rehearsal = Rehearsal()
        fill(rehearsal.source)
        await rehearsal.run()
        return rehearsal.restoring()
    }

    /// The same domain and backup with another target: an empty domain with the repositories given, or else those that
    /// the source has versions in.
    package func restoring(repositories: [String]? = nil) -> Rehearsal {
        let target = InMemorySource(pageSize: 3, assetPageSize: 2, ledger: ledger)
        for repository in repositories ?? source.currentVersions.keys.map(\.package.repository) {
            target.addRepository(repository)
        }
        return restoring(into: target)
    }

    package func restoring(into target: InMemorySource) -> Rehearsal { Rehearsal(of: self, into: target) }

    /// One restore, with the target's requests counted anew; unless options say otherwise, one that may open packages to
    /// upstream repositories. What nothing proves is accepted where nothing else is.
    @discardableResult
    package func restore(
        _ options: Restorer.Options = .opening,
        mishap: Mishap = .none,
        retries: Bool = false,
        documentsPublish: Bool = true,
        counting: Bool = false
    ) async -> RestoreReport {
        target.conduct.resetCounts()
        var options = options
        if options.allowsUpstream, options.accepted.isEmpty { options.accepted = [openings(options).digest] }
        let (source, _) = ports(target, mishap, retries: retries)
        var destination: any PackageDestination = MishapDestination(
            InMemoryDestination(target, documentsPublish: documentsPublish),
            mishap
        )
        if retries { destination = RetryingDestination(destination, policy: policy) }
        let backup = backup(in: MishapStore(store, mishap))
        let restorer = Restorer(
            backup: backup,
            domain: source,
            destination: destination,
            options: options,
            counted: counting ? backup.counted : nil
        )
        return await restorer.run(id: "restore-1", in: context(stop: mishap.stop))
    }

    /// The records that such a restore would open packages by.
    package func openings(_ options: Restorer.Options) -> OpeningRecords {
        let records = store.keys.compactMap { layout.packageRecord(at: ObjectKey($0)) }.filter { record in
            options.selection.contains(record.package) && options.choice.asOf.map { record.recordedAt <= $0 } ?? true
        }
        return OpeningRecords(records, in: layout, testHashes.digest)
    }

    /// Requests of the last restore that change the target.
    package var restoreWrites: [String: Int] {
        target.conduct.counts.filter { $0.key.contains(".Put") || $0.key.contains(".Update") }
    }
}

extension Restorer.Options {
    /// Those of a restore that may open packages to upstream repositories.
    package static var opening: Restorer.Options {
        var options = Restorer.Options()
        options.allowsUpstream = true
        return options
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
