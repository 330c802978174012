import ReconcileCore
import TestSupport
import Testing

/// Versions that were published again and archived before a run saw them.
@Suite struct WithdrawnMutationTests {
    /// A version that was backed up, and then published again with other files and withdrawn.
    private func republished(_ files: [String: String], as status: VersionStatus = .archived) async -> Rehearsal {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["a.jar": "good", "a.pom": "pom"])
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.publish(version("1.0"), files, status: status)
        return rehearsal
    }

    private func difference() -> String {
        "different bytes in the domain and in the backup: a.jar, SHA-256 \(sha256("evil")) in the domain, "
            + "\(sha256("good")) in the backup"
    }

    @Test(arguments: [VersionStatus.archived, .disposed], [true, false])
    func `other bytes that were archived are a mutation, and nothing is recorded where that is asked for`(
        status: VersionStatus,
        isEvent: Bool
    ) async throws {
        let rehearsal = await republished(["a.jar": "evil", "a.pom": "pom"], as: status)
        let keys = rehearsal.store.keys
        let report =
            isEvent
            ? await rehearsal.protect(version("1.0"), .refusingMutations) : await rehearsal.run(.refusingMutations)
        #expect(report.exit == .failures)
        #expect(report.versions == versions(listed: 1, stale: 1, mutated: 1, failed: 1))
        #expect(
            report.failures.map(\.message) == [
                "copy releases/com.acme:app:1.0: \(difference()). Nothing was copied or recorded. If the change is "
                    + "right, run once with --on-mutation accept (conflict)"
            ]
        )
        #expect(rehearsal.store.keys == keys)
    }

    @Test(arguments: [VersionStatus.archived, .disposed])
    func `other bytes that were archived are recorded without files, counted, and named with both hashes`(
        status: VersionStatus
    ) async throws {
        let rehearsal = await republished(["a.jar": "evil", "a.pom": "pom"], as: status)
        let report = await rehearsal.run()
        #expect(report.versions.mutated == 1)
        #expect(report.versions.unavailable == 1)
        #expect(report.versions.copied == 1)
        #expect(
            report.warnings.first
                == "releases/com.acme:app:1.0 has \(difference()); the new ones cannot be read, since the version is "
                + "\(status.rawValue), so its record names no file; an earlier record names the old ones"
        )
        let manifest = try #require(try rehearsal.manifests().last)
        #expect(manifest.status == status)
        #expect(manifest.revision == rehearsal.source.revision(of: version("1.0")))
        #expect(manifest.assets == [])
        // It was the only release, so its disposal is one to be allowed.
        let pending = status == .disposed ? 1 : 0
        #expect(await rehearsal.run().versions == versions(listed: 1, inSync: 1, pending: pending))
        // Whoever makes it available again does not get by, either.
        guard status == .archived else { return }
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.setStatus(.published, of: version("1.0"))
        #expect(await rehearsal.run(.refusingMutations).versions.mutated == 1)
    }

    @Test(arguments: [true, false])
    func `the files from before are given where the first ones are asked for`(givesFirst: Bool) async throws {
        let rehearsal = await republished(["a.jar": "evil", "a.pom": "pom"])
        await rehearsal.run()
        let review = BackupReview(of: rehearsal.backup, selection: Selection(), width: 4)
        let address = try #require(AssetAddress("com.acme:app:1.0:a.jar"))
        func asset() async throws -> BackupReview.FoundAsset {
            try await review.asset(address, asOf: nil, givesFirst: givesFirst, stop: StopSignal())
        }
        let sentence =
            "releases/com.acme:app:1.0 is Archived with files that no run could read; using "
            + (givesFirst ? "those" : "none; --first-recorded uses those")
            + " that were recorded before (until 2026-11-22T08:36:12Z)"
        let restoring = rehearsal.restoring()
        var options = Restorer.Options()
        options.givesFirst = givesFirst
        let restored = await restoring.restore(options)
        guard givesFirst else {
            let failure = await #expect(throws: RemoteFailure.self) { _ = try await asset() }
            #expect(failure?.message == sentence)
            #expect(restored.exit == .failures)
            return
        }
        let found = try await asset()
        #expect(found.notice == sentence)
        #expect(found.record.recordedAt == time("2026-11-22T08:36:12Z"))
        #expect(restored.exit == .converged)
        let picture = restoring.target.picture.joined()
        #expect(picture.contains("a.jar=good") && picture.contains("Archived"))
    }

    @Test func `the same files of another revision are carried over`() async throws {
        let rehearsal = await republished(["a.jar": "good", "a.pom": "pom"])
        let report = await rehearsal.run(.refusingMutations)
        #expect(report.exit == .converged)
        #expect(report.versions == versions(listed: 1, stale: 1, copied: 1))
        #expect(report.warnings == [])
        let manifest = try #require(try rehearsal.manifests().last)
        #expect(manifest.assets.map(\.asset.name) == ["a.jar", "a.pom"])
        #expect(manifest.revision == rehearsal.source.revision(of: version("1.0")))
    }

    @Test func `files that are gone are not carried over, and those that nobody has stored are a failure`() async throws
    {
        let rehearsal = await republished(["a.pom": "pom", "b.txt": "more"])
        let report = await rehearsal.run(.refusingMutations)
        #expect(report.exit == .failures)
        #expect(report.versions.copied == 1)
        #expect(report.versions.mutated == 0)
        #expect(
            report.failures.map(\.message) == [
                "copy releases/com.acme:app:1.0: the version has changed since it was last recorded, and is Archived now: "
                    + "1 of its 2 files was never stored, b.txt, and is left out of its record. To protect it, make it "
                    + "Published (UpdatePackageVersionsStatus), run again, then archive it (absent)"
            ]
        )
        #expect(try rehearsal.manifests().last?.assets.map(\.asset.name) == ["a.pom"])
        #expect(await rehearsal.run().versions == versions(listed: 1, inSync: 1))
    }

    @Test func `a change of status alone lists no files`() async throws {
        let rehearsal = await republished(["a.jar": "good", "a.pom": "pom"], as: .published)
        await rehearsal.run()
        rehearsal.source.setStatus(.archived, of: version("1.0"))
        #expect(await rehearsal.run().exit == .converged)
        #expect(rehearsal.requests["codeartifact.ListPackageVersionAssets"] == nil)
        #expect(rehearsal.requests.keys.allSatisfy { !$0.contains("Assets") })
    }
}
