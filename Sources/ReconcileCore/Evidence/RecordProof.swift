import Synchronization

/// Decides which records count in a run that has a trust file: those that the newest proved
/// checkpoint covers, and every later one once it is read and passes. So a key that somebody else
/// put there cannot keep a true record from being written.
///
/// Safe to call from anywhere.
package final class RecordProof: Sendable {
    private let backup: Backup
    /// The newest checkpoint, if the records did not contradict it.
    private let base: Checkpoint?
    private let isBegun: Bool
    /// Whether it is for a command that only reads: it reads so many records at most and takes the others as they are
    /// listed, and it refuses none that it may not read.
    private let isSurvey: Bool
    /// Earlier records count for nothing, and are not read.
    private let start: Timestamp?
    private let void: Set<String>
    private let found = Mutex<Found>(Found())

    /// What the records that were read have shown.
    private struct Found {
        /// Those that did not pass, and when they say that they were made.
        var refused: [String: Timestamp] = [:]
        /// Whether any passed, which shows that the backup is a signed one.
        var somePassed = false
        var reads = 0
    }

    /// How many records a survey reads at most.
    private static let mostReads = 1_000

    /// How many records of a listing's page are read at once.
    private static let width = 16

    /// - Parameters:
    ///   - newest: the newest checkpoint that passed; nil where there is none.
    ///   - isBegun: whether the backup is known to be signed, whatever this finds.
    ///   - begins: whether it is to be signed from now on, and no record up to now counts.
    ///   - isSurvey: whether it is for a command that only reads.
    package init(
        of backup: Backup,
        since newest: Checkpoint?,
        isBegun: Bool,
        begins: Bool = false,
        isSurvey: Bool = false
    ) {
        self.backup = backup
        self.isSurvey = isSurvey
        self.isBegun = isBegun || begins || backup.trust?.file.baseline != nil
        start = begins ? backup.now : newest?.proof?.from.flatMap { Timestamp(extended: $0) }
        base = begins ? nil : newest.flatMap { $0.proof != nil && $0.contradicts.isEmpty ? $0 : nil }
        void = Set(base?.proof?.void ?? [])
    }

    /// For a command that only reads: by the newest checkpoint of the repositories, with one list and usually one GET
    /// (`Checkpoints.read`). Nil without a trust file.
    static func survey(of backup: Backup, repositories: [String] = []) async throws -> RecordProof? {
        guard backup.trust != nil else { return nil }
        let newest = try await Checkpoints.read(of: backup, repositories: repositories, at: backup.now).newest
        return RecordProof(of: backup, since: newest?.checkpoint, isBegun: newest != nil, isSurvey: true)
    }

    /// Why records of a page of a listing do not count, by key. One GET for each record that no
    /// checkpoint vouches for.
    ///
    /// - Throws: what keeps the store from answering.
    func refusals(of objects: [StoredObject]) async throws -> [ObjectKey: IgnoredObjects.Refusal] {
        var reasons: [ObjectKey: IgnoredObjects.Refusal] = [:]
        var due: [Listed] = []
        for object in objects {
            guard let record = listed(object.key) else { continue }
            if let start, record.recordedAt < start {
                let reason = "it is from before this backup was signed"
                reasons[object.key] = IgnoredObjects.Refusal(reason: reason, isKnown: true)
            } else if void.contains(record.path) {
                reasons[object.key] = IgnoredObjects.Refusal(reason: "it did not pass the trust file when it was found")
            } else if base.map({ record.recordedAt > $0.cutoff }) ?? true {
                due.append(record)
            }
        }
        if isSurvey {
            due = found.withLock { found in
                let taken = Array(due.prefix(max(0, Self.mostReads - found.reads)))
                found.reads += taken.count
                return taken
            }
        }
        let (read, failure) = await sideBySide(due, width: Self.width) { try await self.reason(toRefuse: $0) }
        if let failure { throw failure }
        found.withLock { found in
            for (record, reason) in zip(due, read) {
                if reason == nil { found.somePassed = true } else { found.refused[record.path] = record.recordedAt }
            }
        }
        for (record, reason) in zip(due, read) {
            reasons[record.key] = reason.map { IgnoredObjects.Refusal(reason: $0) }
        }
        return reasons
    }

    /// Why the run must stop: the backup has records, and nothing shows that any of them was ever signed.
    package var refusal: RemoteFailure? {
        let (count, somePassed) = found.withLock { ($0.refused.count, $0.somePassed) }
        guard !isBegun, !somePassed, count > 0 else { return nil }
        return RemoteFailure(
            .invalid,
            operation: .trust,
            target: backup.store.location,
            message:
                "\(count == 1 ? "1 record does" : "\(count) records do") not pass the trust file, and no signed record was "
                + "found: this backup may never have been signed. "
                + (isSurvey ? "" : "Nothing was recorded. ")
                + "To start signing it, run reconcile "
                + "sign, which compares its records with the domain, or run once with --begin-signing, which records again "
                + "whatever the domain has. If it should be signed already, check --backup and --trust"
        )
    }

    /// What a checkpoint of a cutoff says of the records up to it; nil if too many did not pass.
    func proof(upTo cutoff: Timestamp) -> Checkpoint.Proof? {
        let new = found.withLock { $0.refused.filter { $0.value <= cutoff } }
        let all = void.union(new.keys).sorted()
        return all.count <= Checkpoint.Proof.maximum ? Checkpoint.Proof(from: start?.extended, void: all) : nil
    }

    // MARK: Reading

    private struct Listed: Sendable {
        let key: ObjectKey
        /// Below the domain's folder.
        let path: String
        let recordedAt: Timestamp
        let version: ManifestRecord?
        let package: PackageRecord?
    }

    /// Nil for a key that is not a record's.
    private func listed(_ key: ObjectKey) -> Listed? {
        let (version, package) = (backup.layout.record(at: key), backup.layout.packageRecord(at: key))
        guard let time = version?.recordedAt ?? package?.recordedAt else { return nil }
        let path = backup.layout.path(of: key)
        return Listed(key: key, path: path, recordedAt: time, version: version, package: package)
    }

    private func reason(toRefuse record: Listed) async throws -> String? {
        do {
            if let version = record.version { _ = try await backup.catalog.manifest(of: version) }
            if let package = record.package { try await backup.catalog.prove(package) }
            return nil
        } catch let failure as RemoteFailure where failure.isOfOneObject {
            let isUnread = [.absent, .archived, .denied].contains(failure.kind)
            return isSurvey && isUnread ? nil : failure.message
        }
    }
}
