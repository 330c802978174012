import ReconcileCore
import TestSupport
import Testing

/// What runs of a domain in which nothing changes pay for checkpoints, and what they see all the same.
@Suite struct IdleCheckpointTests {
    /// A backup with two checkpoints at an interval, whose next run is due.
    private func kept(every seconds: Int) async throws -> Rehearsal {
        let stage = Rehearsal()
        stage.source.publish(version("1.0"), ["app.jar": "jar"])
        stage.source.publish(version("1.1"), ["app.jar": "jar 1.1"])
        while checkpoints(stage).count < 2 { try await run(stage, every: seconds) }
        return stage
    }

    @discardableResult
    private func run(_ stage: Rehearsal, every seconds: Int) async throws -> RunReport {
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .converged && report.warnings == [])
        stage.clock.advance(by: .seconds(seconds))
        return report
    }

    private func checkpoints(_ stage: Rehearsal) -> [ObjectKey] {
        stage.store.keys.filter { $0.contains("/checkpoints/") }.map { ObjectKey($0) }
    }

    private func costs(_ stage: Rehearsal) -> [Int] {
        ["s3.ListObjectsV2", "s3.GetObject", "s3.PutObject"].map { stage.store.conduct.counts[$0] ?? 0 }
    }

    @Test(arguments: [3_600, 86_400])
    func `each of ten runs with nothing to do writes a checkpoint, and reads no report`(interval: Int) async throws {
        let stage = try await kept(every: interval)
        for number in 3...12 {
            let day = Timestamp(secondsSince1970: stage.clock.secondsSince1970()).day
            let report = try await run(stage, every: interval)
            #expect(report.versions.copied == 0)
            // The records, the newest checkpoint, and the records of the configuration; on the first of a month, when none
            // is of that month, one more. The newest checkpoint. The new one, and the report.
            #expect(costs(stage) == [day.hasSuffix("-01") ? 4 : 3, 1, 2], "\(number) \(day)")
            #expect(checkpoints(stage).count == number)
            #expect(report.checkpoint?.key == checkpoints(stage).last?.value)
            #expect(report.checkpoint?.previous == checkpoints(stage).dropLast().last?.value)
            let maximum = Duration.seconds(interval + 7_200)
            #expect(await stage.verify(.manifests, checkpointAge: .required(maximum)).outcome == .sound)
        }
        // Again within the hour: it would be the same.
        stage.clock.advance(by: .seconds(-interval + 60))
        _ = try await stage.reconcileWithCheckpoint()
        #expect(costs(stage)[1...] == [1, 1] && checkpoints(stage).count == 12)
    }

    @Test(arguments: [3_600, 86_400], [1, 3, 12])
    func `a record that is removed with the newest checkpoints after idle runs ends the next one with 6`(
        interval: Int,
        removed: Int
    ) async throws {
        let stage = try await kept(every: interval)
        for _ in 3...10 { try await run(stage, every: interval) }
        stage.source.publish(version("1.2"), ["app.jar": "jar 1.2"])
        for _ in 11...12 { try await run(stage, every: interval) }
        // An hour after it was recorded the record is in no checkpoint yet.
        if interval == 3_600 { try await run(stage, every: interval) }
        let newest = try #require(checkpoints(stage).last)
        let gone = stage.objectKeys.filter { stage.layout.record(at: $0)?.coordinates == version("1.2") }
        for key in gone + checkpoints(stage).suffix(removed) { stage.store.damage(key) { _ in nil } }
        for _ in 1...2 {
            let report = try await stage.reconcileWithCheckpoint()
            #expect(report.exit == .verificationFailed)
            #expect(report.checkpoint?.contradictions.map(\.checkpoint) == [newest.value])
            stage.clock.advance(by: .seconds(interval))
        }
    }

    @Test func `of thousands of reports a run lists those of the day alone`() async throws {
        let stage = try await kept(every: 3_600)
        for number in 0..<5_000 {
            let day = number % 20 + 1
            stage.store.place([1], at: "acme/runs/2026-\(10 + number % 2)-\(day < 10 ? "0" : "")\(day)/\(number).json")
        }
        // A run was left out.
        stage.clock.advance(by: .seconds(3_600))
        try await run(stage, every: 3_600)
        // One page of all reports, and that day's; the newest checkpoint and the day's reports, which name no later one.
        #expect(costs(stage) == [5, 5, 2])
        // On the next day but one, none is of that day, and the month's take three pages.
        stage.clock.advance(by: .seconds(2 * 86_400))
        try await run(stage, every: 3_600)
        #expect(costs(stage)[0] == 3 + 1 + 1 + 3)
    }

    @Test func `of thousands of checkpoints the first run of a month lists those of the month before alone`()
        async throws
    {
        let stage = try await kept(every: 86_400)
        for number in 0..<5_000 { stage.store.place([1], at: "acme/checkpoints/2026-10-01/\(number).json") }
        while checkpoints(stage).last?.value.contains("/2026-11-30/") != true { try await run(stage, every: 86_400) }
        let report = try await run(stage, every: 86_400)
        #expect(report.checkpoint?.previous?.contains("/2026-11-30/") == true)
        // This month's, one page of all, and the month's before.
        #expect(costs(stage) == [3 + 2, 1, 2])
    }
}
