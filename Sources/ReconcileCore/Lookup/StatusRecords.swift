/// What a status keeps of the records that it walks over.
struct StatusRecords: Sendable {
    /// Sealed once the records are read.
    private(set) var index = ManifestIndex()
    private(set) var newestTime: Timestamp?
    /// Records that a trust file refuses, or that are too short or too late to count.
    private(set) var refused = IgnoredObjects()
    private(set) var archived = ArchivedRecords()
    private(set) var hidden: HiddenRecords
    private(set) var later: LaterRecords
    private var counts: EarlierCounts?
    /// How many records may count.
    private var listed = 0
    private var ofWithdrawn: [ManifestRecord] = []
    private var ofIncomplete: [ManifestRecord] = []
    private var acceptedAsLost: [ManifestRecord] = []
    /// Records that are too short to count, by version: faults that verify names, and no lost versions.
    private var emptied: [VersionCoordinates: ManifestRecord] = [:]
    /// The last record that a trust file refused.
    private var refusedKey: ObjectKey?
    private let lostKeys: Set<ObjectKey>
    private let layout: BackupLayout
    private let reader: RecordReader
    private let moment: Timestamp?
    private let proves: Bool

    /// - Parameters:
    ///   - runs: what reports say of versions that are not protected.
    ///   - counts: what earlier reports counted; nil to look for nothing lost.
    ///   - losses: records whose loss was accepted.
    ///   - moment: only records made by then are kept; nil for all.
    ///   - proves: whether records that the newest checkpoint does not cover are read, under trust.
    init(
        of backup: Backup,
        after runs: [RunReport],
        counts: EarlierCounts?,
        losses: AcceptedLosses,
        asOf moment: Timestamp?,
        proves: Bool
    ) {
        self.counts = counts
        self.moment = moment
        self.proves = proves
        later = LaterRecords(of: runs)
        lostKeys = losses.recordsLost(in: backup.layout)
        layout = backup.layout
        reader = backup.reader
        hidden = HiddenRecords(in: backup.layout)
    }

    /// Walks over all records: a list for each thousand. With a trust file, and where records are to be proved, one list and
    /// one GET more for the newest checkpoint, and a GET for each of up to a thousand records that it does not cover.
    ///
    /// - Parameter visit: called with every record that counts, in the order of the listing.
    /// - Throws: what keeps the store from answering, or from showing any record; an `invalid` failure if no record passes
    ///   the trust file; `CancellationError` when it is stopped.
    mutating func read(from backup: Backup, stop: StopSignal, _ visit: (ManifestRecord) -> Void) async throws {
        let proof = proves ? try await RecordProof.survey(of: backup) : nil
        try await Selection().forEachRecord(in: backup, stop: stop, proving: proof) { record in
            see(record, visit)
        } ignored: { record in
            seeIgnored(record)
        } refused: { record, refusal in
            refusedKey = layout.key(of: record)
            if !isLost(record) { refused.add(layout.key(of: record), refusal) }
        } archived: { key, archive in
            if !lostKeys.contains(key) { archived.add(key, in: archive) }
        } hiding: {
            hidden.add($0)
        }
        if let refusal = proof?.refusal { throw refusal }
        if !refused.isEmpty { refused.remove(retired: try await backup.retiredRecords()) }
        try hidden.requireShown(listed)
        index.seal()
    }

    private mutating func see(_ record: ManifestRecord, _ visit: (ManifestRecord) -> Void) {
        listed += 1
        counts?.see(record)
        if let moment, record.recordedAt > moment { return }
        visit(record)
        index.insert(record)
        later.see(record)
        if isLost(record) {
            acceptedAsLost.append(record)
        } else if [.archived, .disposed].contains(record.status) {
            ofWithdrawn.append(record)
        }
        // No run can copy what is deleted or withdrawn.
        if record.revision == Manifest.incompleteRevision, record.status.isDownloadable { ofIncomplete.append(record) }
        newestTime = max(newestTime ?? record.recordedAt, record.recordedAt)
    }

    private mutating func seeIgnored(_ record: ManifestRecord) {
        counts?.see(record)
        // Where its size is not the reason, its time is.
        let untimely = reader.reasonToIgnore(size: .max, recordedAt: record.recordedAt)
        if untimely == nil { emptied[record.coordinates] = record }
        // One that the trust file refuses is ignored for that.
        let key = layout.key(of: record)
        if !isLost(record), key != refusedKey {
            refused.add(key, IgnoredObjects.Refusal(reason: untimely ?? Self.isTooShort))
        }
    }

    private static let isTooShort = "it has too few bytes to be one"

    private func isLost(_ record: ManifestRecord) -> Bool {
        !lostKeys.isEmpty && lostKeys.contains(layout.key(of: record))
    }

    private func newest(_ records: [ManifestRecord]) -> [ManifestRecord] {
        records.filter { index.newestRecord(of: $0.coordinates) == $0.recordedAt }
    }

    /// Newest records of versions whose bytes the service no longer gives.
    var withdrawn: [ManifestRecord] { newest(ofWithdrawn) }

    /// Newest records that say that something of their version is missing.
    var incomplete: [ManifestRecord] { newest(ofIncomplete) }

    /// Newest records whose loss was accepted.
    var lost: [ManifestRecord] { newest(acceptedAsLost) }

    /// Records that are too short to count, and whose loss was accepted.
    var lostAndEmptied: [ManifestRecord] { emptied.values.filter(isLost) }

    /// What earlier reports counted and is not there; unknown, so nothing, where folders are hidden.
    var losses: [LostVersions] {
        guard hidden.isEmpty else { return [] }
        return counts?.lost(finding: index.count + emptied.keys.count { index.newestRecord(of: $0) == nil }) ?? []
    }
}

/// The newest records of versions that a run could not protect. One that does not pass protects nothing, whenever it was
/// made: anybody can put an object under such a name.
struct LaterRecords: Sendable {
    /// By version, when the run began that names it.
    private var begun: [VersionCoordinates: Timestamp] = [:]
    private var newest: [VersionCoordinates: ManifestRecord] = [:]

    init(of runs: [RunReport]) {
        for report in runs {
            guard let start = Timestamp(extended: report.startedAt) else { continue }
            for version in report.failures.compactMap(\.place.coordinates) {
                begun[version] = min(begun[version] ?? start, start)
            }
        }
    }

    mutating func see(_ record: ManifestRecord) {
        guard !begun.isEmpty, let start = begun[record.coordinates], record.recordedAt > start else { return }
        if newest[record.coordinates].map({ $0.isOlder(than: record) }) ?? true { newest[record.coordinates] = record }
    }

    /// Those of which the newest record does not pass: a GET for each.
    func refused(by backup: Backup, _ stop: StopSignal) async throws -> Set<VersionCoordinates> {
        let records = newest.values.sorted { $0.recordedAt < $1.recordedAt }
        let results = try await backup.catalog.read(records, width: BackupStatus.width, stop)
        let refused = zip(records, results).filter { _, result in
            if case .failure(let failure) = result { failure.kind == .untrusted } else { false }
        }
        return Set(refused.map(\.0.coordinates))
    }
}
