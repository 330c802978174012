/// Every checkpoint that a verification lists: those that cannot be relied on, and those that others name and are gone.
///
/// Cost: a list for each thousand, and a GET for each of the newest thousand. Memory: some hundred bytes for each.
struct CheckpointCensus: Sendable {
    /// What is kept of one that was read.
    private struct Entry: Sendable {
        let key: ObjectKey
        let sha256: String
        let parents: [Checkpoint.Parent]
        let repositories: [String]
        /// Records of packages.
        let records: Int
        /// Whether it says that the backup was signed from its first run on.
        let isSignedFromFirst: Bool
    }

    /// The most that are read; older ones are listed only.
    static let maximumReads = 1_000
    /// Seconds after which a checkpoint may expire by a lifecycle rule.
    static let life: Int64 = 365 * 86_400
    /// Those that are read before the first of them is taken in, which bounds the memory that they take.
    private static let batch = 64

    /// Every key; nil where nothing was listed.
    private(set) var listed: Set<ObjectKey>?
    /// Of those that cannot be read, do not pass, or do not say what their keys say.
    private(set) var unreadable: [BackupFault] = []
    /// Of those that another one names.
    private(set) var lost: [BackupFault] = []
    /// Of those after which a later one of the same repositories counts fewer records.
    private(set) var falling: [BackupFault] = []
    /// Those of the newest cutoff of each scope: of all repositories (none named), or of the repositories named.
    private(set) var newest: [[String]: [ObjectKey]] = [:]
    private let layout: BackupLayout
    private let now: Timestamp

    /// None at all, of a verification that leaves them to another.
    init(in layout: BackupLayout, at now: Timestamp) {
        (self.layout, self.now) = (layout, now)
    }

    /// - Throws: what keeps the store from answering; `CancellationError` when the verification is stopped.
    static func taken(by reader: BackupReader, at now: Timestamp) async throws -> CheckpointCensus {
        let backup = reader.backup
        var census = CheckpointCensus(in: backup.layout, at: now)
        var keys: [ObjectKey] = []
        var archived: Set<ObjectKey> = []
        try await backup.store.forEachObject(under: backup.layout.checkpointsPrefix) { object in
            keys.append(object.key)
            if object.archive != nil { archived.insert(object.key) }
        }
        census.listed = Set(keys)
        // One that cannot be due takes no place among those that are read.
        for key in keys where !census.isDue(key) { census.add(unreadable: key) }
        keys = keys.filter(census.isDue).sorted().suffix(maximumReads).filter { !archived.contains($0) }
        var entries: [ObjectKey: Entry] = [:]
        for start in stride(from: 0, to: keys.count, by: batch) {
            let part = Array(keys[start..<min(start + batch, keys.count)])
            let read = try await reader.places.forEach(part) { key -> Entry? in
                try reader.checkStop()
                return try await entry(at: key, reader)
            }
            for case let entry? in read { entries[entry.key] = entry }
        }
        census.judge(keys, entries, by: backup.trust?.file)
        return census
    }

    /// Nil for one that is no checkpoint, is gone or alone cannot be read.
    private static func entry(at key: ObjectKey, _ reader: BackupReader) async throws -> Entry? {
        do {
            guard let found = try await Checkpoints.read(key, of: reader.backup) else { return nil }
            return Entry(
                key: key,
                sha256: found.sha256,
                parents: found.checkpoint.parents,
                repositories: found.checkpoint.repositories,
                records: found.checkpoint.records.records.values.reduce(0, +),
                isSignedFromFirst: found.checkpoint.proof.map { $0.from == nil } ?? false
            )
        } catch let failure as RemoteFailure {
            try await reader.requireOneObject(failure, at: key)
            return nil
        }
    }

    /// Of single checkpoints.
    var faults: [BackupFault] { unreadable + lost }

    /// Whether a checkpoint that a report names is gone, and no rule may have expired it.
    func lacks(_ key: ObjectKey) -> Bool {
        guard let listed, !listed.contains(key), let cutoff = layout.cutoff(ofCheckpointAt: key) else { return false }
        return now.seconds - cutoff.seconds < Self.life
    }

    /// - Parameter trust: by which they were proved; nil where nothing was.
    private mutating func judge(_ keys: [ObjectKey], _ entries: [ObjectKey: Entry], by trust: TrustFile?) {
        let known = Set(keys)
        var (named, replaced): (Set<ObjectKey>, Set<ObjectKey>) = ([], [])
        for key in keys {
            for parent in entries[key]?.parents ?? [] {
                let name = ObjectKey(parent.key)
                if known.contains(name), entries[name] == nil { replaced.insert(name) }
                // A checkpoint that cannot be read is reported separately; one that was not read is old or archived.
                let isWrong = known.contains(name) ? entries[name].map { $0.sha256 != parent.sha256 } : lacks(name)
                guard isWrong ?? false, named.insert(name).inserted else { continue }
                let message =
                    "the checkpoint \(key) names this one before it, and it is gone or was replaced. Restore it from another "
                    + "copy of the bucket, and compare its digest with the log of its run"
                lost.append(BackupFault(.lostCheckpoint, at: name, message))
            }
        }
        var before: [[String]: Entry] = [:]
        for entry in keys.compactMap({ entries[$0] }) {
            if let earlier = before[entry.repositories], earlier.records > entry.records {
                let message =
                    "it counts \(earlier.records) records, and the later \(entry.key) counts \(entry.records): records were "
                    + "removed between the two, or one of them is forged"
                falling.append(BackupFault(.contradictedCheckpoint, at: earlier.key, message))
            }
            before[entry.repositories] = entry
            let cutoff = layout.cutoff(ofCheckpointAt: entry.key)
            let earlier = newest[entry.repositories]?.last.flatMap { layout.cutoff(ofCheckpointAt: $0) }
            newest[entry.repositories, default: []].append(entry.key)
            if earlier != cutoff { newest[entry.repositories] = [entry.key] }
        }
        let first = trust.flatMap { firstSigned(keys, entries, $0) }
        for key in keys where entries[key] == nil {
            if replaced.contains(key) || first.map({ key > $0 }) ?? true { add(unreadable: key) }
        }
        unreadable.sort { $0.key < $1.key }
    }

    private mutating func add(unreadable key: ObjectKey) {
        let message =
            "this checkpoint is damaged, forged or dated in the future, and is ignored. Restore it from another copy "
            + "of the bucket; if no run wrote it, accept it with --accept-loss"
        unreadable.append(BackupFault(.unreadableCheckpoint, at: key, message))
    }

    private func isDue(_ key: ObjectKey) -> Bool {
        layout.cutoff(ofCheckpointAt: key).map { Checkpoints.isDue($0, at: now) } ?? false
    }

    /// The one before which others need not be signed, and count for nothing; nil where all must be, since the first run
    /// signed.
    private func firstSigned(
        _ keys: [ObjectKey],
        _ entries: [ObjectKey: Entry],
        _ trust: TrustFile
    ) -> ObjectKey? {
        guard let first = keys.first(where: { entries[$0] != nil }) else { return nil }
        let isFromFirst =
            trust.baseline == nil && entries[first].map { $0.isSignedFromFirst && $0.repositories.isEmpty } ?? false
        return isFromFirst ? nil : first
    }
}
