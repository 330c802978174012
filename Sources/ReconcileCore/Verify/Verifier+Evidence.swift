/// Reads what stands beside the records: repairs, accepted losses, reports, checkpoints, the domain's configuration, and what
/// is signed. A folder that the store doesn't show is a fault and counts as empty; everything else is still verified.
extension Verifier {
    /// What is read before the packages are looked at.
    struct Evidence {
        var losses = AcceptedLosses()
        var counts: EarlierCounts?
        var checkpoints: CheckpointComparison
        /// What is wrong with it; for the first shard.
        var faults: [BackupFault] = []
        /// A fault for each folder that is not shown, of every shard, since each lacks what is in it.
        var hidden: [BackupFault] = []
        /// What was not read and is no fault of this shard.
        var warning: String?
    }

    /// Reads the evidence, and tells the reader which records were retired.
    ///
    /// - Throws: what keeps the store as a whole from answering; `CancellationError` when the verification is stopped.
    func readEvidence(_ reader: BackupReader, at now: Timestamp) async throws -> Evidence {
        let layout = backup.layout
        var hidden: [BackupFault] = []
        let repairs = try await shown(layout.repairsPrefix, else: &hidden) { try await RepairRecord.all(from: reader) }
        for record in repairs?.records ?? [] { reader.retired.add(record) }
        let losses = try await shown(layout.lossesPrefix, else: &hidden) { try await AcceptedLosses.read(from: reader) }
        let accepted = losses ?? AcceptedLosses()
        let reported = try await shown(layout.reportsPrefix, else: &hidden) {
            let reports = try await EarlierReports.read(from: backup, about: options.selection, after: accepted)
            if let refusal = reports.refusal { throw refusal }
            return reports
        }
        let census = try await shown(layout.checkpointsPrefix, else: &hidden) {
            try await takeCensus(with: reader, at: now)
        }
        let checkpoints = try await CheckpointComparison.read(
            of: backup,
            options: options,
            census: census,
            reported: reported?.digests ?? [],
            at: now
        )
        let isFirst = options.selection.shard.index == 0
        return Evidence(
            losses: accepted,
            counts: reported?.counts,
            checkpoints: checkpoints,
            faults: isFirst
                ? (repairs?.faults ?? []) + accepted.faults + (reported?.faults ?? []) + (census?.faults ?? []) : [],
            hidden: hidden,
            warning: reported?.warning(isFirst: isFirst)
        )
    }

    /// The first shard reads the checkpoints for all.
    private func takeCensus(with reader: BackupReader, at now: Timestamp) async throws -> CheckpointCensus {
        guard options.selection.shard.index == 0 else { return CheckpointCensus(in: backup.layout, at: now) }
        return try await CheckpointCensus.taken(by: reader, at: now)
    }

    /// Has the records of the domain's configuration compared with checkpoints that cover them, and gives those that do not
    /// pass; the first shard looks for all. Those of a selection are looked at under trust alone.
    ///
    /// Where they are not shown, the digest of the whole backup, which covers them, is compared with nothing.
    func configurationFaults(
        _ checkpoints: CheckpointComparison,
        else hidden: inout [BackupFault]
    ) async throws -> [BackupFault] {
        guard options.selection.shard.index == 0, checkpoints.coversConfiguration || backup.trust != nil else {
            return []
        }
        let records = try await shown(backup.layout.configurationsPrefix, else: &hidden) {
            try await ConfigurationRecords.list(in: backup)
        }
        guard let records else { return [] }
        if checkpoints.coversConfiguration { checkpoints.digester.add(configuration: records.digestible) }
        guard backup.trust != nil || options.selection.coversConfiguration else { return [] }
        return try await records.faults()
    }

    /// What is wrong with what is signed beside the records, and what killed writers have left, for the first shard.
    func faultsBeside(_ reader: BackupReader, else hidden: inout [BackupFault]) async throws -> [BackupFault] {
        guard options.selection.shard.index == 0 else { return [] }
        var faults: [BackupFault] = []
        for folder in SignedEvidence.folders(of: backup) {
            let found = try await shown(folder.prefix, else: &hidden) {
                try await SignedEvidence.faults(in: folder, reader)
            }
            faults += found ?? []
        }
        return try await faults + reader.unfinished(options)
    }

    /// What is read of a folder; nil if it is not shown, which is a fault.
    private func shown<Value>(
        _ folder: ObjectKey,
        else hidden: inout [BackupFault],
        _ read: () async throws -> Value
    ) async throws -> Value? {
        do {
            return try await read()
        } catch let failure as RemoteFailure where failure.isOfOnePlace {
            hidden.append(.unseen(failure, of: Place(), at: folder))
            return nil
        }
    }
}
