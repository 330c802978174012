import ReconcileCore
import TestSupport
import Testing

/// Runs, changes at the source, and what a survey says of them, all in memory.
@Suite struct DriftSurveyTests {
    private func survey(
        _ rehearsal: Rehearsal,
        since: Timestamp? = nil,
        offline: Bool = false,
        configuration: InMemoryConfiguration? = nil,
        _ configure: (inout DriftSurvey.Options) -> Void = { _ in }
    ) async -> DriftReport {
        var options = DriftSurvey.Options()
        options.since = since
        configure(&options)
        rehearsal.source.conduct.resetCounts()
        rehearsal.store.conduct.resetCounts()
        rehearsal.store.forgetWrites()
        let source = offline ? nil : rehearsal.source
        let survey = DriftSurvey(
            source: source,
            configuration: configuration,
            backup: rehearsal.backup,
            options: options
        )
        let report = await survey.run(id: "drift-1", in: rehearsal.context())
        #expect(rehearsal.store.writes.isEmpty)
        return report
    }

    private let listings = [
        "codeartifact.ListRepositoriesInDomain": 1, "codeartifact.ListPackages": 1,
        "codeartifact.ListPackageVersions": 1, "s3.GetBucketVersioning": 1,
    ]

    @Test func `in sync, a survey costs the listings and one list of the manifests`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.publish(version("1.1"))
        await rehearsal.run()
        let report = await survey(rehearsal)
        #expect(report.exit == .converged)
        #expect(report.findings == DriftFindings())
        #expect(report.run.versions.inSync == 2)
        #expect(rehearsal.requests == listings.merging(["s3.ListObjectsV2": 1]) { $1 })
    }

    @Test func `a survey warns of a store without versions as a run does, and of nothing in one with them`() async {
        for keepsVersions in [true, false] {
            let rehearsal = Rehearsal(keepsVersions: keepsVersions)
            rehearsal.store.adviseVersioning()
            rehearsal.source.publish(version("1.0"))
            let run = await rehearsal.run()
            #expect(run.warnings.count == (keepsVersions ? 0 : 1))
            #expect(await survey(rehearsal).run.warnings == run.warnings)
            #expect(await survey(rehearsal, offline: true).run.warnings == [])
        }
    }

    @Test func `a survey that may not ask for versions says so and goes on`() async {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"))
        await rehearsal.run()
        rehearsal.store.conduct.fail("s3.GetBucketVersioning", with: .denied)
        let report = await survey(rehearsal)
        #expect(report.exit == .converged, "\(report.run.failures)")
        #expect(report.run.warnings.count == 1)
        #expect(report.run.warnings.first?.contains("not known whether the backup's store keeps versions") == true)
    }

    /// A domain of one repository that is in sync, with its configuration recorded.
    private func recorded() async throws -> (Rehearsal, InMemoryConfiguration) {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        await rehearsal.run()
        let configuration = InMemoryConfiguration()
        configuration.add(repository: "releases", upstreams: ["shared"])
        var report = RunReport(runID: "r", domain: "acme", startedAt: time("2026-11-22T08:36:12Z"))
        let run = ConfigurationRecording(of: configuration, in: rehearsal.backup, width: 4)
        try await run.conclude(run.read(["releases"], stop: StopSignal()), &report)
        configuration.resetCounts()
        return (rehearsal, configuration)
    }

    @Test func `a configuration as it was recorded is no drift, and costs its calls, a list and a read`() async throws {
        let (rehearsal, configuration) = try await recorded()
        let report = await survey(rehearsal, configuration: configuration)
        #expect(report.exit == .converged && report.configuration?.changes == [] && report.run.warnings.isEmpty)
        #expect(
            configuration.counts == [
                "DescribeDomain": 1, "GetDomainPermissionsPolicy": 1, "DescribeRepository": 1,
                "GetRepositoryPermissionsPolicy": 1, "ListPackageGroups": 1, "ListTagsForResource": 2,
            ]
        )
        #expect(rehearsal.requests == listings.merging(["s3.ListObjectsV2": 2, "s3.GetObject": 1]) { $1 })
    }

    @Test func `a configuration that changed is drift, with what it was and is, and what allows more is marked`()
        async throws
    {
        let (rehearsal, configuration) = try await recorded()
        configuration.add(repository: "releases", upstreams: ["other"])
        configuration.change {
            $0.policy = #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"codeartifact:*","Resource":"*"}]}"#
        }
        let report = await survey(rehearsal, configuration: configuration)
        #expect(report.exit == .drift && report.findings.isEmpty)
        let changes = try #require(report.configuration?.changes)
        #expect(
            changes.map(\.sentence) == [
                "the domain has a permissions policy now (allows more): now Allow codeartifact:* on * to *",
                "repository releases: upstreams was shared, is other",
            ]
        )
        #expect(changes.map(\.widens) == [true, false])
    }

    @Test func `a right that is missing is named and is no difference`() async throws {
        let (rehearsal, configuration) = try await recorded()
        configuration.change { state in
            state.failures = ["GetDomainPermissionsPolicy": .denied, "ListPackageGroups": .forbidden]
        }
        let report = await survey(rehearsal, configuration: configuration)
        #expect(report.exit == .converged && report.configuration?.changes == [])
        #expect(
            report.configuration?.unknown == ["the domain's permissions policy", "the domain's package groups"]
        )
        let warning = try #require(report.run.warnings.first)
        #expect(report.run.warnings.count == 1)
        #expect(warning.contains("codeartifact:GetDomainPermissionsPolicy, codeartifact:ListPackageGroups"))
    }

    @Test func `a configuration that cannot be read for another reason is a failure, and the rest is compared`()
        async throws
    {
        let (rehearsal, configuration) = try await recorded()
        rehearsal.source.publish(version("1.1"))
        configuration.change { $0.failures = ["DescribeDomain": .unavailable] }
        let report = await survey(rehearsal, configuration: configuration)
        #expect(report.exit == .failures && report.configuration == nil)
        #expect(report.run.failures.map(\.kind) == ["unavailable"])
        #expect(report.findings.unprotected.count == 1)
    }

    @Test func `without a record, for named repositories and in later shards the configuration is left alone`()
        async throws
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        await rehearsal.run()
        let unrecorded = InMemoryConfiguration()
        #expect(await survey(rehearsal, configuration: unrecorded).configuration == nil)
        #expect(unrecorded.counts.isEmpty)
        let (other, configuration) = try await recorded()
        let named = await survey(other, configuration: configuration) { $0.selection.repositories = ["releases"] }
        #expect(named.configuration == nil && named.exit == .converged && configuration.counts.isEmpty)
    }

    @Test func `a mutation on a store with versions is told before a run, after it, and not once it is old`()
        async throws
    {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["app.jar": "old", "app.pom": "<project/>"])
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.put("app.jar", "newer", in: version("1.0"))

        let before = await survey(rehearsal)
        #expect(before.exit == .drift)
        let unrecorded = try #require(before.findings.mutated.first?.mutation)
        #expect(before.findings.mutated.count == 1)
        #expect(unrecorded.was.recordedAt == time("2026-11-22T08:36:12Z"))
        #expect(unrecorded.now.recordedAt == nil && unrecorded.now.asset.size == 5)
        #expect(before.findings.unprotected.map(\.state) == [.stale])
        #expect(
            rehearsal.requests
                == listings.merging([
                    "s3.ListObjectsV2": 2, "s3.GetObject": 1, "codeartifact.DescribePackageVersion": 1,
                    "codeartifact.ListPackageVersionAssets": 1,
                ]) { $1 }
        )

        await rehearsal.run()
        let after = await survey(rehearsal)
        #expect(after.exit == .drift)
        #expect(after.findings.unprotected.isEmpty && after.findings.statusChanges.isEmpty)
        let mutation = try #require(after.findings.mutated.first?.mutation)
        #expect(mutation.was == unrecorded.was)
        #expect(mutation.now.recordedAt == time("2026-11-22T08:37:12Z"))
        #expect(mutation.now.asset == unrecorded.now.asset)
        #expect(mutation.was.versionID != nil && mutation.now.versionID != nil)
        #expect(mutation.was.versionID != mutation.now.versionID)
        #expect(rehearsal.requests == listings.merging(["s3.ListObjectsV2": 2, "s3.GetObject": 2]) { $1 })

        let later = await survey(rehearsal, since: time("2026-11-22T08:37:13Z"))
        #expect(later.exit == .converged)
        #expect(rehearsal.requests == listings.merging(["s3.ListObjectsV2": 1]) { $1 })
    }

    @Test func `a mutation on a store without versions is refused by runs, and told by every survey`() async {
        let rehearsal = Rehearsal(keepsVersions: false)
        rehearsal.source.publish(version("1.0"), ["app.jar": "old"])
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.put("app.jar", "newer", in: version("1.0"))
        #expect(await rehearsal.run().exit == .failures)
        for since in [nil, time("2026-11-22T09:00:00Z")] {
            let report = await survey(rehearsal, since: since)
            #expect(report.exit == .drift)
            #expect(report.findings.mutated.map(\.mutation.now.recordedAt) == [nil])
            #expect(report.findings.mutated.map(\.mutation.was.versionID) == [nil])
            #expect(report.findings.unprotected.map(\.lastRecorded) == [time("2026-11-22T08:36:12Z")])
        }
    }

    @Test func `deleted and published again with other bytes is a mutation`() async {
        let rehearsal = Rehearsal(keepsVersions: true)
        for name in ["1.0", "1.1", "1.2"] { rehearsal.source.publish(version(name), ["app.jar": "old"]) }
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.delete(version("1.0"))
        let unrecorded = await survey(rehearsal)
        #expect(unrecorded.findings.orphaned.map(\.deletionRecorded) == [nil])
        #expect(unrecorded.findings.orphaned.map(\.lastRecorded) == [time("2026-11-22T08:36:12Z")])
        #expect(rehearsal.requests["codeartifact.DescribePackageVersion"] == 1)
        await rehearsal.run()
        let orphan = await survey(rehearsal)
        #expect(orphan.findings.orphaned.map(\.deletionRecorded) == [time("2026-11-22T08:37:12Z")])
        #expect(orphan.findings.statusChanges.isEmpty)
        // Recorded by a run: the source is not asked again, and the two records that say so are proved.
        #expect(rehearsal.requests == listings.merging(["s3.ListObjectsV2": 2, "s3.GetObject": 2]) { $1 })

        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.publish(version("1.0"), ["app.jar": "evil"])
        await rehearsal.run()
        let again = await survey(rehearsal)
        #expect(again.findings.orphaned.isEmpty)
        #expect(again.findings.statusChanges.map(\.to) == [.deleted, .published])
        #expect(again.findings.mutated.map(\.mutation.was.asset.size) == [3])
        #expect(again.findings.mutated.map(\.mutation.now.recordedAt) == [time("2026-11-22T08:38:12Z")])
    }

    @Test func `snapshot builds mutate nothing, a version never finished is skipped, what is hidden is confirmed`()
        async
    {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.deploySnapshot(app, base: "2.0", build: "20260101.101010-1")
        rehearsal.source.publish(version("0.9"), status: .unfinished)
        rehearsal.source.publish(version("1.0"), status: .archived)
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.deploySnapshot(app, base: "2.0", build: "20260102.101010-2")
        await rehearsal.run()
        rehearsal.source.hide(version("1.0"))
        let report = await survey(rehearsal)
        #expect(report.findings == DriftFindings())
        #expect(report.exit == .converged)
        #expect(report.run.versions.skipped == 1)
        #expect(rehearsal.requests["codeartifact.DescribePackageVersion"] == 1)
        #expect(rehearsal.requests["s3.GetObject"] == 2)
    }

    @Test func `one package in two repositories with other bytes is two packages`() async {
        let rehearsal = Rehearsal(keepsVersions: true)
        let other = package("app", in: "shared")
        rehearsal.source.publish(version("1.0"), ["app.jar": "one"])
        rehearsal.source.publish(version("1.0", of: other), ["app.jar": "other"])
        await rehearsal.run()
        #expect(await survey(rehearsal).findings == DriftFindings())
        rehearsal.source.put("app.jar", "another", in: version("1.0", of: other))
        let report = await survey(rehearsal)
        #expect(report.findings.mutated.map(\.version) == [version("1.0", of: other)])
        let part = await survey(rehearsal) { $0.selection.repositories = ["releases"] }
        #expect(part.findings == DriftFindings())
    }

    @Test func `a source that lists far too little is no proof, and is not asked for each version`() async {
        let rehearsal = Rehearsal()
        for number in 1...5 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        rehearsal.source.deletePackage(app)
        let report = await survey(rehearsal)
        #expect(report.exit == .drift)
        #expect(report.findings.orphaned.count == 5)
        #expect(report.findings.orphaned.allSatisfy { !$0.isConfirmed })
        #expect(report.run.warnings.count == 1)
        #expect(rehearsal.requests["codeartifact.DescribePackageVersion"] == nil)
        let allowed = await survey(rehearsal) { $0.deletionGuard.allowsMassDeletion = true }
        #expect(allowed.findings.orphaned.map(\.isConfirmed) == [true, true, true, true, true])
        #expect(rehearsal.requests["codeartifact.DescribePackageVersion"] == 5)
    }

    @Test func `without the source the manifests alone are told, and no request goes there`() async {
        let rehearsal = Rehearsal(keepsVersions: true)
        for name in ["1.0", "1.1", "1.2"] { rehearsal.source.publish(version(name)) }
        await rehearsal.run()
        rehearsal.source.delete(version("1.0"))
        rehearsal.source.setStatus(.archived, of: version("1.1"))
        rehearsal.source.put("app.jar", "other", in: version("1.2"))
        await rehearsal.run()
        rehearsal.source.publish(version("9.9"))
        let report = await survey(rehearsal, offline: true)
        #expect(report.exit == .drift)
        #expect(report.findings.orphaned.map(\.version) == [version("1.0")])
        #expect(report.findings.statusChanges.map(\.version) == [version("1.1")])
        #expect(report.findings.mutated.map(\.version) == [version("1.2")])
        #expect(report.findings.unprotected.isEmpty)
        #expect(rehearsal.requests == ["s3.ListObjectsV2": 2, "s3.GetObject": 6])
    }

    @Test(arguments: [true, false], [0, 60])
    func `a record that was cut below any record's length is a failure that names it`(offline: Bool, size: Int)
        async throws
    {
        let rehearsal = Rehearsal()
        for name in ["1.0", "1.1"] { rehearsal.source.publish(version(name)) }
        await rehearsal.run()
        let key = try #require(rehearsal.store.keys.first { $0.contains("/manifests/") && $0.contains("/1.0/") })
        rehearsal.store.damage(ObjectKey(key)) { Array($0.prefix(size)) }
        let report = await survey(rehearsal, offline: offline)
        #expect(report.exit == .failures)
        #expect(report.run.failures.contains { $0.kind == "untrusted" && $0.message.contains(key) })
    }

    @Test(arguments: [true, false])
    func `a record that was cut less is not seen, and the report says that it was not read; verify finds it`(
        offline: Bool
    ) async throws {
        let rehearsal = Rehearsal()
        for name in ["1.0", "1.1", "1.2"] { rehearsal.source.publish(version(name)) }
        await rehearsal.run()
        rehearsal.source.delete(version("1.2"))
        rehearsal.clock.advance(by: .seconds(60))
        await rehearsal.run()
        let key = try #require(rehearsal.store.keys.first { $0.contains("/manifests/") && $0.contains("/1.0/") })
        rehearsal.store.damage(ObjectKey(key)) { Array($0.prefix(100)) }
        let report = await survey(rehearsal, offline: offline)
        #expect(report.run.failures == [] && report.findings.orphaned.map(\.version) == [version("1.2")])
        // Those of 1.2, on which the finding rests.
        #expect(report.records == DriftReport.Records(listed: 4, read: 2))
        #expect(rehearsal.requests["s3.GetObject"] == 2)
        let context = RunContext<VerifyProgress>(clock: rehearsal.clock, ledger: rehearsal.ledger, stop: StopSignal())
        let verified = await Verifier(of: rehearsal.backup, options: Verifier.Options(), repairSource: nil)
            .run(id: "verify", in: context)
        #expect(verified.findings.map(\.key) == [key])
    }

    @Test(arguments: [true, false])
    func `a record that cannot be relied on is named, and no finding rests on it`(offline: Bool) async {
        let rehearsal = Rehearsal(keepsVersions: true)
        for name in ["1.0", "1.1", "1.2"] { rehearsal.source.publish(version(name), ["app.jar": "old"]) }
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(3_600))
        // The newest, one in the middle, and the newest over a deletion.
        let forged = [
            record(version("1.0"), "2026-11-22T09:00:00Z", revision: "x", status: .deleted),
            record(version("1.1"), "2026-11-22T09:00:00Z", revision: "x", status: .archived),
            record(version("1.2"), "2026-11-22T09:10:00Z", revision: "x", status: .published),
        ]
        rehearsal.source.put("app.jar", "other", in: version("1.1"))
        rehearsal.source.delete(version("1.2"))
        await rehearsal.run()
        let bytes = [UInt8](repeating: 1, count: 200)
        for record in forged { rehearsal.store.place(bytes, at: rehearsal.layout.key(of: record).value) }
        let report = await survey(rehearsal, offline: offline)
        #expect(report.exit == .failures)
        #expect(Set(report.run.failures.compactMap(\.place.version)) == ["1.0", "1.1", "1.2"])
        #expect(report.run.failures.allSatisfy { $0.kind == "untrusted" })
        for record in forged {
            let key = rehearsal.layout.key(of: record).value
            #expect(report.run.failures.contains { $0.message.contains(key) }, "\(report.run.failures)")
        }
        #expect(report.findings.orphaned.map(\.version) == [version("1.2")])
        #expect(report.findings.orphaned.allSatisfy { $0.deletionRecorded != nil })
        #expect(report.findings.statusChanges.isEmpty)
        #expect(report.findings.mutated.map(\.version) == [version("1.1")])
        #expect(report.findings.unprotected.isEmpty)
    }

    @Test func `records in sync are compared by their names and not read, and verify finds the forged one`() async {
        let rehearsal = Rehearsal()
        for name in ["1.0", "1.1"] { rehearsal.source.publish(version(name)) }
        await rehearsal.run()
        let genuine = rehearsal.store.keys.first { $0.contains("/manifests/") && $0.contains("/1.0/") }
        rehearsal.clock.advance(by: .seconds(3_600))
        // The same state once more, later, in a record that says nothing.
        let bytes = [UInt8](repeating: 1, count: 200)
        rehearsal.store.place(bytes, at: (genuine ?? "").replacing("20261122T083612Z", with: "20261122T090000Z"))
        let report = await survey(rehearsal)
        #expect(report.exit == .converged)
        #expect(rehearsal.requests["s3.GetObject"] == nil)
        let context = RunContext<VerifyProgress>(clock: rehearsal.clock, ledger: rehearsal.ledger, stop: StopSignal())
        let verified = await Verifier(of: rehearsal.backup, options: Verifier.Options(), repairSource: nil)
            .run(id: "verify", in: context)
        #expect(verified.findings.map(\.kind) == [.unreadableManifest])
    }

    @Test func `a listing that fails leaves drift undecided, and what was found is told`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.publish(version("1.0", of: package("lib")))
        await rehearsal.run()
        rehearsal.source.publish(version("1.1", of: package("lib")))
        rehearsal.source.delete(version("1.0"))
        rehearsal.source.conduct.fail("codeartifact.ListPackages", calls: 1...1, with: .unavailable)
        let report = await survey(rehearsal)
        #expect(report.exit == .failures)
        #expect(report.findings.orphaned.isEmpty)
        let gone = await survey(rehearsal)
        #expect(gone.exit == .drift)
        #expect(gone.findings.orphaned.count == 1 && gone.findings.unprotected.count == 1)
    }

    @Test(arguments: ["codeartifact.DescribePackageVersion", "codeartifact.ListPackageVersionAssets"])
    func `a version deleted during the survey is orphaned and not a failure`(operation: String) async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["app.jar": "old"])
        await rehearsal.run()
        rehearsal.source.put("app.jar", "newer", in: version("1.0"))
        rehearsal.source.conduct.before(operation) { [source = rehearsal.source] call in
            if call == 1 { source.delete(version("1.0")) }
        }
        let report = await survey(rehearsal)
        #expect(report.run.failures.isEmpty)
        #expect(report.exit == .drift)
        #expect(report.findings.orphaned.map(\.version) == [version("1.0")])
        #expect(report.findings.mutated.isEmpty && report.findings.unprotected.isEmpty)
    }
}
