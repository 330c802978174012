import TestSupport
import Testing

@testable import ReconcileCore

/// The prefixes of Maven plugins: from the source's document of their group to that of a restored domain.
@Suite struct PluginRecordTests {
    private static let tool = package("tool-maven-plugin")
    private static let group = MavenMetadata(
        plugins: [
            .init(name: "Another", prefix: "other", artifactID: "other-maven-plugin"),
            .init(name: "Tool", prefix: "tool", artifactID: "tool-maven-plugin"),
        ]
    )

    @Test(arguments: [
        ("tool-maven-plugin", true), ("maven-tool-plugin", true), ("tool", false), ("tool-plugin", false),
        ("maven-tool", false), ("gradle-plugin", false),
    ])
    func `a plugin is recognized by its name`(name: String, isPlugin: Bool) {
        #expect(package(name).isPlugin == isPlugin)
    }

    @Test func `the record of a plugin keeps its prefix, for one request, and no other package costs one`() async {
        let stage = Rehearsal()
        stage.source.setGroupMetadata(.success(Self.group), of: "com.acme")
        stage.source.publish(version("1.0", of: Self.tool))
        stage.source.publish(version("1.0"))
        let report = await stage.run()
        #expect(report.exit == .converged)
        #expect(report.warnings.filter { $0.contains("group") } == [])
        let plugin = stage.witness.manifests[version("1.0", of: Self.tool)]?.last?.documents.plugin
        #expect(plugin == RecordedPlugin(name: "Tool", prefix: "tool"))
        #expect(stage.witness.manifests[version("1.0")]?.last?.documents.plugin == nil)
        // One of each package, and one of the group.
        #expect(stage.requests["maven.GetMetadata"] == 3)
        #expect(await stage.run().versions.copied == 0)
        #expect(stage.requests["maven.GetMetadata"] == nil)
    }

    @Test func `a group's document that there can be none of fails no version`() async {
        let stage = Rehearsal()
        let failure = RemoteFailure(
            .invalid,
            operation: TestOperations.getMetadata,
            target: "t",
            message: "no such thing"
        )
        stage.source.setGroupMetadata(.failure(failure), of: "com.acme")
        stage.source.publish(version("1.0", of: Self.tool))
        let report = await stage.run()
        #expect(report.exit == .converged)
        #expect(report.warnings.contains { $0.contains("of the group com.acme cannot be read (no such thing)") })
        #expect(stage.witness.manifests[version("1.0", of: Self.tool)]?.count == 1)
    }

    @Test(arguments: [RemoteFailure.Kind.denied, .malformed])
    func
        `a group's document that is withheld is asked for by each run until it is given, and files are recorded at once`(
            kind: RemoteFailure.Kind
        ) async throws
    {
        let stage = Rehearsal()
        let failure = RemoteFailure(kind, operation: TestOperations.getMetadata, target: "t", message: "a page")
        stage.source.setGroupMetadata(.failure(failure), of: "com.acme")
        let version = version("1.0", of: Self.tool)
        stage.source.publish(version)
        stage.source.publish(ReconcileCoreTests.version("1.0"))
        for copied in [1, 0, 0] {
            stage.clock.advance(by: .seconds(60))
            let report = await stage.run()
            #expect(report.exit == .failures)
            #expect(report.versions.copied == copied && report.versions.failed == 1, "\(report.versions)")
            #expect(report.failures.map(\.place) == [Place(Self.tool, version: "1.0")])
            #expect(report.failures.first?.message.contains("of the group com.acme was not given (a page)") == true)
            #expect(report.warnings.filter { $0.contains("group") } == [])
            // One record says that something is missing, however often it is asked for.
            #expect(stage.witness.manifests[version]?.map(\.revision) == ["incomplete"])
            #expect(stage.witness.manifests[version]?.last?.assets.isEmpty == false)
            let state = try await BackupStatus.read(from: stage.backup, stop: StopSignal())
            #expect(state.unprotected.map(\.place) == [Place(Self.tool, version: "1.0")])
        }
        #expect(await stage.protect(version).exit == .failures)
        #expect(await verify(stage).outcome == .sound)
        stage.source.setGroupMetadata(.success(Self.group), of: "com.acme")
        stage.clock.advance(by: .seconds(60))
        let report = await stage.run()
        #expect(report.exit == .converged && report.versions.copied == 1)
        #expect(stage.witness.manifests[version]?.count == 2)
        let plugin = stage.witness.manifests[version]?.last?.documents.plugin
        #expect(plugin == RecordedPlugin(name: "Tool", prefix: "tool"))
        #expect(await stage.run().versions.inSync == 2)
    }

    @Test(arguments: [RemoteFailure.Kind.unavailable, .unreachable, .throttled])
    func `a group's document that is not given now fails the plugin's version, and the next run has it`(
        kind: RemoteFailure.Kind
    ) async {
        let stage = Rehearsal()
        let failure = RemoteFailure(kind, operation: TestOperations.getMetadata, target: "t", message: "not now")
        stage.source.setGroupMetadata(.failure(failure), of: "com.acme")
        stage.source.publish(version("1.0", of: Self.tool))
        let first = await stage.run()
        #expect(first.versions.copied == 0 && first.exit != .converged)
        stage.source.setGroupMetadata(.success(Self.group), of: "com.acme")
        #expect(await stage.run().exit == .converged)
        let plugin = stage.witness.manifests[version("1.0", of: Self.tool)]?.last?.documents.plugin
        #expect(plugin == RecordedPlugin(name: "Tool", prefix: "tool"))
    }

    @Test(arguments: [RemoteFailure.Kind.invalid, nil])
    func `a prefix that could not be read once is recorded by a run with metadata always`(
        kind: RemoteFailure.Kind?
    ) async throws {
        let stage = Rehearsal()
        let failure = kind.map {
            RemoteFailure($0, operation: TestOperations.getMetadata, target: "t", message: "no such thing")
        }
        stage.source.setGroupMetadata(failure.map { .failure($0) } ?? .success(MavenMetadata()), of: "com.acme")
        for number in 0..<3 { stage.source.publish(version("1.\(number)", of: Self.tool)) }
        let words = kind == nil ? "does not list the plugin" : "cannot be read (no such thing)"
        let sentence =
            "the plugin prefix of releases/com.acme:tool-maven-plugin may be missing from the backup: "
            + "the source's maven-metadata.xml of the group com.acme \(words). "
        #expect(await stage.run().warnings.count { $0.contains(sentence) } == 1)
        #expect(document(stage) == "")
        var options = Reconciler.Options()
        options.metadataAlways = true
        stage.clock.advance(by: .seconds(60))
        #expect(await stage.run(options).warnings.count { $0.contains(sentence) } == 1)
        stage.source.setGroupMetadata(.success(Self.group), of: "com.acme")
        let report = await stage.run(options)
        #expect(report.exit == .converged && report.warnings.filter { $0.contains("group") } == [])
        // One of the package, and one of the group.
        #expect(stage.requests["maven.GetMetadata"] == 2)
        let last = try #require(stage.witness.manifests[version("1.2", of: Self.tool)])
        #expect(last.count == 2 && last.last?.documents.plugin == RecordedPlugin(name: "Tool", prefix: "tool"))
        #expect(stage.witness.manifests.values.reduce(0) { $0 + $1.count } == 4)
        #expect(document(stage) == rendered([], [Self.toolEntry]))
        #expect(await verify(stage).outcome == .sound)
        _ = await stage.run(options)
        #expect(stage.witness.manifests.values.reduce(0) { $0 + $1.count } == 4)
    }

    // MARK: Plugins of other names

    private static let odd = MavenMetadata.Plugin(name: nil, prefix: "odd", artifactID: "oddplug")
    private static let quaint = MavenMetadata.Plugin(name: "Quaint", prefix: "q", artifactID: "quaint")
    private static let oddGroup = MavenMetadata(plugins: [quaint] + group.plugins + [odd])

    @Test func `plugins of other names are kept with the plugin whose document names them, for no more requests`() async
    {
        var counts: [[String: Int]] = []
        for group in [Self.group, Self.oddGroup] {
            let stage = Rehearsal()
            stage.source.setGroupMetadata(.success(group), of: "com.acme")
            stage.source.publish(version("1.0", of: Self.tool))
            stage.source.publish(version("1.0", of: package("oddplug")))
            let report = await stage.run()
            #expect(report.exit == .converged)
            #expect(report.warnings.filter { $0.contains("oddplug") } == [])
            let plugin = stage.witness.manifests[version("1.0", of: Self.tool)]?.last?.documents.plugin
            #expect(plugin?.others == (group == Self.oddGroup ? [Self.odd, Self.quaint] : []))
            #expect(stage.witness.manifests[version("1.0", of: package("oddplug"))]?.last?.documents.plugin == nil)
            // One of each package, and one of the group.
            #expect(stage.requests["maven.GetMetadata"] == 3)
            counts.append(stage.requests)
            let entries = group == Self.oddGroup ? [Self.odd, Self.quaint, Self.toolEntry] : [Self.toolEntry]
            #expect(document(stage) == rendered([], entries))
            #expect(await verify(stage).outcome == .sound)
        }
        #expect(counts[0] == counts[1])
    }

    @Test func `the newest record of the group's plugins says which plugins of other names there are`() async {
        let stage = Rehearsal()
        let other = package("other-maven-plugin")
        stage.source.setGroupMetadata(.success(Self.oddGroup), of: "com.acme")
        stage.source.publish(version("1.0", of: Self.tool))
        await stage.run()
        stage.clock.advance(by: .seconds(60))
        let otherEntry = MavenMetadata.Plugin(name: "Another", prefix: "other", artifactID: "other-maven-plugin")
        var later = Self.oddGroup
        later.plugins.removeAll { $0.artifactID == "quaint" }
        stage.source.setGroupMetadata(.success(later), of: "com.acme")
        stage.source.publish(version("1.0", of: other))
        await stage.run()
        #expect(document(stage) == rendered([], [Self.odd, otherEntry, Self.toolEntry]))
        #expect(await verify(stage).outcome == .sound)
        // Once it is withdrawn, the older record is the newest.
        stage.clock.advance(by: .seconds(60))
        stage.source.setStatus(.archived, of: version("1.0", of: other))
        await stage.run()
        #expect(document(stage) == rendered([], [Self.odd, Self.quaint, Self.toolEntry]))
        #expect(await verify(stage).outcome == .sound)
    }

    @Test(arguments: [true, false])
    func `plugins that no record can keep are warned of once, by name`(isNamed: Bool) async {
        let stage = Rehearsal()
        var document = MavenMetadata(plugins: isNamed ? Self.group.plugins : [])
        for number in 100..<(isNamed ? 202 : 102) {
            document.plugins.append(.init(name: nil, prefix: "p", artifactID: "odd\(number)"))
        }
        stage.source.setGroupMetadata(.success(document), of: "com.acme")
        for number in 0..<3 { stage.source.publish(version("1.\(number)", of: Self.tool)) }
        let report = await stage.run()
        #expect(report.exit == .converged)
        let sentence =
            isNamed
            ? "are not kept, since at most 100 are, and only valid ones: odd200, odd201. Their files are;"
            : "are not kept, since the document that names them does not name tool-maven-plugin, whose record would keep "
                + "them: odd100, odd101. Their files are;"
        #expect(report.warnings.count { $0.contains(sentence) } == 1, "\(report.warnings)")
        let others = stage.witness.manifests[version("1.0", of: Self.tool)]?.last?.documents.plugin?.others
        #expect(others?.count == (isNamed ? 100 : nil))
    }

    @Test func `a restore publishes the prefixes of plugins of other names that it restores`() async {
        let stage = await Rehearsal.backedUp { source in
            source.setGroupMetadata(.success(Self.oddGroup), of: "com.acme")
            source.publish(version("1.0", of: Self.tool))
            source.publish(version("1.0", of: package("oddplug")))
        }
        #expect(await stage.restore().exit == .converged)
        let restored = try? await stage.target.metadata(ofGroup: "com.acme", in: "releases")
        // Nothing of quaint is recorded.
        #expect(restored?.plugins == [Self.odd, Self.toolEntry])
        #expect(await stage.restore().exit == .converged)
        #expect(stage.restoreWrites == [:])
    }

    @Test func `a group without a document causes no warning`() async {
        let stage = Rehearsal()
        stage.source.publish(version("1.0", of: Self.tool))
        let report = await stage.run()
        #expect(report.exit == .converged)
        #expect(report.warnings.filter { $0.contains("group") } == [])
    }

    @Test func `a restore adds its plugins to those in the group's document`() async {
        let stage = await Rehearsal.backedUp { source in
            source.setGroupMetadata(.success(Self.group), of: "com.acme")
            source.publish(version("1.0", of: Self.tool))
        }
        let there = MavenMetadata.Plugin(name: nil, prefix: "mine", artifactID: "mine-maven-plugin")
        let old = MavenMetadata.Plugin(name: nil, prefix: "old", artifactID: "tool-maven-plugin")
        stage.target.setGroupMetadata(.success(MavenMetadata(plugins: [there, old])), of: "com.acme")
        #expect(await stage.restore().exit == .converged)
        let restored = try? await stage.target.metadata(ofGroup: "com.acme", in: "releases")
        #expect(restored?.plugins == [there, .init(name: "Tool", prefix: "tool", artifactID: "tool-maven-plugin")])
        #expect(await stage.restore().exit == .converged)
        #expect(stage.restoreWrites == [:])
    }

    // MARK: The document of the group in the tree

    private static let documentKey = "acme/maven/releases/com/acme/maven-metadata.xml"
    private static let toolEntry = MavenMetadata.Plugin(name: "Tool", prefix: "tool", artifactID: "tool-maven-plugin")

    /// A package whose folder is the group's, and a plugin of the group.
    private static func fill(_ source: InMemorySource) {
        source.setGroupMetadata(.success(group), of: "com.acme")
        source.publish(version("1.0", of: tool))
    }

    private static let parent = PackageCoordinates(repository: "releases", namespace: "com", name: "acme")

    private func verify(_ stage: Rehearsal, repairs: Bool = false) async -> VerifyReport {
        var options = Verifier.Options()
        options.settling = .zero
        options.isStrict = true
        let recorder = Manifest.Recorder(door: "repair", version: "test")
        let repairSource = repairs ? Verifier.RepairSource(source: stage.source, recorder: recorder) : nil
        return await Verifier(of: stage.backup, options: options, repairSource: repairSource)
            .run(id: "verify", in: RunContext(clock: stage.clock, ledger: RequestLedger()))
    }

    private func document(_ stage: Rehearsal) -> String { stage.store.text(at: Self.documentKey) }

    private func rendered(
        _ versions: [String],
        _ plugins: [MavenMetadata.Plugin],
        at time: String = "20261122083612"
    ) -> String {
        var document = MavenMetadata()
        if !versions.isEmpty {
            document = .artifactLevel(groupID: "com", artifactID: "acme", versions: versions, lastUpdated: time)
        }
        document.plugins = plugins
        return String(decoding: document.render(), as: UTF8.self)
    }

    @Test func `a run publishes the document of a plugin's group, with checksum files, and lists no other group`() async
    {
        let stage = Rehearsal()
        Self.fill(stage.source)
        #expect(await stage.run().exit == .converged)
        #expect(document(stage) == rendered([], [Self.toolEntry]))
        let sum = testHashes.digest(Array(document(stage).utf8), .sha1)
        #expect(stage.store.text(at: Self.documentKey + ".sha1") == sum)
        #expect(await verify(stage).outcome == .sound)
        #expect(await stage.run().versions.copied == 0)
        #expect(stage.requests["s3.ListObjectsV2"] == 1 && stage.requests["s3.PutObject"] == nil)

        // Neither a package beside the plugin nor one below it looks for plugins.
        stage.source.publish(version("1.0"))
        let below = PackageCoordinates(repository: "releases", namespace: "com.acme.app", name: "x")
        stage.source.publish(version("1.0", of: below))
        await stage.run()
        // One more if the package below comes first: its folder may be that of a version of the other.
        #expect((10...11).contains(stage.requests["s3.ListObjectsV2", default: 0]))

        stage.source.setStatus(.archived, of: version("1.0", of: Self.tool))
        stage.clock.advance(by: .seconds(60))
        await stage.run()
        #expect(document(stage) == rendered([], []))
        #expect(await verify(stage).outcome == .sound)
    }

    @Test(arguments: [true, false])
    func `a package in the folder of a plugin's group shares its document, in whatever order`(pluginFirst: Bool) async {
        let stage = Rehearsal()
        let steps: [(InMemorySource) -> Void] = [Self.fill, { $0.publish(version("1.0", of: Self.parent)) }]
        for step in pluginFirst ? steps : steps.reversed() {
            step(stage.source)
            await stage.run()
        }
        #expect(document(stage) == rendered(["1.0"], [Self.toolEntry]))
        stage.clock.advance(by: .seconds(60))
        stage.source.publish(version("1.1", of: Self.parent))
        await stage.run()
        #expect(document(stage) == rendered(["1.0", "1.1"], [Self.toolEntry], at: "20261122083712"))
        stage.source.publish(version("1.2", of: Self.parent))
        await stage.protect(version("1.2", of: Self.parent))
        #expect(document(stage) == rendered(["1.0", "1.1", "1.2"], [Self.toolEntry], at: "20261122083712"))
        #expect(await verify(stage).outcome == .sound)
    }

    @Test(arguments: ["", ".sha1", ".md5"], [true, false])
    func `verify finds a wrong or absent document of a group, and a repair makes it again`(
        suffix: String,
        hasPackage: Bool
    ) async {
        for damage: String? in ["<metadata/>", nil] {
            let stage = Rehearsal()
            Self.fill(stage.source)
            if hasPackage { stage.source.publish(version("1.0", of: Self.parent)) }
            await stage.run()
            let right = document(stage)
            stage.clock.advance(by: .seconds(86_400))
            let key = Self.documentKey + suffix
            if let damage {
                stage.store.place(Array(damage.utf8), at: key)
            } else {
                stage.store.damage(ObjectKey(key)) { _ in nil }
            }
            let report = await verify(stage)
            #expect(report.findings.map(\.key) == [key], "\(report.findings)")
            #expect(report.findings.map(\.kind) == [suffix.isEmpty ? .wrongMetadata : .wrongSidecar])
            let repaired = await verify(stage, repairs: true)
            #expect(repaired.findings.map(\.mended) == [true], "\(repaired.findings)")
            #expect(document(stage) == right)
            #expect(await verify(stage).outcome == .sound)
        }
    }

    @Test func `where a version has the folder, its asset stays and the group has no document`() async {
        let stage = Rehearsal()
        let group = "com.acme.app.v1"
        let plugin = PackageCoordinates(repository: "releases", namespace: group, name: "tool-maven-plugin")
        stage.source.publish(version("v1"), ["maven-metadata.xml.sha1": "an asset", "app.jar": "jar"])
        await stage.run()
        stage.source.setGroupMetadata(.success(Self.group), of: group)
        stage.source.publish(version("1.0", of: plugin))
        #expect(await stage.run().exit == .converged)
        #expect(stage.store.text(at: "acme/maven/releases/com/acme/app/v1/maven-metadata.xml.sha1") == "an asset")
        stage.clock.advance(by: .seconds(86_400))
        #expect(await verify(stage).outcome == .sound)
    }

    @Test func `an entry that no plugin can have is not recorded`() {
        func recorded(_ name: String?, _ prefix: String) -> RecordedPlugin? {
            let plugin = MavenMetadata.Plugin(name: name, prefix: prefix, artifactID: Self.tool.name)
            return RecordedPlugin(MavenMetadata(plugins: [plugin]), of: Self.tool)
        }
        #expect(recorded(nil, "tool") == RecordedPlugin(name: nil, prefix: "tool"))
        #expect(recorded(nil, "") == nil)
        #expect(recorded("a\nb", "tool") == nil)
        #expect(recorded(nil, String(repeating: "a", count: 1_025)) == nil)
        #expect(RecordedPlugin(name: nil, prefix: "tool").problem(in: app) == "app is not the name of a Maven plugin")
        func problem(_ others: [MavenMetadata.Plugin]) -> String? {
            RecordedPlugin(name: nil, prefix: "tool", others: others).problem(in: Self.tool)
        }
        #expect(problem([Self.odd, Self.quaint]) == nil)
        #expect(problem([Self.quaint, Self.odd]) == "it names oddplug twice, or out of order")
        #expect(problem([Self.odd, Self.odd]) == "it names oddplug twice, or out of order")
        #expect(problem([Self.toolEntry]) == "the record of tool-maven-plugin itself says its prefix")
        for plugin in [
            MavenMetadata.Plugin(name: nil, prefix: "", artifactID: "odd"),
            .init(name: nil, prefix: "o", artifactID: ""),
            .init(name: "a\nb", prefix: "o", artifactID: "odd"),
        ] {
            #expect(problem([plugin]) == "the artifact, the prefix or the name of another plugin is not valid")
        }
        let many = (100..<201).map { MavenMetadata.Plugin(name: nil, prefix: "p", artifactID: "odd\($0)") }
        #expect(problem(many) == "it names 101 other plugins, more than 100")
    }
}
