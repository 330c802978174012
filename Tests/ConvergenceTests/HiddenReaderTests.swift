import ReconcileCore
import TestSupport
import Testing

/// What each reader makes of records that may not be seen: all else is done, and nothing in there is taken for absent.
@Suite struct HiddenReaderTests {
    private static let prefix = "acme/manifests/maven/releases/com.acme/"
    /// A package, a version of it, and its namespace beside that of another package.
    private static let folders = [prefix + "lib/", prefix + "lib/1.0/"]
    private static let everything = ["acme/manifests/maven/"]
    private static let message = "it may not be seen"
    private static let other = PackageCoordinates(repository: "releases", namespace: "org.other", name: "tool")

    /// Two versions of `lib`, and one of each of two other packages.
    private func filled() async -> Rehearsal {
        let stage = Rehearsal()
        for package in [app, lib, Self.other] {
            stage.source.publish(version("1.0", of: package), ["\(package.name)-1.0.jar": package.name])
        }
        stage.source.publish(version("2.0", of: lib), ["lib-2.0.jar": "two"])
        await stage.settle()
        return stage
    }

    private func backup(_ stage: Rehearsal, hiding folders: [String]) -> Backup {
        stage.backup(in: HidingStore(stage.store, hiding: folders.map { ObjectKey($0) }))
    }

    private func review(_ stage: Rehearsal, hiding folders: [String]) -> BackupReview {
        BackupReview(of: backup(stage, hiding: folders), selection: Selection(), width: 4)
    }

    private func pattern(_ text: String) throws -> VersionPattern { try #require(VersionPattern(text)) }

    private func expectDenied(_ ask: () async throws -> Void) async {
        let failure = await #expect(throws: RemoteFailure.self) { try await ask() }
        #expect(failure?.kind == .denied && failure?.message == Self.message)
    }

    // MARK: Status

    private func status(_ backup: Backup) async throws -> BackupStatus {
        try await BackupStatus.read(from: backup, stop: StopSignal())
    }

    @Test(arguments: folders)
    func `status is not green, names the package once and counts the rest`(folder: String) async throws {
        let stage = await filled()
        let backup = backup(stage, hiding: [folder])
        for runs in 1...2 {
            stage.clock.advance(by: .seconds(60))
            let start = stage.clock.timestamp
            let reconciler = Reconciler(
                source: stage.source,
                backup: runs == 1 ? stage.backup : backup,
                options: Reconciler.Options(),
                recorder: Manifest.Recorder(door: "reconcile", version: "test")
            )
            let report = await reconciler.run(id: "\(start.basic)-x", in: stage.context())
            try await report.store(in: stage.store, layout: stage.layout, startedAt: start)
            let status = try await status(backup)
            #expect(!status.isProtected && status.hidden.map(\.prefix.value) == [folder])
            #expect(status.unprotected.map(\.place) == [Place(lib)] && status.unprotected.map(\.kind) == ["denied"])
            #expect(status.unprotected[0].message.contains(Self.message))
            // They are not gone: what cannot be counted is not compared.
            #expect(status.lost == 0 && status.versions == (folder.hasSuffix("lib/") ? 2 : 3))
        }
        #expect(try await self.status(stage.backup).hidden.isEmpty)
        await expectDenied { _ = try await self.status(self.backup(stage, hiding: Self.everything)) }
    }

    // MARK: Looking up

    @Test func `show and history give what is shown of a package, and why the rest is not`() async throws {
        let stage = await filled()
        let review = review(stage, hiding: [Self.prefix + "lib/1.0/"])
        let kept = try await review.kept(pattern("com.acme:*"), stop: StopSignal())
        #expect(kept.elements.map(\.history.coordinates) == [version("1.0"), version("2.0", of: lib)])
        #expect(kept.hidden.map(\.message) == [Self.message])
        let entries = try await review.entries(pattern("com.acme:lib"), stop: StopSignal())
        #expect(entries.elements.map(\.record.coordinates) == [version("2.0", of: lib)])
        #expect(entries.hidden.map(\.message) == [Self.message])
    }

    @Test func `what only a folder that is not shown may hold is not called absent`() async throws {
        let stage = await filled()
        for hidden in [Self.prefix + "lib/", Self.prefix] {
            let review = review(stage, hiding: [hidden])
            await expectDenied { _ = try await review.kept(pattern("com.acme:lib"), stop: StopSignal()) }
            await expectDenied { _ = try await review.entries(pattern("com.acme:lib:1.0"), stop: StopSignal()) }
            let address = try #require(AssetAddress("com.acme:lib:1.0"))
            await expectDenied { _ = try await review.asset(address, asOf: nil, stop: StopSignal()) }
            // Of another package, nothing is missing.
            let kept = try await review.kept(pattern("org.other:tool"), stop: StopSignal())
            #expect(kept.elements.count == 1 && kept.hidden.isEmpty)
            let tool = try #require(AssetAddress("org.other:tool:1.0"))
            let found = try await review.asset(tool, asOf: nil, stop: StopSignal())
            #expect(found.stored.asset.name == "tool-1.0.jar" && found.hidden.isEmpty)
        }
    }

    @Test func `find gives the hits that it sees, and why there may be more`() async throws {
        let stage = await filled()
        let queries = [try #require(AssetQuery("*.jar"))]
        let hits = try await review(stage, hiding: [Self.prefix + "lib/"]).hits(queries, stop: StopSignal())
        #expect(hits.assets.map(\.stored.asset.name) == ["app-1.0.jar", "tool-1.0.jar"])
        #expect(hits.failures.map(\.message) == [Self.message])
        let coordinates = [try #require(AssetQuery("org.other:tool"))]
        let others = try await review(stage, hiding: [Self.prefix + "lib/"]).hits(coordinates, stop: StopSignal())
        #expect(others.assets.count == 1 && others.failures.isEmpty)
        await expectDenied {
            _ = try await review(stage, hiding: Self.everything).hits(queries, stop: StopSignal())
        }
    }

    // MARK: Drift

    private func drift(_ stage: Rehearsal, _ backup: Backup, offline: Bool = false) async -> DriftReport {
        let survey = DriftSurvey(
            source: offline ? nil : stage.source,
            backup: backup,
            options: DriftSurvey.Options()
        )
        return await survey.run(id: "drift", in: stage.context())
    }

    @Test(arguments: folders)
    func `drift calls nothing missing or gone that it may not see, and compares the rest`(folder: String) async {
        let stage = await filled()
        stage.source.publish(version("1.1"), ["app-1.1.jar": "new"])
        stage.source.delete(version("1.0", of: Self.other))
        stage.source.delete(version("1.0", of: lib))
        let report = await drift(stage, backup(stage, hiding: [folder]))
        #expect(report.exit == .failures && report.run.failures.map(\.place) == [Place(lib)])
        #expect(report.findings.unprotected.map(\.version) == [version("1.1")])
        #expect(report.findings.orphaned.map(\.version) == [version("1.0", of: Self.other)])
        let offline = await drift(stage, backup(stage, hiding: [folder]), offline: true)
        #expect(offline.exit == .failures && offline.findings == DriftFindings())
        let none = await drift(stage, backup(stage, hiding: Self.everything))
        #expect(none.exit == .credentials && none.findings == DriftFindings())
    }

    // MARK: Restore

    private func restore(
        _ stage: Rehearsal,
        _ backup: Backup,
        _ options: Restorer.Options = Restorer.Options()
    ) async -> RestoreReport {
        let target = stage.restoring()
        let restorer = Restorer(
            backup: backup,
            domain: target.target,
            destination: InMemoryDestination(target.target, documentsPublish: true),
            options: options
        )
        let report = await restorer.run(id: "restore", in: stage.context())
        #expect(target.target.currentVersions.keys.allSatisfy { $0.package != lib })
        #expect(report.run.versions.copied == target.target.currentVersions.count)
        return report
    }

    @Test(arguments: folders)
    func `a restore brings the rest back and names the package`(folder: String) async {
        let stage = await filled()
        let report = await restore(stage, backup(stage, hiding: [folder]))
        #expect(report.run.exit == .failures && report.run.failures.map(\.place) == [Place(lib)])
        #expect(report.run.versions.copied == 2)
        var options = Restorer.Options()
        options.choice.includesDeleted = true
        options.selection.include = [VersionPattern("com.acme:lib")].compactMap(\.self)
        let own = await restore(stage, backup(stage, hiding: [folder]), options)
        #expect(own.run.exit == .failures && own.run.failures.map(\.place) == [Place(lib)])
        options.selection.include = [VersionPattern("com.acme:app")].compactMap(\.self)
        let other = await restore(stage, backup(stage, hiding: [folder]), options)
        #expect(other.run.exit == .converged && other.run.versions.copied == 1)
        let none = await restore(stage, backup(stage, hiding: Self.everything))
        #expect(none.run.exit == .credentials && none.run.versions.copied == 0)
    }

    @Test func `a moment is looked for in what is shown, and is not called empty for what is not`() async throws {
        let stage = await filled()
        let now = stage.clock.timestamp
        let backup = backup(stage, hiding: [Self.prefix + "lib/"])
        try await Selection().requireRecord(in: backup, asOf: now, operation: .restore, stop: StopSignal())
        let before = Timestamp(seconds: now.seconds - 1_000_000)
        await expectDenied {
            try await Selection().requireRecord(in: backup, asOf: before, operation: .restore, stop: StopSignal())
        }
    }

    // MARK: Signing

    @Test(arguments: folders)
    func `a statement leaves out what is not shown by its folder, and states the rest`(folder: String) async throws {
        let stage = await filled()
        let trust = try TestTrust()
        let file = trust.file(RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "acme"))
        stage.seal(trust: try trust.trust(file), signer: try trust.signer(file, clock: stage.clock))
        let store = HidingStore(stage.store, hiding: [ObjectKey(folder)])
        let made = try await StatementMaker(
            of: stage.backup(in: store),
            bare: Backup(store: store, layout: stage.layout, hashes: testHashes, clock: stage.clock),
            under: try trust.trust(file),
            comparedWith: stage.source,
            InMemoryConfiguration(),
            accepting: [],
            recorder: Manifest.Recorder(door: "sign", version: "test"),
            width: 3
        ).run(id: "sign-1", until: StopSignal())
        #expect(made.exit == .failures && made.compared == 2 && made.baseline != nil)
        #expect(made.left.map(\.key.value) == [folder])
        #expect(made.left.map(\.reason) == ["the store does not show it: \(Self.message)"])
    }
}
