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
        /// What it is of; nil for all that the verification lists.
        var part: RecordDigester.Part?
    }

    /// Takes in the records while they are listed.
    let digester: RecordDigester
    private let own: Timestamp
    /// Whether its own digest covers the records of the domain's configuration, as one of the whole backup does.
    let coversConfiguration: Bool
    private let noted: [Noted]
    private let faults: [BackupFault]
    private let ageWarning: String?
    /// How many scopes' checkpoints are not compared, since too many name the same repositories.
    private let leftOut: Int

    /// Reads the newest checkpoint that the census could read, of all that the verification lists and of each part of that
    /// which runs have listed alone, and any others with its cutoff: a GET for each.
    ///
    /// - Parameters:
    ///   - census: of all that there are; nil where the store does not show them.
    ///   - reported: what the reports of runs say, the newest first.
    ///   - now: of the verification's start.
    /// - Throws: what keeps the store from answering.
    static func read(
        of backup: Backup,
        options: Verifier.Options,
        census known: CheckpointCensus?,
        reported: [ReportedDigest],
        at now: Timestamp
    ) async throws -> CheckpointComparison {
        let census = known ?? CheckpointCensus(in: backup.layout, at: now)
        let repositories = options.selection.repositories.sorted()
        let found = try await Checkpoints.read(
            among: census.newest[repositories] ?? [],
            of: backup,
            repositories: repositories,
            at: now
        )
        var notes = Notes()
        for one in found.newestOnes { notes.note(one, of: nil) }
        // A cutoff in the future, reported by a machine whose clock was ahead, may still gain
        // records.
        let due = Checkpoint.cutoff(ofRunAt: backup.now)
        let reported = reported.filter { $0.cutoff <= due }
        notes.note(reported.filter { $0.repositories == repositories }, lost: census, of: nil)
        let scopes = Scopes(in: repositories, census, reported)
        for scope in scopes.compared {
            for key in census.newest[scope] ?? [] {
                guard let one = try await Checkpoints.read(key, of: backup) else { continue }
                notes.note(one, of: scope)
            }
            notes.note(reported.filter { $0.repositories == scope }, lost: census, of: scope)
        }
        for fault in census.falling { notes.addUnlessKnown(fault) }
        for anchor in options.anchors {
            notes.noted.append(
                Noted(
                    cutoff: anchor.cutoff,
                    digest: anchor.digest,
                    key: backup.layout.anchorName(cutoff: anchor.cutoff, digest: anchor.digest),
                    source: "--checkpoint",
                    checkpoint: nil
                )
            )
        }
        let ofParts = scopes.compared.compactMap { census.newest[$0]?.last.flatMap(backup.layout.cutoff) }.max()
        notes.note(
            ageOf: found.newest,
            beside: ofParts,
            as: known == nil ? .any : options.checkpointAge,
            at: now,
            missing: backup.layout.checkpointsPrefix
        )
        return CheckpointComparison(
            notes,
            leftOut: scopes.leftOut,
            coversConfiguration: repositories.isEmpty,
            of: backup,
            at: now
        )
    }

    /// The most checkpoints that are gone whose digests are compared: each takes memory for every package. All are faults.
    private static let maximumLost = 4

    private init(
        _ notes: Notes,
        leftOut: Int,
        coversConfiguration: Bool,
        of backup: Backup,
        at now: Timestamp
    ) {
        noted = notes.noted
        faults = notes.faults
        ageWarning = notes.ageWarning
        self.leftOut = leftOut
        self.coversConfiguration = coversConfiguration
        own = Checkpoint.cutoff(ofRunAt: now)
        digester = RecordDigester(
            cutoffs: Set(noted.filter { $0.part == nil }.map(\.cutoff)).union([own]),
            parts: Set(noted.compactMap(\.part)),
            of: backup
        )
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
            guard let found = found(for: noted, digests) else { continue }
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
            var fault = BackupFault(.contradictedCheckpoint, at: noted.key, message)
            fault.found = FoundBytes(sha256: found.digest)
            faults.append(fault)
        }
        let account = VerifyReport.CheckpointAccount(
            cutoff: mine.cutoff.extended,
            digest: mine.digest,
            records: mine.count,
            compared: compared
        )
        return (faults, account)
    }

    /// The digest of what something is of, as it is now; nil where it was not computed.
    private func found(for noted: Noted, _ digests: [RecordDigest]) -> RecordDigest? {
        if let part = noted.part { return digester.digest(of: part) }
        return noted.checkpoint.map { digests.like($0.records) }
            ?? digests.comparable(to: noted.digest, upTo: noted.cutoff)
    }

    /// That the newest checkpoint is old, and that not all were compared.
    var warnings: [String] { [ageWarning, warningOfLeftOut].compactMap(\.self) }

    private var warningOfLeftOut: String? {
        guard leftOut > 0 else { return nil }
        return "the checkpoints of \(Quantity.count(leftOut, "selection")) of repositories were not compared: too many "
            + "others name the same repositories. verify --repository compares them"
    }
}

extension CheckpointComparison {
    /// What is noted of the records while checkpoints and reports are read.
    fileprivate struct Notes {
        var noted: [Noted] = []
        var faults: [BackupFault] = []
        var ageWarning: String?

        mutating func addUnlessKnown(_ fault: BackupFault) {
            if !faults.contains(where: { $0.kind == fault.kind && $0.key == fault.key }) { faults.append(fault) }
        }

        /// Has a checkpoint compared, and what it contradicts be faults.
        ///
        /// - Parameter scope: nil for all that the verification lists.
        mutating func note(_ one: Checkpoints.Found, of scope: [String]?) {
            let cutoff = one.checkpoint.cutoff
            noted.append(
                Noted(
                    cutoff: cutoff,
                    digest: one.checkpoint.records.digest,
                    key: one.key,
                    source: one.key.value,
                    checkpoint: one.checkpoint,
                    part: scope.map { RecordDigester.Part(cutoff: cutoff, repositories: $0) }
                )
            )
            for key in one.checkpoint.contradicts {
                let message = "the run \(one.checkpoint.runID) found that the records contradict this checkpoint"
                addUnlessKnown(BackupFault(.contradictedCheckpoint, at: ObjectKey(key), message))
            }
        }

        /// Has the digest of the newest report compared, and those of checkpoints that are gone, which are faults.
        ///
        /// - Parameters:
        ///   - reported: of one scope, the newest first.
        ///   - scope: nil for all that the verification lists.
        mutating func note(_ reported: [ReportedDigest], lost census: CheckpointCensus, of scope: [String]?) {
            let lost = reported.filter { $0.checkpoint.map(census.lacks) ?? false }
            for one in lost where !census.lost.contains(where: { $0.key == one.key }) {
                let message =
                    "the report \(one.report) names this checkpoint, and it is gone. Restore it from another copy of the "
                    + "bucket, or accept the loss with --accept-loss"
                addUnlessKnown(BackupFault(.lostCheckpoint, at: one.key, message))
            }
            let compared = Set(reported.prefix(1) + lost.prefix(CheckpointComparison.maximumLost))
            noted += compared.sorted { $0.report > $1.report }.map { one in
                Noted(one, scope.map { RecordDigester.Part(cutoff: one.cutoff, repositories: $0) })
            }
        }
    }
}

extension Verifier.Options {
    /// How old the newest checkpoint may be.
    package enum CheckpointAge: Hashable, Sendable {
        /// Of any age, as in a backup that is kept as it is.
        case any
        /// One that is older is a warning: whether runs should still go on, the operator knows.
        case warned(Duration)
        /// One that is older is a fault, and so is none at all.
        case required(Duration)

        package static let usual = warned(.seconds(Checkpoint.longestPause))
    }
}

extension CheckpointComparison.Notes {
    /// Has an old checkpoint be what the operator wants it to be.
    ///
    /// - Parameters:
    ///   - newest: of all that the verification lists; nil if there is none.
    ///   - cutoff: of the newest one of a part of that, as runs by repository leave them; nil if there is none.
    ///   - folder: where a fault is that there is no checkpoint.
    fileprivate mutating func note(
        ageOf newest: Checkpoints.Found?,
        beside cutoff: Timestamp?,
        as age: Verifier.Options.CheckpointAge,
        at now: Timestamp,
        missing folder: ObjectKey
    ) {
        func isOlder(_ cutoff: Timestamp, than maximum: Duration) -> Bool {
            Double(now.seconds - cutoff.seconds) > maximum.inSeconds
        }
        let own = newest?.checkpoint.cutoff
        switch age {
        case .any: return
        case .warned(let maximum):
            guard let last = [own, cutoff].compactMap(\.self).max(), isOlder(last, than: maximum) else { return }
            ageWarning =
                "the newest checkpoint is of \(last.extended): records that were removed since then may have gone unnoticed. If "
                + "runs should go on, find out why they leave none; if this backup is kept as it is, say "
                + "--max-checkpoint-age none"
        case .required(let maximum):
            if let own, !isOlder(own, than: maximum) { return }
            let which = own.map { "the newest checkpoint is of \($0.extended)" } ?? "there is no checkpoint"
            let message = "\(which), and --max-checkpoint-age allows \(Int64(maximum.inSeconds)) seconds"
            faults.append(BackupFault(.staleCheckpoint, at: newest?.key ?? folder, message))
        }
    }
}

extension CheckpointComparison {
    /// The parts of what a verification lists of which runs have left checkpoints.
    private struct Scopes {
        /// Each by its repositories.
        var compared: [[String]] = []
        var leftOut = 0

        /// The most whose digests are computed of one repository: each takes memory for every package in it.
        private static let maximumOfOne = 4

        /// - Parameter repositories: that are listed; none for all.
        init(in repositories: [String], _ census: CheckpointCensus, _ reported: [ReportedDigest]) {
            let covered = Set(repositories)
            let scopes = Set(census.newest.keys).union(reported.filter { $0.checkpoint != nil }.map(\.repositories))
                .filter { scope in
                    !scope.isEmpty && scope != repositories && (covered.isEmpty || covered.isSuperset(of: scope))
                }
            var uses: [String: Int] = [:]
            // The newest first, and those without a checkpoint last.
            let newest = scopes.map { (scope: $0, key: census.newest[$0]?.last?.value ?? "") }
            for (scope, _) in newest.sorted(by: { ($1.key, $1.scope.count) < ($0.key, $0.scope.count) }) {
                guard scope.allSatisfy({ uses[$0, default: 0] < Self.maximumOfOne }) else {
                    leftOut += 1
                    continue
                }
                for name in scope { uses[name, default: 0] += 1 }
                compared.append(scope)
            }
        }
    }
}

extension CheckpointComparison.Noted {
    fileprivate init(_ reported: ReportedDigest, _ part: RecordDigester.Part?) {
        self.init(
            cutoff: reported.cutoff,
            digest: reported.digest,
            key: reported.key,
            source: reported.report.value,
            checkpoint: nil,
            part: part
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
