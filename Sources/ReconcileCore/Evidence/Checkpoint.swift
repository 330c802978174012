import FoundationEssentials

/// What a run found in the backup, kept beside it: the digest of all records up to a cutoff.
///
/// Nothing deletes a record, and none is backdated, so whoever computes the digest of the same
/// cutoff later must get the same one. A record that was lost, removed or added afterwards is
/// noticed, as long as the checkpoint, or its digest elsewhere, is kept. One of the whole backup also covers the records of
/// the domain's configuration, unless a release wrote it that did not know them.
package struct Checkpoint: Hashable, Sendable {
    /// An earlier checkpoint, named so that it cannot be replaced unnoticed.
    package struct Parent: Hashable, Sendable, Codable {
        package let key: String
        /// Of its bytes.
        package let sha256: String

        /// More bytes than the key of a checkpoint has.
        private static let maximumKey = 1_024

        fileprivate var isWellFormed: Bool {
            key.utf8.count <= Self.maximumKey && ChecksumAlgorithm.sha256.isWellFormed(sha256)
        }
    }

    /// Says that every record up to the cutoff was proved under trust, except for some that it
    /// names.
    package struct Proof: Hashable, Sendable, Codable {
        /// When this backup, which had records, began to be signed: earlier records count for nothing. Nil if it was signed
        /// from its first run on.
        package let from: String?
        /// Keys of later records that did not pass, below the domain's folder; a run counts none of them.
        package let void: [String]

        /// The most keys that are named; if there are more, later runs prove every record again.
        static let maximum = 1_000
    }

    /// Seconds that may pass between two checkpoints before a verification and a restore warn.
    package static let longestPause: Int64 = 3 * 86_400

    package let domain: String
    package let runID: String
    /// Of the run that wrote it.
    package let startedAt: Timestamp
    /// The repositories whose records were listed; empty for all.
    package let repositories: [String]
    package let records: RecordDigest
    /// The newest one of the same repositories that the run found; empty in the first.
    package let parents: [Parent]
    /// Keys of checkpoints that the records contradict and whose loss nobody has accepted.
    package let contradicts: [String]
    /// Nil where the run had no trust file.
    package let proof: Proof?

    package init(
        domain: String,
        runID: String,
        startedAt: Timestamp,
        repositories: [String],
        records: RecordDigest,
        parents: [Parent],
        contradicts: [String],
        proof: Proof? = nil
    ) {
        self.domain = domain
        self.runID = runID
        self.startedAt = startedAt
        self.repositories = repositories.sorted()
        self.records = records
        self.parents = parents
        self.contradicts = contradicts.sorted()
        self.proof = proof
    }

    package var cutoff: Timestamp { records.cutoff }

    /// The cutoff of a run: a full hour, and at least an hour before it starts, so that no writer still adds to it.
    package static func cutoff(ofRunAt start: Timestamp) -> Timestamp {
        let latest = start.seconds - 3_600
        return Timestamp(seconds: latest - ((latest % 3_600) + 3_600) % 3_600)
    }

    /// Whether a run of a later cutoff should have found a later checkpoint: this one is clearly older than the one before
    /// it was then; or a first one, after three hours. Always after more than a day without a checkpoint, as that says nothing
    /// of how often there are runs otherwise.
    func isOverdue(at cutoff: Timestamp, in layout: BackupLayout) -> Bool {
        let earlier = parents.compactMap { layout.cutoff(ofCheckpointAt: ObjectKey($0.key)) }.max()
        let usual = earlier.map { self.cutoff.seconds - $0.seconds } ?? 7_200
        guard usual <= 90_000 else { return true }
        return 2 * (cutoff.seconds - self.cutoff.seconds) > 3 * max(usual, 3_600)
    }

    // MARK: Bytes

    /// The most checkpoints that are named as contradicted.
    static let maximumContradictions = 1_000

    /// More bytes than a checkpoint has.
    package static let maximumBytes = 1 << 20

    /// The checkpoint as JSON: sorted keys, indented, ending with a line break.
    package func document() throws -> [UInt8] {
        try StableJSON.page(
            Document(
                configurationRecords: records.configurations,
                cutoff: cutoff.extended,
                digest: records.digest,
                domain: domain,
                groups: records.groups,
                records: records.count,
                recordsByRepository: records.records,
                repositories: repositories,
                runID: runID,
                startedAt: startedAt.extended,
                parents: parents,
                contradicts: contradicts,
                proof: proof
            )
        )
    }

    /// Reads a checkpoint; nil if the bytes are not one, contradict their key or one another, or name more than a run does.
    init?(_ bytes: [UInt8], at key: ObjectKey, in layout: BackupLayout, _ hash: DigestFunction) {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)), document.format == 1,
            document.domain == layout.domain, let cutoff = Timestamp(extended: document.cutoff),
            let startedAt = Timestamp(extended: document.startedAt),
            key == layout.checkpointKey(cutoff: cutoff, runID: document.runID),
            document.groups.count == RecordDigest.groupCount,
            document.groups.allSatisfy(ChecksumAlgorithm.sha256.isWellFormed),
            RecordDigest.digest(ofGroups: document.groups, hash) == document.digest,
            document.recordsByRepository.values.allSatisfy({ (0...1_000_000_000).contains($0) }),
            document.recordsByRepository.count <= 100_000,
            document.configurationRecords.map({ (0...1_000_000_000).contains($0) }) ?? true,
            document.records == document.recordsByRepository.values.reduce(document.configurationRecords ?? 0, +),
            document.parents.count <= 1, document.parents.allSatisfy(\.isWellFormed),
            document.contradicts.count <= Self.maximumContradictions,
            document.proof.map({ $0.void.count <= Proof.maximum }) ?? true
        else { return nil }
        self.init(
            domain: document.domain,
            runID: document.runID,
            startedAt: startedAt,
            repositories: document.repositories,
            records: RecordDigest(
                cutoff: cutoff,
                records: document.recordsByRepository,
                configurations: document.configurationRecords,
                groups: document.groups,
                digest: document.digest
            ),
            parents: document.parents,
            contradicts: document.contradicts,
            proof: document.proof
        )
    }

    private struct Document: Codable {
        var format = 1
        /// Absent where the digest does not cover records of the domain's configuration.
        var configurationRecords: Int?
        var cutoff: String
        var digest: String
        var domain: String
        var groups: [String]
        var records: Int
        var recordsByRepository: [String: Int]
        var repositories: [String]
        var runID: String
        var startedAt: String
        var parents: [Parent]
        var contradicts: [String]
        var proof: Proof?
    }

    // MARK: Comparing

    /// Says how the records differ from those that this checkpoint counted; nil if they do not.
    ///
    /// - Parameter found: the digest of the same cutoff.
    package func contradiction(by found: RecordDigest) -> String? {
        guard found.digest != records.digest else { return nil }
        let (before, now) = (records.count, found.count)
        let at = "records up to \(cutoff.extended)"
        let numbers =
            before > now
            ? "\(before - now) of \(before) \(at) are gone"
            : before < now
                ? "\(now - before) \(at) were added afterwards"
                : "\(before) \(at) as before, but not the same ones: some were replaced by others"
        let names = Set(records.records.keys).union(found.records.keys).sorted()
            .filter { records.records[$0] != found.records[$0] }
        var places = names.map { "\($0): \(records.records[$0] ?? 0) then, \(found.records[$0] ?? 0) now" }
        if let then = records.configurations, let now = found.configurations, then != now {
            places.insert("the domain's configuration: \(then) then, \(now) now", at: 0)
        }
        let shown = places.prefix(3).joined(separator: "; ")
        let groups = zip(records.groups, found.groups).count { $0 != $1 }
        return numbers + (places.isEmpty ? "" : " (\(shown)\(places.count > 3 ? "; …" : ""))")
            + "; they differ in \(groups) of \(RecordDigest.groupCount) groups of packages"
    }
}
