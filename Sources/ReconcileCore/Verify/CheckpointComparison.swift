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

    /// Reads the newest checkpoint that the census could read and any others with its cutoff: a GET for each.
    ///
    /// - Parameters:
    ///   - census: of all that there are.
    ///   - reported: what the reports of runs say, the newest first.
    ///   - now: of the verification's start.
    /// - Throws: what keeps the store from answering.
    static func read(
        of backup: Backup,
        options: Verifier.Options,
        census: CheckpointCensus,
        reported: [ReportedDigest],
        at now: Timestamp
    ) async throws -> CheckpointComparison {
        let repositories = options.selection.repositories
        let found = try await Checkpoints.read(
            among: census.readable,
            of: backup,
            repositories: repositories,
            at: now
        )
        var noted: [Noted] = []
        var faults = census.lost
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
            for key in one.checkpoint.contradicts {
                let message = "the run \(one.checkpoint.runID) found that the records contradict this checkpoint"
                faults.append(BackupFault(.contradictedCheckpoint, at: ObjectKey(key), message))
            }
        }
        for fault in census.falling where !faults.contains(where: { $0.kind == fault.kind && $0.key == fault.key }) {
            faults.append(fault)
        }
        // A cutoff in the future, reported by a machine whose clock was ahead, may still gain
        // records.
        let due = Checkpoint.cutoff(ofRunAt: backup.now)
        let own = reported.filter { $0.repositories == repositories.sorted() && $0.cutoff <= due }
        let lost = own.filter { $0.checkpoint.map(census.lacks) ?? false }
        for one in lost where !faults.contains(where: { $0.kind == .lostCheckpoint && $0.key == one.key }) {
            let message =
                "the report \(one.report) names this checkpoint, and it is gone. Restore it from another copy of the "
                + "bucket, or accept the loss with --accept-loss"
            faults.append(BackupFault(.lostCheckpoint, at: one.key, message))
        }
        let compared = Set(own.prefix(1) + lost.prefix(maximumLost))
        noted += compared.sorted { $0.report > $1.report }.map(Noted.init)
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

    /// The most checkpoints that are gone whose digests are compared: each takes memory for every package. All are faults.
    private static let maximumLost = 4

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

extension CheckpointComparison.Noted {
    fileprivate init(_ reported: ReportedDigest) {
        self.init(
            cutoff: reported.cutoff,
            digest: reported.digest,
            key: reported.key,
            source: reported.report.value,
            checkpoint: nil
        )
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
