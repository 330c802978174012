import Foundation
import ReconcileCore
import TestSupport
import Testing

/// Random histories against the model. RECONCILE_HISTORIES is how many (10000), RECONCILE_SEED the first one's seed
/// (1): `RECONCILE_SEED=4711 RECONCILE_HISTORIES=1` plays one again. RECONCILE_HISTORY plays one from its JSON.
@Suite struct HistoryTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = environment["RECONCILE_HISTORIES"].flatMap { UInt64($0) } ?? 10_000
    private static let first = environment["RECONCILE_SEED"].flatMap { UInt64($0) } ?? 1
    private static let batch: UInt64 = 100
    private static let batches = Array(stride(from: first, to: first + count, by: Int(batch)))

    @Test(arguments: batches)
    func `any history ends as the model says`(seed: UInt64) throws {
        for seed in seed..<min(seed + Self.batch, Self.first + Self.count) {
            let history = History(seed: seed)
            guard !HistoryPlay.problems(history).isEmpty else { continue }
            let smallest = history.shrunk { !HistoryPlay.problems($0).isEmpty }
            let problems = HistoryPlay.problems(smallest)
            Issue.record("seed \(seed): \(problems.joined(separator: "\n"))\nRECONCILE_HISTORY='\(try smallest.json)'")
            // One is enough to work on.
            return
        }
    }

    @Test(.enabled(if: environment["RECONCILE_HISTORY"] != nil))
    func `a history given as JSON ends as the model says`() throws {
        let json = try #require(Self.environment["RECONCILE_HISTORY"])
        let history = try JSONDecoder().decode(History.self, from: Data(json.utf8))
        #expect(HistoryPlay.problems(history) == [])
    }

    @Test func `the same seed plays the same history`() throws {
        for seed: UInt64 in 1...20 {
            let history = History(seed: seed)
            #expect(HistoryPlay.trace(history) == HistoryPlay.trace(history))
        }
    }
}

extension History {
    /// One line, to be given as RECONCILE_HISTORY.
    fileprivate var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}
