import ReconcileCore
import Testing

/// What the laws of pace and width reach together: in each case nine tenths of what is possible, without many refusals.
@Suite struct SimulatedRunTests {
    private static let minute: Duration = .seconds(60)

    /// Versions of four assets of 20 KB, for as long as the run goes on.
    private func small(_ conditions: SimulatedRun.Conditions) -> SimulatedRun {
        SimulatedRun(conditions) { [Int64](repeating: 20_000, count: 4) }
    }

    /// Each version takes one list of assets, four redirects and a description.
    private func possible(reads: Double, lists: Double, in time: Duration) -> Double {
        min(min(160, reads) / 6, min(40, lists)) * time.inSeconds
    }

    private func expectFewRefusals(
        _ run: SimulatedRun,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(run.domain.refusedShare <= 0.03, sourceLocation: location)
        #expect(run.domainLater.refusedShare <= 0.01, sourceLocation: location)
        #expect(run.store.refusedShare <= 0.03, sourceLocation: location)
        #expect(run.storeLater.refusedShare <= 0.01, sourceLocation: location)
    }

    @Test(arguments: [30, 100, 300], [1.0, 0.5, 0.1])
    func `nine tenths of the quotas, whatever there is of them`(latency: Int, share: Double) {
        var conditions = SimulatedRun.Conditions(latency: .milliseconds(latency))
        conditions.reads *= share
        conditions.assetLists *= share
        let run = small(conditions)
        run.run(until: Self.minute)
        let possible = possible(reads: conditions.reads, lists: conditions.assetLists, in: Self.minute)
        #expect(Double(run.protected.count) >= 0.9 * possible)
        expectFewRefusals(run)
    }

    /// The first ten seconds here are the first two and a half at the default limits, since these are a quarter of them.
    @Test func `a run far from the service has its width after three times what an asset takes`() {
        let run = small(SimulatedRun.Conditions(latency: .milliseconds(400)))
        run.run(until: .seconds(10))
        // The first version takes four round trips.
        #expect(Double(run.protected.count) >= 0.75 * possible(reads: 200, lists: 50, in: .seconds(10 - 1.6)))
        #expect(run.width.limit < 200)
    }

    @Test func `a latency that triples in the middle`() {
        let run = small(SimulatedRun.Conditions())
        run.change(at: .seconds(20)) { $0.latency *= 3 }
        run.run(until: Self.minute)
        #expect(Double(run.protected.count) >= 0.9 * possible(reads: 200, lists: 50, in: Self.minute))
        expectFewRefusals(run)
    }

    @Test func `a store that becomes ten times slower`() {
        let run = small(SimulatedRun.Conditions())
        run.change(at: .seconds(20)) {
            $0.storeLatency = $0.latency * 10
            $0.line /= 10
            $0.stream /= 10
        }
        run.run(until: Self.minute)
        #expect(Double(run.protected.count) >= 0.9 * possible(reads: 200, lists: 50, in: Self.minute))
        expectFewRefusals(run)
    }

    @Test func `a store that refuses all but five PUTs a second`() {
        let run = small(SimulatedRun.Conditions(puts: 5))
        run.run(until: Self.minute)
        #expect(run.protected.count >= 54)
        // What is in motion when the first answer comes is refused; the pace is known from then on.
        #expect(run.store.refused <= AdaptiveWidth.start)
        #expect(run.storeLater.refusedShare <= 0.01)
    }

    @Test func `a store that ends five PUTs a second`() {
        let run = small(SimulatedRun.Conditions(serialPuts: 5))
        run.run(until: Self.minute)
        #expect(run.store.accepted >= 270)
        #expect(run.longestAnswer < .seconds(60))
        expectFewRefusals(run)
    }

    @Test func `one giant among small ones`() {
        var isFirst = true
        let run = SimulatedRun(SimulatedRun.Conditions()) {
            defer { isFirst = false }
            return isFirst ? [2 << 30, 20_000] : [Int64](repeating: 20_000, count: 4)
        }
        run.run(until: Self.minute)
        #expect(Double(run.protected.count) >= 0.9 * possible(reads: 200, lists: 50, in: Self.minute))
        // At 50 MB a second it takes 43 seconds: it was begun at once.
        #expect(run.bytesMoved > 2 << 30)
        expectFewRefusals(run)
    }

    @Test func `large assets under a deadline: the line is full, and what is in motion ends within the grace`() {
        var left = 512
        let run = SimulatedRun(SimulatedRun.Conditions(line: 250e6)) {
            defer { left -= 1 }
            return left > 0 ? [200_000_000] : nil
        }
        let deadline = Duration.seconds(120)
        run.run(until: deadline)
        #expect(Double(run.bytesMovedInTime) >= 0.9 * 250e6 * deadline.inSeconds)
        #expect(run.lastEnd <= deadline + .seconds(25))
        expectFewRefusals(run)
    }
}
