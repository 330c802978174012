import ReconcileCore
import TestSupport
import Testing

/// What signing and proving cost once a certificate is known, since every record pays it.
@Suite struct RecordTrustCostTests {
    private static var isOptimized: Bool {
        var isChecked = false
        assert(
            {
                isChecked = true
                return true
            }()
        )
        return !isChecked
    }

    @Test func `an object is signed in under 150 µs, and proved in under 150 µs`() async throws {
        let trust = try TestTrust()
        let store = try trust.store(InMemoryStore())
        // As long as a manifest of a few files.
        let body = Array(#"{"assets":"\#(String(repeating: "a", count: 1_800))","format":1}"#.utf8)
        let keys = (0..<500).map { ObjectKey("example/manifests/maven/r/g/a/\($0)/20261122T080000Z.~.Published.json") }
        func microseconds(_ work: (ObjectKey) async throws -> Void) async rethrows -> Double {
            var best = Double.infinity
            // The machine may be busy: the best of five rounds.
            for round in 0..<5 {
                let part = keys[(round * 100)..<(round * 100 + 100)]
                let start = ContinuousClock.now
                for key in part { try await work(key) }
                best = min(best, (ContinuousClock.now - start).inSeconds * 1e6 / Double(part.count))
            }
            return best
        }
        let signed = try await microseconds { _ = try await store.write(body, to: $0, .createOnly) }
        let proved = try await microseconds { _ = try await store.read($0, limit: 1 << 20) }
        print("signed in \(Int(signed)) µs, proved in \(Int(proved)) µs")
        // Without optimization it is no measure.
        guard Self.isOptimized else { return }
        #expect(signed < 150)
        #expect(proved < 150)
    }
}
