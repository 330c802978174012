/// Checks a backup against its own manifests. Without `repairSource` it writes nothing, and without that and `domain` it
/// does not contact the domain, which may be gone.
///
/// Packages are looked at as the listing of the manifests shows them, then everything under the Maven paths is listed
/// for what is in no such package. Memory grows by a hash for each package, and by the packages in work (`RecordsInWork`).
package struct Verifier: Sendable {
    package struct Options: Hashable, Sendable {
        package var selection = Selection()
        package var depth = VerifyDepth.objects
        package var sample = ObjectSample.all
        /// Which hashes of an object that is read are compared with its manifests.
        package var hashed: Set<ChecksumAlgorithm> = [.sha256]
        /// How long ago what looks wrong must have changed last, so that no writer's work is treated as a fault.
        package var settling: Duration = .seconds(3_600)
        /// Whether the `.sha1` file of each asset must be there.
        package var wantsSidecars = false
        /// Whether notes are faults too.
        package var isStrict = false
        /// Digests of records that the operator has noted elsewhere.
        package var anchors: [CheckpointAnchor] = []
        /// Digests of what the records say that the operator has noted elsewhere.
        package var contents: [CheckpointAnchor] = []
        /// What becomes of an old checkpoint.
        package var checkpointAge = CheckpointAge.usual
        /// Which faults the operator accepts as lost; nil for none.
        package var acceptance: Acceptance?
        /// Packages at once, and records or objects that are read at once, at least 1.
        package var width = 32

        package init() {}
    }

    let backup: Backup
    let options: Options
    private let repairSource: RepairSource?
    private let domain: (any PackageSource)?

    /// What faults are repaired from, in addition to the backup itself.
    package struct RepairSource: Sendable {
        let source: any PackageSource
        let recorder: Manifest.Recorder

        /// - Parameter recorder: named by the records that a repair writes.
        package init(source: any PackageSource, recorder: Manifest.Recorder) {
            self.source = source
            self.recorder = recorder
        }

        /// Of the verification that repairs; named in what it writes down.
        fileprivate(set) var runID = ""
    }

    /// - Parameters:
    ///   - repairSource: nil to look only.
    ///   - domain: what records are compared with; nil to compare them with nothing.
    package init(
        of backup: Backup,
        options: Options,
        repairSource: RepairSource? = nil,
        comparedWith domain: (any PackageSource)? = nil
    ) {
        self.backup = backup
        self.domain = domain
        self.options = options
        self.repairSource = repairSource
    }

    /// Verifies to the end, or until it is stopped or the task is cancelled; the report says which.
    package func run(id: String, in context: RunContext<VerifyProgress>) async -> VerifyReport {
        let before = context.ledger.snapshot
        var report = VerifyReport(runID: id, domain: backup.layout.domain, options: options, startedAt: context.now)
        let reader = BackupReader(
            backup: backup,
            stop: context.stop,
            hashed: options.hashed,
            places: TransferPlaces(limit: options.width)
        )
        let watch = VerifyWatch(context)
        var seesVersions = false
        func makeSchedule(
            _ losses: AcceptedLosses,
            _ counts: EarlierCounts?,
            _ checkpoints: CheckpointComparison?
        ) -> VerifySchedule {
            VerifySchedule(
                report: report,
                losses: losses,
                counts: counts,
                checkpoints: checkpoints,
                options: options,
                contents: ContentsComparison(of: backup, noted: options.contents, at: context.now),
                seesVersions: seesVersions,
                layout: backup.layout,
                at: backup.store.location,
                watch: watch
            )
        }
        var schedule = makeSchedule(AcceptedLosses(), nil, nil)
        do {
            seesVersions = try await keepsVersions()
            if let warning = backup.store.warning(keepsVersions: seesVersions) { report.warnings = [warning] }
            let evidence = try await readEvidence(reader, at: context.now)
            if let warning = evidence.warning { report.warnings = (report.warnings ?? []) + [warning] }
            schedule = makeSchedule(evidence.losses, evidence.counts, evidence.checkpoints)
            var hidden = evidence.hidden
            let found = try await evidence.faults + configurationFaults(evidence.checkpoints, else: &hidden)
            for fault in try await found + faultsBeside(reader, else: &hidden) { schedule.absorb(.confirmed(fault)) }
            let look = makeLook(reader, keepsVersions: seesVersions, id: id, clock: context.clock, watch)
            await drive(&schedule, width: options.width) { await perform($0, look) }
            try await judge(&schedule, reader, at: context.now, &hidden)
            // What keeps the records from being listed explains whatever else is not shown.
            if !schedule.hasFailed { for fault in hidden { schedule.absorb(.confirmed(fault)) } }
            try await judgeAccepted(&schedule, reader)
        } catch {
            schedule.absorb(outcome(of: error))
        }
        return await conclude(&schedule, reader, id: id, since: before, in: context)
    }

    /// Sums up, stores what is accepted as lost, and gives the report.
    private func conclude(
        _ schedule: inout VerifySchedule,
        _ reader: BackupReader,
        id: String,
        since before: RequestLedger.Counts,
        in context: RunContext<VerifyProgress>
    ) async -> VerifyReport {
        if let failure = Self.explanation(in: context.ledger, packages: schedule.report.looked.packages) {
            schedule.absorb(.failed(failure))
        }
        await schedule.look(around: backup)
        schedule.conclude()
        await recordAccepted(&schedule, reader, id: id, at: backup.now)
        var report = schedule.finished(context.ledger.snapshot.since(before), at: context.now)
        if reader.retired.count > 0 { report.retired = reader.retired.count }
        let warnings = [warningOfNothingDrawn(report.looked)].compactMap(\.self) + schedule.notes.warnings
        if !warnings.isEmpty { report.warnings = (report.warnings ?? []) + warnings }
        return report
    }

    /// That a sample drew no file, so that nothing is said of any bytes, or that the domain has none of what is recorded.
    private func warningOfNothingDrawn(_ looked: VerifyReport.Counts) -> String? {
        guard looked.objects.named > 0 else { return nil }
        guard options.sample != .all else {
            guard looked.comparedWithDomain == 0 else { return nil }
            return "no version was compared with the domain: it shows none in its recorded state"
        }
        let isUnread = options.depth >= .checksums && looked.objects.inspected == 0
        guard isUnread || looked.comparedWithDomain == 0 else { return nil }
        let files = Quantity.count(looked.objects.named, "file")
        let verb = isUnread ? "inspected" : "compared with the domain"
        return "none of \(files) was \(verb): \(options.sample) draws none of them. Take a larger part"
    }

    /// The one refusal or silence that explains whatever else failed, if there is one.
    private static func explanation(in ledger: RequestLedger, packages: Int) -> RemoteFailure? {
        // A backup of one or two packages has no third thing that could be refused.
        ledger.forbidden(of: min(RefusalCount.items, max(1, packages))) ?? ledger.unreachable()
    }

    private func makeLook(
        _ reader: BackupReader,
        keepsVersions: Bool,
        id: String,
        clock: any RunClock,
        _ watch: VerifyWatch
    ) -> PackageLook {
        var repairSource = repairSource
        repairSource?.runID = id
        return PackageLook(
            reader: reader,
            options: options,
            keepsVersions: keepsVersions,
            clock: clock,
            repairSource: repairSource,
            watch: watch
        )
    }

    /// True if the store does not say: then the version IDs that manifests name show it. A repair
    /// overwrites objects, so it must know.
    private func keepsVersions() async throws -> Bool {
        let keepsVersions = try await backup.store.keepsVersions()
        guard keepsVersions != nil || repairSource == nil else {
            throw RemoteFailure(
                .invalid,
                operation: .verify,
                target: backup.store.location,
                message: "it does not say whether it keeps versions, which a repair has to know; nothing was changed. "
                    + "Repair through the bucket's own name instead of an access point"
            )
        }
        return keepsVersions ?? true
    }

    /// Stores what is accepted as lost in this verification, where anything is, in records that are read back.
    private func recordAccepted(
        _ schedule: inout VerifySchedule,
        _ reader: BackupReader,
        id: String,
        at time: Timestamp
    ) async {
        guard let acceptance = options.acceptance else { return }
        let left = RunReport.Recorded(
            versions: schedule.report.looked.versions,
            repositories: schedule.counts?.found
        )
        var rest = schedule.accepted[...]
        var number = 1
        while !rest.isEmpty {
            do {
                let faults = Array(rest.prefix(LossRecord.maximumRows))
                let record = LossRecord(
                    of: faults,
                    bytes: try await reader.bytes(under: faults, readsBytes: options.depth == .bytes),
                    because: acceptance.reason,
                    at: time,
                    by: acceptance.recorder,
                    leaving: options.selection.isWhole ? left : nil,
                    in: backup.layout.domain
                )
                let key = backup.layout.lossKey(runID: number == 1 ? id : "\(id)-\(number)")
                try await backup.store.createKept(record.canonicalBytes(), at: key)
                schedule.recorded(record)
                rest = rest.dropFirst(LossRecord.maximumRows)
                number += 1
            } catch {
                schedule.absorb(outcome(of: error))
                return schedule.notRecorded(rest)
            }
        }
    }

    private func perform(_ item: VerifySchedule.Item, _ look: PackageLook) async -> VerifySchedule.Outcome {
        do {
            switch item {
            case .list(let prefix, let token):
                let page = try await backup.store.list(prefix: prefix, startingAfter: nil, after: token)
                return .listed(page)
            case .listVersions(let prefix, let token):
                return try await listVersions(prefix, token)
            case .look(let package):
                let outcome = try await requireRight(to: Place(package), at: backup.layout.packagePrefix(package)) {
                    try await compare(package, after: look)
                }
                return .of(package, outcome)
            case .lookAtDocument(let folder):
                let place = Place(repository: folder.repository)
                return try await requireRight(to: place, at: backup.layout.metadataKey(in: folder)) {
                    try await look.look(atDocumentIn: folder)
                }
            case .confirm(let fault):
                let page = try await backup.store.list(prefix: fault.key, after: nil)
                return .confirmed(page.elements.contains { $0.key == fault.key } ? fault : nil)
            }
        } catch {
            return outcome(of: error)
        }
    }

    /// A list of versions, or that the store shows none to this caller: then the records are listed as any others.
    private func listVersions(_ prefix: ObjectKey, _ token: PageToken?) async throws -> VerifySchedule.Outcome {
        do {
            let page = try await backup.store.listVersions(prefix: prefix, after: token)
            if let page { return .listedVersions(page) }
            let keepsVersions = try? await backup.store.keepsVersions()
            return .versionsUnseen(keepsVersions == true ? "This store keeps versions, but does not list them" : nil)
        } catch let failure as RemoteFailure where failure.kind == .denied && token == nil {
            return .versionsUnseen("Allow \(failure.operation.actions.joined(separator: " and ")) to see them")
        }
    }

    /// Has records that were written over or hidden be faults, but for those whose last bytes a repair has retired. The
    /// first shard judges what is of no package.
    ///
    /// - Parameter hidden: gains a fault for each folder beside the records that is not shown.
    private func judge(
        _ schedule: inout VerifySchedule,
        _ reader: BackupReader,
        at now: Timestamp,
        _ hidden: inout [BackupFault]
    ) async throws {
        var replaced = schedule.replaced
        if schedule.seesVersions, options.selection.shard.index == 0 {
            try await replaced.addRecordsBeside(in: backup, at: now, else: &hidden)
        }
        for row in replaced.found {
            guard let fault = row.fault(isRetired: try await reader.isRetired(row.key)) else { continue }
            schedule.absorb(.confirmed(fault))
        }
    }

    /// Has faults that were accepted be faults again where other bytes have come since.
    private func judgeAccepted(_ schedule: inout VerifySchedule, _ reader: BackupReader) async throws {
        let others = try await reader.withOtherBytes(schedule.excused, readsBytes: options.depth == .bytes)
        for fault in others { schedule.addUnaccepted(fault) }
    }

    /// A look at a package, and the comparison of its records with the domain where that was asked for.
    private func compare(_ package: PackageCoordinates, after look: PackageLook) async throws -> PackageLook.Outcome {
        var outcome = try await look.look(at: package)
        guard let domain else { return outcome }
        let comparison = DomainComparison(reader: look.reader, domain: domain, options: options)
        do {
            let compared = try await comparison.compare(package)
            outcome.faults += compared.faults
            outcome.counts.comparedWithDomain = compared.compared
        } catch let refusal as RemoteFailure where refusal.kind == .denied && refusal.operation.kind == .domain {
            outcome.faults.append(.unseen(refusal, of: Place(package), at: backup.layout.manifestsPrefix(of: package)))
        }
        return outcome
    }

    /// A look; if the store refuses what it asks for, or a link stands in the way, that is a fault of this one place, and the
    /// others are still looked at.
    private func requireRight(
        to place: Place,
        at key: ObjectKey,
        _ look: () async throws -> PackageLook.Outcome
    ) async throws -> VerifySchedule.Outcome {
        do {
            return .looked(try await look())
        } catch let failure as RemoteFailure where failure.isOfOnePlace {
            return .refused(.unseen(failure, of: place, at: key))
        }
    }

    private func outcome(of error: any Error) -> VerifySchedule.Outcome {
        let failure = RemoteFailure.narrowing(error, operation: .verify, target: backup.store.location)
        return failure.map(VerifySchedule.Outcome.failed) ?? .interrupted
    }
}
