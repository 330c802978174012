import ReconcileCore
import TestSupport

/// A domain that was backed up, and an empty one of the same name to restore it into; all in memory.
struct RestoreStage: Sendable {
    let rehearsal: Rehearsal
    /// What the backup is of.
    var original: InMemorySource { rehearsal.source }
    let domain: InMemorySource
    let clock = ManualClock(at: "2026-11-23T00:00:00Z")
    private let ledger = RequestLedger()

    /// Fills a domain, backs it up, and makes an empty one with the same repositories.
    init(_ fill: (InMemorySource) -> Void) async {
        let rehearsal = Rehearsal()
        fill(rehearsal.source)
        await rehearsal.run()
        self.init(of: rehearsal)
    }

    /// A backup that is there, and a domain to restore it into: an empty one with the original's repositories unless
    /// either is given.
    init(of rehearsal: Rehearsal, into domain: InMemorySource? = nil, repositories: [String]? = nil) {
        self.rehearsal = rehearsal
        self.domain = domain ?? InMemorySource(pageSize: 3, assetPageSize: 2, ledger: ledger)
        guard domain == nil else { return }
        let originals = rehearsal.source.currentVersions.keys.map(\.package.repository)
        for repository in repositories ?? originals { self.domain.addRepository(repository) }
    }

    /// The same backup, and another empty domain; its repositories are those of the original unless they are given.
    func afresh(repositories: [String]? = nil) -> RestoreStage {
        RestoreStage(of: rehearsal, repositories: repositories)
    }

    /// One restore with fresh counts.
    @discardableResult
    func restore(
        _ options: Restorer.Options = Restorer.Options(),
        mishap: Mishap = .none,
        retries: Bool = false,
        documentsPublish: Bool = true
    ) async -> RestoreReport {
        domain.conduct.resetCounts()
        let policy = RetryPolicy(attempts: 4, ledger: ledger, clock: clock)
        var source: any PackageSource = MishapSource(domain, mishap)
        var destination: any PackageDestination = MishapDestination(
            InMemoryDestination(domain, documentsPublish: documentsPublish),
            mishap
        )
        if retries {
            source = RetryingSource(source, policy: policy)
            destination = RetryingDestination(destination, policy: policy)
        }
        let store = MishapStore(rehearsal.store, mishap)
        let restorer = Restorer(
            backup: Backup(store: store, layout: rehearsal.layout, hashes: testHashes),
            domain: source,
            destination: destination,
            options: options
        )
        let context = RunContext<RunEvent>(clock: clock, ledger: ledger, stop: mishap.stop)
        return await restorer.run(id: "restore-1", in: context)
    }

    /// What a domain holds, one line a version, and one for the origin controls of each package.
    static func picture(_ source: InMemorySource) -> [String] {
        source.currentControls.map { "\($0.key) \($0.value?.description ?? "nothing told")" }.sorted()
            + source.currentVersions.values.map { version in
                let assets = version.assets.sorted { $0.key < $1.key }
                    .map { "\($0.key)=\(String(decoding: $0.value, as: UTF8.self))" }
                return "\(version.coordinates) \(version.status.rawValue) \(assets.joined(separator: " "))"
            }.sorted()
    }

    /// Requests of the last restore that change the domain.
    var writes: [String: Int] {
        domain.conduct.counts.filter { $0.key.contains(".Put") || $0.key.contains(".Update") }
    }
}

extension InMemorySource {
    /// Two repositories with releases in several statuses, one published by its own document, and snapshots; one package
    /// is open to upstream repositories too, another to them alone.
    func fillVariously() {
        let documented = "<metadata><versions><version>1.0</version></versions></metadata>"
        publish(
            version("1.0"),
            ["app-1.0.jar": "jar", "app-1.0.pom": "pom", "maven-metadata.xml": documented, "LICENSE": ""]
        )
        publish(version("1.1"), ["app-1.1.jar": "jar", "app-1.1.pom": "pom"], status: .unlisted)
        publish(version("1.2"), ["app-1.2.jar": "jar", "app-1.2.pom": "pom"])
        deploySnapshot(app, base: "2.0", build: "20260101.101010-1")
        deploySnapshot(app, base: "2.0", build: "20260102.101010-2")
        deploySnapshot(app, base: "2.0", build: "20260103.101010-3")
        let lib = package("lib", in: "shared")
        publish(version("1.0", of: lib), ["lib-1.0.pom": "pom"], origin: .external)
        publish(version("1.1", of: lib), ["lib-1.1.pom": "pom"], origin: .external)
        setControls(OriginControls(publish: .allow, upstream: .allow), of: app)
        setControls(.ingested, of: lib)
    }
}
