/// What runs and people have noted about the records, and how a verification compares the records
/// with it.
struct CheckpointComparison: Sendable {
    /// A digest noted earlier.
    struct Noted: Hashable, Sendable {
        let cutoff: Timestamp
        let digest: String
        /// Under which a difference is reported: a checkpoint, a report, or what the operator gave.
        let key: ObjectKey
        /// Where it comes from, for the report.
        let source: String
        /// Nil where only the digest is known.
        let checkpoint: Checkpoint?
    }

    /// Takes in the records while they are listed.
    let digester: RecordDigester
    private let own: Timestamp
    /// Whether its own digest covers the records of the domain's configuration, as one of the whole backup does.
    let coversConfiguration: Bool
    private var noted: [Noted] = []
    private var faults: [BackupFault] = []

    /// Reads the newest checkpoint, its parents and any others with its cutoff: one list, and a GET
    /// for each.
    ///
    /// - Parameters:
    ///   - reported: what the newest reports of runs say.
    ///   - now: of the verification's start.
    /// - Throws: what keeps the store from answering.
    static func read(
        of backup: Backup,
        options: Verifier.Options,
        reported: [ReportedVersions.Digest],
        at now: Timestamp
    ) async throws -> CheckpointComparison {
        let repositories = options.selection.repositories
        let found = try await Checkpoints.read(of: backup, repositories: repositories, at: now)
        var noted: [Noted] = []
        var faults: [BackupFault] = []
        for one in found.newestOnes {
            noted.append(
                Noted(
                    cutoff: one.checkpoint.cutoff,
                    digest: one.checkpoint.records.digest,
                    key: one.key,
                    source: one.key.value,
                    checkpoint: one.checkpoint
                )
            )
            faults += try await lostParents(of: one, in: backup)
            for key in one.checkpoint.contradicts {
                let message = "the run \(one.checkpoint.runID) found that the records contradict this checkpoint"
                faults.append(BackupFault(.contradictedCheckpoint, at: ObjectKey(key), message))
            }
        }
        for key in found.unreadable {
            let message =
                "this is not a checkpoint that a run wrote, or it is dated in the future. Restore it from another copy of the bucket"
            faults.append(BackupFault(.unreadableCheckpoint, at: key, message))
        }
        // A cutoff in the future, reported by a machine whose clock was ahead, may still gain
        // records.
        let due = Checkpoint.cutoff(ofRunAt: backup.now)
        for one in reported where one.repositories == repositories.sorted() && one.cutoff <= due {
            if let key = one.checkpoint, try await Checkpoints.read(key, of: backup) == nil {
                let message = "the report \(one.report) names this checkpoint, and it is gone"
                faults.append(BackupFault(.lostCheckpoint, at: key, message))
            }
            noted.append(
                Noted(
                    cutoff: one.cutoff,
                    digest: one.digest,
                    key: one.checkpoint ?? one.report,
                    source: one.report.value,
                    checkpoint: nil
                )
            )
        }
        for anchor in options.anchors {
            noted.append(
                Noted(
                    cutoff: anchor.cutoff,
                    digest: anchor.digest,
                    key: ObjectKey("\(backup.layout.checkpointsPrefix)\(anchor)"),
                    source: "--checkpoint",
                    checkpoint: nil
                )
            )
        }
        if let maximum = options.maximumCheckpointAge, let message = staleness(of: found.newest, maximum, at: now) {
            faults.append(
                BackupFault(.staleCheckpoint, at: found.newest?.key ?? backup.layout.checkpointsPrefix, message)
            )
        }
        return CheckpointComparison(noted, faults, of: backup, repositories, at: now)
    }

    /// The checkpoints before this one that are not what it says they are.
    private static func lostParents(of one: Checkpoints.Found, in backup: Backup) async throws -> [BackupFault] {
        var faults: [BackupFault] = []
        for parent in one.checkpoint.parents {
            let key = ObjectKey(parent.key)
            guard backup.layout.cutoff(ofCheckpointAt: key) != nil,
                try await Checkpoints.read(key, of: backup)?.sha256 != parent.sha256
            else { continue }
            let message =
                "the checkpoint \(one.key) names this one before it, and it is gone or was replaced. "
                + "Restore it from another copy of the bucket, and compare its digest with the log of its run"
            faults.append(BackupFault(.lostCheckpoint, at: key, message))
        }
        return faults
    }

    /// That the newest checkpoint is older than is allowed, or that there is none.
    private static func staleness(of newest: Checkpoints.Found?, _ maximum: Duration, at now: Timestamp) -> String? {
        let cutoff = newest?.checkpoint.cutoff
        if let cutoff, Double(now.seconds - cutoff.seconds) <= maximum.inSeconds { return nil }
        let which = cutoff.map { "the newest checkpoint is of \($0.extended)" } ?? "there is no checkpoint"
        return "\(which), and --max-checkpoint-age allows \(Int64(maximum.inSeconds)) seconds"
    }

    private init(
        _ noted: [Noted],
        _ faults: [BackupFault],
        of backup: Backup,
        _ repositories: [String],
        at now: Timestamp
    ) {
        self.noted = noted
        self.faults = faults
        own = Checkpoint.cutoff(ofRunAt: now)
        coversConfiguration = repositories.isEmpty
        digester = RecordDigester(cutoffs: Set(noted.map(\.cutoff)).union([own]), of: backup)
    }

    /// What is wrong, and the digests for the report. Call it once, after all records were listed.
    func concluded() -> (faults: [BackupFault], account: VerifyReport.CheckpointAccount?) {
        guard let digests = digester.digests, let mine = digests.upTo(own, withConfiguration: coversConfiguration)
        else {
            return (faults, nil)
        }
        var faults = faults
        var compared: [VerifyReport.CheckpointAccount.Compared] = []
        for noted in noted {
            let comparable =
                noted.checkpoint.map { digests.like($0.records) }
                ?? digests.comparable(to: noted.digest, upTo: noted.cutoff)
            guard let found = comparable else { continue }
            let isEqual = found.digest == noted.digest
            compared.append(
                VerifyReport.CheckpointAccount.Compared(
                    source: noted.source,
                    cutoff: noted.cutoff.extended,
                    digest: noted.digest,
                    isEqual: isEqual
                )
            )
            guard !isEqual, !faults.contains(where: { $0.kind == .contradictedCheckpoint && $0.key == noted.key })
            else { continue }
            let difference =
                noted.checkpoint?.contradiction(by: found)
                ?? "the digest of the records up to \(noted.cutoff.extended) is \(found.digest), and \(noted.source) says "
                + noted.digest
            let message =
                "\(difference). Records were removed, added later or renamed, which this program never does: "
                + "look for delete markers under manifests/ and configuration/, or compare with another copy of the "
                + "bucket. \(Guide.trust) says how"
            faults.append(BackupFault(.contradictedCheckpoint, at: noted.key, message))
        }
        let account = VerifyReport.CheckpointAccount(
            cutoff: mine.cutoff.extended,
            digest: mine.digest,
            records: mine.count,
            compared: compared
        )
        return (faults, account)
    }
}

/// A digest of records that an operator has noted outside the bucket: `CUTOFF:DIGEST`.
package struct CheckpointAnchor: Hashable, Sendable, CustomStringConvertible {
    package let cutoff: Timestamp
    package let digest: String

    /// Nil for anything but `20261129T080000Z:` or `2026-11-29T08:00:00Z:` and a SHA-256.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let time = text[..<colon]
        let digest = String(text[text.index(after: colon)...])
        guard let cutoff = Timestamp(basic: time) ?? Timestamp(extended: time),
            ChecksumAlgorithm.sha256.isWellFormed(digest)
        else { return nil }
        self.cutoff = cutoff
        self.digest = digest
    }

    package var description: String { "\(cutoff.basic):\(digest)" }
}
