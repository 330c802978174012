import ReconcileCore
import TestSupport
import Testing

@Suite struct ReconcilerTests {
    /// Three packages of `releases`, one of `snapshots`, an empty one and an empty repository: 7 versions.
    private func filled(_ rehearsal: Rehearsal) {
        for number in 0..<3 { rehearsal.source.publish(version("1.\(number)")) }
        rehearsal.source.publish(version("1.0", of: package("lib")), ["lib.jar": "lib", "lib.pom": "<project/>"])
        rehearsal.source.publish(version("2.0", of: package("web")), status: .unlisted)
        rehearsal.source.deploySnapshot(package("app", in: "snapshots"), base: "1.0", build: "20210728.194552-1")
        rehearsal.source.addPackage(package("empty"))
        rehearsal.source.addRepository("bare")
    }

    @Test func `a first run copies everything, and commits each version after its assets`() async throws {
        let rehearsal = Rehearsal()
        filled(rehearsal)
        let report = await rehearsal.run()
        #expect(report.outcome == .converged)
        #expect(report.repositories == 3)
        #expect(report.packages == 5)
        #expect(report.versions == versions(listed: 7, missing: 7, copied: 7))
        #expect(report.assets == assets(copied: 12, adopted: 2))
        #expect(report.failures.isEmpty && report.warnings.isEmpty)
        #expect(report.rpo.oldestUnprotectedSeconds == nil)
        #expect(rehearsal.rewritten.isEmpty)
        var stored: Set<ObjectKey> = []
        for write in rehearsal.store.writes {
            stored.insert(write.key)
            guard let record = rehearsal.layout.record(at: write.key) else { continue }
            let manifest = try #require(try rehearsal.manifests(of: record.coordinates).first)
            #expect(manifest.assets.allSatisfy { stored.contains($0.key) })
        }
    }

    @Test func `a second run does nothing, at exactly the price of the lists`() async {
        let rehearsal = Rehearsal()
        filled(rehearsal)
        await rehearsal.run()
        let report = await rehearsal.run()
        #expect(report.outcome == .converged)
        #expect(report.versions == versions(listed: 7, inSync: 7))
        #expect(rehearsal.store.writes.isEmpty)
        #expect(
            rehearsal.requests == [
                "codeartifact.ListRepositoriesInDomain": 1, "codeartifact.ListPackages": 3,
                "codeartifact.ListPackageVersions": 5, "s3.GetBucketVersioning": 1, "s3.ListObjectsV2": 1,
            ]
        )
    }

    @Test func `thousands of rows cost one list a thousand`() async {
        let rehearsal = Rehearsal(order: .shuffled(seed: 11))
        for number in 0..<2_100 { rehearsal.source.publish(version("1.\(number)"), ["a.jar": "\(number)"]) }
        for number in 0..<1_001 { rehearsal.source.addPackage(package("p\(number)", in: "many")) }
        let first = await rehearsal.run()
        #expect(first.versions == versions(listed: 2_100, missing: 2_100, copied: 2_100))
        let second = await rehearsal.run()
        #expect(second.packages == 1_002)
        #expect(second.versions == versions(listed: 2_100, inSync: 2_100))
        #expect(
            rehearsal.requests == [
                "codeartifact.ListRepositoriesInDomain": 1, "codeartifact.ListPackages": 3,
                "codeartifact.ListPackageVersions": 3 + 1_001, "s3.GetBucketVersioning": 1, "s3.ListObjectsV2": 3,
            ]
        )
    }

    @Test func `three published, one withdrawn and one deleted give exactly those five records`() async throws {
        let rehearsal = Rehearsal()
        for number in 0..<10 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        for number in 10..<13 { rehearsal.source.publish(version("1.\(number)")) }
        rehearsal.source.setStatus(.unlisted, of: version("1.3"))
        rehearsal.source.delete(version("1.4"))
        rehearsal.clock.advance(by: .seconds(3600))
        let report = await rehearsal.run()
        #expect(report.outcome == .converged)
        #expect(
            report.versions == versions(listed: 12, inSync: 8, missing: 3, stale: 1, orphaned: 1, copied: 4, deleted: 1)
        )
        #expect(report.assets == assets(copied: 6, adopted: 4))
        let records = rehearsal.store.writes.compactMap { rehearsal.layout.record(at: $0.key) }
        #expect(
            records.map { "\($0.coordinates.version) \($0.status.rawValue)" }.sorted() == [
                "1.10 Published", "1.11 Published", "1.12 Published", "1.3 Unlisted", "1.4 Deleted",
            ]
        )
        #expect(rehearsal.rewritten.isEmpty)
        #expect(rehearsal.requests["maven.GetAsset"] == 6)
        let document = rehearsal.store.text(at: "acme/maven/releases/com/acme/app/maven-metadata.xml")
        let lines = document.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }.filter {
            $0.hasPrefix("<version>")
        }
        #expect(
            lines.map(String.init)
                == ["0", "1", "2", "5", "6", "7", "8", "9", "10", "11", "12"].map {
                    "<version>1.\($0)</version>"
                }
        )
        let third = await rehearsal.run()
        #expect(third.versions == versions(listed: 12, inSync: 12, orphaned: 1))
        #expect(rehearsal.store.writes.isEmpty)
    }

    @Test(arguments: AssetCopier.Adoption.allCases)
    func `a bucket that the sample filled is adopted without a download`(adoption: AssetCopier.Adoption) async throws {
        let rehearsal = Rehearsal()
        filled(rehearsal)
        await rehearsal.run()
        let adopted = Rehearsal()
        filled(adopted)
        for (key, bytes) in rehearsal.store.contents
        where !key.contains("/manifests/") && !key.contains("maven-metadata") {
            adopted.store.place(bytes, at: key)
        }
        var options = Reconciler.Options()
        options.copying.adoption = adoption
        let report = await adopted.run(options)
        #expect(report.versions == versions(listed: 7, missing: 7, copied: 7))
        #expect(
            report.warnings.filter { $0.contains("ETag") }
                == (adoption == .sha256
                    ? []
                    : [
                        "14 files adopted by ETag alone. An ETag is an MD5 and does not prove the bytes; verify --depth "
                            + "checksums does, and --adopt-by sha256 makes runs do so"
                    ])
        )
        #expect(report.assets == assets(copied: 0, adopted: 14))
        #expect(report.bytes.copied == 0)
        #expect(adopted.requests["maven.GetAsset"] == nil)
        #expect(adopted.requests["s3.HeadObject"] == (adoption == .etag ? nil : 14))
        #expect(adopted.store.contents.filter { $0.key.contains("/manifests/") }.count == 7)
    }

    @Test func `a version that is deleted and published again has its whole history`() async throws {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("0.9"))
        rehearsal.source.publish(version("1.0"), ["a.jar": "first"])
        await rehearsal.run()
        rehearsal.source.delete(version("1.0"))
        rehearsal.clock.advance(by: .seconds(60))
        #expect(await rehearsal.run().versions == versions(listed: 1, inSync: 1, orphaned: 1, deleted: 1))
        rehearsal.source.publish(version("1.0"), ["a.jar": "second"])
        rehearsal.clock.advance(by: .seconds(60))
        #expect(await rehearsal.run().versions == versions(listed: 2, inSync: 1, missing: 1, copied: 1, mutated: 1))
        let history = try rehearsal.manifests()
        #expect(history.map(\.status) == [.published, .deleted, .published])
        #expect(
            history.map(\.recordedAt.extended) == [
                "2026-11-22T08:36:12Z", "2026-11-22T08:37:12Z", "2026-11-22T08:38:12Z",
            ]
        )
        let texts = history.compactMap { manifest in
            manifest.assets.first.map {
                String(decoding: rehearsal.store.bytes(at: $0.key, versionID: $0.versionID) ?? [], as: UTF8.self)
            }
        }
        #expect(texts == ["first", "first", "second"])
    }

    @Test(arguments: [nil, "", "0E5DE26A4CD79FDF3EBC4924FFFFFFFF", "a.b/c"] as [String?])
    func `any revision converges`(revision: String?) async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.setRevision(revision, of: version("1.0"))
        #expect(await rehearsal.run().versions == versions(listed: 1, missing: 1, copied: 1))
        rehearsal.clock.advance(by: .seconds(60))
        #expect(await rehearsal.run().versions == versions(listed: 1, inSync: 1))
    }

    @Test func `archived versions that are listed no more are recorded once`() async throws {
        let rehearsal = Rehearsal()
        for number in 0..<5 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        rehearsal.source.setStatus(.archived, of: version("1.0"))
        rehearsal.source.hide(version("1.0"))
        rehearsal.clock.advance(by: .seconds(60))
        let second = await rehearsal.run()
        #expect(second.outcome == .converged)
        #expect(second.versions == versions(listed: 5, inSync: 4, stale: 1, copied: 1))
        #expect(try rehearsal.manifests().map(\.status) == [.published, .archived])
        rehearsal.clock.advance(by: .seconds(60))
        let third = await rehearsal.run()
        #expect(third.outcome == .converged)
        #expect(third.versions.orphaned == 0)
        #expect(rehearsal.store.writes.isEmpty)
    }

    @Test func `a domain most of whose versions are archived and unlisted does not look emptied`() async {
        let rehearsal = Rehearsal()
        for number in 0..<10 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        for number in 0..<8 { rehearsal.source.setStatus(.archived, of: version("1.\(number)")) }
        await rehearsal.run()
        for number in 0..<8 { rehearsal.source.hide(version("1.\(number)")) }
        let report = await rehearsal.run()
        #expect(report.outcome == .converged)
        #expect(report.versions.orphaned == 0)
        #expect(rehearsal.store.writes.isEmpty)
    }

    @Test func `hostile and look-alike names are versions of their own`() async {
        let rehearsal = Rehearsal(order: .shuffled(seed: 2))
        let names = [
            "..", ".", "a b", "%2E", "1.0+7", "~", "caf\u{E9}", "cafe\u{301}", "🦆", String(repeating: "v", count: 255),
        ]
        for name in names {
            rehearsal.source.publish(version(name, of: package(name, group: name, in: name)), ["a.jar": name])
            rehearsal.source.publish(version(name), ["a.jar": name])
        }
        #expect(await rehearsal.run().versions == versions(listed: 20, missing: 20, copied: 20))
        #expect(await rehearsal.run().versions == versions(listed: 20, inSync: 20))
        #expect(rehearsal.store.keys.allSatisfy { !$0.split(separator: "/").contains("..") })
        for name in names { rehearsal.source.delete(version(name, of: package(name, group: name, in: name))) }
        var options = Reconciler.Options()
        options.deletionGuard.allowsMassDeletion = true
        #expect(await rehearsal.run(options).versions == versions(listed: 10, inSync: 10, orphaned: 10, deleted: 10))
    }

    @Test func `packages whose names read alike lose no deletion`() async {
        let rehearsal = Rehearsal()
        for (group, name) in [("a:b", "c"), ("a", "b:c")] {
            for number in 0..<4 {
                rehearsal.source.publish(version("\(number)", of: package(name, group: group)), ["x": "y"])
            }
        }
        await rehearsal.run()
        for (group, name) in [("a:b", "c"), ("a", "b:c")] {
            rehearsal.source.deletePackage(package(name, group: group))
        }
        var options = Reconciler.Options()
        options.deletionGuard.allowsMassDeletion = true
        rehearsal.clock.advance(by: .seconds(60))
        let report = await rehearsal.run(options)
        #expect(report.versions == versions(orphaned: 8, deleted: 8))
    }

    @Test func `two runs at once converge, and the next finds nothing to do`() async throws {
        let rehearsal = Rehearsal()
        filled(rehearsal)
        async let first = rehearsal.reconciler().run(id: "1", in: rehearsal.context())
        async let second = rehearsal.reconciler().run(id: "2", in: rehearsal.context())
        let outcomes = await [first.outcome, second.outcome]
        #expect(outcomes == [.converged, .converged])
        #expect(rehearsal.rewritten.isEmpty)
        #expect(await rehearsal.run().versions == versions(listed: 7, inSync: 7))
        #expect(rehearsal.store.writes.isEmpty)
        #expect(rehearsal.store.contents.filter { $0.key.contains("/manifests/") }.count == 7)
    }

    @Test func `metadata names published versions in Maven's order, and warns of what the source's lacks`() async {
        let rehearsal = Rehearsal()
        for name in ["1.10", "1.9", "1.0-rc1", "1.0", "2.0"] {
            rehearsal.source.publish(version(name), ["a.jar": name])
        }
        rehearsal.source.publish(version("3.0"), status: .unlisted)
        rehearsal.source.setMetadata(.success(MavenMetadata(versions: ["1.10", "1.9", "1.0", "2.0", "7.0"])), of: app)
        let report = await rehearsal.run()
        #expect(report.outcome == .converged)
        #expect(
            report.warnings == [
                "releases/com.acme:app:1.0-rc1 is published but the source's maven-metadata.xml lacks it"
            ]
        )
        let key = "acme/maven/releases/com/acme/app/maven-metadata.xml"
        #expect(
            rehearsal.store.text(at: key) == """
                <?xml version="1.0" encoding="UTF-8"?>
                <metadata>
                  <groupId>com.acme</groupId>
                  <artifactId>app</artifactId>
                  <versioning>
                    <latest>2.0</latest>
                    <release>2.0</release>
                    <versions>
                      <version>1.0-rc1</version>
                      <version>1.0</version>
                      <version>1.9</version>
                      <version>1.10</version>
                      <version>2.0</version>
                    </versions>
                    <lastUpdated>20261122083612</lastUpdated>
                  </versioning>
                </metadata>

                """
        )
        let bytes = Array(rehearsal.store.text(at: key).utf8)
        #expect(rehearsal.store.text(at: key + ".sha1") == sidecarDigest(bytes, .sha1))
        #expect(rehearsal.store.text(at: key + ".md5") == sidecarDigest(bytes, .md5))
    }

    @Test func `metadata is read once for a package with drift, and for all where it is asked for always`() async {
        let rehearsal = Rehearsal()
        filled(rehearsal)
        await rehearsal.run()
        // Four packages and a snapshot.
        #expect(rehearsal.requests["maven.GetMetadata"] == 5)
        var options = Reconciler.Options()
        options.metadataAlways = true
        let report = await rehearsal.run(options)
        #expect(report.outcome == .converged)
        // A package more, which has nothing to copy.
        #expect(rehearsal.requests["maven.GetMetadata"] == 6)
        #expect(rehearsal.rewritten.isEmpty)
    }

    @Test func `hostile metadata is reported, and the versions are copied`() async {
        let rehearsal = Rehearsal()
        filled(rehearsal)
        let failure = RemoteFailure(
            .malformed,
            operation: TestOperations.getMetadata,
            target: "releases/com.acme:app",
            message: "line 2: a DOCTYPE is refused"
        )
        rehearsal.source.setMetadata(.failure(failure), of: app)
        let report = await rehearsal.run()
        #expect(report.outcome == .partial)
        #expect(report.versions == versions(listed: 7, missing: 7, copied: 7))
        #expect(
            report.failures.map(\.message) == [
                "maven.GetMetadata releases/com.acme:app: line 2: a DOCTYPE is refused (malformed)"
            ]
        )
        #expect(report.failures.map(\.place.package) == ["app"])
        #expect(report.failures.map(\.place.version) == [nil])
    }
}

func versions(
    listed: Int = 0,
    inSync: Int = 0,
    missing: Int = 0,
    stale: Int = 0,
    orphaned: Int = 0,
    copied: Int = 0,
    deleted: Int = 0,
    pending: Int = 0,
    mutated: Int = 0,
    failed: Int = 0,
    skipped: Int = 0
) -> RunReport.Versions {
    var versions = RunReport(runID: "", domain: "", shard: .whole, startedAt: time("")).versions
    versions.listed = listed
    versions.inSync = inSync
    versions.missing = missing
    versions.stale = stale
    versions.orphaned = orphaned
    versions.copied = copied
    versions.deleted = deleted
    versions.pending = pending
    versions.mutated = mutated
    versions.failed = failed
    versions.skipped = skipped
    return versions
}

func assets(copied: Int = 0, adopted: Int = 0, failed: Int = 0) -> RunReport.Assets {
    var assets = RunReport(runID: "", domain: "", shard: .whole, startedAt: time("")).assets
    assets.copied = copied
    assets.adopted = adopted
    assets.failed = failed
    return assets
}
