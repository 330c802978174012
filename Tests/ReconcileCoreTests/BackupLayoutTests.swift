import ReconcileCore
import Testing

@Suite struct BackupLayoutTests {
    private let layout = BackupLayout(domain: "my-domain")
    private let build = "1.0-20210728.194552-1"

    @Test func `an asset lies where the sample puts it`() {
        let coordinates = version("1.0", of: package("my-app", group: "com.example.app"))
        #expect(
            layout.key(of: "my-app-1.0.jar", in: coordinates).value
                == "my-domain/maven/releases/com/example/app/my-app/1.0/my-app-1.0.jar"
        )
    }

    @Test func `a snapshot build lies under its snapshot's directory, and only with assets that carry its version`() {
        let builds = version(build)
        let folder = "my-domain/maven/releases/com/acme/app"
        #expect(
            layout.key(of: "app-\(build)-sources.jar", in: builds).value
                == "\(folder)/1.0-SNAPSHOT/app-1.0-20210728.194552-1-sources.jar"
        )
        #expect(
            layout.key(of: "app-\(build).pom", in: version("1.0-SNAPSHOT"))
                == layout.key(of: "app-\(build).pom", in: builds)
        )
        #expect(layout.key(of: "notes.txt", in: builds).value == "\(folder)/1.0-20210728.194552-1/notes.txt")
    }

    @Test func `a package's metadata, its prefix and a report have their places`() {
        #expect(layout.packagePrefix(app).value == "my-domain/maven/releases/com/acme/app/")
        #expect(layout.metadataKey(of: app).value == "my-domain/maven/releases/com/acme/app/maven-metadata.xml")
        #expect(
            layout.metadataKey(ofSnapshot: version("1.0-SNAPSHOT")).value
                == "my-domain/maven/releases/com/acme/app/1.0-SNAPSHOT/maven-metadata.xml"
        )
        #expect(
            layout.reportKey(runID: "a/b", startedAt: time("2026-11-22T08:36:12Z")).value
                == "my-domain/runs/2026-11-22/a%2Fb.json"
        )
    }

    @Test func `prefixes of manifests nest`() {
        #expect(layout.manifestsPrefix.value == "my-domain/manifests/maven/")
        #expect(layout.manifestsPrefix(of: "releases").value == "my-domain/manifests/maven/releases/")
        #expect(layout.manifestsPrefix(of: app).value == "my-domain/manifests/maven/releases/com.acme/app/")
        #expect(
            layout.manifestsPrefix(of: version("1.0")).value == "my-domain/manifests/maven/releases/com.acme/app/1.0/"
        )
    }

    @Test(
        arguments: [
            ("Ciqe5/9yicvkJT13b5/LdLpCyE6fqA7poa9qp+FilPs=", "Ciqe5_9yicvkJT13b5_LdLpCyE6fqA7poa9qp-FilPs"),
            ("YWI=", "YWI"),
            ("YQ==", "YQ"),
            ("0E5DE26A4CD79FDF3EBC4924FFFFFFFF", "0E5DE26A4CD79FDF3EBC4924FFFFFFFF"),
            (nil, "~"),
            ("", ""),
            ("YW", "~5957"),
            ("a.b/c", "~612e622f63"),
            ("====", "~3d3d3d3d"),
            ("YW-_", "~59572d5f"),
            ("é", "~c3a9"),
            ("~", "~7e"),
        ] as [(String?, String)]
    )
    func `a revision stands in a manifest's key and comes back`(revision: String?, segment: String) {
        let written = record(version("1.0"), revision: revision)
        let key = layout.key(of: written)
        #expect(
            key.value
                == "my-domain/manifests/maven/releases/com.acme/app/1.0/20261122T083612Z.\(segment).Published.json"
        )
        #expect(layout.record(at: key) == written)
    }

    @Test(arguments: VersionStatus.allCases)
    func `every status stands in a key and comes back`(status: VersionStatus) {
        let written = record(version("1.0"), status: status)
        #expect(layout.record(at: layout.key(of: written)) == written)
    }

    @Test(arguments: [
        "..", ".", "", "a b", "100%", "1.0+7", "~1", "a/b", "a\u{1}b", "\u{85}", "caf\u{E9}", "cafe\u{301}", "🦆",
    ])
    func `hostile names stay inside their folder and come back`(name: String) {
        let coordinates = VersionCoordinates(
            package: PackageCoordinates(repository: name, namespace: name, name: name),
            version: name
        )
        let written = record(coordinates)
        let key = layout.key(of: written)
        let read = layout.record(at: key)
        #expect(read.map { ExactText($0.coordinates.package.repository) } == ExactText(name))
        #expect(read.map { ExactText($0.coordinates.package.namespace) } == ExactText(name))
        #expect(read.map { ExactText($0.coordinates.package.name) } == ExactText(name))
        #expect(read.map { ExactText($0.coordinates.version) } == ExactText(name))
        let segments = layout.key(of: name, in: coordinates).value.utf8.split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        ).map { String(Substring($0)) }
        #expect(!segments.contains("") && !segments.contains(".") && !segments.contains(".."))
        #expect(segments.starts(with: ["my-domain", "maven"]))
    }

    @Test(arguments: [
        "other/manifests/maven/releases/com.acme/app/1.0/20261122T083612Z.cmV2.Published.json",
        "my-domain/maven/releases/com.acme/app/1.0/20261122T083612Z.cmV2.Published.json",
        "my-domain/manifests/maven/releases/com.acme/app/20261122T083612Z.cmV2.Published.json",
        "my-domain/manifests/maven/releases/com.acme/app/1.0/x/20261122T083612Z.cmV2.Published.json",
        "my-domain/manifests/maven/releases/com.acme//1.0/20261122T083612Z.cmV2.Published.json",
        "my-domain/manifests/maven/releases/com.acme/app/%31.0/20261122T083612Z.cmV2.Published.json",
        "my-domain/manifests/maven/releases/com.acme/app/1.0/20261122T083612.cmV2.Published.json",
        "my-domain/manifests/maven/releases/com.acme/app/1.0/20260230T083612Z.cmV2.Published.json",
        "my-domain/manifests/maven/releases/com.acme/app/1.0/20261122T083612Z.cmV2=.Published.json",
        "my-domain/manifests/maven/releases/com.acme/app/1.0/20261122T083612Z.~7E.Published.json",
        "my-domain/manifests/maven/releases/com.acme/app/1.0/20261122T083612Z.~7.Published.json",
        "my-domain/manifests/maven/releases/com.acme/app/1.0/20261122T083612Z.~+e.Published.json",
        "my-domain/manifests/maven/releases/com.acme/app/1.0/20261122T083612Z.abcde.Published.json",
        "my-domain/manifests/maven/releases/com.acme/app/1.0/20261122T083612Z.cmV2.published.json",
        "my-domain/manifests/maven/releases/com.acme/app/1.0/20261122T083612Z.cmV2.Published.json.tmp",
        "my-domain/manifests/maven/releases/com.acme/app/1.0/",
        "",
    ])
    func `a key that this layout would not have written is no manifest`(key: String) {
        #expect(layout.record(at: ObjectKey(key)) == nil)
    }

    @Test func `a package's own record stands beside its versions, is read back, and is no manifest of one`() {
        let own = PackageRecord(package: app, recordedAt: time("2026-11-22T08:36:12Z"), originControls: .ingested)
        let key = layout.key(of: own)
        #expect(
            key.value
                == "my-domain/manifests/maven/releases/com.acme/app/20261122T083612Z.publish-BLOCK.upstream-ALLOW.json"
        )
        #expect(layout.packageRecord(at: key) == own)
        #expect(layout.record(at: key) == nil)
        #expect(layout.packageRecord(at: layout.key(of: record(version("1.0")))) == nil)
        for name in [
            "20261122T083612Z.publish-block.upstream-ALLOW.json", "20261122T083612Z.publish-BLOCK.upstream-.json",
            "20261122T083612Z.upstream-ALLOW.publish-BLOCK.json", "20261322T083612Z.publish-BLOCK.upstream-ALLOW.json",
            "20261122T083612Z.publish-BLOCK.upstream-ALLOW.json.x", "20261122T083612Z.publish-BLOCK.json",
        ] {
            #expect(layout.packageRecord(at: ObjectKey(layout.manifestsPrefix(of: app).value + name)) == nil)
        }
    }

    @Test func `the order of a version's manifests is the order of time`() {
        let times = ["2026-11-22T08:36:12Z", "2026-11-22T08:36:13Z", "2026-11-22T10:00:00Z", "2027-01-01T00:00:00Z"]
        let revisions = ["zzzz", nil, "aaaa", "~"]
        let keys = zip(times, revisions).map { layout.key(of: record(version("1.0"), $0, revision: $1)) }
        #expect(keys.sorted() == keys)
    }
}
