/// All records up to a cutoff, as somebody knew them: what a restore compares the records with before it follows them.
struct RecordCut: Sendable {
    /// Who knew them.
    enum Witness: Sendable {
        /// The trust file.
        case anchor
        /// The newest checkpoint, which passes the trust file.
        case checkpoint(ObjectKey)
        /// That there is no checkpoint: runs write one of all records that are old enough.
        case noCheckpoint
    }

    let cutoff: Timestamp
    let digest: String
    let witness: Witness

    /// What a restore under trust has to go by.
    ///
    /// - Parameter opens: whether the restore may open what others then may write to, so that records must also agree with the
    ///   newest checkpoint.
    static func all(of backup: Backup, _ newest: Checkpoints.Found?, opens: Bool) -> [RecordCut] {
        guard let trust = backup.trust else { return [] }
        let anchors = trust.file.anchors.map { RecordCut(cutoff: $0.cutoff, digest: $0.digest, witness: .anchor) }
        guard opens else { return anchors }
        guard let newest else {
            let cutoff = Checkpoint.cutoff(ofRunAt: backup.now)
            let none = RecordDigester(cutoffs: [cutoff], of: backup)
            none.finish()
            let digest = none.digests?.first?.digest ?? ""
            return anchors + [RecordCut(cutoff: cutoff, digest: digest, witness: .noCheckpoint)]
        }
        let records = newest.checkpoint.records
        if anchors.contains(where: { $0.cutoff == records.cutoff && $0.digest == records.digest }) { return anchors }
        return anchors + [RecordCut(cutoff: records.cutoff, digest: records.digest, witness: .checkpoint(newest.key))]
    }

    /// Why the records that are there are not those of this cut; nil if they are.
    ///
    /// - Parameters:
    ///   - digests: of all records that are there, those of the configuration too.
    ///   - location: of the backup.
    func disagreement(with digests: [RecordDigest], at location: String) -> RemoteFailure? {
        guard let found = digests.comparable(to: digest, upTo: cutoff), found.digest != digest else { return nil }
        let contradiction = "the digest of the records up to \(cutoff.extended) is \(found.digest), and"
        let doubt =
            switch witness {
            case .anchor:
                "\(contradiction) an anchor of the trust file says \(digest): records were removed, or slipped in"
            case .checkpoint(let key):
                "\(contradiction) the newest checkpoint, \(key), says \(digest): records were removed, or slipped in"
            case .noCheckpoint:
                "no checkpoint covers the records up to \(cutoff.extended), so nothing shows whether later ones of them were "
                    + "removed; a run writes one"
            }
        return RemoteFailure(
            .untrusted,
            operation: .restore,
            target: location,
            message: "\(doubt). Compare with another copy of the backup (\(Guide.trust))"
        )
    }
}

extension Backup {
    /// Has a digester take in all records of packages: a list for each thousand.
    ///
    /// - Returns: whether all are shown.
    /// - Throws: `CancellationError` once it is stopped; what keeps the store from listing.
    func takeIn(by digester: RecordDigester, _ isStopped: () -> Bool) async throws -> Bool {
        var isWhole = true
        try await store.forEachObject(under: layout.manifestsPrefix) { object in
            if isStopped() { throw CancellationError() }
            let time =
                layout.record(at: object.key)?.recordedAt ?? layout.packageRecord(at: object.key)?.recordedAt
            if let time { digester.add(CollectionOfOne((key: object.key, recordedAt: time)), from: 0) }
        } hiding: { _ in
            isWhole = false
        }
        return isWhole
    }
}

extension Sequence<RecordCut> {
    /// What takes in the records that are to be compared; nil where there is nothing to compare them with.
    func digester(of backup: Backup) -> RecordDigester? {
        let cutoffs = Set(map(\.cutoff))
        return cutoffs.isEmpty ? nil : RecordDigester(cutoffs: cutoffs, of: backup)
    }
}
