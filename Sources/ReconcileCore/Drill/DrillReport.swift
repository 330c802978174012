/// The evidence of a drill: a JSON document with stable names.
package struct DrillReport: Hashable, Sendable, Codable {
    package enum Outcome: String, Hashable, Sendable, Codable {
        /// Everything drawn came back as its record describes it.
        case restored
        /// Something did not come back, or came back different.
        case incomplete
        /// Nothing is known to be lost, but something could not be tested.
        case untried
        /// Stopped early; nothing wrong had been found by then.
        case deadline
        /// The drill itself failed; `message` says why.
        case failed
    }

    /// The parameters of the drill.
    package struct Asked: Hashable, Sendable, Codable {
        package var sample: String
        package var packages: [String]
        /// The files of the builds whose dependencies were drawn; absent if none was named.
        package var forBuild: [String]?
        package var repositories: [String]
        /// The moment that was restored; absent for the newest state.
        package var asOf: String?
        /// Absent if the program chose the client.
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
        /// Selected versions that clients can use.
        package var available = 0
        package var drawn = 0
        /// Of the drawn versions.
        package var snapshots = 0
        package var plugins = 0
        /// Of the drawn versions, those with a POM and no other file except signatures: parents, BOMs.
        package var onlyPOM = 0

        package init() {}
    }

    package struct Files: Hashable, Sendable, Codable {
        package var wanted = 0
        /// Came back as recorded.
        package var returned = 0
        /// Did not come back, or came back different.
        package var lost = 0
        package var untried = 0
        /// The size of the files that came back.
        package var bytes: Int64 = 0

        package init() {}
    }

    package struct Documents: Hashable, Sendable, Codable {
        /// Packages whose maven-metadata.xml and checksum files were compared with their records.
        package var packages = 0
        package var wrong = 0
        /// Looked wrong, but had only just changed.
        package var unsettled = 0
        /// Versions that the client requested by a range or as a changing snapshot, which needs a document.
        package var resolved = 0

        package init() {}
    }

    /// A command that was run.
    package struct Command: Hashable, Sendable, Codable {
        package var line: String
        package var startedAt: String
        package var seconds: Double
        /// Absent if it was ended by a signal or could not be started.
        package var exit: Int?

        package init(line: String, startedAt: String, seconds: Double, exit: Int?) {
            (self.line, self.startedAt, self.seconds, self.exit) = (line, startedAt, seconds, exit)
        }
    }

    /// How long the recovery took, in seconds from the start of the drill; absent if nothing came back, or not
    /// everything.
    package struct RecoveryTime: Hashable, Sendable, Codable {
        package var firstSeconds: Double?
        package var allSeconds: Double?

        package init() {}
    }

    /// What would have been lost: anything newer than the newest record.
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
        /// The command that deletes it with all its content; a drill never does that.
        package var cleanUp: String

        package init(domain: String, domainOwner: String, region: String, repository: String) {
            (self.domain, self.domainOwner, self.repository) = (domain, domainOwner, repository)
            let owned = "--region \(region) --domain-owner \(domainOwner) --domain \(domain)"
            cleanUp = "aws codeartifact delete-repository \(owned) --repository \(repository)"
        }
    }

    /// The dependencies of the named builds.
    package struct BuildAccount: Hashable, Sendable, Codable {
        /// Versions that the backup has.
        package var versions: Int
        /// What it lacks, which comes from elsewhere or is lost, as `group:artifact:version`; at most
        /// `RunReport.maximumFailures`.
        package var absent: [String]
        /// POMs that could not be read, so that what only they require is unknown; at most as many.
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
        /// Absent if no signature was verified.
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
        /// `mvn`, `gradle`, `none` if the program fetched it itself, or `domain` if a domain lists it.
        package var client: String

        package init(place: Place, size: Int64, sha256: String, client: String) {
            (self.place, self.size, self.sha256, self.client) = (place, size, sha256, client)
        }
    }

    /// Something that did not come back or could not be tested.
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
    /// Absent if no build was named.
    package var build: BuildAccount?
    /// Absent if the drill restored only into an empty folder.
    package var destination: Destination?
    /// The day that the lots were drawn for.
    package var day: String
    /// Which client resolved the files: `mvn`, `gradle` or `none`; `domain` if a domain was restored into.
    package var client: String
    /// The versions of the tools, by name.
    package var tools: [String: String] = [:]
    package var versions = Versions()
    package var files = Files()
    package var documents = Documents()
    package var recoveryTime = RecoveryTime()
    /// Absent if the backup has no records.
    package var recoveryPoint: RecoveryPoint?
    /// Absent if there is none.
    package var checkpoint: CheckpointAccount?
    package var commands: [Command] = []
    /// At most `maximumReturned`; `files` has the full count.
    package var returned: [Returned] = []
    /// At most `RunReport.maximumFailures`; `files` and `documents` have the full counts.
    package var findings: [Finding] = []
    /// Files, which `files` counts in full, and folders of records that the store refuses to list; at most
    /// `RunReport.maximumFailures`.
    package var untried: [Finding] = []
    /// Files that came back, but not through the client, because it needed something that the backup has no record of,
    /// such as a parent from a public repository. At most `RunReport.maximumFailures`.
    package var notes: [Finding] = []
    package var requests: [String: Int] = [:]
    package var retries = 0
    package var throttled = 0

    /// The most files that the evidence lists.
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

    /// Adds a finding that doesn't concern a file of a version.
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

    /// Adds something with an unknown number of files.
    package mutating func addUncounted(_ finding: Finding) {
        if untried.count < RunReport.maximumFailures { untried.append(finding) }
    }

    /// Sets the outcome according to the findings, unless the drill itself failed.
    ///
    /// - Parameter stopped: whether the drill was stopped early.
    package mutating func conclude(stopped: Bool, at now: Timestamp) {
        finishedAt = now.extended
        if outcome == .failed { return }
        let isWhole =
            files.wanted > 0 && files.returned == files.wanted && documents.unsettled == 0 && message == nil
            && untried.isEmpty
        outcome =
            !findings.isEmpty || files.lost > 0 ? .incomplete : stopped ? .deadline : isWhole ? .restored : .untried
    }

    /// Records the failure that ended the drill.
    package mutating func fail(_ failure: RemoteFailure) {
        outcome = .failed
        failureKind = failure.kind
        message = failure.description
    }

    /// The exit status that matches the outcome.
    package var exit: ExitStatus {
        switch outcome {
        case .restored: .converged
        case .incomplete: .verificationFailed
        case .untried: .failures
        case .deadline: .deadline
        case .failed: failureKind.map(ExitStatus.init) ?? .unexpected
        }
    }

    /// The evidence as JSON: sorted keys, indented, with a final newline.
    package func document() throws -> [UInt8] {
        try StableJSON.page(self)
    }

    /// The evidence's key in the backup.
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
