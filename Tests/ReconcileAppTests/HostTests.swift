import ArgumentParser
import ReconcileApp
import ReconcileCore
import TestSupport
import Testing

@Suite struct HostTests {
    @Test func `the IDs of runs that start one after another sort so, within a second too`() throws {
        let clock = ManualClock()
        let host = try Host(environment: [:], log: LogFlags.parse(["--quiet"]), profile: nil, clock: clock)
        var ids: [String] = []
        for _ in 0..<300 {
            ids.append(host.newRunID())
            clock.advance(by: .milliseconds(7))
        }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == 300)
        #expect(ids[0].prefix(17) == "20261122T083612Z-")
    }
}
