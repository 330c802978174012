/// A digest of what the records say, and its comparison with one that was noted elsewhere: no
/// checkpoint shows a record that was replaced by another one under the same name.
///
/// It is made like the digest of a checkpoint, but with the SHA-256 of each record after its key.
/// It covers what the verification looks at, so only those of the same selection are equal.
struct ContentsComparison: Sendable {
    private let digester: RecordDigester
    private let own: Timestamp
    private let noted: [CheckpointAnchor]
    private let key: ObjectKey

    /// - Parameter now: of the verification's start.
    init(of backup: Backup, noted: [CheckpointAnchor], at now: Timestamp) {
        own = Checkpoint.cutoff(ofRunAt: now)
        self.noted = noted
        key = backup.layout.manifestsPrefix
        digester = RecordDigester(cutoffs: Set(noted.map(\.cutoff)).union([own]), of: backup)
    }

    /// Takes in a package: all at once, each package once.
    func add(_ contents: [(key: ObjectKey, recordedAt: Timestamp)]) {
        digester.add(contents, from: 0)
    }

    /// What differs, and the digest for the report. Call it once, after all packages were looked at.
    func concluded() -> (faults: [BackupFault], account: VerifyReport.ContentsAccount?) {
        digester.finish()
        guard let digests = digester.digests, let mine = digests.upTo(own) else { return ([], nil) }
        let faults = noted.compactMap { anchor -> BackupFault? in
            guard let found = digests.upTo(anchor.cutoff), found.digest != anchor.digest else { return nil }
            return BackupFault(
                .contradictedRecord,
                at: ObjectKey("\(key)\(anchor)"),
                "what the records up to \(anchor.cutoff.extended) say has the digest \(found.digest), and --contents says "
                    + "\(anchor.digest). If the same was verified then, a record was replaced, removed or slipped in: compare "
                    + "with another copy of the bucket, or with the domain (--against-domain)"
            )
        }
        let account = VerifyReport.ContentsAccount(
            cutoff: mine.cutoff.extended,
            digest: mine.digest,
            records: mine.count
        )
        return (faults, account)
    }
}
