import FoundationEssentials

/// The deletions that operators have said to be right: of which part of the domain, and those recorded until when.
///
/// Stored beside the backup, since records do not say who confirmed them: without it, a clean-up that was allowed once
/// would have to be allowed in every run until the guard's window has passed it.
struct AllowedDeletions: Hashable, Sendable {
    /// One that an operator gave, with a run.
    struct Allowance: Hashable, Sendable {
        let domain: String
        let runID: String
        /// Later deletions are not meant.
        let until: Timestamp
        let scope: RunReport.Scope
        let shard: String

        init(domain: String, runID: String, until: Timestamp, selection: Selection) {
            (self.domain, self.runID, self.until) = (domain, runID, until)
            scope = RunReport.Scope(selection)
            shard = selection.shard.description
        }

        /// Whether it covers a repository as far as a selection does.
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

    /// Keys that are read at most, the newest.
    private static let maximumReads = 64

    /// Reads those since a time: one list, and a GET for each. What is no allowance of this domain counts for nothing, nor
    /// does one of the future.
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

    /// Until when the deletions of a repository are allowed; nil where none are.
    func until(_ repository: ExactText, of selection: Selection) -> Timestamp? {
        allowances.filter { $0.covers(repository, of: selection) }.map(\.until).max()
    }
}

extension AllowedDeletions.Allowance {
    /// More bytes than one has.
    static let maximumBytes = 1 << 20

    func document() throws -> [UInt8] {
        try StableJSON.page(
            Document(domain: domain, runID: runID, until: until.extended, scope: scope, shard: shard)
        )
    }

    /// Nil where the bytes are none, or say something else than their key.
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
