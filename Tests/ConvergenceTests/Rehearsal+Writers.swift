import ReconcileCore
import TestSupport

/// The writers that meet on one backup, and what must hold after each.
extension Rehearsal {
    /// A backup whose listings all take several pages.
    static func paged(keepsVersions: Bool, etags: InMemoryStore.ETags = .md5) -> Rehearsal {
        Rehearsal(keepsVersions: keepsVersions, etags: etags, pageSize: 3)
    }

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
        let startedAt = Timestamp(secondsSince1970: clock.secondsSince1970() + Double(skew))
        let report = await run(options, mishap, retries: retries, skew: skew)
        try? await report.store(in: MishapStore(store, mishap), layout: layout, startedAt: startedAt)
        return report
    }

    /// The same with a checkpoint, as the command line does it.
    ///
    /// - Parameter storing: whether the report is stored too.
    func reconcileWithCheckpoint(
        _ options: Reconciler.Options = Reconciler.Options(),
        storing: Bool = true,
        machineAhead ahead: Double = 0,
        witness: (any ObjectStore)? = nil
    ) async throws -> RunReport {
        resetCounts()
        let startedAt = Timestamp(secondsSince1970: clock.secondsSince1970() + ahead)
        let number = store.keys.count { $0.contains("/runs/") }
        let id = "run-x\(startedAt.basic)-\(number)"
        let checkpoint = try await RunCheckpoint.opened(
            in: backup,
            repositories: options.selection.repositories,
            runID: id,
            startedAt: startedAt,
            begins: options.beginsSigning
        )
        var report = await reconciler(options, evidence: checkpoint.evidence).run(id: id, in: context())
        let standing = try await checkpoint.conclude(&report)
        if let witness { try await standing?.store(in: witness) }
        if storing { try await report.store(in: store, layout: layout, startedAt: startedAt) }
        return report
    }

    /// A run with a checkpoint through another store, such as one that hides a part of this one.
    ///
    /// - Returns: its report, and the checkpoint that stands for the records then; nil if there is none.
    func runWithCheckpoint(
        in store: any ObjectStore
    ) async throws -> (report: RunReport, standing: StandingCheckpoint?) {
        let (id, backup) = ("run-elsewhere", self.backup(in: store))
        let checkpoint = try await RunCheckpoint.opened(in: backup, repositories: [], runID: id, startedAt: backup.now)
        let reconciler = Reconciler(
            source: source,
            backup: backup,
            options: Reconciler.Options(),
            recorder: Manifest.Recorder(door: "reconcile", version: "test"),
            evidence: checkpoint.evidence
        )
        var report = await reconciler.run(id: id, in: context())
        let standing = try await checkpoint.conclude(&report)
        return (report, standing)
    }

    /// One verification; nothing is too young to be called a fault unless `settling` says so.
    ///
    /// - Parameters:
    ///   - repairs: whether faults are repaired.
    ///   - rehearses: whether it is a dry run, which writes nothing.
    ///   - hashed: which hashes of the bytes are compared.
    ///   - isStrict: whether notes are faults.
    ///   - accepting: the names of what is accepted as lost, and why.
    ///   - selection: what of the backup is verified.
    ///   - other: a store to verify instead of the rehearsal's.
    func verify(
        _ depth: VerifyDepth,
        settling: Duration = .zero,
        wantsSidecars: Bool = false,
        hashed: Set<ChecksumAlgorithm> = [.sha256],
        repairs: Bool = false,
        rehearses: Bool = false,
        isStrict: Bool = true,
        accepting: (names: [String], reason: String)? = nil,
        anchors: [CheckpointAnchor] = [],
        contents: [CheckpointAnchor] = [],
        checkpointAge: Verifier.Options.CheckpointAge = .usual,
        sample: ObjectSample = .all,
        of selection: Selection = Selection(),
        id: String = "verify",
        in other: (any ObjectStore)? = nil
    ) async -> VerifyReport {
        var options = Verifier.Options()
        options.depth = depth
        options.width = 3
        options.settling = settling
        options.sample = sample
        options.wantsSidecars = wantsSidecars
        options.hashed = hashed
        options.isStrict = isStrict
        options.anchors = anchors
        options.contents = contents
        options.checkpointAge = checkpointAge
        options.selection = selection
        options.acceptance = accepting.map { names, reason in
            let recorder = Manifest.Recorder(door: "verify", version: "test")
            return Verifier.Acceptance(names: names, reason: reason, recorder: recorder)
        }
        let recorder = Manifest.Recorder(door: "repair", version: "test")
        let verifier = Verifier(
            of: backup(in: other ?? store, rehearses: rehearses),
            options: options,
            repairSource: repairs ? Verifier.RepairSource(source: source, recorder: recorder) : nil
        )
        return await verifier.run(id: id, in: RunContext(clock: clock, ledger: RequestLedger()))
    }

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
