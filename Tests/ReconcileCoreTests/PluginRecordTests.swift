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
        let plugin = stage.witness.manifests[version("1.0", of: Self.tool)]?.last?.plugin
        #expect(plugin == RecordedPlugin(name: "Tool", prefix: "tool"))
        #expect(stage.witness.manifests[version("1.0")]?.last?.plugin == nil)
        // One of each package, and one of the group.
        #expect(stage.requests["maven.GetMetadata"] == 3)
        #expect(await stage.run().versions.copied == 0)
        #expect(stage.requests["maven.GetMetadata"] == nil)
    }

    @Test(arguments: [RemoteFailure.Kind.unavailable, .denied, .malformed, .invalid])
    func `a group's document that cannot be fetched fails no version`(kind: RemoteFailure.Kind) async {
        let stage = Rehearsal()
        let failure = RemoteFailure(kind, operation: TestOperations.getMetadata, target: "t", message: "no such thing")
        stage.source.setGroupMetadata(.failure(failure), of: "com.acme")
        stage.source.publish(version("1.0", of: Self.tool))
        let report = await stage.run()
        #expect(report.exit == .converged)
        #expect(report.warnings.contains { $0.contains("of the group com.acme cannot be read (no such thing)") })
        #expect(stage.witness.manifests[version("1.0", of: Self.tool)]?.count == 1)
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
    }
}
