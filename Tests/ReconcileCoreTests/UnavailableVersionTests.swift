import ReconcileCore
import TestSupport
import Testing

/// Versions whose bytes the source no longer gives, and of which none was ever stored: never green, and never a failure.
@Suite struct UnavailableVersionTests {
    private static let advice =
        "not protected: archived or disposed of before its files were stored. To protect an archived version, make it "
        + "Published (UpdatePackageVersionsStatus), run again, then archive it again; a disposed one is lost"

    @Test(arguments: [VersionStatus.archived, .disposed])
    func `a version withdrawn before the first run is counted, named and shown apart`(
        status: VersionStatus
    ) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.publish(version("2.0"))
        rehearsal.source.setStatus(status, of: version("1.0"))
        let report = await rehearsal.run()
        #expect(report.outcome == .converged && report.versions.copied == 2 && report.versions.unavailable == 1)
        #expect(report.warnings == ["releases/com.acme:app:1.0: \(Self.advice)"])
        let state = try await BackupStatus.read(from: rehearsal.backup, stop: StopSignal())
        #expect(state.unavailable == [version("1.0")])
        #expect(state.versions == 2 && state.protected == 1 && state.unread == 0)
        let verified = await Verifier(of: rehearsal.backup, options: Verifier.Options())
            .run(id: "verify", in: RunContext(clock: rehearsal.clock, ledger: RequestLedger()))
        #expect(verified.outcome == .sound && verified.warnings == report.warnings)
    }

    private static let later =
        "recorded as archived or disposed of, and never before, so probably no file was stored; status reads the records. "
        + "To protect an archived version, make it Published (UpdatePackageVersionsStatus), run again, then archive it "
        + "again; a disposed one is lost"

    @Test(arguments: [VersionStatus.archived, .disposed])
    func `later runs warn of such a version as well, without a request more`(status: VersionStatus) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.publish(version("2.0"))
        rehearsal.source.publish(version("3.0"))
        rehearsal.source.setStatus(status, of: version("1.0"))
        await rehearsal.run()
        // One that was stored before is none of them.
        rehearsal.source.setStatus(.archived, of: version("2.0"))
        rehearsal.clock.advance(by: .seconds(60))
        #expect(await rehearsal.run().warnings == ["releases/com.acme:app:1.0: \(Self.later)"])
        rehearsal.clock.advance(by: .seconds(60))
        let report = await rehearsal.run()
        #expect(report.outcome == .converged && report.versions.inSync == 3 && report.versions.unavailable == 0)
        #expect(report.warnings == ["releases/com.acme:app:1.0: \(Self.later)"])
        #expect(
            rehearsal.requests == [
                "codeartifact.ListRepositoriesInDomain": 1, "codeartifact.ListPackages": 1,
                "codeartifact.ListPackageVersions": 1, "s3.GetBucketVersioning": 1, "s3.ListObjectsV2": 1,
            ]
        )
        // Recorded as archived, then as disposed of: there is no file for all that.
        rehearsal.source.setStatus(.disposed, of: version("1.0"))
        rehearsal.clock.advance(by: .seconds(60))
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        #expect(await rehearsal.run().warnings == ["releases/com.acme:app:1.0: \(Self.later)"])
        rehearsal.source.setStatus(.published, of: version("1.0"))
        rehearsal.clock.advance(by: .seconds(60))
        #expect(await rehearsal.run().warnings == [])
        rehearsal.clock.advance(by: .seconds(60))
        #expect(await rehearsal.run().warnings == [])
    }

    @Test func `a version archived after it was stored is protected`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        await rehearsal.run()
        rehearsal.source.setStatus(.archived, of: version("1.0"))
        rehearsal.clock.advance(by: .seconds(60))
        let report = await rehearsal.run()
        #expect(report.versions.copied == 1 && report.versions.unavailable == 0 && report.warnings == [])
        let state = try await BackupStatus.read(from: rehearsal.backup, stop: StopSignal())
        #expect(state.unavailable == [] && state.protected == 1)
    }

    @Test func `of many, the first three are named`() async {
        let rehearsal = Rehearsal()
        for number in 0..<5 {
            rehearsal.source.publish(version("1.\(number)"))
            rehearsal.source.setStatus(.archived, of: version("1.\(number)"))
        }
        let report = await rehearsal.run()
        #expect(report.versions.unavailable == 5 && report.warnings.count == 1)
        #expect(report.warnings[0].contains(" and 2 more: not protected"))
    }

    @Test func `a version that lists no files is left to the next run, and is copied once it has some`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), [:])
        rehearsal.source.publish(version("2.0"))
        for copied in [1, 0] {
            let report = await rehearsal.run()
            #expect(report.outcome == .partial && report.exit == .unavailable && report.versions.unavailable == 0)
            #expect(report.message == "1 version left to the next run; the warnings say why")
            let versions = report.versions
            #expect(versions.copied == copied && versions.left == 1 && versions.missing == copied + 1)
            #expect(versions.unprotected == 1 && versions.skipped == 0)
            #expect(
                report.warnings == [
                    "releases/com.acme:app:1.0: not protected, because the source lists no files; the next run asks again. If "
                        + "it never has any, delete the version in the domain or leave it out with --exclude"
                ]
            )
            rehearsal.clock.advance(by: .seconds(60))
        }
        rehearsal.source.publish(version("1.0"), ["app.jar": "there"])
        let report = await rehearsal.run()
        #expect(report.versions.copied == 1 && report.versions.left == 0 && report.warnings == [])
    }

    @Test func `a recorded version whose new state lists no files stays unprotected in that state`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["app.jar": "old"])
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.publish(version("1.0"), [:])
        let report = await rehearsal.run()
        #expect(report.exit == .unavailable && report.versions.left == 1 && report.versions.unprotected == 1)
    }

    @Test func `an event about a version that lists no files fails, so that it is delivered again`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), [:])
        let report = await rehearsal.protect(version("1.0"))
        #expect(report.outcome == .partial && report.versions.left == 1)
        #expect(report.message == "1 version left to the next run; the warnings say why")
    }
}
