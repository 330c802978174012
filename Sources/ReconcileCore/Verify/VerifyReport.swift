/// The account of one verification: a JSON document of stable names.
package struct VerifyReport: Hashable, Sendable, Codable {
    package enum Outcome: String, Hashable, Sendable, Codable {
        /// Everything that was to be looked at is as it should be, or was repaired.
        case sound
        case faulty
        /// Nothing is wrong except what another writer may still be working on: verify again.
        case unsettled
        /// Stopped before the end; nothing wrong was found until then.
        case deadline
        /// Something could not be looked at; `message` says why.
        case failed
    }

    /// What was looked at.
    package struct Counts: Hashable, Sendable, Codable {
        package struct Objects: Hashable, Sendable, Codable {
            /// Keys that manifests name.
            package var named = 0
            package var inspected = 0
            /// Times that an object, or an older version of one, was read.
            package var read = 0
        }

        package struct Bytes: Hashable, Sendable, Codable {
            package var read: Int64 = 0
        }

        package var packages = 0
        package var versions = 0
        package var manifests = 0
        package var objects = Objects()
        package var bytes = Bytes()
        /// Versions whose records were compared with the domain; nil if none were to be.
        package var comparedWithDomain: Int?

        package init() {}

        mutating func add(_ other: Counts) {
            packages += other.packages
            versions += other.versions
            manifests += other.manifests
            objects.named += other.objects.named
            objects.inspected += other.objects.inspected
            objects.read += other.objects.read
            bytes.read += other.bytes.read
            if let more = other.comparedWithDomain { comparedWithDomain = (comparedWithDomain ?? 0) + more }
        }
    }

    /// One fault as the report lists it.
    package struct Finding: Hashable, Sendable {
        package var kind: BackupFault.Kind
        package var place: Place
        package var key: String
        package var versionID: String?
        package var message: String
        /// Whether a repair fixed it.
        package var mended: Bool

        init(_ fault: BackupFault) {
            kind = fault.kind
            place = fault.place
            key = fault.key.value
            versionID = fault.versionID
            message = fault.message
            mended = fault.mending == .mended
            if case .left(let reason) = fault.mending { message += ". Not repaired: \(reason)" }
        }
    }

    /// One loss that an operator has accepted, in this verification or before.
    package struct AcceptedLoss: Hashable, Sendable, Codable {
        package var kind: BackupFault.Kind
        package var key: String
        package var versionID: String?
        package var reason: String
        package var acceptedAt: String

        package init(kind: BackupFault.Kind, key: String, versionID: String?, reason: String, acceptedAt: String) {
            self.kind = kind
            self.key = key
            self.versionID = versionID
            self.reason = reason
            self.acceptedAt = acceptedAt
        }
    }

    /// The digest of all records, to be kept elsewhere, and what it was compared with.
    package struct CheckpointAccount: Hashable, Sendable, Codable {
        package struct Compared: Hashable, Sendable, Codable {
            /// A checkpoint's key, a report's, or `--checkpoint`.
            package var source: String
            package var cutoff: String
            package var digest: String
            package var isEqual: Bool

            package init(source: String, cutoff: String, digest: String, isEqual: Bool) {
                self.source = source
                self.cutoff = cutoff
                self.digest = digest
                self.isEqual = isEqual
            }
        }

        package var cutoff: String
        package var digest: String
        package var records: Int
        package var compared: [Compared]

        package init(cutoff: String, digest: String, records: Int, compared: [Compared]) {
            self.cutoff = cutoff
            self.digest = digest
            self.records = records
            self.compared = compared
        }
    }

    /// The digest of what the records say, to be kept elsewhere.
    package struct ContentsAccount: Hashable, Sendable, Codable {
        package var cutoff: String
        package var digest: String
        package var records: Int

        package init(cutoff: String, digest: String, records: Int) {
            self.cutoff = cutoff
            self.digest = digest
            self.records = records
        }
    }

    package var format = 1
    package var runID: String
    package var startedAt: String
    package var finishedAt: String
    package var outcome = Outcome.sound
    package var message: String?
    package var failureKind: RemoteFailure.Kind?
    package var domain: String
    package var shard: String
    /// The part of the domain that was to be looked at; nil in reports of releases that did not say it.
    package var scope: RunReport.Scope?
    package var depth: VerifyDepth
    package var sample: String
    package var looked = Counts()
    /// Absent if the records were not all listed, and of another shard than the first.
    package var checkpoint: CheckpointAccount?
    /// Absent if not all records that were to be verified were read.
    package var contents: ContentsAccount?
    /// By class, including those that were repaired; every class is there.
    package var faults = Dictionary(uniqueKeysWithValues: BackupFault.Kind.allCases.map { ($0.rawValue, 0) })
    /// Of all faults, those that a repair fixed.
    package var mended = 0
    /// What looked wrong and changed too recently to be called a fault: another writer is at work.
    package var unsettled = 0
    /// Notes, which are not faults, by class; every class that can be a note is present. Listed in `notes`.
    package var noted = [BackupFault.Kind.stray.rawValue: 0, BackupFault.Kind.archivedObject.rawValue: 0]
    /// Losses that operators have accepted, which are not faults. Listed in `acceptedLosses`.
    package var accepted = 0
    /// Records that repairs have retired, in this verification or before, and that no longer count; absent if there are
    /// none.
    package var retired: Int?
    /// What could not be seen, and what the store does not keep; absent if there is nothing to warn of.
    package var warnings: [String]?
    package var requests: [String: Int] = [:]
    package var retries = 0
    package var throttled = 0
    /// At most `RunReport.maximumFailures`; `faults` has the full counts.
    package var findings: [Finding] = []
    /// At most `RunReport.maximumFailures`; `noted` has the full counts.
    package var notes: [Finding] = []
    /// At most `RunReport.maximumFailures`; `accepted` has the full count.
    package var acceptedLosses: [AcceptedLoss] = []

    package init(runID: String, domain: String, options: Verifier.Options, startedAt: Timestamp) {
        self.runID = runID
        self.startedAt = startedAt.extended
        finishedAt = startedAt.extended
        self.domain = domain
        shard = options.selection.shard.description
        scope = RunReport.Scope(options.selection)
        depth = options.depth
        sample = options.sample.description
    }

    /// Faults that are left.
    package var faultsLeft: Int { faults.values.reduce(0, +) - mended }

    mutating func add(_ losses: [AcceptedLoss]) {
        accepted += losses.count
        acceptedLosses += losses.prefix(max(0, RunReport.maximumFailures - acceptedLosses.count))
    }

    mutating func note(_ fault: BackupFault) {
        noted[fault.kind.rawValue, default: 0] += 1
        if notes.count < RunReport.maximumFailures { notes.append(Finding(fault)) }
    }

    mutating func add(_ fault: BackupFault) {
        faults[fault.kind.rawValue, default: 0] += 1
        if fault.mending == .mended { mended += 1 }
        if findings.count < RunReport.maximumFailures { findings.append(Finding(fault)) }
    }

    /// Whether whatever is wrong is a report of a run.
    package var isOfReports: Bool {
        let prefix = BackupLayout(domain: domain).reportsPrefix.value
        return !findings.isEmpty && findings.allSatisfy { $0.key.hasPrefix(prefix) }
    }

    /// The exit status that follows from the report.
    package var exit: ExitStatus {
        switch outcome {
        case .sound: .converged
        case .faulty: .verificationFailed
        case .unsettled: .unavailable
        case .deadline: .deadline
        case .failed: failureKind.map(ExitStatus.init) ?? .unexpected
        }
    }

    /// The report as JSON: sorted keys, indented, ending with a line break.
    package func document() throws -> [UInt8] {
        try StableJSON.page(self)
    }

    /// Stores the report beside the backup, under `verifications/` and the day of its start, signed where there is a key, reads
    /// it back, and counts these two requests.
    ///
    /// - Throws: a `conflict` failure if a different report is there, or if the store says that one is but has none;
    ///   `absent` if the store has lost it.
    package mutating func record(in backup: Backup) async throws {
        requests["\(backup.store.operations.write)", default: 0] += 1
        requests["\(backup.store.operations.read)", default: 0] += 1
        let key = backup.layout.verificationKey(runID: runID, day: String(startedAt.prefix(10)))
        let bytes = try document()
        try await backup.store.createKept(bytes, at: key)
    }
}

extension VerifyReport.Finding: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind, key, versionID, message, mended
    }

    package init(from decoder: any Decoder) throws {
        place = try Place(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try container.decode(BackupFault.Kind.self, forKey: .kind)
        key = try container.decode(String.self, forKey: .key)
        versionID = try container.decodeIfPresent(String.self, forKey: .versionID)
        message = try container.decode(String.self, forKey: .message)
        mended = try container.decode(Bool.self, forKey: .mended)
    }

    /// The place's members stand beside the others; those that are not known are absent.
    package func encode(to encoder: any Encoder) throws {
        try place.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(key, forKey: .key)
        try container.encodeIfPresent(versionID, forKey: .versionID)
        try container.encode(message, forKey: .message)
        try container.encode(mended, forKey: .mended)
    }
}

/// Where a verification stands: what was looked at so far, and how many faults there are.
package struct VerifyProgress: Hashable, Sendable {
    package var looked: VerifyReport.Counts
    package var faults: Int
    /// Files that changed recently and do not match yet, which it looks at again for half a minute.
    package var waiting: Int

    package init(looked: VerifyReport.Counts = .init(), faults: Int = 0, waiting: Int = 0) {
        self.looked = looked
        self.faults = faults
        self.waiting = waiting
    }
}

extension VerifyReport {
    /// What explains every failure.
    static let explaining: Set<RemoteFailure.Kind> = [.forbidden, .unreachable]

    /// Sets outcome and message from what was found.
    ///
    /// - Parameters:
    ///   - failure: what kept the verification from its end; nil where nothing did.
    ///   - ending: what stopped it early; nil where nothing did.
    mutating func conclude(_ failure: RemoteFailure?, stopped ending: String?) {
        if let failure {
            message = failure.description
            failureKind = failure.kind
        } else if let ending {
            message =
                "\(ending): \(looked.packages) packages were looked at. "
                + "The next verification starts over; --shard and --subset divide the work"
        }
        let isExplained = failure.map { Self.explaining.contains($0.kind) } ?? false
        if faultsLeft > 0, !isExplained {
            outcome = .faulty
        } else if failure != nil {
            outcome = .failed
        } else if ending != nil {
            outcome = .deadline
        } else if unsettled > 0 {
            outcome = .unsettled
            message =
                "files that do not match yet but changed only recently: \(unsettled). A run may still be working on "
                + "them; verify again later"
        }
    }
}
