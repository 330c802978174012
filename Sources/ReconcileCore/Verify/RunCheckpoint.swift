/// What a run does about checkpoints: it compares the records with the newest one before it, and writes its own.
package struct RunCheckpoint: Sendable {
    /// Takes in the records while the run lists them.
    private let digester: RecordDigester
    /// Which records count; nil for all.
    private let proof: RecordProof?
    private let backup: Backup
    private let runID: String
    private let startedAt: Timestamp
    private let cutoff: Timestamp
    private let repositories: [String]
    /// What the trust file knows of all records.
    private let anchors: [TrustFile.Anchor]
    private let begins: Bool
    /// What was there before; nil if it could not be read.
    private let before: Checkpoints?
    /// What an earlier run reported of the records, where its checkpoint is not there.
    private let lost: ReportedDigest?
    /// What kept the checkpoints from being read.
    private let failure: RemoteFailure?
    /// What kept the reports from being read, where they were to be.
    private let reportFailure: RemoteFailure?

    private var isSigned: Bool { backup.trust != nil || backup.signer != nil }

    /// What its run does with the records that it lists.
    package var evidence: Reconciler.Evidence { Reconciler.Evidence(digester: digester, proof: proof) }

    /// Reads the newest checkpoint and, where there is none or a later one seems to be missing, the newest report of a run.
    /// What cannot be read does not keep a run from protecting what it can.
    ///
    /// - Parameter begins: whether the backup is to be signed from now on, whatever was recorded before.
    /// - Throws: `CancellationError`.
    package static func opened(
        in backup: Backup,
        repositories: [String],
        runID: String,
        startedAt: Timestamp,
        begins: Bool = false
    ) async throws -> RunCheckpoint {
        let repositories = repositories.sorted()
        let read = try await result(of: backup) {
            let found = try await Checkpoints.read(of: backup, repositories: repositories, at: startedAt)
            if found.isHidden { throw hidden(in: backup) }
            return found
        }
        // Reports are hints that nobody signs: without them what is known is compared all the same.
        let lost = try await result(of: backup) {
            guard case .success(let before) = read else { return ReportedDigest?.none }
            return try await lostDigest(after: before.newest, in: backup, repositories, startedAt)
        }
        return RunCheckpoint(backup, runID, startedAt, repositories, read, lost, begins)
    }

    private static func hidden(in backup: Backup) -> RemoteFailure {
        RemoteFailure(
            .untrusted,
            operation: backup.store.operations.read,
            target: backup.layout.checkpointsPrefix.value,
            message:
                "a thousand others are in front of the newest checkpoint of these repositories, so the records were compared "
                + "with none, and none is written. Find out who wrote them; verify names those that are none"
        )
    }

    /// - Throws: `CancellationError`.
    private static func result<Value>(
        of backup: Backup,
        _ read: () async throws -> Value
    ) async throws -> Result<Value, RemoteFailure> {
        do {
            return .success(try await read())
        } catch {
            guard let failure = RemoteFailure.narrowing(error, operation: .run, target: backup.store.location) else {
                throw CancellationError()
            }
            return .failure(failure)
        }
    }

    /// What the newest report says of the records, if its checkpoint is later than the newest one and is gone. No
    /// report is read unless the newest checkpoint is overdue, judged by the interval before it: whoever removes
    /// checkpoints leaves a gap. After two runs close together, the next one reads it too.
    private static func lostDigest(
        after newest: Checkpoints.Found?,
        in backup: Backup,
        _ repositories: [String],
        _ startedAt: Timestamp
    ) async throws -> ReportedDigest? {
        let cutoff = cutoff(of: backup, startedAt)
        if let newest, !newest.checkpoint.isOverdue(at: cutoff, in: backup.layout) { return nil }
        let reported = try await ReportedDigest.newest(
            in: backup,
            of: repositories,
            after: newest?.checkpoint.cutoff,
            upTo: cutoff
        )
        guard let reported, let key = reported.checkpoint else { return nil }
        // A run beside this one may have written it meanwhile.
        return try await Checkpoints.read(key, of: backup) == nil ? reported : nil
    }

    /// Records are dated by the store's clock, which has been seen by now: a cutoff by a machine's that is ahead would lie
    /// after records that are yet to come.
    private static func cutoff(of backup: Backup, _ startedAt: Timestamp) -> Timestamp {
        Checkpoint.cutoff(ofRunAt: min(startedAt, backup.now))
    }

    private init(
        _ backup: Backup,
        _ runID: String,
        _ startedAt: Timestamp,
        _ repositories: [String],
        _ read: Result<Checkpoints, RemoteFailure>,
        _ hint: Result<ReportedDigest?, RemoteFailure>,
        _ begins: Bool
    ) {
        self.backup = backup
        self.runID = runID
        self.startedAt = startedAt
        self.repositories = repositories
        self.begins = begins
        before = try? read.get()
        failure = read.failure
        lost = (try? hint.get()) ?? nil
        reportFailure = hint.failure
        let newest = before?.newest
        // If the checkpoints could not be read, there may be one.
        let isBegun = before == nil || newest != nil
        proof = backup.trust.map { _ in
            RecordProof(of: backup, since: newest?.checkpoint, isBegun: isBegun, begins: begins)
        }
        if let before { backup.signer?.note(before.latest?.seen) }
        let cutoff = Self.cutoff(of: backup, startedAt)
        self.cutoff = cutoff
        anchors = repositories.isEmpty ? backup.trust?.file.anchors.filter { $0.cutoff <= cutoff } ?? [] : []
        let compared = [cutoff, newest?.checkpoint.cutoff, lost?.cutoff].compactMap(\.self) + anchors.map(\.cutoff)
        digester = RecordDigester(cutoffs: Set(compared), of: backup)
    }

    /// Compares, accounts for it in the run's report, and stores the new checkpoint where it says something new. Where the
    /// records were not all listed it does nothing but warn; where the newest checkpoint could not be read, that is a
    /// failure of the run under trust, and if a place is not shown.
    ///
    /// - Parameter configuration: the records of the domain's configuration, if the run has listed them; otherwise this
    ///   takes a list of them, where the checkpoint is of the whole backup.
    /// - Returns: the checkpoint that stands for the records now, its own or the one before; nil if there is none.
    /// - Throws: what keeps the checkpoint from being stored, or those records from being listed.
    @discardableResult
    package func conclude(
        _ report: inout RunReport,
        configuration: ConfigurationRecords? = nil
    ) async throws -> StandingCheckpoint? {
        warnOfUnread(&report)
        if let failure, failure.kind == .untrusted { report.noteHiddenCheckpoint(failure) }
        // A signed checkpoint would claim that a backup is signed that never was.
        guard digester.isFinished, let before, proof?.refusal == nil else { return nil }
        if repositories.isEmpty {
            let records =
                if let configuration { configuration } else { try await ConfigurationRecords.list(in: backup) }
            digester.add(configuration: records.digestible)
        }
        guard let digests = digester.digests else { return nil }
        let contradictions = try await unaccepted(contradictions(of: digests, with: before.newestOnes))
        guard let own = digests.upTo(cutoff, withConfiguration: repositories.isEmpty) else { return nil }
        report.checkpoint = RunReport.CheckpointAccount(
            cutoff: own.cutoff.extended,
            digest: own.digest,
            records: own.count,
            previous: before.newest?.key.value,
            contradictions: contradictions
        )
        if backup.signer != nil { report.checkpoint?.signed = true }
        report.noteContradictions()
        if let lost, let key = lost.checkpoint, lost.contradiction(by: digests) == nil {
            report.warnings.append(
                "the checkpoint \(key), which an earlier run reported, is missing or damaged; the records that it "
                    + "counted are all there. Run verify"
            )
        }
        let contradicts = Array(contradictions.map(\.checkpoint).sorted().prefix(Checkpoint.maximumContradictions))
        if let newest = before.newest?.checkpoint {
            guard newest.cutoff <= own.cutoff else { return nil }
            let isSame = newest.records == own && newest.contradicts == contradicts.sorted()
            if isSame, newest.proof?.from == proof?.proof(upTo: own.cutoff)?.from { return standing(before.newest) }
        } else if own.count == 0, !begins {
            // A run that begins signing stores a checkpoint at once, however new the records are.
            return nil
        }
        let checkpoint = Checkpoint(
            domain: backup.layout.domain,
            runID: runID,
            startedAt: startedAt,
            repositories: repositories,
            records: own,
            parents: before.newest.map { [Checkpoint.Parent(key: $0.key.value, sha256: $0.sha256)] } ?? [],
            contradicts: contradicts,
            proof: proof?.proof(upTo: own.cutoff)
        )
        let key = backup.layout.checkpointKey(cutoff: own.cutoff, runID: runID)
        let bytes = try checkpoint.document()
        try await backup.store.create(bytes, at: key)
        report.checkpoint?.key = key.value
        return StandingCheckpoint(key: key, bytes: bytes)
    }

    /// Checkpoints that are named one by one.
    private static let shown = 3

    private func warnOfUnread(_ report: inout RunReport) {
        let unreadable = before?.unreadable ?? []
        for key in unreadable.prefix(Self.shown) {
            report.warnings.append("the checkpoint \(key) cannot be read, or is of the future; run verify")
        }
        if unreadable.count > Self.shown {
            report.warnings.append(
                "\(unreadable.count - Self.shown) more checkpoints cannot be read, or are of the future; run verify"
            )
        }
        if let failure, failure.kind != .untrusted {
            report.warnings.append("the newest checkpoint could not be read, so nothing was compared: \(failure)")
            if failure.isOfOnePlace || isSigned { note(failure, in: &report) }
        }
        if let reportFailure {
            report.warnings.append(
                "the reports of earlier runs could not be read, so a checkpoint that is gone may go unseen: \(reportFailure). "
                    + "Run verify"
            )
        }
    }

    /// Under trust no run counts as whole without a comparison; and a place that is not shown stays so until somebody
    /// changes it, so that no later run would compare anything either.
    private func note(_ failure: RemoteFailure, in report: inout RunReport) {
        guard report.outcome != .failed else { return }
        report.failures.insert(RunReport.Failure(ItemFailure(failure)), at: 0)
        report.failures = Array(report.failures.prefix(RunReport.maximumFailures))
        guard report.outcome == .converged else { return }
        report.outcome = .partial
        report.message =
            "the newest checkpoint could not be read, so the records were compared with nothing and no checkpoint was "
            + "written: \(failure)"
    }

    /// What contradicts the newest checkpoints, the newest report or the trust file's anchors, and what an earlier run found
    /// to contradict one: each checkpoint once.
    private func contradictions(
        of digests: [RecordDigest],
        with newestOnes: [Checkpoints.Found]
    ) -> [BackupFault] {
        var faults: [BackupFault] = []
        func add(_ key: ObjectKey, _ message: String, _ found: RecordDigest? = nil) {
            var fault = BackupFault(.contradictedCheckpoint, at: key, message)
            fault.found = found.map { FoundBytes(sha256: $0.digest) }
            faults.append(fault)
        }
        for newest in newestOnes {
            guard let found = digests.like(newest.checkpoint.records),
                let message = newest.checkpoint.contradiction(by: found)
            else { continue }
            add(newest.key, message, found)
        }
        if let lost, let message = lost.contradiction(by: digests) {
            add(lost.key, message, digests.comparable(to: lost.digest, upTo: lost.cutoff))
        }
        for anchor in anchors {
            guard let found = digests.comparable(to: anchor.digest, upTo: anchor.cutoff), found.digest != anchor.digest
            else { continue }
            let message =
                "the digest of the \(found.count) records up to \(anchor.cutoff.extended) is not that of the trust file's anchor"
            add(backup.layout.anchorName(cutoff: anchor.cutoff, digest: anchor.digest), message, found)
        }
        // Of two checkpoints with one cutoff, one may name the other.
        for key in newestOnes.flatMap(\.checkpoint.contradicts).map({ ObjectKey($0) })
        where !faults.contains(where: { $0.key == key }) {
            add(key, "an earlier run found that the records contradict it")
        }
        return faults
    }

    /// One that was read, if its bytes are those that this program writes.
    private func standing(_ found: Checkpoints.Found?) -> StandingCheckpoint? {
        guard let found, let bytes = try? found.checkpoint.document(),
            backup.hashes.digest(bytes, .sha256) == found.sha256
        else { return nil }
        return StandingCheckpoint(key: found.key, bytes: bytes)
    }

    /// Those that no operator has accepted: one list of the accepted losses and a GET for each, where there is anything.
    private func unaccepted(_ contradictions: [BackupFault]) async throws -> [RunReport.Contradiction] {
        guard !contradictions.isEmpty else { return [] }
        let losses = try await backup.acceptedLosses()
        return contradictions.filter { !losses.contains($0) }
            .map { RunReport.Contradiction(checkpoint: $0.key.value, message: $0.message) }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
