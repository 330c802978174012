import ReconcileCore
import Testing

@Suite struct MavenMetadataGenerationTests {
    private func artifactLevel(_ versions: [String]) -> MavenMetadata {
        .artifactLevel(groupID: "com.example", artifactID: "app", versions: versions, lastUpdated: "20261122083612")
    }

    private func snapshotLevel(_ names: [String], version: String = "1.0-SNAPSHOT") -> MavenMetadata? {
        .snapshotLevel(groupID: "com.example", artifactID: "app", version: version, assetNames: names)
    }

    @Test func `versions stand in Maven's order, not in the order of their characters`() {
        #expect(
            artifactLevel(["1.10", "1.9", "2.0-SNAPSHOT", "2.0-rc1", "1.9"])
                == MavenMetadata(
                    groupID: "com.example",
                    artifactID: "app",
                    latest: "2.0-SNAPSHOT",
                    release: "2.0-rc1",
                    versions: ["1.9", "1.10", "2.0-rc1", "2.0-SNAPSHOT"],
                    lastUpdated: "20261122083612"
                )
        )
    }

    @Test func `nothing but snapshots has a latest and no release`() {
        let metadata = artifactLevel(["1.0-SNAPSHOT", "1.1-20210728.194552-1"])
        #expect(metadata.latest == "1.1-20210728.194552-1")
        #expect(metadata.release == nil)
    }

    @Test func `no versions have neither`() {
        let metadata = artifactLevel([])
        #expect(metadata.versions == [])
        #expect(metadata.latest == nil)
        #expect(metadata.release == nil)
    }

    @Test func `spellings that Maven holds equal stand in one order, whatever order they come in`() {
        let versions = ["1", "1-ga", "1.0", "1.0.0", "1.0.Final", "e\u{301}", "\u{E9}"]
        let expected = ["e\u{301}", "\u{E9}", "1", "1-ga", "1.0", "1.0.0", "1.0.Final"].map { Array($0.utf8) }
        for shift in versions.indices {
            let metadata = artifactLevel(Array(versions[shift...] + versions[..<shift]))
            #expect(metadata.versions.map { Array($0.utf8) } == expected)
        }
    }

    @Test(
        arguments: [
            ("jar", nil, "jar"),
            ("tar.gz", nil, "tar.gz"),
            ("jar.asc", nil, "jar.asc"),
            ("-sources.jar", "sources", "jar"),
            ("-bin.tar.gz", "bin", "tar.gz"),
            ("-bin.tar.bz2", "bin", "tar.bz2"),
            ("-bin.tar.gz.asc", "bin", "tar.gz.asc"),
            ("-sources.jar.asc", "sources", "jar.asc"),
            ("-sources.jar.sigstore.json", "sources", "jar.sigstore.json"),
            ("-jdk1.8.jar", "jdk1.8", "jar"),
            ("-linux-x86_64.so", "linux-x86_64", "so"),
            ("-v1.2-bin.tar.gz", "v1.2-bin", "tar.gz"),
            ("-tests.json", "tests", "json"),
            ("-tar.gz", "tar", "gz"),
            ("-asc.jar", "asc", "jar"),
            ("module", nil, "module"),
            ("pom.asc", nil, "pom.asc"),
            ("spdx.json", nil, "spdx.json"),
            ("tar.gz.sig", nil, "tar.gz.sig"),
            ("img.zst", nil, "img.zst"),
            ("-pack200.jar.pack.gz", "pack200", "jar.pack.gz"),
            ("-pack200.jar.pack.gz.asc", "pack200", "jar.pack.gz.asc"),
            ("-jdk1.8.jar.pack.gz", "jdk1.8", "jar.pack.gz"),
            ("-sources.pom.asc", "sources", "pom.asc"),
            ("-sources.jar.sigstore", "sources", "jar.sigstore"),
            ("-jdk1.8.jar.asc.sigstore.json", "jdk1.8", "jar.asc.sigstore.json"),
            ("-linux.jar.intoto.jsonl", "linux", "jar.intoto.jsonl"),
            ("-cyclonedx.json", "cyclonedx", "json"),
            ("-cyclonedx.xml", "cyclonedx", "xml"),
            ("-cyclonedx.json.asc", "cyclonedx", "json.asc"),
            ("-spdx.json", "spdx", "json"),
            ("-bom.spdx.json", "bom", "spdx.json"),
            ("-bom.cdx.xml.asc", "bom", "cdx.xml.asc"),
            ("-sbom.spdx.rdf.xml", "sbom", "spdx.rdf.xml"),
            ("-kotlin-tooling-metadata.json", "kotlin-tooling-metadata", "json"),
            ("-linux.x86_64.rpm", "linux.x86_64", "rpm"),
            ("-linux-x86_64.tar.gz.sig", "linux-x86_64", "tar.gz.sig"),
            ("-linux-1.8.tar.xz", "linux-1.8", "tar.xz"),
            ("-dist.tar.zst", "dist", "tar.zst"),
            ("-dist.TAR.Z", "dist", "TAR.Z"),
            ("-arm64.img.zst", "arm64", "img.zst"),
            ("-arm64.img.xz.minisig", "arm64", "img.xz.minisig"),
            ("-vm.qcow2.gz", "vm", "qcow2.gz"),
            ("-data.csv.gz", "data", "csv.gz"),
            ("-data.gz", "data", "gz"),
            ("-man.1.gz", "man.1", "gz"),
            ("-jdk1.8.gz", "jdk1.8", "gz"),
            ("-jdk1.8.sig", "jdk1.8", "sig"),
            ("-tool.7z.asc", "tool", "7z.asc"),
            ("-debug.apk.idsig", "debug", "apk.idsig"),
            ("-v1.2.3.zip", "v1.2.3", "zip"),
            ("-tests.test-jar", "tests", "test-jar"),
            ("-gz.gz", "gz", "gz"),
            ("-json.sigstore.json", "json", "sigstore.json"),
            ("-features.xml", "features", "xml"),
            ("-x.rpm.gpg", "x", "rpm.gpg"),
            ("-ü.ö.jar", "ü.ö", "jar"),
        ] as [(String, String?, String)]
    )
    func `classifier and extension are told apart`(ending: String, classifier: String?, fileExtension: String) throws {
        let ending = ending.hasPrefix("-") ? ending : "." + ending
        let metadata = try #require(snapshotLevel(["app-1.0-20210728.194552-12" + ending]))
        #expect(
            metadata
                == MavenMetadata(
                    groupID: "com.example",
                    artifactID: "app",
                    version: "1.0-SNAPSHOT",
                    lastUpdated: "20210728194552",
                    snapshot: .init(timestamp: "20210728.194552", buildNumber: 12),
                    snapshotVersions: [
                        .init(
                            classifier: classifier,
                            fileExtension: fileExtension,
                            value: "1.0-20210728.194552-12",
                            updated: "20210728194552"
                        )
                    ]
                )
        )
    }

    @Test(arguments: [
        "app-1.0-SNAPSHOT.jar", "app-1.0.jar", "app-1.0-20210728.194552-1", "app-1.0-20210728.194552-1-sources",
        "app-1.0-20210728.194552-1.", "app-1.0-20210728.194552-1-.jar", "app-1.0-20210728.194552-1_x.jar",
        "app-1.0-20210728.194552-1-a..jar", "app-1.0-20210728.194552.jar", "app-2.0-20210728.194552-1.jar",
        "application-1.0-20210728.194552-1.jar", "maven-metadata.xml", "app-1.0-20210728.194552-1.jar.sha1",
        "app-1.0-20210728.194552-1-sources.jar.sha512", "", "app-1.0-", "app-1.0-20210728.194552-.jar",
    ])
    func `a name that is not that of a build is left out`(name: String) {
        #expect(snapshotLevel([name]) == nil)
        #expect(snapshotLevel([name, "app-1.0-20210728.194552-1.pom"])?.snapshotVersions.count == 1)
    }

    @Test func `the newest build is named, and of each file the newest`() throws {
        let metadata = try #require(
            snapshotLevel([
                "app-1.0-20210728.194552-9.jar", "app-1.0-20210729.010203-10.jar", "app-1.0-20210729.010203-10.pom",
                "app-1.0-20210728.194552-9-sources.jar", "app-1.0-20210727.000000-8-sources.jar", "maven-metadata.xml",
            ])
        )
        #expect(metadata.snapshot == .init(timestamp: "20210729.010203", buildNumber: 10))
        #expect(metadata.lastUpdated == "20210729010203")
        #expect(
            metadata.snapshotVersions == [
                .init(
                    classifier: nil,
                    fileExtension: "jar",
                    value: "1.0-20210729.010203-10",
                    updated: "20210729010203"
                ),
                .init(
                    classifier: nil,
                    fileExtension: "pom",
                    value: "1.0-20210729.010203-10",
                    updated: "20210729010203"
                ),
                .init(
                    classifier: "sources",
                    fileExtension: "jar",
                    value: "1.0-20210728.194552-9",
                    updated: "20210728194552"
                ),
            ]
        )
    }

    @Test func `a build's own version names the same snapshot, and a release names none`() {
        let names = ["app-7.0-B4-20171127.090519-3.jar"]
        #expect(snapshotLevel(names, version: "7.0-B4-20171127.090519-3")?.version == "7.0-B4-SNAPSHOT")
        #expect(snapshotLevel(names, version: "7.0-B4-SNAPSHOT")?.snapshotVersions.count == 1)
        #expect(snapshotLevel(names, version: "7.0-B4") == nil)
    }

    @Test func `the time that is given is the one that is written`() {
        let metadata = MavenMetadata.snapshotLevel(
            groupID: "g",
            artifactID: "a",
            version: "1-SNAPSHOT",
            assetNames: ["a-1-20210728.194552-1.jar"],
            lastUpdated: "20261122083612"
        )
        #expect(metadata?.lastUpdated == "20261122083612")
    }
}
