/// The evidence of one drill: a JSON document of stable names.
package struct DrillReport: Hashable, Sendable, Codable {
    package enum Outcome: String, Hashable, Sendable, Codable {
        /// Everything that was drawn came back as its record names it.
        case restored
        /// Something did not come back, or came back wrong.
        case incomplete
        /// Nothing is known to be lost, but something could not be tried.
        case untried
        /// Stopped before the end; nothing wrong was found until then.
        case deadline
        /// The drill itself failed; `message` says why.
        case failed
    }

    /// What was asked for.
    package struct Asked: Hashable, Sendable, Codable {
        package var sample: String
        package var packages: [String]
        /// The files of the builds whose needs were drawn; absent where none was named.
        package var forBuild: [String]?
        package var repositories: [String]
        /// The moment that was restored; absent for the newest state.
        package var asOf: String?
        /// Absent where the program chose.
        package var client: String?

        package init(
            sample: String,
            packages: [String],
            forBuild: [String]? = nil,
            repositories: [String],
            asOf: String?,
            client: String?
        ) {
            (self.sample, self.packages, self.forBuild) = (sample, packages, forBuild)
            (self.repositories, self.asOf, self.client) = (repositories, asOf, client)
        }
    }

    package struct Versions: Hashable, Sendable, Codable {
        /// That are selected and for clients.
        package var available = 0
        package var drawn = 0
        /// Of those drawn.
        package var snapshots = 0
        package var plugins = 0
        /// Of those drawn, with a POM and no other file but signatures: parents, BOMs.
        package var onlyPOM = 0

        package init() {}
    }

    package struct Files: Hashable, Sendable, Codable {
        package var wanted = 0
        /// That came back as recorded.
        package var returned = 0
        /// That did not come back, or came back wrong.
        package var lost = 0
        package var untried = 0
        /// Of those that came back.
        package var bytes: Int64 = 0

        package init() {}
    }

    package struct Documents: Hashable, Sendable, Codable {
        /// Packages whose maven-metadata.xml and checksum files were compared with their records.
        package var packages = 0
        package var wrong = 0
        /// What looked wrong but had only just changed.
        package var unsettled = 0
        /// Versions that the client asked for by a range or as a changing snapshot, which takes a document.
        package var resolved = 0

        package init() {}
    }

    /// One command that was run.
    package struct Command: Hashable, Sendable, Codable {
        package var line: String
        package var startedAt: String
        package var seconds: Double
        /// Absent for one that a signal ended, or that could not be started.
        package var exit: Int?

        package init(line: String, startedAt: String, seconds: Double, exit: Int?) {
            (self.line, self.startedAt, self.seconds, self.exit) = (line, startedAt, seconds, exit)
        }
    }

    /// How long a recovery took, in seconds from the start of the drill; absent where nothing, or not all, came back.
    package struct RecoveryTime: Hashable, Sendable, Codable {
        package var firstSeconds: Double?
        package var allSeconds: Double?

        package init() {}
    }

    /// What would have been lost: whatever is younger than the newest record.
    package struct RecoveryPoint: Hashable, Sendable, Codable {
        package var newestRecord: String
        /// At the start of the drill.
        package var ageSeconds: Int64

        package init(newestRecord: Timestamp, at now: Timestamp) {
            self.newestRecord = newestRecord.extended
            ageSeconds = max(0, now.seconds - newestRecord.seconds)
        }
    }

    /// The repository that was restored into, instead of an empty folder.
    package struct Destination: Hashable, Sendable, Codable {
        package var domain: String
        package var domainOwner: String
        package var repository: String
        /// What removes it with everything in it, as a command; no drill does.
        package var cleanUp: String

        package init(domain: String, domainOwner: String, region: String, repository: String) {
            (self.domain, self.domainOwner, self.repository) = (domain, domainOwner, repository)
            let owned = "--region \(region) --domain-owner \(domainOwner) --domain \(domain)"
            cleanUp = "aws codeartifact delete-repository \(owned) --repository \(repository)"
        }
    }

    /// What the builds that were named need.
    package struct BuildAccount: Hashable, Sendable, Codable {
        /// That the backup has.
        package var versions: Int
        /// What it lacks, which comes from elsewhere or is lost, as `group:artifact:version`; at most
        /// `RunReport.maximumFailures`.
        package var absent: [String]
        /// POMs that could not be read, so that what only they need is unknown; as many.
        package var unread: [String]

        package init(versions: Int, absent: [String], unread: [String]) {
            self.versions = versions
            self.absent = Array(absent.prefix(RunReport.maximumFailures))
            self.unread = Array(unread.prefix(RunReport.maximumFailures))
        }
    }

    /// The newest checkpoint of the backup.
    package struct CheckpointAccount: Hashable, Sendable, Codable {
        package var key: String
        package var cutoff: String
        package var digest: String
        /// Absent where nothing was proved.
        package var signature: RecordSignature?

        package init(_ found: Checkpoints.Found, signature: RecordSignature? = nil) {
            (key, cutoff) = ("\(found.key)", found.checkpoint.cutoff.extended)
            (digest, self.signature) = (found.checkpoint.records.digest, signature)
        }
    }

    /// A file that came back.
    package struct Returned: Hashable, Sendable {
        package var place: Place
        package var size: Int64
        package var sha256: String
        /// `mvn`, `gradle`, `none` where the program fetched it itself, or `domain` where one lists it.
        package var client: String

        package init(place: Place, size: Int64, sha256: String, client: String) {
            (self.place, self.size, self.sha256, self.client) = (place, size, sha256, client)
        }
    }

    /// Something that did not come back, or that could not be tried.
    package struct Finding: Hashable, Sendable {
        package var place: Place
        package var key: String
        package var message: String

        package init(place: Place, key: String, message: String) {
            (self.place, self.key, self.message) = (place, key, message)
        }
    }

    package var format = 1
    package var drillID: String
    package var startedAt: String
    package var finishedAt: String
    package var outcome = Outcome.restored
    package var message: String?
    package var failureKind: RemoteFailure.Kind?
    package var domain: String
    package var backup: String
    package var asked: Asked
    /// Absent where no build was named.
    package var build: BuildAccount?
    /// Absent where nothing but an empty folder was restored into.
    package var destination: Destination?
    /// The day whose lots were drawn.
    package var day: String
    /// Which client resolved: `mvn`, `gradle` or `none`; `domain` where a domain was restored into.
    package var client: String
    /// By name, each with its version.
    package var tools: [String: String] = [:]
    package var versions = Versions()
    package var files = Files()
    package var documents = Documents()
    package var recoveryTime = RecoveryTime()
    /// Absent for a backup without a record.
    package var recoveryPoint: RecoveryPoint?
    /// Absent where there is none.
    package var checkpoint: CheckpointAccount?
    package var commands: [Command] = []
    /// At most `maximumReturned`; `files` has the full count.
    package var returned: [Returned] = []
    /// At most `RunReport.maximumFailures`; `files` and `documents` have the full counts.
    package var findings: [Finding] = []
    /// Files, of which `files` has the full count, and folders of records that the store does not show; at most
    /// `RunReport.maximumFailures`.
    package var untried: [Finding] = []
    /// Files that came back, but not to the client, which looked for something that the backup has no record of: a parent
    /// from a public repository, say. At most `RunReport.maximumFailures`.
    package var notes: [Finding] = []
    package var requests: [String: Int] = [:]
    package var retries = 0
    package var throttled = 0

    /// Files that the evidence lists.
    package static let maximumReturned = 5_000

    package init(
        drillID: String,
        domain: String,
        backup: String,
        asked: Asked,
        client: String,
        startedAt: Timestamp
    ) {
        self.drillID = drillID
        self.startedAt = startedAt.extended
        finishedAt = startedAt.extended
        self.domain = domain
        self.backup = backup
        self.asked = asked
        self.client = client
        day = startedAt.day
    }

    package mutating func add(_ returned: Returned) {
        files.returned += 1
        files.bytes += returned.size
        if self.returned.count < Self.maximumReturned { self.returned.append(returned) }
    }

    package mutating func addLost(_ finding: Finding) {
        files.lost += 1
        add(finding)
    }

    /// A finding that is about no file of a version.
    package mutating func add(_ finding: Finding) {
        if findings.count < RunReport.maximumFailures { findings.append(finding) }
    }

    package mutating func addNote(_ finding: Finding) {
        if notes.count < RunReport.maximumFailures { notes.append(finding) }
    }

    package mutating func addUntried(_ finding: Finding) {
        files.untried += 1
        addUncounted(finding)
    }

    /// Something of which it is not known how many files it has.
    package mutating func addUncounted(_ finding: Finding) {
        if untried.count < RunReport.maximumFailures { untried.append(finding) }
    }

    /// Sets the outcome that the findings give, unless the drill itself failed.
    ///
    /// - Parameter stopped: whether it was stopped before its end.
    package mutating func conclude(stopped: Bool, at now: Timestamp) {
        finishedAt = now.extended
        if outcome == .failed { return }
        let isWhole =
            files.wanted > 0 && files.returned == files.wanted && documents.unsettled == 0 && message == nil
            && untried.isEmpty
        outcome =
            !findings.isEmpty || files.lost > 0 ? .incomplete : stopped ? .deadline : isWhole ? .restored : .untried
    }

    /// Notes what ended the drill before its end.
    package mutating func fail(_ failure: RemoteFailure) {
        outcome = .failed
        failureKind = failure.kind
        message = failure.description
    }

    /// The exit status that says what the evidence says.
    package var exit: ExitStatus {
        switch outcome {
        case .restored: .converged
        case .incomplete: .verificationFailed
        case .untried: .failures
        case .deadline: .deadline
        case .failed: failureKind.map(ExitStatus.init) ?? .unexpected
        }
    }

    /// The evidence as JSON: sorted keys, indented, ending in a line end.
    package func document() throws -> [UInt8] {
        try StableJSON.page(self)
    }

    /// Its place in the backup.
    package func key(in layout: BackupLayout) -> ObjectKey {
        layout.drillKey(drillID: drillID, day: String(startedAt.prefix(10)))
    }

    /// Stores the evidence in the backup, create-only, reads it back, and counts these two requests.
    ///
    /// - Throws: a `conflict` failure if something else is there, or if the store says that it is but has none; `absent` if
    ///   the store has lost it.
    package mutating func record(in backup: Backup) async throws {
        requests["\(backup.store.operations.write)", default: 0] += 1
        requests["\(backup.store.operations.read)", default: 0] += 1
        try await backup.store.createKept(try document(), at: key(in: backup.layout))
    }
}
