import TestSupport
import Testing

@testable import ReconcileCore

/// What a run does about the domain's configuration, and what it costs.
@Suite struct ConfigurationRecordingTests {
    private let rehearsal = Rehearsal()
    private let domain = InMemoryConfiguration()
    private let names = ["releases", "shared"]

    init() {
        domain.add(repository: "releases", upstreams: ["shared"])
        domain.add(repository: "shared", connections: ["public:maven-central"])
        domain.change { state in
            state.policy = #"{"Version":"2012-10-17","Statement":[]}"#
            state.policies["releases"] = #"{"Version":"2012-10-17","Statement":[]}"#
            state.groups = [
                ListedPackageGroup(arn: "arn:root", pattern: "/*", modes: ["PUBLISH": "ALLOW"]),
                ListedPackageGroup(arn: "arn:maven", pattern: "/maven/*", modes: ["PUBLISH": "INHERIT"]),
                ListedPackageGroup(
                    arn: "arn:acme",
                    pattern: "/maven/com.acme/*",
                    modes: ["PUBLISH": "ALLOW_SPECIFIC_REPOSITORIES", "EXTERNAL_UPSTREAM": "BLOCK"]
                ),
            ]
            state.allowed[["/maven/com.acme/*", "PUBLISH"]] = ["shared", "releases", "other"]
            state.tags[InMemoryConfiguration.arn(ofRepository: "shared")] = [.init(key: "team", value: "build")]
        }
    }

    private func run(_ names: [String]? = nil) async throws -> RunReport {
        domain.resetCounts()
        rehearsal.resetCounts()
        rehearsal.clock.advance(by: .seconds(60))
        var report = RunReport(runID: "r", domain: "acme", startedAt: time("2026-11-22T08:36:12Z"))
        let run = ConfigurationRecording(of: domain, in: rehearsal.backup, width: 4)
        try await run.conclude(run.read(names ?? self.names, stop: StopSignal()), &report)
        return report
    }

    private var keys: [String] { rehearsal.store.keys.filter { $0.hasPrefix("acme/configuration/") } }

    @Test func `a record that the store loses is a failure`() async throws {
        rehearsal.store.watch { store, write in store.damage(write.key) { _ in nil } }
        let failure = await #expect(throws: RemoteFailure.self) { _ = try await run() }
        #expect(failure?.kind == .absent)
        #expect(failure?.message.hasPrefix("it was written, but") == true)
        rehearsal.store.watch { _, _ in }
        #expect(try await run().configuration?.key != nil)
    }

    @Test func `the first run records everything, and a run that finds nothing new costs its calls and one list`()
        async throws
    {
        let first = try await run()
        let account = try #require(first.configuration)
        #expect(keys == [try #require(account.key)])
        #expect(account.previous == nil && account.changes.isEmpty && account.unknown.isEmpty && first.warnings.isEmpty)
        // Three groups two a page, and three allowed repositories likewise.
        let calls = [
            "DescribeDomain": 1, "GetDomainPermissionsPolicy": 1, "DescribeRepository": 2,
            "GetRepositoryPermissionsPolicy": 2, "ListTagsForResource": 1 + 2 + 3, "ListPackageGroups": 2,
            "ListAllowedRepositoriesForGroup": 2,
        ]
        #expect(domain.counts == calls)
        #expect(rehearsal.store.conduct.counts == ["s3.ListObjectsV2": 1, "s3.PutObject": 1, "s3.GetObject": 1])
        let second = try await run()
        #expect(second.configuration?.key == nil && second.configuration?.previous == account.key)
        #expect(domain.counts == calls)
        #expect(rehearsal.store.conduct.counts == ["s3.ListObjectsV2": 1])
        let found = try #require(try await ConfigurationRecords.list(in: rehearsal.backup).newest().found)
        #expect(found.configuration.repositories.map(\.name) == ["releases", "shared"])
        guard case .known(let groups) = found.configuration.packageGroups else {
            Issue.record("the groups are unknown")
            return
        }
        #expect(groups.map(\.pattern) == ["/*", "/maven/*", "/maven/com.acme/*"])
        #expect(groups[2].restrictions.last?.repositories == .known(["other", "releases", "shared"]))
    }

    @Test func `a change is recorded, with a warning that says what it is, and the older record stays`() async throws {
        let first = try await run()
        domain.change {
            $0.policy = #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"codeartifact:*","Resource":"*"}]}"#
            $0.encryptionKey = nil
        }
        let second = try await run()
        #expect(keys.count == 2 && keys.first == first.configuration?.key && keys.last == second.configuration?.key)
        #expect(second.configuration?.previous == first.configuration?.key)
        #expect(second.configuration?.accessChanges == 1)
        #expect(
            second.warnings == [
                "the domain's configuration has changed since 2026-11-22T08:37:12Z: the domain has another permissions "
                    + "policy (allows more): now Allow codeartifact:* on * to *; the domain: encryption key was "
                    + "arn:aws:kms:eu-west-1:111122223333:key/k, is none. reconcile history --configuration shows all "
                    + "changes"
            ]
        )
        #expect(rehearsal.store.conduct.counts == ["s3.ListObjectsV2": 1, "s3.GetObject": 2, "s3.PutObject": 1])
        let third = try await run()
        #expect(third.configuration?.key == nil)
    }

    @Test(
        "A right that is missing makes that part unknown, never empty, and is one warning",
        arguments: [
            ("DescribeDomain", ["the domain's encryption key", "the domain's tags"]),
            ("GetDomainPermissionsPolicy", ["the domain's permissions policy"]),
            ("ListPackageGroups", ["the domain's package groups"]),
            (
                "DescribeRepository",
                ["releases", "shared"].flatMap { name in
                    ["the description, upstreams and external connections", "the tags"]
                        .map { "\($0) of repository \(name)" }
                }
            ),
            (
                "GetRepositoryPermissionsPolicy",
                ["releases", "shared"].map { "the permissions policy of repository \($0)" }
            ),
            (
                "ListAllowedRepositoriesForGroup",
                ["the repositories allowed for PUBLISH of package group /maven/com.acme/*"]
            ),
            (
                "ListTagsForResource",
                ["the domain's tags", "the tags of repository releases", "the tags of repository shared"]
                    + ["/*", "/maven/*", "/maven/com.acme/*"].map { "the tags of package group \($0)" }
            ),
        ]
    )
    func missingRight(_ operation: String, _ unknown: [String]) async throws {
        let full = try await run()
        domain.change { $0.failures[operation] = .denied }
        let report = try await run()
        #expect(report.configuration?.unknown == unknown)
        #expect(
            report.warnings == [
                "parts of the domain's configuration are not recorded, because the role may not read them. Allow "
                    + "codeartifact:\(operation): reconcile policy --for run prints the role's policy. "
                    + "--no-record-configuration records none"
            ]
        )
        // Nothing that is known has changed, so the fuller record stays the newest.
        #expect(report.configuration?.key == nil && report.configuration?.previous == full.configuration?.key)
        #expect(keys.count == 1)
    }

    @Test func `what becomes known is recorded, and is no change`() async throws {
        domain.change { $0.failures["GetDomainPermissionsPolicy"] = .forbidden }
        let first = try await run()
        #expect(first.configuration?.key != nil)
        domain.change { $0.failures = [:] }
        let second = try await run()
        #expect(second.configuration?.key != nil && second.configuration?.changes == [] && second.warnings.isEmpty)
        #expect(keys.count == 2)
    }

    @Test func `what cannot be read for another reason is a warning, and nothing is recorded`() async throws {
        domain.change { $0.failures["ListTagsForResource"] = .unavailable }
        let report = try await run()
        #expect(report.configuration == nil && keys.isEmpty)
        #expect(report.warnings.count == 1)
        #expect(report.warnings.first?.hasPrefix("the domain's configuration could not be read, so this run") == true)
        // What is recorded is listed beside the reading.
        #expect(rehearsal.store.conduct.counts == ["s3.ListObjectsV2": 1])
    }

    @Test func `what a listing shows twice is recorded once, and can be read`() async throws {
        domain.change { $0.groups += $0.groups }
        let report = try await run(names + names)
        #expect(report.configuration?.key != nil)
        let found = try #require(try await ConfigurationRecords.list(in: rehearsal.backup).newest().found)
        #expect(found.configuration.repositories.map(\.name) == ["releases", "shared"])
        guard case .known(let groups) = found.configuration.packageGroups else {
            Issue.record("the groups are unknown")
            return
        }
        #expect(groups.map(\.pattern) == ["/*", "/maven/*", "/maven/com.acme/*"])
    }

    @Test func `a repository that is deleted meanwhile is left out`() async throws {
        _ = try await run(["gone", "releases", "shared"])
        let found = try await ConfigurationRecords.list(in: rehearsal.backup).newest().found
        #expect(found?.configuration.repositories.map(\.name) == ["releases", "shared"])
    }

    @Test func `a damaged or forged newest record counts for nothing, and is named`() async throws {
        let first = try await run()
        domain.change { $0.encryptionKey = nil }
        let second = try await run()
        let key = try #require(second.configuration?.key)
        rehearsal.store.damage(ObjectKey(key), versionID: nil) { _ in Array("{}".utf8) }
        let forged = "acme/configuration/20261122T090000Z.0123456789abcdef.json"
        rehearsal.store.place(Array("{}".utf8), at: forged)
        domain.change { $0.policy = nil }
        rehearsal.clock.advance(by: .seconds(3_600))
        let third = try await run()
        #expect(third.configuration?.previous == first.configuration?.key && third.configuration?.key != nil)
        #expect(third.warnings.count == 3)
        #expect(third.warnings.first?.hasPrefix("a record of the domain's configuration was ignored: ") == true)
        let records = try await ConfigurationRecords.list(in: rehearsal.backup)
        #expect(try await records.newest().found?.key.value == third.configuration?.key)
    }

    @Test(arguments: [1, 2])
    func `other bytes under the name of the newest record are recorded again, unless they are as many`(
        changes: Int
    ) async throws {
        for change in 0..<changes {
            domain.change { $0.policy = change == 0 ? $0.policy : nil }
            _ = try await run()
        }
        let newest = try #require(keys.last)
        #expect(try await run().configuration?.key == nil && rehearsal.store.conduct.counts == ["s3.ListObjectsV2": 1])
        for bytes in ["", "{}"] {
            rehearsal.store.damage(ObjectKey(newest), versionID: nil) { _ in Array(bytes.utf8) }
            let report = try await run()
            #expect(report.configuration?.key != nil)
            #expect(report.warnings.first?.hasPrefix("a record of the domain's configuration was ignored: ") == true)
            let again = try await run()
            #expect(again.configuration?.key == nil && again.warnings.isEmpty)
            rehearsal.store.damage(ObjectKey(try #require(report.configuration?.key)), versionID: nil) { _ in nil }
        }
    }

    @Test func `a record of the future does not count, and as-of finds the one of its time`() async throws {
        rehearsal.store.place(Array("{}".utf8), at: "acme/configuration/20991231T000000Z.0123456789abcdef.json")
        let first = try await run()
        #expect(first.warnings.isEmpty && first.configuration?.previous == nil)
        domain.change { $0.policy = nil }
        let second = try await run()
        func newest(_ moment: String) async throws -> String? {
            try await ConfigurationRecords.list(in: rehearsal.backup, asOf: time(moment)).newest().found?.key.value
        }
        #expect(try await newest("2026-11-22T08:37:12Z") == first.configuration?.key)
        #expect(try await newest("2026-11-22T08:38:12Z") == second.configuration?.key)
        let none = try await newest("2026-11-22T08:00:00Z")
        #expect(none == nil)
    }

    @Test func `a store that fails is reported to whoever runs`() async throws {
        rehearsal.store.conduct.fail("s3.PutObject", with: .denied)
        await #expect(throws: RemoteFailure.self) { try await run() }
    }

    @Test func `only the first shard, and no run of named repositories or that ended early, records it`() {
        func isDue(_ outcome: RunReport.Outcome, _ change: (inout Selection) -> Void = { _ in }) -> Bool {
            var report = RunReport(runID: "r", domain: "acme", startedAt: time("2026-11-22T08:36:12Z"))
            report.outcome = outcome
            var selection = Selection()
            change(&selection)
            return ConfigurationRecording.isDue(after: report, of: selection)
        }
        #expect(isDue(.converged) && isDue(.partial) && isDue(.refused) && isDue(.contradicted))
        #expect(!isDue(.failed) && !isDue(.deadline))
        #expect(!isDue(.converged) { $0.repositories = ["releases"] })
        #expect(isDue(.converged) { $0.shard = Shard("0/4") ?? .whole })
        #expect(!isDue(.converged) { $0.shard = Shard("1/4") ?? .whole })
    }
}
