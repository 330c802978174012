import FoundationEssentials

/// The deletions that operators have confirmed: for which part of the domain, and up to which time of recording.
///
/// Stored next to the backup, because records don't say who confirmed them. Without this, an operator would have to
/// allow a clean-up again in every run until it is older than the guard's window.
struct AllowedDeletions: Hashable, Sendable {
    /// An operator's confirmation, given with a run.
    struct Allowance: Hashable, Sendable {
        let domain: String
        let runID: String
        /// Later deletions are not included.
        let until: Timestamp
        let scope: RunReport.Scope
        let shard: String

        init(domain: String, runID: String, until: Timestamp, selection: Selection) {
            (self.domain, self.runID, self.until) = (domain, runID, until)
            scope = RunReport.Scope(selection)
            shard = selection.shard.description
        }

        /// Whether it covers a repository to the extent that a selection does.
        func covers(_ repository: ExactText, of selection: Selection) -> Bool {
            let own = RunReport.Scope(selection)
            let isWhole = scope.packages.isEmpty && scope.exclude.isEmpty && shard == Shard.whole.description
            let isSame =
                scope.packages == own.packages && scope.exclude == own.exclude && shard == selection.shard.description
            let names = scope.repositories.map(ExactText.init)
            return (isWhole || isSame) && (names.isEmpty || names.contains(repository))
        }
    }

    private var allowances: [Allowance] = []

    /// The maximum number of allowances to read, newest first.
    private static let maximumReads = 64

    /// Reads the allowances since a time: one list, and a GET for each. Objects that aren't allowances of this domain,
    /// or that are from the future, are ignored.
    static func read(of backup: Backup, since start: Timestamp) async throws -> AllowedDeletions {
        var keys: [ObjectKey] = []
        try await backup.store.forEachObject(under: backup.layout.deletionsPrefix) { object in
            if let until = backup.layout.time(ofAllowanceAt: object.key), until >= start { keys.append(object.key) }
        }
        var allowed = AllowedDeletions()
        for key in keys.sorted(by: >).prefix(maximumReads) {
            do {
                guard let bytes = try await backup.store.read(key, limit: Allowance.maximumBytes),
                    let allowance = Allowance(bytes, at: key, in: backup.layout),
                    backup.reader.isTimely(allowance.until)
                else { continue }
                allowed.allowances.append(allowance)
            } catch let failure as RemoteFailure where failure.isOfOneObject {
                continue
            }
        }
        return allowed
    }

    /// The time up to which deletions of a repository are allowed; nil if none are.
    func until(_ repository: ExactText, of selection: Selection) -> Timestamp? {
        allowances.filter { $0.covers(repository, of: selection) }.map(\.until).max()
    }
}

extension AllowedDeletions.Allowance {
    /// The largest allowance to read, in bytes; larger than any real one.
    static let maximumBytes = 1 << 20

    func document() throws -> [UInt8] {
        try StableJSON.page(
            Document(domain: domain, runID: runID, until: until.extended, scope: scope, shard: shard)
        )
    }

    /// Nil if the bytes are not an allowance or contradict their key.
    init?(_ bytes: [UInt8], at key: ObjectKey, in layout: BackupLayout) {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)), document.format == 1,
            document.domain == layout.domain, let until = Timestamp(extended: document.until),
            key == layout.allowanceKey(until: until, runID: document.runID)
        else { return nil }
        (domain, runID, self.until) = (document.domain, document.runID, until)
        (scope, shard) = (document.scope, document.shard)
    }

    private struct Document: Codable {
        var format = 1
        var domain: String
        var runID: String
        var until: String
        var scope: RunReport.Scope
        var shard: String
    }
}
