import TestSupport
import Testing

@testable import ReconcileCore

/// A recorded configuration, brought back to a domain in memory that refuses what the service refuses.
@Suite struct ConfigurationRestoreTests {
    private let rehearsal = Rehearsal()
    private let original = InMemoryConfiguration()
    private let identity = DomainIdentity(name: "acme", owner: "111122223333")

    private static let statement =
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"#
        + #""Action":"codeartifact:*","Resource":"arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/team"}]}"#

    init() {
        original.add(repository: "central", connections: ["public:maven-central"])
        original.add(repository: "plugins", connections: ["public:maven-gradleplugins"])
        original.add(repository: "shared", upstreams: ["central", "plugins"])
        original.add(repository: "releases", upstreams: ["shared"])
        original.add(repository: "team", upstreams: ["releases", "circle"])
        original.add(repository: "circle", upstreams: ["team"])
        original.change { state in
            state.policy = Self.statement
            state.policies["team"] = Self.statement
            let inherited = ["PUBLISH": "INHERIT", "EXTERNAL_UPSTREAM": "INHERIT", "INTERNAL_UPSTREAM": "INHERIT"]
            func group(_ pattern: String, _ modes: [String: String], contact: String? = nil) -> ListedPackageGroup {
                ListedPackageGroup(
                    arn: "arn:\(pattern)",
                    pattern: pattern,
                    contactInfo: contact,
                    modes: inherited.merging(modes) { $1 }
                )
            }
            state.groups = [
                group("/maven/com.acme/app$", ["PUBLISH": "BLOCK"]),
                group(
                    "/*",
                    ["PUBLISH": "ALLOW", "EXTERNAL_UPSTREAM": "BLOCK", "INTERNAL_UPSTREAM": "ALLOW"]
                ),
                group("/maven/com.acme/*", ["PUBLISH": "ALLOW_SPECIFIC_REPOSITORIES"], contact: "team@acme.example"),
                group("/maven/*", ["EXTERNAL_UPSTREAM": "ALLOW"]),
            ]
            state.allowed[["/maven/com.acme/*", "PUBLISH"]] = ["releases", "team"]
            state.tags[InMemoryConfiguration.arn(ofRepository: "shared")] = [.init(key: "team", value: "build")]
            state.tags["arn:aws:codeartifact:eu-west-1:111122223333:domain/acme"] = [
                .init(key: "cost", value: "42"), .init(key: "aws:cloudformation:stack-name", value: "stack"),
            ]
            state.tags["arn:/maven/*"] = [.init(key: "kind", value: "java")]
        }
    }

    private func record() async throws {
        var report = RunReport(runID: "r", domain: "acme", startedAt: time("2026-11-22T08:36:12Z"))
        let run = ConfigurationRecording(of: original, in: rehearsal.backup, width: 4)
        let names = ["central", "circle", "plugins", "releases", "shared", "team"]
        try await run.conclude(run.read(names, stop: StopSignal()), &report)
        #expect(report.configuration?.key != nil)
    }

    /// - Parameter accepts: whether the newest record is accepted, which nothing proves.
    private func restore(
        to target: InMemoryConfiguration,
        accepts: Bool = true,
        _ configure: (inout ConfigurationRestorer.Options) -> Void = { _ in }
    ) async throws -> ConfigurationRestore {
        target.resetCounts()
        var options = ConfigurationRestorer.Options(
            mapping: ConfigurationMapping(to: identity, in: "eu-west-1"),
            plan: ConfigurationPlan.Options(region: "eu-west-1")
        )
        options.createsDomain = true
        if accepts, let newest = try await ConfigurationRecords.list(in: rehearsal.backup).newest().found {
            options.accepted = [newest.sha256]
        }
        configure(&options)
        let restorer = ConfigurationRestorer(
            backup: rehearsal.backup,
            repositories: { try await target.repositories() },
            source: target,
            destination: target,
            options: options,
            width: 4
        )
        return try await restorer.run(stop: StopSignal()) { _ in }
    }

    private func nothing() -> InMemoryConfiguration {
        let target = InMemoryConfiguration()
        target.change { $0.exists = false }
        return target
    }

    /// What a domain says of itself, without the tag that nobody may set.
    private func described(_ domain: InMemoryConfiguration) async throws -> DomainConfiguration {
        let names = try await domain.repositories()
        let found = try await ConfigurationReading(of: domain, width: 1, stop: StopSignal()).read(repositories: names)
        let mapping = ConfigurationMapping(to: identity, in: "eu-west-1")
        return try mapping.mapped(found.configuration).configuration
    }

    @Test func `a domain comes back from nothing, and a second restore finds nothing to do`() async throws {
        try await record()
        let target = nothing()
        let planned = try await restore(to: target) { $0.writes = false }
        #expect(planned.exit == .drift && target.calls.isEmpty)
        let restored = try await restore(to: target)
        #expect(restored.exit == .converged)
        #expect(target.calls == planned.plan.calls)
        #expect(try await described(target) == described(original))
        let again = try await restore(to: target)
        #expect(again.exit == .converged && again.steps.isEmpty && again.plan.kept.isEmpty && again.failures.isEmpty)
    }

    @Test func `what no trust file proves is planned and sends nothing, but where exactly that is accepted`()
        async throws
    {
        try await record()
        let record = try #require(try await ConfigurationRecords.list(in: rehearsal.backup).newest().found)
        let bytes = try #require(rehearsal.store.bytes(at: record.key, versionID: nil))
        let sha256 = testHashes.digest(bytes, .sha256)
        let target = nothing()
        for accepted in [Set<String>(), [String(repeating: "0", count: 64)]] {
            let held = try await restore(to: target, accepts: false) { $0.accepted = accepted }
            #expect(held.exit == .refused && target.calls == [] && !held.isProved)
            #expect(held.steps.count == 19 && held.count { $0 == .planned } == 19)
            #expect(
                held.refusal
                    == "nothing was written: no trust file proves \(record.key), and whoever can write to the bucket could "
                    + "forge it. Restore it with --trust; or read the calls, and if they are right, run this again with "
                    + "--accept-unproved \(sha256)"
            )
        }
        let planned = try await restore(to: target, accepts: false) { $0.writes = false }
        #expect(planned.exit == .drift && planned.refusal == nil && target.calls == [])
        #expect(try await restore(to: target, accepts: false) { $0.accepted = [sha256] }.exit == .converged)
        // What has nothing to send needs no proof.
        let again = try await restore(to: target, accepts: false)
        #expect(again.exit == .converged && again.refusal == nil)
    }

    @Test func `what a trust file proves is sent, and a forged record after it is not`() async throws {
        let trust = try TestTrust()
        let file = trust.file(RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "acme"))
        rehearsal.seal(trust: try trust.trust(file), signer: try trust.signer(file, clock: rehearsal.clock))
        try await record()
        // Forged: the same with a policy for everybody, a second later.
        let open = InMemoryConfiguration()
        open.add(repository: "team")
        open.change { $0.policy = #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"codeartifact:*"}]}"# }
        let reading = ConfigurationReading(of: open, width: 1, stop: StopSignal())
        let forged = try await reading.read(repositories: ["team"]).configuration.canonicalBytes()
        let sha256 = testHashes.digest(forged, .sha256)
        let name = ConfigurationRecords.Name(recordedAt: time("2026-11-22T08:36:13Z"), sha256: sha256)
        rehearsal.store.place(forged, at: rehearsal.layout.configurationKey(name).value)

        let target = nothing()
        let restored = try await restore(to: target, accepts: false) { $0.accepted = [sha256] }
        #expect(restored.isProved && restored.exit == .failures && restored.failures.map(\.kind) == [.untrusted])
        #expect(try await described(target) == described(original))
    }

    @Test func `the calls come in an order that works`() async throws {
        try await record()
        let plan = try await restore(to: nothing()) { $0.writes = false }.plan
        #expect(
            plan.calls.map { "\($0.name) \($0.place)" } == [
                "CreateDomain the domain",
                "CreatePackageGroup package group /maven/*",
                "CreatePackageGroup package group /maven/com.acme/*",
                "CreatePackageGroup package group /maven/com.acme/app$",
                "CreateRepository repository central",
                "CreateRepository repository plugins",
                "CreateRepository repository shared",
                "CreateRepository repository releases",
                "CreateRepository repository circle",
                "CreateRepository repository team",
                "UpdateRepository repository circle",
                "AssociateExternalConnection repository central",
                "AssociateExternalConnection repository plugins",
                "UpdatePackageGroupOriginConfiguration package group /*",
                "UpdatePackageGroupOriginConfiguration package group /maven/*",
                "UpdatePackageGroupOriginConfiguration package group /maven/com.acme/*",
                "UpdatePackageGroupOriginConfiguration package group /maven/com.acme/app$",
                "PutRepositoryPermissionsPolicy repository team",
                "PutDomainPermissionsPolicy the domain",
            ]
        )
    }

    @Test func `cut off at any call, the next restore ends in the same domain`() async throws {
        try await record()
        let count = try await restore(to: nothing()) { $0.writes = false }.steps.count
        for cut in 0..<count {
            let target = nothing()
            target.change { $0.callsBeforeCut = cut }
            let first = try await restore(to: target)
            #expect(first.isCutShort && first.exit == .deadline && target.calls.count == cut)
            target.change { $0.callsBeforeCut = nil }
            let second = try await restore(to: target)
            #expect(second.exit == .converged && second.plan.kept.isEmpty, "cut at \(cut)")
            #expect(try await described(target) == described(original), "cut at \(cut)")
        }
    }

    @Test func `what is there with another value stays, is named, and is changed only if asked for`() async throws {
        try await record()
        let target = nothing()
        _ = try await restore(to: target)
        target.add(repository: "own")
        target.add(repository: "releases", upstreams: ["central"])
        target.change { state in
            state.policy = #"{"Version":"2012-10-17","Statement":[]}"#
            state.tags[InMemoryConfiguration.arn(ofRepository: "shared")] = [
                .init(key: "team", value: "other"), .init(key: "more", value: "1"),
            ]
            state.policies["plugins"] = Self.statement
        }
        let before = try await described(target)
        let kept = try await restore(to: target)
        #expect(kept.exit == .converged && kept.steps.isEmpty)
        #expect(
            kept.plan.kept.map { "\($0.place): \($0.part)" } == [
                "the domain: permissions policy", "repository plugins: permissions policy",
                "repository releases: upstreams", "repository shared: tags",
            ]
        )
        #expect(try await described(target) == before)
        let changed = try await restore(to: target) { $0.plan.overwrites = true }
        #expect(changed.exit == .converged && changed.plan.kept.isEmpty)
        #expect(
            changed.steps.map { "\($0.call.name) \($0.call.place)" } == [
                "UpdateRepository repository releases", "TagResource repository shared",
                "UntagResource repository shared", "DeleteRepositoryPermissionsPolicy repository plugins",
                "PutDomainPermissionsPolicy the domain",
            ]
        )
        // What the record does not have stays.
        #expect(try await target.repositories().contains("own"))
        let again = try await restore(to: target) { $0.plan.overwrites = true }
        #expect(again.steps.isEmpty && again.plan.kept.isEmpty)
    }

    @Test(arguments: [
        "CreatePackageGroup", "CreateRepository", "UpdateRepository", "AssociateExternalConnection",
        "UpdatePackageGroupOriginConfiguration", "PutRepositoryPermissionsPolicy", "PutDomainPermissionsPolicy",
    ])
    func `what may not be set fails by itself, named, and comes later`(operation: String) async throws {
        try await record()
        let target = nothing()
        target.change { $0.failures = [operation: .denied] }
        let restored = try await restore(to: target)
        #expect(restored.exit == .failures)
        let failed = restored.steps.filter { if case .failed = $0.fate { true } else { false } }
        #expect(failed.contains { $0.call.name == operation })
        #expect(target.calls.contains { $0.name != operation && $0.name != "CreateDomain" })
        target.change { $0.failures = [:] }
        #expect(try await restore(to: target).exit == .converged)
        #expect(try await described(target) == described(original))
    }

    @Test(arguments: [
        ("DescribeDomain", "the domain's tags"), ("GetDomainPermissionsPolicy", "the domain's permissions policy"),
        ("ListPackageGroups", "the domain's package groups"),
        ("GetRepositoryPermissionsPolicy", "the permissions policy of repository team"),
        ("ListTagsForResource", "the tags of repository shared"),
    ])
    func `what may not be read is named, and left alone`(operation: String, part: String) async throws {
        try await record()
        let target = nothing()
        _ = try await restore(to: target)
        target.change { $0.failures = [operation: .denied] }
        let sent = target.calls.count
        let restored = try await restore(to: target) { $0.plan.overwrites = true }
        #expect(restored.exit == .failures && target.calls.count == sent)
        #expect(restored.failures.map(\.target).contains(part))
    }

    @Test func `a domain is made only if that is asked for`() async throws {
        try await record()
        let failure = await #expect(throws: RemoteFailure.self) {
            try await restore(to: nothing()) { $0.createsDomain = false }
        }
        #expect(failure?.kind == .absent && failure?.message.contains("--create-domain") == true)
    }

    @Test func `another account, domain, region and name are mapped in policies, and shown`() async throws {
        try await record()
        let mapping = ConfigurationMapping(
            to: DomainIdentity(name: "spare", owner: "444455556666"),
            in: "eu-central-1",
            accounts: ["111122223333": "444455556666"],
            repositories: ["team": "squad"]
        )
        let found = try #require(try await ConfigurationRecords.list(in: rehearsal.backup).newest().found)
        let mapped = try mapping.mapped(found.configuration)
        #expect(
            mapped.rewrites.map { "\($0.place): \($0.from) -> \($0.to)" } == [
                "the domain: arn:aws:iam::111122223333:root -> arn:aws:iam::444455556666:root",
                "the domain: arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/team -> "
                    + "arn:aws:codeartifact:eu-central-1:444455556666:repository/spare/squad",
                "repository squad: arn:aws:iam::111122223333:root -> arn:aws:iam::444455556666:root",
                "repository squad: arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/team -> "
                    + "arn:aws:codeartifact:eu-central-1:444455556666:repository/spare/squad",
            ]
        )
        #expect(mapped.foreign.isEmpty)
        #expect(mapped.configuration.repositories.map(\.name).contains("squad"))
        guard case .known(let circle) = mapped.configuration.repositories[1].properties else {
            Issue.record("unknown")
            return
        }
        #expect(circle.upstreams == ["squad"])
        let plan = ConfigurationPlan(
            of: mapped.configuration,
            in: nil,
            options: ConfigurationPlan.Options(region: "eu-central-1")
        )
        #expect(plan.calls.first == .createDomain(encryptionKey: nil, tags: [.init(key: "cost", value: "42")]))
        #expect(plan.notes.count == 1)
    }

    @Test func `without a mapping policies keep every byte, and the ARNs of the recorded domain are named`()
        async throws
    {
        try await record()
        let found = try #require(try await ConfigurationRecords.list(in: rehearsal.backup).newest().found)
        let mapping = ConfigurationMapping(to: DomainIdentity(name: "acme", owner: "444455556666"), in: "eu-west-1")
        let mapped = try mapping.mapped(found.configuration)
        #expect(mapped.rewrites.isEmpty && mapped.configuration.policy == found.configuration.policy)
        #expect(mapped.foreign.map(\.from).contains("arn:aws:iam::111122223333:root"))
        #expect(throws: RemoteFailure.self) {
            try ConfigurationMapping(to: identity, in: "eu-west-1", repositories: ["none": "x"])
                .mapped(found.configuration)
        }
        #expect(throws: RemoteFailure.self) {
            try ConfigurationMapping(to: identity, in: "eu-west-1", repositories: ["team": "shared"])
                .mapped(found.configuration)
        }
    }

    @Test(arguments: [
        (#"{"a":"x", "b": ["x","y"]}"#, #"{"a":"z", "b": ["z","y"]}"#), (#"{"a":"\/x\/"}"#, #"{"a":"\/x\/"}"#),
        (#"{"a":"x\""}"#, #"{"a":"x\""}"#), (#"{"a":"x"#, #"{"a":"x"#), ("", ""),
    ])
    func `only whole texts of a policy are replaced`(document: String, expected: String) {
        #expect(PolicyTexts.rewriting(document) { $0 == "x" ? "z" : $0 } == expected)
    }
}
