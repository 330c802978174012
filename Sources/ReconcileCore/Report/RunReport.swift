/// The account of one run: a JSON document of stable names, written beside the backup and on request to a file.
package struct RunReport: Hashable, Sendable, Codable {
    /// How a run ended.
    package enum Outcome: String, Hashable, Sendable, Codable {
        /// Every listed version that can be protected is.
        case converged
        /// The run went through, but some versions are not protected: `failures` names those that failed, `warnings` those
        /// that are left to the next run.
        case partial
        /// The run was stopped early; the next one goes on.
        case deadline
        /// The records of the backup are not those that an earlier run found; `message` says which.
        case contradicted
        /// A guard held back part of the run; `message` says which.
        case refused
        /// The run could not go on; `message` says why.
        case failed
    }

    package struct Versions: Hashable, Sendable {
        /// Seen at the source, in the selection.
        package var listed = 0
        /// Protected in their present state before the run.
        package var inSync = 0
        /// Of which the backup knew nothing, or only that they were deleted.
        package var missing = 0
        /// Known in another revision or status.
        package var stale = 0
        /// Only in the backup.
        package var orphaned = 0
        /// Committed by this run in a state that the source shows.
        package var copied = 0
        /// Recorded by this run as deleted at the source; none in reports of earlier releases, which counted them as
        /// copied.
        package var deleted = 0
        /// Deletions beyond what the guard lets pass, held back or already recorded, until an operator allows them; none in
        /// reports of earlier releases.
        package var pending = 0
        /// Those of which a file has other bytes in the domain than in their last record: copied, or failed because of that
        /// or of something else. None in reports of earlier releases.
        package var mutated = 0
        /// Of the copied, those that are Archived or Disposed and of which no file was ever stored: the service no
        /// longer gives their bytes. None in reports of earlier releases.
        package var unavailable = 0
        package var failed = 0
        /// Stored and not recorded, because their records could not be signed for the time being; the next run adopts their
        /// files. None in reports of earlier releases.
        package var unrecorded = 0
        /// Left to the next run, because they changed twice while they were copied; none in reports of earlier
        /// releases, which counted them as failed.
        package var left = 0
        /// Not protected because they cannot be (Unfinished), or left by the selection's origin.
        package var skipped = 0

        /// Versions that can be protected and are not: failed, unrecorded, left, or not reached before the run was stopped.
        package var unprotected: Int { max(failed, missing + stale - copied) }

        /// Those of two parts of one whole.
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

    /// What the backup has a record of when the run ends. Nothing is deleted from a backup, so it only grows.
    package struct Recorded: Hashable, Sendable, Codable {
        /// Includes deleted ones.
        package var versions: Int

        package init(versions: Int) { self.versions = versions }
    }

    /// The part of the domain that the run covered, apart from its shard; all lists are empty for everything.
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

        /// Those of two parts of one whole.
        static func += (whole: inout Assets, part: Assets) {
            whole.copied += part.copied
            whole.adopted += part.adopted
            whole.failed += part.failed
        }
    }

    package struct Bytes: Hashable, Sendable, Codable {
        package var copied: Int64 = 0
    }

    /// How much was in motion at once, and what kept more from it.
    package struct Concurrency: Hashable, Sendable, Codable {
        /// Seconds in which work waited for each; they may overlap.
        package struct Waited: Hashable, Sendable, Codable {
            /// For the rates of the service, or those of a store that asked to slow down.
            package var quotas: Int64
            /// For a place among the assets in motion.
            package var width: Int64
            /// Until no more bytes were in motion than the grace can end.
            package var bytes: Int64
        }

        /// The most assets in motion at a time.
        package var most: Int
        package var waitedSeconds: Waited

        package init(most: Int, waited: [WidthBound: Duration]) {
            func seconds(_ bound: WidthBound) -> Int64 { Int64((waited[bound] ?? .zero).inSeconds.rounded()) }
            self.most = most
            waitedSeconds = Waited(quotas: seconds(.quotas), width: seconds(.width), bytes: seconds(.bytes))
        }
    }

    package struct RecoveryPoint: Hashable, Sendable {
        /// Age of the oldest version that is still unprotected and whose age is known; nil when there is none.
        package var oldestUnprotectedSeconds: Int64?
    }

    /// The digest of the records that the run listed, and what the newest checkpoint before it says of them.
    package struct CheckpointAccount: Hashable, Sendable, Codable {
        package var cutoff: String
        package var digest: String
        package var records: Int
        /// Where it is stored; absent if the newest one says the same.
        package var key: String?
        /// The newest checkpoint that the run found; absent if there was none.
        package var previous: String?
        /// Those that nobody has accepted.
        package var contradictions: [Contradiction]
        /// True of a run that signs; absent of others.
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

    /// What the run found of the domain's configuration.
    package struct ConfigurationAccount: Hashable, Sendable, Codable {
        /// The record that the run wrote; absent if the newest one says the same.
        package var key: String?
        /// The newest record that the run found; absent if there was none.
        package var previous: String?
        /// How it differs from that one.
        package var changes: [ConfigurationChange] = []
        /// The parts that could not be read, in words.
        package var unknown: [String]

        package init(unknown: [String]) { self.unknown = unknown }

        /// Changes of who may do what, or of what may enter a package.
        package var accessChanges: Int { changes.count(where: \.isOfAccess) }
    }

    package struct Failure: Hashable, Sendable {
        package var place: Place
        package var kind: String
        package var message: String

        package init(_ failure: ItemFailure) {
            place = failure.place
            kind = failure.kind.rawValue
            message = failure.message
        }
    }

    package var format = 1
    package var runID: String
    package var startedAt: String
    package var finishedAt: String
    package var outcome: Outcome
    /// Why the run ended as it did, where that needs a sentence.
    package var message: String?
    /// The class of the failure that ended the run; absent unless one did.
    package var failureKind: RemoteFailure.Kind?
    package var domain: String
    package var shard: String
    /// Absent in reports of earlier releases.
    package var scope: Scope?
    /// True if the scope, a part of the domain, matches nothing in the domain or the backup, probably because of a
    /// mistyped name: such a report says nothing about the domain. Absent otherwise.
    package var selectsNothing: Bool?
    package var repositories = 0
    package var packages = 0
    package var versions = Versions()
    /// In the run's scope; absent if the run did not list the records.
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
    /// Absent in reports of earlier releases, and of an event.
    package var concurrency: Concurrency?
    package var rpo = RecoveryPoint()
    /// Things to know that are no failures.
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
    /// Takes in what was sent for the run.
    package mutating func count(_ counts: RequestLedger.Counts) {
        requests = counts.requests
        retries = counts.retries
        throttled = counts.throttled
    }

    /// Makes contradicted checkpoints the outcome, unless the run could not go on anyway.
    mutating func noteContradictions() {
        guard let contradictions = checkpoint?.contradictions, let first = contradictions.first else { return }
        let others = contradictions.count > 1 ? " (and \(contradictions.count - 1) more)" : ""
        let sentence =
            "the records contradict the checkpoint \(first.checkpoint)\(others): \(first.message). Find out who changed them: "
            + "\(Guide.trust) says how. Accept what cannot be undone with "
            + "verify --accept-loss '\(first.checkpoint)' --reason TEXT"
        noteContradiction(sentence)
    }

    /// The same of a checkpoint that was not come to.
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

    /// The member is always there, null when nothing is unprotected: dashboards need no special case.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(oldestUnprotectedSeconds, forKey: .oldestUnprotectedSeconds)
    }
}

extension RunReport.Failure: Codable {
    private enum CodingKeys: String, CodingKey {
        case repository, namespace, package, version, asset, kind, message
    }

    package init(from decoder: any Decoder) throws {
        place = try Place(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try container.decode(String.self, forKey: .kind)
        message = try container.decode(String.self, forKey: .message)
    }

    /// Every member is always there, null where the failure is about something larger.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(place.repository, forKey: .repository)
        try container.encode(place.namespace, forKey: .namespace)
        try container.encode(place.package, forKey: .package)
        try container.encode(place.version, forKey: .version)
        try container.encode(place.asset, forKey: .asset)
        try container.encode(kind, forKey: .kind)
        try container.encode(message, forKey: .message)
    }
}
