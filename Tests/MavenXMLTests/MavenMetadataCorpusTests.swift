import Foundation
import MavenXML
import ReconcileCore
import Testing
import XMLPull

/// Reads a folder of maven-metadata.xml files as they are found in public repositories.
///
/// MAVEN_METADATA_CORPUS names the folder. Files whose name begins with `broken-` must be refused, all others read.
@Suite(
    .enabled(if: MavenMetadataCorpus.folder != nil, "set MAVEN_METADATA_CORPUS to a folder of maven-metadata.xml files")
)
struct MavenMetadataCorpusTests {
    @Test func `every file is read, or refused with a reason when it is broken`() throws {
        let names = try MavenMetadataCorpus.names()
        #expect(!names.isEmpty)
        for name in names {
            let bytes = try MavenMetadataCorpus.bytes(of: name)
            if name.hasPrefix("broken-") {
                let failure = #expect(throws: XMLFailure.self, "\(name)") { try MavenMetadata(xml: bytes) }
                #expect(failure?.reason.isEmpty == false && (failure?.line ?? 0) > 0)
            } else {
                #expect(throws: Never.self, "\(name)") {
                    let metadata = try MavenMetadata(xml: bytes)
                    // No file of the corpus says nothing.
                    #expect(metadata != MavenMetadata(), "\(name)")
                    #expect(try MavenMetadata(xml: metadata.render()) == metadata, "\(name)")
                }
            }
        }
    }

    @Test(arguments: [
        Known("release-list-76-weasis-dicom-tools.xml", version: "5.35.0", versions: 75, release: "5.35.0"),
        Known("release-list-73-notificare-no-latest.xml", versions: 73, release: "1.15.0"),
        Known("release-list-29-notificare-core.xml", versions: 12, latest: "2.7.0-rc.1", release: "2.7.0-rc.1"),
        Known("missing-lastupdated-98.xml", versions: 98),
        Known("eomtbx.xml", versions: 8, release: "1.2.1"),
        Known("latest-without-release.xml", versions: 6, latest: "0.9-SNAPSHOT"),
        Known("only-snapshots-nexus.xml", versions: 5),
        Known("empty-versioning.xml"),
        Known("version-level-release-odd.xml", version: "1.0"),
        Known("snapshot-classifier-crlf.xml", version: "0.49.7-SNAPSHOT", files: 4, build: 1),
        Known("namespaced-snapshot-two-classifiers.xml", version: "07.20.3-SNAPSHOT", files: 2, build: 97),
        Known("snapshot-qualifier-in-base-version.xml", version: "7.0-B4-SNAPSHOT", files: 3, build: 3),
        Known("snapshot-mng4189.xml", version: "1.0-SNAPSHOT", build: 2),
        Known("local-snapshot-sources-javadoc.xml", version: "1.1-SNAPSHOT", files: 5),
        Known("plugin-group-maven-plugins-8.xml", plugins: 8),
        Known("plugin-group-nodecl-comment.xml", plugins: 2),
        Known("plugin-group-namespaced.xml", plugins: 1),
        Known("plugin-group-single-nodecl.xml", plugins: 1),
        Known(
            "many-qualifiers-samplejar.xml",
            version: "6.0-SNAPSHOT",
            versions: 18,
            latest: "6.0-SNAPSHOT",
            release: "2.0",
            build: 26
        ),
    ])
    func `known files say what they are known to say`(known: Known) throws {
        let metadata = try MavenMetadata(xml: MavenMetadataCorpus.bytes(of: known.file))
        #expect(metadata.version == known.version)
        #expect(metadata.versions.count == known.versions)
        #expect(metadata.latest == known.latest)
        #expect(metadata.release == known.release)
        #expect(metadata.snapshotVersions.count == known.files)
        #expect(metadata.snapshot?.buildNumber == known.build)
        #expect(metadata.plugins.count == known.plugins)
    }

    struct Known: Sendable {
        let file: String
        let version: String?
        let versions: Int
        let latest: String?
        let release: String?
        let files: Int
        let build: Int?
        let plugins: Int

        init(
            _ file: String,
            version: String? = nil,
            versions: Int = 0,
            latest: String? = nil,
            release: String? = nil,
            files: Int = 0,
            build: Int? = nil,
            plugins: Int = 0
        ) {
            self.file = file
            self.version = version
            self.versions = versions
            self.latest = latest
            self.release = release
            self.files = files
            self.build = build
            self.plugins = plugins
        }
    }
}

private enum MavenMetadataCorpus {
    static let folder = ProcessInfo.processInfo.environment["MAVEN_METADATA_CORPUS"]

    static func names() throws -> [String] {
        let folder = try #require(folder)
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".xml") }.sorted()
    }

    static func bytes(of name: String) throws -> [UInt8] {
        let folder = try #require(folder)
        return Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
    }
}
