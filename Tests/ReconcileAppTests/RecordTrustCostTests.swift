import Foundation
import ReconcileCore
import TestSupport
import Testing

/// What signing and proving cost once a certificate is known, since every record pays it, and what a checkpoint costs.
@Suite struct RecordTrustCostTests {
    /// Without optimization it is no measure.
    fileprivate static var isOptimized: Bool {
        #if DEBUG
            false
        #else
            true
        #endif
    }

    @Test func `an object is signed in under 150 µs, and proved in under 150 µs`() async throws {
        let trust = try TestTrust()
        let store = try trust.store(InMemoryStore())
        // As long as a manifest of a few files.
        let body = Array(#"{"assets":"\#(String(repeating: "a", count: 1_800))","format":1}"#.utf8)
        let keys = (0..<1_000).map {
            ObjectKey("example/manifests/maven/r/g/a/\($0)/20261122T080000Z.~.Published.json")
        }
        func microseconds(_ work: (ObjectKey) async throws -> Void) async rethrows -> Double {
            var best = Double.infinity
            // The machine may be busy: the best of many rounds, each shorter than others may interrupt.
            for first in stride(from: 0, to: keys.count, by: 5) {
                let part = keys[first..<(first + 5)]
                let start = ContinuousClock.now
                for key in part { try await work(key) }
                best = min(best, (ContinuousClock.now - start).inSeconds * 1e6 / Double(part.count))
            }
            return best
        }
        let signed = try await microseconds { _ = try await store.write(body, to: $0, .createOnly) }
        let proved = try await microseconds { _ = try await store.read($0, limit: 1 << 20) }
        print("signed in \(Int(signed)) µs, proved in \(Int(proved)) µs")
        guard Self.isOptimized else { return }
        #expect(signed < 150)
        #expect(proved < 150)
    }

    /// Runs in a separate process, so that no other test changes what it measures.
    @Test(arguments: [10_000, 50_000])
    func `the digests of a million records up to two cutoffs take up to 3 s of one processor and 8 MiB`(packages: Int)
        async
    {
        let measured = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) { [packages] in
            try digestMillion(in: packages, isOptimized: RecordTrustCostTests.isOptimized)
        }
        print(String(decoding: measured?.standardOutputContent ?? [], as: UTF8.self))
    }
}

/// Digests a million records of so many packages, as two cutoffs of a checkpoint take it, and prints what it took.
private func digestMillion(in packages: Int, isOptimized: Bool) throws {
    let backup = Backup(
        store: InMemoryStore(),
        layout: BackupLayout(domain: "acme"),
        hashes: testHashes,
        clock: ManualClock()
    )
    let cutoffs = try ["2026-11-22T08:00:00Z", "2026-11-22T09:00:00Z"].map { try #require(Timestamp(extended: $0)) }
    func digest(_ packages: Int, of records: Int, after part: () throws -> Void) rethrows -> Double {
        let digester = RecordDigester(cutoffs: Set(cutoffs), of: backup)
        var spent: Double = 0
        for package in 0..<packages {
            let prefix = "acme/manifests/maven/releases/com.acme.group\(package / 100)/artifact-\(package)/"
            let page = (0..<records).map { number in
                let name = "1.\(number + 100)/20261122T080000Z.bnVtYmVyIDE2Mjc.Published.json"
                return (key: ObjectKey(prefix + name), recordedAt: cutoffs[0])
            }
            spent += processorSeconds { digester.add(page, from: 0) }
            if package % 1_000 == 0 { try part() }
        }
        var digests: [RecordDigest]?
        spent += processorSeconds {
            digester.finish()
            digests = digester.digests
        }
        #expect(digests?.map(\.count) == [packages * records, packages * records])
        try withExtendedLifetime(digester) { try part() }
        return spent
    }
    // What the code itself takes, and the first pages of the heap.
    _ = digest(10, of: 1_000_000 / packages) {}
    let held = try residentBytes()
    var grown = 0
    let spent = try digest(packages, of: 1_000_000 / packages) { grown = try max(grown, residentBytes() - held) }
    print("\(packages) packages digested in \(spent) s, \(grown >> 10) KiB")
    guard isOptimized else { return }
    #expect(spent < 3)
    #expect(grown <= 8 << 20)
}

/// Bytes of this process in memory (proc(5), statm).
private func residentBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return try #require(fields.dropFirst().first.flatMap { Int($0) }) << 12
}

/// What this thread computed meanwhile.
private func processorSeconds(_ work: () -> Void) -> Double {
    func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let start = now()
    work()
    return now() - start
}
