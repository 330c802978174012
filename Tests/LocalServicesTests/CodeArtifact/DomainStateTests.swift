import ReconcileCore
import Testing

@testable import LocalServices

@Suite("Rules of the domain")
struct DomainStateTests {
    private let key = PackageKey(namespace: "com.acme", name: "lib")

    private func domain(statusChangesRevision: Bool = false) -> DomainState {
        var domain = DomainState(
            name: "my-domain",
            owner: "111122223333",
            region: "us-west-2",
            createdTime: 0,
            statusChangesRevision: statusChangesRevision,
            seed: 1
        )
        for name in ["a", "b", "c"] {
            let upstreams = ["a": ["b"], "b": ["c", "a"]][name] ?? []
            domain.add(
                RepositoryState(name: name, description: nil, createdTime: 0, upstreams: upstreams, synthetic: nil)
            )
        }
        return domain
    }

    private func put(_ name: String, _ version: String, in domain: inout DomainState) throws {
        let asset = StoredAsset(name: name, content: .bytes(Array(name.utf8)))
        _ = try domain.put(asset, equalTo: nil, version: version, of: key, in: "a")
    }

    @Test(
        "a version moves where the service lets it",
        arguments: [
            (VersionStatus.published, VersionStatus.archived, nil),
            (.archived, .published, nil),
            (.unfinished, .published, nil),
            (.published, .disposed, nil),
            (.disposed, .published, "NOT_ALLOWED"),
            (.disposed, .deleted, nil),
        ] as [(VersionStatus, VersionStatus, String?)]
    )
    func status(from: VersionStatus, to: VersionStatus, error: String?) throws {
        var domain = domain()
        try put("lib-1.jar", "1", in: &domain)
        try domain.change(key, in: "a") { $0.versions["1"]?.status = from }
        let revision = try domain.version("1", of: key, in: "a").revision
        let outcome = try domain.change(VersionsChange(versions: ["1"], target: to), of: key, in: "a", at: 9)
        #expect(outcome.failed["1"]?.code == error)
        #expect(outcome.changed.mapValues(\.revision) == (error == nil ? ["1": revision] : [:]))
        let state = try domain.package(key, in: "a").versions["1"]
        #expect(state?.status == (error != nil ? from : to == .deleted ? nil : to))
    }

    @Test("a change of status makes a new revision only where that is asked for")
    func revisionOfStatus() throws {
        for asked in [false, true] {
            var domain = domain(statusChangesRevision: asked)
            try put("lib-1.jar", "1", in: &domain)
            let before = try domain.version("1", of: key, in: "a").revision
            _ = try domain.change(VersionsChange(versions: ["1"], target: .unlisted), of: key, in: "a", at: 9)
            #expect(try (domain.version("1", of: key, in: "a").revision != before) == asked)
        }
    }

    @Test("one version that cannot change keeps all others from changing")
    func allOrNothing() throws {
        var domain = domain()
        try put("lib-1.jar", "1", in: &domain)
        let change = VersionsChange(versions: ["1", "2"], target: .archived)
        let outcome = try domain.change(change, of: key, in: "a", at: 9)
        #expect(outcome.changed.isEmpty)
        #expect(outcome.failed.mapValues(\.code) == ["1": "SKIPPED", "2": "NOT_FOUND"])
        #expect(try domain.version("1", of: key, in: "a").status == .unfinished)
    }

    @Test("a package whose control blocks publishing takes nothing")
    func blocked() throws {
        var domain = domain()
        try put("lib-1.jar", "1", in: &domain)
        try domain.change(key, in: "a") { $0.controls = .ingested }
        #expect(throws: ServiceFailure.denied("publishing is blocked for the package lib")) {
            try put("lib-2.jar", "2", in: &domain)
        }
    }

    @Test("repositories upstream are searched in order, each once, also in a circle")
    func upstreams() throws {
        #expect(domain().upstreams(of: "a") == ["b", "c"])
        #expect(domain().upstreams(of: "b") == ["c", "a"])
        #expect(domain().upstreams(of: "c") == [])
    }

    @Test(
        "parameters keep the patterns of the service's model",
        arguments: [
            (Parameters.Pattern.domain, "my-domain", true), (.domain, "my_domain", false), (.domain, "a", false),
            (.domain, "9a", false), (.domain, "a-", false), (.account, "111122223333", true),
            (.account, "11112222333", false), (.repository, "a.b_c-D", true), (.repository, ".a", false),
            (.coordinate, "com.acme+x", true), (.coordinate, "a b", false), (.coordinate, "a/b", false),
            (.coordinate, "a#b", false), (.coordinate, "", false), (.asset, "a b.jar", true), (.asset, "a\u{1}", false),
        ]
    )
    func pattern(pattern: Parameters.Pattern, value: String, isAdmitted: Bool) {
        #expect(pattern.admits(value) == isAdmitted)
    }
}
