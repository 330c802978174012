import ReconcileCore
import TestSupport
import Testing

/// Files that got other bytes by way of a record that does not name them.
@Suite struct SteppedMutationTests {
    private func difference() -> String {
        "different bytes in the domain and in the backup: app-1.0.jar, SHA-256 \(sha256("evil")) in the domain, "
            + "\(sha256("good")) in the backup"
    }

    /// A version that was backed up with a jar, then without it, and has another jar now.
    private func stepped(byDeleting isDeleted: Bool = false) async -> Rehearsal {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["app-1.0.jar": "good", "app-1.0.pom": "pom"])
        rehearsal.source.publish(version("1.1"))
        rehearsal.source.publish(version("1.2"))
        await rehearsal.run()
        for files in [["app-1.0.pom": "pom"], ["app-1.0.jar": "evil", "app-1.0.pom": "pom"]] {
            rehearsal.clock.advance(by: .seconds(60))
            if isDeleted {
                rehearsal.source.delete(version("1.0"))
                await rehearsal.run(.refusingMutations)
                rehearsal.clock.advance(by: .seconds(60))
            }
            rehearsal.source.publish(version("1.0"), files)
            if files.count == 1 { await rehearsal.run(.refusingMutations) }
        }
        return rehearsal
    }

    @Test(arguments: [true, false], [true, false])
    func `a file is compared with the newest record that names it`(isDeleted: Bool, isEvent: Bool) async throws {
        let rehearsal = await stepped(byDeleting: isDeleted)
        let keys = rehearsal.store.keys
        let refused =
            isEvent
            ? await rehearsal.protect(version("1.0"), .refusingMutations) : await rehearsal.run(.refusingMutations)
        #expect(refused.exit == .failures)
        #expect(refused.versions.mutated == 1)
        #expect(
            refused.failures.map(\.message) == [
                "copy releases/com.acme:app:1.0: \(difference()). Nothing was copied or recorded. If the change is "
                    + "right, run once with --on-mutation accept (conflict)"
            ]
        )
        #expect(rehearsal.store.keys == keys)
        let accepted = isEvent ? await rehearsal.protect(version("1.0")) : await rehearsal.run()
        #expect(accepted.exit == .converged)
        #expect(accepted.versions.mutated == 1)
        #expect(accepted.warnings == ["releases/com.acme:app:1.0 has \(difference()); both are kept"])
    }

    @Test func `a file that comes back with its own bytes is no mutation`() async throws {
        let rehearsal = await stepped()
        rehearsal.source.publish(version("1.0"), ["app-1.0.jar": "good", "app-1.0.pom": "pom", "more.txt": "more"])
        let report = await rehearsal.run(.refusingMutations)
        #expect(report.exit == .converged)
        #expect(report.versions == versions(listed: 3, inSync: 2, stale: 1, copied: 1))
    }

    @Test(arguments: [true, false])
    func `the first recorded file is given, though a record between has none`(isDeleted: Bool) async throws {
        let rehearsal = await stepped(byDeleting: isDeleted)
        await rehearsal.run()
        let review = BackupReview(of: rehearsal.backup, selection: Selection(), width: 4)
        for (givesFirst, expected) in [(false, "evil"), (true, "good")] {
            let found = try await review.asset(
                try #require(AssetAddress("com.acme:app:1.0")),
                asOf: nil,
                givesFirst: givesFirst,
                stop: StopSignal()
            )
            var bytes: [UInt8] = []
            try await rehearsal.backup.read(found.stored) { bytes += $0 }
            #expect(String(decoding: bytes, as: UTF8.self) == expected)
            let until = isDeleted ? "2026-11-22T08:37:12Z" : "2026-11-22T08:36:12Z"
            #expect(
                found.notice == "releases/com.acme:app:1.0: app-1.0.jar was first recorded with SHA-256 "
                    + "\(sha256("good")) (until \(until)), later with \(sha256("evil")); using the "
                    + (givesFirst ? "first" : "later; --first-recorded uses the first")
            )
            if givesFirst { #expect(found.record.recordedAt == time(until)) }
        }
        let restoring = rehearsal.restoring()
        var options = Restorer.Options()
        options.givesFirst = true
        #expect(await restoring.restore(options).exit == .converged)
        let picture = restoring.target.picture.joined()
        #expect(picture.contains("app-1.0.jar=good"))
        #expect(picture.contains("app-1.0.pom=pom"))
    }

    @Test func `a record that is no record hides nothing of what was recorded before`() async throws {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["app-1.0.jar": "good", "app-1.0.pom": "pom"])
        rehearsal.source.publish(version("1.1"))
        rehearsal.source.publish(version("1.2"))
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        let invalid = rehearsal.layout.key(of: record(version("1.0"), "2026-11-22T08:36:40Z"))
        rehearsal.store.place(Array(#"{"x":1}"#.utf8) + [UInt8](repeating: 0x20, count: 200), at: invalid.value)
        rehearsal.source.delete(version("1.0"))
        let deleted = await rehearsal.run()
        #expect(deleted.exit == .failures)
        #expect(deleted.versions.deleted == 1)
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.publish(version("1.0"), ["app-1.0.jar": "evil", "app-1.0.pom": "pom"])
        let report = await rehearsal.run(.refusingMutations)
        #expect(report.versions.mutated == 1)
        #expect(report.failures.map(\.message).first?.contains(difference()) == true)
    }

    @Test func `older records are read only for a file that the newest one lacks`() async throws {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["app.jar": "good"])
        await rehearsal.run()
        var reads: [Int] = []
        for files in [["app.jar": "good", "b.txt": "b"], ["app.jar": "good"], ["app.jar": "good", "c.txt": "c"]] {
            rehearsal.clock.advance(by: .seconds(60))
            rehearsal.source.publish(version("1.0"), files)
            await rehearsal.run()
            reads.append(rehearsal.requests["s3.GetObject"] ?? 0)
        }
        // No record is before the first; the second run's file went; the third's is in none of the two older records.
        #expect(reads[1] == reads[0])
        #expect(reads[2] == reads[0] + 2)
    }

    @Test func `of more than a hundred older records the fifty newest and the fifty oldest are read`() async throws {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["app-1.0.jar": "good", "app-1.0.pom": "pom"])
        await rehearsal.run()
        for _ in 1...120 {
            rehearsal.clock.advance(by: .seconds(60))
            rehearsal.source.publish(version("1.0"), ["app-1.0.pom": "pom"])
            await rehearsal.run()
        }
        let reads = rehearsal.requests["s3.GetObject"] ?? 0
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.publish(version("1.0"), ["app-1.0.jar": "evil", "app-1.0.pom": "pom"])
        let report = await rehearsal.run()
        #expect(report.versions.mutated == 1)
        #expect(rehearsal.requests["s3.GetObject"] == reads + 100)
    }
}
