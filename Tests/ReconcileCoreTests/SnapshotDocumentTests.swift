import TestSupport
import Testing

@testable import ReconcileCore

/// What the source's own document says of a snapshot, from reading it to what is published, verified and restored.
@Suite struct SnapshotDocumentTests {
    private static let first = "20260101.000001-1"
    private static let second = "20260101.000002-2"
    private static let document = "acme/maven/releases/com/acme/app/1.0-SNAPSHOT/maven-metadata.xml"
    private let snapshot = version("1.0-SNAPSHOT")

    /// Two deployments: the first has the jar and a file for Linux, the second only one for Windows.
    private static func deploy(to source: InMemorySource) {
        source.deploySnapshot(app, base: "1.0", build: first, [".jar", ".pom", "-linux.jar"])
        source.deploySnapshot(app, base: "1.0", build: second, [".pom", "-win.jar"])
    }

    /// Each file that a document names, as Maven would ask for it.
    private func files(_ document: String) -> [String] {
        func value(_ element: String, _ text: Substring) -> String? {
            text.split(separator: "<\(element)>").dropFirst().first?.split(separator: "<").first.map(String.init)
        }
        return document.split(separator: "<snapshotVersion>").dropFirst().map { text in
            let value = (
                classifier: value("classifier", text), ending: value("extension", text), value: value("value", text)
            )
            return "\(value.value ?? "")\(value.classifier.map { "-\($0)" } ?? "").\(value.ending ?? "")"
        }
    }

    /// What a verification finds wrong, by kind.
    private func verify(_ stage: Rehearsal) async -> VerifyReport {
        var options = Verifier.Options()
        options.settling = .zero
        let context = RunContext<VerifyProgress>(clock: stage.clock, ledger: stage.ledger)
        return await Verifier(of: stage.backup, options: options, repairSource: nil).run(id: "verify", in: context)
    }

    private func faults(in stage: Rehearsal) async -> [String: Int] {
        await verify(stage).faults.filter { $0.value > 0 }
    }

    private static let all = [
        "1.0-\(first).jar", "1.0-\(second).pom", "1.0-\(first)-linux.jar", "1.0-\(second)-win.jar",
    ]

    @Test func `files that only older builds have stay resolvable, at one request a snapshot with drift`() async throws
    {
        let stage = Rehearsal()
        Self.deploy(to: stage.source)
        let report = await stage.run()
        #expect(report.exit == .converged)
        #expect(report.warnings.filter { $0.contains("SNAPSHOT") } == [])
        // One of the package, and one of the snapshot.
        #expect(stage.requests["maven.GetMetadata"] == 2)
        let text = stage.store.text(at: Self.document)
        #expect(files(text) == Self.all)
        #expect(text.contains("<timestamp>20260101.000002</timestamp>"))
        #expect(text.contains("<buildNumber>2</buildNumber>"))
        let manifest = try #require(stage.witness.manifests[snapshot]?.last)
        #expect(manifest.documents.snapshot?.timestamp == "20260101.000002")
        #expect(manifest.documents.snapshot?.buildNumber == 2)
        #expect(
            manifest.documents.snapshot?.files.map(\.value)
                == [Self.first, Self.second, Self.first, Self.second].map { "1.0-\($0)" }
        )

        let again = await stage.run()
        #expect(again.versions.copied == 0)
        #expect(stage.requests["maven.GetMetadata"] == nil)
        #expect(await faults(in: stage) == [:])
    }

    @Test func `a document that names only the newest build is kept`() async {
        let stage = Rehearsal()
        Self.deploy(to: stage.source)
        let names = ["app-1.0-\(Self.second).pom", "app-1.0-\(Self.second)-win.jar"]
        stage.source.setSnapshotMetadata(.success(InMemorySource.document(of: snapshot, names: names)), of: snapshot)
        await stage.run()
        #expect(files(stage.store.text(at: Self.document)) == ["1.0-\(Self.second).pom", "1.0-\(Self.second)-win.jar"])
    }

    @Test func `a build that is withdrawn is no longer named, and one that comes back is`() async {
        let stage = Rehearsal()
        Self.deploy(to: stage.source)
        await stage.run()
        let build = version("1.0-\(Self.first)")
        stage.source.setStatus(.archived, of: build)
        stage.clock.advance(by: .seconds(60))
        await stage.run()
        #expect(files(stage.store.text(at: Self.document)) == ["1.0-\(Self.second).pom", "1.0-\(Self.second)-win.jar"])
        #expect(await faults(in: stage) == [:])
        stage.source.setStatus(.unlisted, of: build)
        stage.clock.advance(by: .seconds(60))
        await stage.protect(build)
        #expect(files(stage.store.text(at: Self.document)) == Self.all)
        #expect(await faults(in: stage) == [:])
    }

    @Test func `a build that is recorded after its snapshot is named from then on`() async {
        let stage = Rehearsal()
        Self.deploy(to: stage.source)
        await stage.protect(snapshot)
        #expect(files(stage.store.text(at: Self.document)) == ["1.0-\(Self.second).pom", "1.0-\(Self.second)-win.jar"])
        await stage.protect(version("1.0-\(Self.second)"))
        #expect(!stage.store.writes.contains { $0.key.value == Self.document })
        await stage.protect(version("1.0-\(Self.first)"))
        #expect(files(stage.store.text(at: Self.document)) == Self.all)
    }

    @Test(
        arguments: [
            (MavenMetadata(), "is empty"), (nil, "does not exist"),
            (
                MavenMetadata(groupID: "com.acme", artifactID: "app", version: "1.0-SNAPSHOT"),
                "names no file of a build"
            ),
            (MavenMetadata(groupID: "com.acme", artifactID: "other"), "is about com.acme:other:"),
            (
                InMemorySource.document(of: version("2.0-SNAPSHOT"), names: ["app-2.0-20260101.000001-1.jar"]),
                "is about com.acme:app:2.0-SNAPSHOT"
            ),
        ] as [(MavenMetadata?, String)]
    )
    func `an unusable document is a warning, and one is generated`(metadata: MavenMetadata?, reason: String)
        async throws
    {
        let stage = Rehearsal()
        Self.deploy(to: stage.source)
        stage.source.setSnapshotMetadata(.success(metadata), of: snapshot)
        let report = await stage.run()
        #expect(report.exit == .converged)
        #expect(
            report.warnings.contains {
                $0.contains(
                    "of releases/com.acme:app:1.0-SNAPSHOT \(reason), so the backup's own document lists files of"
                )
            }
        )
        #expect(stage.witness.manifests[snapshot]?.last?.documents.snapshot == nil)
        #expect(files(stage.store.text(at: Self.document)) == ["1.0-\(Self.second).pom", "1.0-\(Self.second)-win.jar"])
        #expect(await faults(in: stage) == [:])
    }

    @Test(
        arguments: [MavenMetadata(), nil, MavenMetadata(groupID: "com.acme", artifactID: "other")] as [MavenMetadata?]
    )
    func `what an earlier document said stays until one can be used again`(unusable: MavenMetadata?) async throws {
        let stage = Rehearsal()
        Self.deploy(to: stage.source)
        await stage.run()
        let third = "20260101.000003-3"
        stage.source.deploySnapshot(app, base: "1.0", build: third, [".pom", "-mac.jar"])
        stage.source.setSnapshotMetadata(.success(unusable), of: snapshot)
        stage.clock.advance(by: .seconds(60))
        #expect(await stage.run().exit == .converged)
        #expect(
            files(stage.store.text(at: Self.document))
                == ["1.0-\(Self.first).jar", "1.0-\(third).pom", "1.0-\(Self.first)-linux.jar"]
                + ["1.0-\(third)-mac.jar", "1.0-\(Self.second)-win.jar"]
        )
        #expect(await faults(in: stage) == [:])
    }

    @Test(arguments: [RemoteFailure.Kind.malformed, .unavailable, .denied])
    func `a document that cannot be read is a warning, and one that cannot be fetched fails the version`(
        kind: RemoteFailure.Kind
    ) async {
        let stage = Rehearsal()
        Self.deploy(to: stage.source)
        let failure = RemoteFailure(kind, operation: TestOperations.getMetadata, target: "t", message: "line 1: no")
        stage.source.setSnapshotMetadata(.failure(failure), of: snapshot)
        let report = await stage.run()
        #expect(report.exit == (kind == .malformed ? .converged : .failures))
        #expect(report.failures.map(\.kind) == (kind == .malformed ? [] : [kind.rawValue]))
        #expect(report.warnings.contains { $0.contains("line 1: no") } == (kind == .malformed))
        #expect(stage.witness.manifests[snapshot] == nil || kind == .malformed)
    }

    @Test func `a repair, or a run with metadata always, rewrites a damaged document`() async {
        let stage = Rehearsal()
        Self.deploy(to: stage.source)
        await stage.run()
        let right = stage.store.text(at: Self.document)
        stage.store.place(Array("<metadata/>".utf8), at: Self.document)
        await stage.run()
        #expect(stage.store.text(at: Self.document) == "<metadata/>")
        var options = Reconciler.Options()
        options.metadataAlways = true
        await stage.run(options)
        #expect(stage.store.text(at: Self.document) == right)
    }

    @Test func `a run with metadata always asks again for a document that could not be used, and records it`()
        async throws
    {
        let stage = Rehearsal()
        Self.deploy(to: stage.source)
        let right = try await stage.source.metadata(ofSnapshot: snapshot)
        stage.source.setSnapshotMetadata(.success(MavenMetadata()), of: snapshot)
        await stage.run()
        stage.source.setSnapshotMetadata(.success(right), of: snapshot)
        stage.clock.advance(by: .seconds(60))
        await stage.run()
        #expect(stage.witness.manifests[snapshot]?.count == 1)
        let warning = "\(snapshot): the snapshot's maven-metadata.xml was not backed up"
        #expect(await verify(stage).warnings?.count { $0.hasPrefix(warning) } == 1)
        var options = Reconciler.Options()
        options.metadataAlways = true
        let report = await stage.run(options)
        #expect(report.exit == .converged, "\(report.failures)")
        #expect(report.versions == versions(listed: 3, inSync: 3))
        let manifests = try #require(stage.witness.manifests[snapshot])
        #expect(manifests.count == 2 && manifests[1].documents.snapshot != nil)
        #expect(manifests[1].assets == manifests[0].assets)
        #expect(files(stage.store.text(at: Self.document)) == Self.all)
        #expect(await faults(in: stage) == [:])
        #expect(await verify(stage).warnings?.contains { $0.hasPrefix(warning) } != true)
        await stage.run(options)
        #expect(stage.witness.manifests[snapshot]?.count == 2)
        #expect(stage.requests["codeartifact.DescribePackageVersion"] == nil)
    }

    @Test func `what a withdrawn snapshot's document said is carried over`() async {
        let stage = Rehearsal()
        Self.deploy(to: stage.source)
        await stage.run()
        stage.source.setStatus(.archived, of: snapshot)
        stage.clock.advance(by: .seconds(60))
        await stage.run()
        let manifests = stage.witness.manifests[snapshot] ?? []
        #expect(manifests.count == 2)
        #expect(manifests[1].documents.snapshot == manifests[0].documents.snapshot)
        #expect(manifests[1].documents.snapshot != nil)
    }

    @Test func `a restored snapshot names the files of the builds that came back`() async throws {
        let stage = await Rehearsal.backedUp { Self.deploy(to: $0) }
        #expect(await stage.restore().exit == .converged)
        let restored = try #require(try await stage.target.metadata(ofSnapshot: snapshot))
        let source = try #require(try await stage.source.metadata(ofSnapshot: snapshot))
        #expect(restored.snapshot == source.snapshot)
        #expect(restored.lastUpdated == source.lastUpdated)
        #expect(Set(restored.snapshotVersions) == Set(source.snapshotVersions))
        #expect(restored.snapshotVersions.count == 4)

        var options = Restorer.Options()
        options.selection.exclude = [try #require(VersionPattern("com.acme:app:1.0-\(Self.first)"))]
        let without = stage.restoring()
        #expect(await without.restore(options).exit == .converged)
        let document = try #require(try await without.target.metadata(ofSnapshot: snapshot))
        #expect(document.snapshotVersions.map(\.value) == ["1.0-\(Self.second)", "1.0-\(Self.second)"])
    }

    // MARK: Reading

    private func recorded(_ metadata: MavenMetadata) throws -> RecordedSnapshot {
        try RecordedSnapshot(metadata, of: snapshot)
    }

    private static func row(_ value: String, _ classifier: String? = nil, _ ending: String = "jar")
        -> MavenMetadata.SnapshotVersion
    {
        .init(classifier: classifier, fileExtension: ending, value: value, updated: nil)
    }

    @Test func `what no document can say is left out of what one says`() throws {
        let good = Self.row("1.0-\(Self.first)", "linux")
        let rows = [
            good, Self.row("1.0-SNAPSHOT"), Self.row("1.1-\(Self.first)"), Self.row("1.0-\(Self.first)", "../x"),
            Self.row("1.0-\(Self.first)", nil, ""), Self.row("1.0-\(Self.first)", "a\nb"),
            Self.row("1.0-\(Self.first)", String(repeating: "a", count: 1_100)), Self.row(""),
        ]
        let read = try recorded(
            MavenMetadata(
                snapshot: .init(timestamp: "yesterday", buildNumber: -1),
                snapshotVersions: rows
            )
        )
        #expect(
            read
                == RecordedSnapshot(
                    timestamp: nil,
                    buildNumber: nil,
                    files: [
                        .init(
                            classifier: "linux",
                            fileExtension: "jar",
                            value: "1.0-\(Self.first)",
                            updated: "20260101000001"
                        )
                    ]
                )
        )
        let twice = try recorded(
            MavenMetadata(snapshotVersions: [good, Self.row("1.0-\(Self.second)", "linux"), good])
        )
        #expect(twice.files.map(\.value) == ["1.0-\(Self.second)"])
        let many = (0...RecordedSnapshot.maximumFiles).map { Self.row("1.0-\(Self.first)", "c\($0)") }
        let refusal = #expect(throws: RecordedSnapshot.Unusable.self) {
            try recorded(MavenMetadata(snapshotVersions: many))
        }
        #expect(refusal?.reason == "names 2001 files, more than the 2000 that are kept")
        #expect(try recorded(MavenMetadata(snapshotVersions: Array(many.dropLast()))).files.count == 2_000)
    }
}
