/// The report of one run: a JSON document with stable names, stored next to the backup and, on request, in a file.
package struct RunReport: Hashable, Sendable, Codable {
    /// How a run ended.
    package enum Outcome: String, Hashable, Sendable, Codable {
        /// Every listed version that can be protected is.
        case converged
        /// The run finished, but some versions are not protected: `failures` names those that failed, `warnings` those
        /// left to the next run.
        case partial
        /// The run was stopped early; the next one continues.
        case deadline
        /// The backup's records are not those that an earlier run found; `message` names the contradiction.
        case contradicted
        /// A guard held back part of the run; `message` says which one.
        case refused
        /// The run could not continue; `message` says why.
        case failed
    }

    package struct Versions: Hashable, Sendable {
        /// Seen at the source, within the selection.
        package var listed = 0
        /// Already backed up in their current state before the run.
        package var inSync = 0
        /// The backup had no record, or only recorded them as deleted.
        package var missing = 0
        /// Recorded in a different revision or status.
        package var stale = 0
        /// Only in the backup.
        package var orphaned = 0
        /// Committed by this run in a state that the source reports.
        package var copied = 0
        /// Recorded by this run as deleted at the source; absent in reports of earlier releases, which counted them as
        /// copied.
        package var deleted = 0
        /// Deletions beyond the guard's limit, held back or already recorded, until an operator allows them; absent in
        /// reports of earlier releases.
        package var pending = 0
        /// With a file whose bytes in the domain differ from the last record: copied, or failed for this or another
        /// reason. Absent in reports of earlier releases.
        package var mutated = 0
        /// Of the copied ones, those Archived or Disposed without any file ever stored: the service no longer serves
        /// their bytes. Absent in reports of earlier releases.
        package var unavailable = 0
        package var failed = 0
        /// Stored but not recorded, because their records could not be signed at the time; the next run adopts their
        /// files. Absent in reports of earlier releases.
        package var unrecorded = 0
        /// Left to the next run, because they kept changing while they were copied; absent in reports of earlier
        /// releases, which counted them as failed.
        package var left = 0
        /// Not backed up because they cannot be (Unfinished), or skipped because of their origin.
        package var skipped = 0

        /// Versions that can be protected but aren't: failed, unrecorded, left, or not reached before the run was
        /// stopped.
        package var unprotected: Int { max(failed, missing + stale - copied) }

        /// Adds the counts of another part of the same whole.
        static func += (whole: inout Versions, part: Versions) {
            whole.listed += part.listed
            whole.inSync += part.inSync
            whole.missing += part.missing
            whole.stale += part.stale
            whole.orphaned += part.orphaned
            whole.copied += part.copied
            whole.deleted += part.deleted
            whole.pending += part.pending
            whole.mutated += part.mutated
            whole.unavailable += part.unavailable
            whole.failed += part.failed
            whole.unrecorded += part.unrecorded
            whole.left += part.left
            whole.skipped += part.skipped
        }
    }

    /// What the backup has records of at the end of the run. Nothing is deleted from a backup, so this only grows.
    package struct Recorded: Hashable, Sendable, Codable {
        /// Includes deleted versions.
        package var versions: Int
        /// The same number for each repository that has any; absent in reports of earlier releases.
        package var repositories: [String: Int]?

        package init(versions: Int, repositories: [String: Int]? = nil) {
            self.versions = versions
            self.repositories = repositories
        }
    }

    /// The part of the domain that the run covered, apart from its shard; all lists are empty if it covered everything.
    package struct Scope: Hashable, Sendable, Codable {
        package var repositories: [String]
        package var packages: [String]
        package var exclude: [String]

        package init(_ selection: Selection) {
            repositories = selection.repositories.sorted()
            packages = selection.include.map(\.description).sorted()
            exclude = selection.exclude.map(\.description).sorted()
        }
    }

    package struct Assets: Hashable, Sendable, Codable {
        package var copied = 0
        package var adopted = 0
        package var failed = 0

        /// Adds the counts of another part of the same whole.
        static func += (whole: inout Assets, part: Assets) {
            whole.copied += part.copied
            whole.adopted += part.adopted
            whole.failed += part.failed
        }
    }

    package struct Bytes: Hashable, Sendable, Codable {
        package var copied: Int64 = 0
    }

    /// How much was in motion at once, and what limited it.
    package struct Concurrency: Hashable, Sendable, Codable {
        /// Seconds that work waited for each bound; they may overlap.
        package struct Waited: Hashable, Sendable, Codable {
            /// For the service's rates, or those of a store that asked to slow down.
            package var quotas: Int64
            /// For a place for an asset in motion.
            package var width: Int64
            /// For the byte budget, which is what can finish within the grace period.
            package var bytes: Int64
        }

        /// The most assets that were in motion at the same time.
        package var most: Int
        package var waitedSeconds: Waited

        package init(most: Int, waited: [WidthBound: Duration]) {
            func seconds(_ bound: WidthBound) -> Int64 { Int64((waited[bound] ?? .zero).inSeconds.rounded()) }
            self.most = most
            waitedSeconds = Waited(quotas: seconds(.quotas), width: seconds(.width), bytes: seconds(.bytes))
        }
    }

    package struct RecoveryPoint: Hashable, Sendable {
        /// The age of the oldest version that is still unprotected, as far as ages are known; nil if there is none.
        package var oldestUnprotectedSeconds: Int64?
    }

    /// The digest of the records that the run listed, and how they compare with the newest earlier checkpoint.
    package struct CheckpointAccount: Hashable, Sendable, Codable {
        package var cutoff: String
        package var digest: String
        package var records: Int
        /// The key of the checkpoint that the run stored; absent if the newest one already says the same.
        package var key: String?
        /// The newest checkpoint that the run found; absent if there was none.
        package var previous: String?
        /// Contradictions that nobody has accepted.
        package var contradictions: [Contradiction]
        /// True if the run signs; otherwise absent.
        package var signed: Bool?

        package init(cutoff: String, digest: String, records: Int, previous: String?, contradictions: [Contradiction]) {
            self.cutoff = cutoff
            self.digest = digest
            self.records = records
            self.previous = previous
            self.contradictions = contradictions
        }
    }

    /// A checkpoint that the records contradict.
    package struct Contradiction: Hashable, Sendable, Codable {
        package var checkpoint: String
        package var message: String

        package init(checkpoint: String, message: String) {
            self.checkpoint = checkpoint
            self.message = message
        }
    }

    /// The run's findings about the domain's configuration.
    package struct ConfigurationAccount: Hashable, Sendable, Codable {
        /// The record that the run wrote; absent if the newest one already says the same.
        package var key: String?
        /// The newest record that the run found; absent if there was none.
        package var previous: String?
        /// The differences from that record.
        package var changes: [ConfigurationChange] = []
        /// Descriptions of the parts that could not be read.
        package var unknown: [String]

        package init(unknown: [String]) { self.unknown = unknown }

        /// The number of changes to permissions or to what may enter a package.
        package var accessChanges: Int { changes.count(where: \.isOfAccess) }
    }

    package struct Failure: Hashable, Sendable {
        package var place: Place
        package var kind: String
        package var message: String
        /// Whether a repair helps and another run does not; false in reports of earlier releases.
        package var needsRepair = false

        package init(_ failure: ItemFailure) {
            place = failure.place
            kind = failure.kind.rawValue
            message = failure.message
            needsRepair = failure.needsRepair
        }
    }

    package var format = 1
    package var runID: String
    package var startedAt: String
    package var finishedAt: String
    package var outcome: Outcome
    /// Why the run ended as it did, if that needs a sentence.
    package var message: String?
    /// The class of the failure that ended the run; absent if none did.
    package var failureKind: RemoteFailure.Kind?
    package var domain: String
    /// The location of the run's backup; absent in reports of earlier releases.
    package var backup: String?
    package var shard: String
    /// Absent in reports of earlier releases.
    package var scope: Scope?
    /// True if the scope, a part of the domain, matches nothing in the domain or the backup, probably because of a
    /// mistyped name. Such a report says nothing about the domain. Otherwise absent.
    package var selectsNothing: Bool?
    package var repositories = 0
    package var packages = 0
    package var versions = Versions()
    /// Within the run's scope; absent if the run did not list the records.
    package var recorded: Recorded?
    /// Absent if the run did not list all records.
    package var checkpoint: CheckpointAccount?
    /// Absent if the run did not read the domain's configuration.
    package var configuration: ConfigurationAccount?
    package var assets = Assets()
    package var bytes = Bytes()
    /// Attempts by operation.
    package var requests: [String: Int] = [:]
    package var retries = 0
    package var throttled = 0
    /// Absent in reports of earlier releases, and for an event.
    package var concurrency: Concurrency?
    package var rpo = RecoveryPoint()
    /// Things worth knowing that are not failures.
    package var warnings: [String] = []
    /// At most `maximumFailures`; `versions.failed` has the full count.
    package var failures: [Failure] = []

    package static let maximumFailures = 10_000

    package init(runID: String, domain: String, selection: Selection = Selection(), startedAt: Timestamp) {
        self.runID = runID
        self.startedAt = startedAt.extended
        finishedAt = startedAt.extended
        outcome = .converged
        self.domain = domain
        shard = selection.shard.description
        scope = Scope(selection)
    }

    package init(runID: String, domain: String, shard: Shard, startedAt: Timestamp) {
        var selection = Selection()
        selection.shard = shard
        self.init(runID: runID, domain: domain, selection: selection, startedAt: startedAt)
    }
}

extension RunReport {
    /// Sets the request counts of the run.
    package mutating func count(_ counts: RequestLedger.Counts) {
        requests = counts.requests
        retries = counts.retries
        throttled = counts.throttled
    }

    /// Makes contradicted checkpoints the outcome, unless the run failed anyway.
    mutating func noteContradictions() {
        guard let contradictions = checkpoint?.contradictions, let first = contradictions.first else { return }
        let others = contradictions.count > 1 ? " (and \(contradictions.count - 1) more)" : ""
        let sentence =
            "the records contradict the checkpoint \(first.checkpoint)\(others): \(first.message). Find out who changed them: "
            + "\(Guide.trust) says how. Accept what cannot be undone with "
            + "verify --accept-loss '\(first.checkpoint)' --reason TEXT"
        noteContradiction(sentence)
    }

    /// The same for a checkpoint that could not be read.
    mutating func noteHiddenCheckpoint(_ failure: RemoteFailure) {
        noteContradiction("\(failure)")
    }

    private mutating func noteContradiction(_ sentence: String) {
        guard outcome != .failed else { return warnings.append(sentence) }
        message = [sentence, message].compactMap(\.self).joined(separator: ". ")
        outcome = .contradicted
    }
}

extension RunReport.Versions: Codable {
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        listed = try members.decode(Int.self, forKey: .listed)
        inSync = try members.decode(Int.self, forKey: .inSync)
        missing = try members.decode(Int.self, forKey: .missing)
        stale = try members.decode(Int.self, forKey: .stale)
        orphaned = try members.decode(Int.self, forKey: .orphaned)
        copied = try members.decode(Int.self, forKey: .copied)
        deleted = try members.decodeIfPresent(Int.self, forKey: .deleted) ?? 0
        pending = try members.decodeIfPresent(Int.self, forKey: .pending) ?? 0
        mutated = try members.decodeIfPresent(Int.self, forKey: .mutated) ?? 0
        unavailable = try members.decodeIfPresent(Int.self, forKey: .unavailable) ?? 0
        failed = try members.decode(Int.self, forKey: .failed)
        unrecorded = try members.decodeIfPresent(Int.self, forKey: .unrecorded) ?? 0
        left = try members.decodeIfPresent(Int.self, forKey: .left) ?? 0
        skipped = try members.decode(Int.self, forKey: .skipped)
    }
}

extension RunReport.RecoveryPoint: Codable {
    private enum CodingKeys: String, CodingKey {
        case oldestUnprotectedSeconds
    }

    /// Always written, as null if nothing is unprotected, so that dashboards need no special case.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(oldestUnprotectedSeconds, forKey: .oldestUnprotectedSeconds)
    }
}
