/// What is read of the report of an earlier run: a hint, which nobody signs, of what the records were then.
struct ReportedRun: Decodable {
    var format: Int
    var domain: String
    var shard: String
    var scope: RunReport.Scope?
    var startedAt: String
    var recorded: RunReport.Recorded?
    var checkpoint: RunReport.CheckpointAccount?

    /// What is read of it, of one that was read whole.
    init(_ report: RunReport) {
        format = report.format
        domain = report.domain
        shard = report.shard
        scope = report.scope
        startedAt = report.startedAt
        recorded = report.recorded
        checkpoint = report.checkpoint
    }

    /// Nil if nothing is under the key, if it alone cannot be read, or if it is not the report of a run of this domain.
    static func read(_ key: ObjectKey, from backup: Backup) async throws -> ReportedRun? {
        try await attempt(key, from: backup).report
    }

    /// As `read`, with the store's refusal if that is why there is none.
    static func attempt(
        _ key: ObjectKey,
        from backup: Backup
    ) async throws -> (report: ReportedRun?, refusal: RemoteFailure?) {
        do {
            guard let bytes = try await backup.store.read(key, limit: RunReport.maximumBytes) else { return (nil, nil) }
            let report = try? ReportReader.decode(ReportedRun.self, from: bytes)
            return (report?.isOf(backup) == true ? report : nil, nil)
        } catch let failure as RemoteFailure where failure.isOfOneObject {
            return (nil, failure.kind == .denied ? failure : nil)
        } catch let failure as RemoteFailure where failure.kind == .unavailable {
            // A bad block, if the store answers otherwise.
            _ = try await backup.store.list(prefix: key, after: nil)
            return (nil, nil)
        }
    }

    /// Whether it is a run's of this domain.
    func isOf(_ backup: Backup) -> Bool { format == 1 && domain == backup.layout.domain }

    /// Nil where the run had none, or contradictions, which its checkpoint names. Under trust also that of a run that did
    /// not sign: what was there before the backup was signed is settled by the statement or the acceptance that began it.
    func digest(at key: ObjectKey, in backup: Backup) -> ReportedDigest? {
        guard let checkpoint, checkpoint.contradictions.isEmpty, let scope,
            backup.trust == nil || checkpoint.signed == true,
            let cutoff = Timestamp(extended: checkpoint.cutoff),
            ChecksumAlgorithm.sha256.isWellFormed(checkpoint.digest)
        else { return nil }
        // Nobody signs reports: nothing but a checkpoint's key is taken from one.
        let named = [checkpoint.key, checkpoint.previous].compactMap { $0.map { ObjectKey($0) } }
        return ReportedDigest(
            report: key,
            cutoff: cutoff,
            digest: checkpoint.digest,
            records: checkpoint.records,
            checkpoint: named.first { backup.layout.cutoff(ofCheckpointAt: $0) == cutoff },
            repositories: scope.repositories
        )
    }
}

/// The digest of the records that the report of a run gives, for as long as its checkpoint may be gone.
struct ReportedDigest: Hashable, Sendable {
    let report: ObjectKey
    let cutoff: Timestamp
    let digest: String
    /// How many there were.
    let records: Int
    /// The one that says the same, of this run or of one before; nil where the run found no record.
    let checkpoint: ObjectKey?
    let repositories: [String]

    /// Under which a difference is reported, and accepted.
    var key: ObjectKey { checkpoint ?? report }

    /// The most reports that a run reads.
    private static let maximumReads = 1_000

    /// The one of the newest report that names a checkpoint later than the newest that is there: a GET for it, and for each
    /// report later than that one which names none, as that of a run that found no record, or an earlier one, as a copy of an
    /// older report does; and a list of up to a thousand reports, or, where there are more, usually two of the newest. A
    /// backup that is put there later is no contradiction.
    ///
    /// - Parameters:
    ///   - repositories: of which it must be, sorted; empty for all.
    ///   - newest: the cutoff of the newest checkpoint that is there; nil if there is none.
    ///   - due: later cutoffs, of a machine whose clock was ahead, may still gain records.
    /// - Throws: `untrusted` where so many objects that are no reports are in front that none was come to.
    static func newest(
        in backup: Backup,
        of repositories: [String],
        after known: Timestamp?,
        upTo due: Timestamp
    ) async throws -> Self? {
        // A run begins an hour after its cutoff at the earliest, so no earlier report names a later one.
        let begin = known.map { Timestamp(seconds: $0.seconds + 3_600) }
        let first = ObjectKey("\(backup.layout.reportsPrefix)" + (begin.map { "\($0.day)/\($0.basic)" } ?? ""))
        var newest: Self?
        var left = maximumReads
        var others = 0
        let isOfToday = begin?.day == backup.now.day
        let days: [Backup.DocumentDays] = isOfToday ? [.today] : [.today, .thisMonth, .lastMonth, .all]
        try await backup.newestDocuments(under: backup.layout.reportsPrefix, days: days) { keys in
            for key in keys.lazy.filter(backup.isOfPast).prefix(left) {
                if key < first { return true }
                left -= 1
                guard let report = try await ReportedRun.read(key, from: backup) else {
                    others += 1
                    continue
                }
                guard let digest = report.digest(at: key, in: backup),
                    digest.checkpoint != nil, digest.repositories == repositories, digest.cutoff <= due,
                    known.map({ $0 < digest.cutoff }) ?? true
                else { continue }
                newest = digest
                return true
            }
            return left == 0
        }
        guard newest != nil || left > 0 || others == 0 else {
            throw RemoteFailure(
                .untrusted,
                operation: backup.store.operations.read,
                target: backup.layout.reportsPrefix.value,
                message: "\(others) of the newest \(maximumReads) objects there are no reports of runs"
            )
        }
        return newest
    }

    /// Says how the records differ from those that the run counted; nil if they do not, or were not digested so.
    func contradiction(by digests: [RecordDigest]) -> String? {
        guard let found = digests.comparable(to: digest, upTo: cutoff), found.digest != digest else { return nil }
        let gone = checkpoint.map { " (its checkpoint \($0) is missing or damaged)" } ?? ""
        let numbers =
            found.count == records
            ? "\(records) as before, but not the same ones" : "\(records) then, and \(found.count) now"
        return "the records up to \(cutoff.extended) are not those that the report \(report) counted\(gone): \(numbers)"
    }
}

extension Backup {
    /// Whether the day in a report's key has begun: one of a later day is of nobody's run.
    func isOfPast(_ report: ObjectKey) -> Bool {
        let day = report.value.utf8.dropFirst(layout.reportsPrefix.value.utf8.count).prefix(10)
        // Clocks may differ.
        return String(Substring(day)) <= Timestamp(seconds: now.seconds + 3_600).day
    }
}
