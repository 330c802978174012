import FoundationEssentials
import Synchronization

/// Knows which unsigned records are in the statement that a trust file names. It takes one GET for the index, and one for
/// each group of packages that is asked about.
///
/// Safe to call from anywhere.
package final class StatedRecords: Sendable {
    private let backup: Backup
    private let baseline: TrustFile.Baseline
    private let state = Mutex(State())
    private let flight = SingleFlight<Void>()

    private struct State: Sendable {
        /// The SHA-256 of each group's file; empty where the index is gone.
        var index: [String: String]?
        /// The records by their keys, by group; empty where the file is gone.
        var groups: [String: [String: Stated]] = [:]
    }

    /// What is kept of a row.
    private struct Stated: Sendable {
        let sha256: String
        let isCompared: Bool
    }

    /// Groups that are kept at once.
    private static let kept = 256

    /// - Parameter backup: with the store as it is, which neither proves nor signs.
    package init(of backup: Backup, by baseline: TrustFile.Baseline) {
        self.backup = backup
        self.baseline = baseline
    }

    /// Whether an unsigned record counts: if the statement has it with these bytes. One that was compared with the domain
    /// counts as far as it was, and one that an operator has named counts whole.
    ///
    /// - Parameter path: its key below the domain's folder.
    /// - Throws: what keeps the store from answering.
    package func verdict(on bytes: [UInt8], at path: String) async throws -> StatedVerdict {
        let group = Statement.group(of: path, backup.hashes.digest)
        let index = try await index()
        func refused(_ reason: String) -> StatedVerdict {
            .refused(Distrust("it is not signed, and the statement \(baseline.statement) \(reason)"))
        }
        guard !index.isEmpty else { return refused("that the trust file names is gone or was replaced") }
        guard let stated = try await records(of: group, in: index)[path] else { return refused("does not have it") }
        guard stated.sha256 == backup.hashes.digest(bytes, .sha256) else {
            return refused("has other bytes under this key")
        }
        return .counts(isWhole: !stated.isCompared)
    }

    /// For a store that proves.
    package var review: StatedReview { { bytes, path in try await self.verdict(on: bytes, at: path) } }

    private func index() async throws -> [String: String] {
        while true {
            if let index = state.withLock(\.index) { return index }
            try await flight.run {
                guard state.withLock({ $0.index == nil }) else { return }
                let index = try await read(Statement.Index.self, Statement.index, sha256: baseline.sha256)
                state.withLock { $0.index = index?.groups ?? [:] }
            }
        }
    }

    private func records(of group: String, in index: [String: String]) async throws -> [String: Stated] {
        guard let sha256 = index[group] else { return [:] }
        if let known = state.withLock({ $0.groups[group] }) { return known }
        let rows = try await read(Statement.Group.self, group, sha256: sha256)?.records ?? []
        let records = Dictionary(
            rows.map { ($0.key, Stated(sha256: $0.sha256, isCompared: $0.compared)) }
        ) { first, _ in first }
        state.withLock { state in
            if state.groups.count >= Self.kept { state.groups = [:] }
            state.groups[group] = records
        }
        return records
    }

    /// Nil if it is gone, or is not what was hashed.
    private func read<Document: Decodable>(
        _ type: Document.Type,
        _ name: String,
        sha256: String
    ) async throws -> Document? {
        let key = Statement.key(of: name, in: baseline.statement, backup.layout)
        let limit = Statement.maximumBytes + SignedObject.maximumSealBytes
        do {
            guard let stored = try await backup.store.read(key, limit: limit) else { return nil }
            let body = SignedObject(stored).body
            guard backup.hashes.digest(body, .sha256) == sha256 else { return nil }
            return try? JSONDecoder().decode(type, from: Data(body))
        } catch let failure as RemoteFailure where failure.isOfOneObject {
            return nil
        }
    }
}
