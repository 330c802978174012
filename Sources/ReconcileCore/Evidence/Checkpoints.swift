/// The checkpoints beside a backup, as far as a run or a verification reads them.
package struct Checkpoints: Sendable {
    /// One that was read.
    package struct Found: Hashable, Sendable {
        package let key: ObjectKey
        package let checkpoint: Checkpoint
        /// Of its bytes.
        package let sha256: String

        /// As a certificate names it.
        package var seen: RunCertificate.Seen { RunCertificate.Seen(cutoff: checkpoint.cutoff, sha256: sha256) }
    }

    /// The newest of the repositories asked for; nil where there is none.
    package private(set) var newest: Found?
    /// The newest one, of whichever repositories.
    package private(set) var latest: Found?
    /// Others of the same cutoff and repositories, and another digest.
    package private(set) var rivals: [Found] = []
    /// Later ones that cannot be read, or whose cutoff has not passed.
    package private(set) var unreadable: [ObjectKey] = []
    /// Whether so many others are in front that none of the repositories asked for was come to.
    package private(set) var isHidden = false

    /// All of the newest cutoff.
    package var newestOnes: [Found] { (newest.map { [$0] } ?? []) + rivals }

    /// The most that are read. Whoever may write to the bucket can put others in front of the newest one: each costs a GET.
    private static let maximumReads = 1_000

    /// Looks for the newest checkpoint: one list if there is one of this month, else another of all, or two more where there
    /// are over a thousand and one is of the month before; a GET for it, and for each that is later but of other
    /// repositories, or of the same cutoff.
    ///
    /// - Parameters:
    ///   - repositories: of which it must be; empty for all.
    ///   - now: cutoffs that are less than an hour before are not due yet.
    /// - Throws: what keeps the store from answering.
    package static func read(
        of backup: Backup,
        repositories: some Sequence<String>,
        at now: Timestamp
    ) async throws -> Checkpoints {
        let prefix = backup.layout.checkpointsPrefix
        var keys: Set<ObjectKey> = []
        try await backup.store.forEachObject(under: ObjectKey("\(prefix)\(now.day.prefix(7))")) { keys.insert($0.key) }
        var found = try await read(among: keys, of: backup, repositories: repositories, at: now)
        guard found.newest == nil, !found.isHidden else { return found }
        try await backup.newestDocuments(under: prefix, days: [.lastMonth, .all]) { earlier in
            keys.formUnion(earlier)
            found = try await read(among: keys, of: backup, repositories: repositories, at: now)
            return found.newest != nil || found.isHidden
        }
        return found
    }

    /// The same among keys that were listed.
    static func read(
        among keys: some Sequence<ObjectKey>,
        of backup: Backup,
        repositories: some Sequence<String>,
        at now: Timestamp
    ) async throws -> Checkpoints {
        let wanted = repositories.sorted()
        // By cutoff first, which the key begins with.
        var found = Checkpoints()
        var reads = 0
        for key in keys.sorted(by: >) {
            let cutoff = backup.layout.cutoff(ofCheckpointAt: key)
            if let newest = found.newest, cutoff != newest.checkpoint.cutoff { break }
            guard let cutoff, isDue(cutoff, at: now) else {
                found.unreadable.append(key)
                continue
            }
            guard reads < maximumReads else {
                found.isHidden = found.newest == nil
                break
            }
            reads += 1
            guard let one = try await read(key, of: backup) else {
                found.unreadable.append(key)
                continue
            }
            found.latest = found.latest ?? one
            guard one.checkpoint.repositories == wanted else { continue }
            guard let newest = found.newest else {
                found.newest = one
                continue
            }
            if one.checkpoint.records.digest != newest.checkpoint.records.digest { found.rivals.append(one) }
        }
        return found
    }

    /// Whether a cutoff may be that of a checkpoint by now.
    static func isDue(_ cutoff: Timestamp, at now: Timestamp) -> Bool {
        cutoff.seconds <= now.seconds - 3_600 + tolerance
    }

    /// Seconds by which the clock of whoever wrote a checkpoint may be ahead.
    private static let tolerance: Int64 = 600

    /// Nil if nothing is under the key, or if it is not a checkpoint.
    package static func read(_ key: ObjectKey, of backup: Backup) async throws -> Found? {
        do {
            guard let bytes = try await backup.store.read(key, limit: Checkpoint.maximumBytes),
                let checkpoint = Checkpoint(bytes, at: key, in: backup.layout, backup.hashes.digest)
            else { return nil }
            return Found(key: key, checkpoint: checkpoint, sha256: backup.hashes.digest(bytes, .sha256))
        } catch let failure as RemoteFailure where failure.isOfOneObject {
            return nil
        }
    }
}
