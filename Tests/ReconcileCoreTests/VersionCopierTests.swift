import ReconcileCore
import TestSupport
import Testing

@Suite struct VersionCopierTests {
    private let jarKey = "acme/maven/releases/com/acme/app/1.0/app.jar"
    private let pomKey = "acme/maven/releases/com/acme/app/1.0/app.pom"

    @Test func `a fresh version is copied, assets first and the manifest last`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let revision = rehearsal.source.revision(of: version("1.0"))
        let copied = try #require(summary(try await rehearsal.copy()))
        #expect(copied.copied == 2)
        #expect(copied.adopted == 0)
        #expect(copied.bytes == 26)
        let manifest = try #require(try rehearsal.manifests().first)
        #expect(manifest == copied.manifest)
        #expect(manifest.revision == revision)
        #expect(manifest.status == .published)
        #expect(manifest.properties.origin == .internal)
        #expect(manifest.properties.publishedTime == 1_700_000_000.125)
        #expect(manifest.recordedAt == time("2026-11-22T08:36:12Z"))
        #expect(manifest.assets.map(\.key.value) == [jarKey, pomKey])
        #expect(manifest.assets.map(\.asset.size) == [16, 10])
        #expect(manifest.assets.allSatisfy { $0.asset.checksums.sha512?.utf8.count == 128 })
        #expect(rehearsal.store.text(at: jarKey) == "bytes of app.jar")
        #expect(rehearsal.writtenNames.dropLast() == ["app.jar", "app.pom"])
        #expect(rehearsal.store.writes.last?.key == rehearsal.layout.key(of: manifest.record))
        #expect(
            rehearsal.requests == [
                "codeartifact.ListPackageVersionAssets": 1, "codeartifact.DescribePackageVersion": 1,
                "maven.GetAsset": 2, "s3.PutObject": 3,
            ]
        )
    }

    @Test(arguments: AssetCopier.Adoption.allCases)
    func `objects are adopted by their SHA-256, or by their ETag without a look`(adoption: AssetCopier.Adoption)
        async throws
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.store.place(Array("bytes of app.jar".utf8), at: jarKey)
        rehearsal.store.place(Array("<project/>".utf8), at: pomKey)
        let copied = try #require(summary(try await rehearsal.copy(adoption: adoption)))
        #expect(copied.copied == 0 && copied.adopted == 2 && copied.bytes == 0)
        #expect(copied.adoptedByETag == (adoption == .etag ? 2 : 0))
        #expect(rehearsal.store.writes.count == 1)
        let looks = adoption == .etag ? [:] : ["s3.HeadObject": 2]
        #expect(
            rehearsal.requests
                == [
                    "codeartifact.ListPackageVersionAssets": 1, "codeartifact.DescribePackageVersion": 1,
                    "s3.PutObject": 1,
                ]
                .merging(looks) { $1 }
        )
    }

    @Test(arguments: AssetCopier.Adoption.allCases, [true, false])
    func `other bytes of the same MD5 are not adopted by their SHA-256`(
        adoption: AssetCopier.Adoption,
        keepsVersions: Bool
    ) async throws {
        let (own, other) = (collidingBytes[0], collidingBytes[1])
        #expect(own.count == 128 && own != other)
        #expect(testHashes.digest(own, .md5) == testHashes.digest(other, .md5))
        let rehearsal = Rehearsal(keepsVersions: keepsVersions)
        rehearsal.source.publish(version("1.0"), bytes: ["app.jar": own])
        rehearsal.store.place(other, at: jarKey)
        let outcome = try await rehearsal.copy(keepsVersions: keepsVersions, adoption: adoption)
        switch (keepsVersions, adoption) {
        case (true, _):
            let copied = try #require(summary(outcome))
            #expect(copied.copied == 1 && copied.adoptedByETag == 0)
            #expect(rehearsal.store.bytes(at: ObjectKey(jarKey), versionID: nil) == own)
        case (false, .sha256):
            guard case .failed(let failures) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(failures.failures.map(\.kind) == [.conflict])
            #expect(rehearsal.store.writes.isEmpty)
        case (false, .etag):
            // Nothing tells them apart; the summary says what was not proved.
            #expect(summary(outcome)?.adoptedByETag == 1)
        }
    }

    @Test(arguments: [InMemoryStore.ETags.opaque, .none])
    func `objects with another ETag are adopted by their SHA-256`(etags: InMemoryStore.ETags) async throws {
        let rehearsal = Rehearsal(keepsVersions: true, etags: etags)
        rehearsal.source.publish(version("1.0"), ["app.jar": "bytes of app.jar"])
        rehearsal.store.place(Array("bytes of app.jar".utf8), at: jarKey)
        let copied = try #require(summary(try await rehearsal.copy(keepsVersions: true)))
        #expect(copied.adopted == 1)
        #expect(copied.manifest.assets.map(\.versionID) == ["version-1"])
        #expect(rehearsal.requests["s3.HeadObject"] == 1)
        #expect(rehearsal.requests["maven.GetAsset"] == nil)
    }

    @Test func `on a store with versions an adopted object is named with its version id`() async throws {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["app.jar": "bytes of app.jar"])
        rehearsal.store.place(Array("bytes of app.jar".utf8), at: jarKey)
        let adopted = try #require(summary(try await rehearsal.copy(keepsVersions: true)))
        #expect(adopted.adopted == 1)
        // Other bytes may follow under the key: without its id these would not be found again.
        #expect(adopted.manifest.assets.map(\.versionID) == ["version-1"])
        #expect(rehearsal.requests["s3.HeadObject"] == 1)
        #expect(rehearsal.requests["maven.GetAsset"] == nil)
    }

    @Test func `an object that the listing did not show is adopted when the create-only write meets it`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["app.jar": "bytes of app.jar"])
        rehearsal.store.place(Array("bytes of app.jar".utf8), at: jarKey)
        let copied = try #require(summary(try await rehearsal.copy(knows: false)))
        #expect(copied.copied == 0 && copied.adopted == 1)
        #expect(rehearsal.rewritten.isEmpty)
    }

    @Test func `on a store with versions new bytes become a new version and the old manifest keeps the old`()
        async throws
    {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["app.jar": "old bytes"])
        let old = try #require(summary(try await rehearsal.copy(keepsVersions: true)))
        rehearsal.source.put("app.jar", "new bytes", in: version("1.0"))
        rehearsal.clock.advance(by: .seconds(60))
        let outcome = try await rehearsal.copy(keepsVersions: true, newestRecord: old.manifest.recordedAt)
        #expect(summary(outcome)?.copied == 1)
        let manifests = try rehearsal.manifests()
        #expect(manifests.count == 2)
        let texts = manifests.map { manifest in
            manifest.assets.map {
                String(decoding: rehearsal.store.bytes(at: $0.key, versionID: $0.versionID) ?? [], as: UTF8.self)
            }
        }
        #expect(texts == [["old bytes"], ["new bytes"]])
    }

    @Test(arguments: InMemoryStore.ETags.allCases, [true, false])
    func `on a store without versions other bytes are refused and left alone`(
        etags: InMemoryStore.ETags,
        knows: Bool
    ) async throws {
        let rehearsal = Rehearsal(etags: etags)
        rehearsal.source.publish(version("1.0"), ["app.jar": "new bytes", "app.pom": "<project/>"])
        rehearsal.store.place(Array("old bytes".utf8), at: jarKey)
        let outcome = try await rehearsal.copy(knows: knows)
        #expect(kinds(outcome) == [.conflict])
        #expect(rehearsal.store.text(at: jarKey) == "old bytes")
        #expect(rehearsal.store.text(at: pomKey) == "<project/>")
        #expect(try rehearsal.manifests().isEmpty)
        #expect(rehearsal.rewritten.isEmpty)
    }

    @Test func `one asset that fails keeps the version back, and the others stay for the next time`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "a", "b.jar": "b", "c.jar": "cc", "d.jar": "d"])
        rehearsal.source.setFault(.wrongHash, on: "b.jar", in: version("1.0"))
        rehearsal.source.setFault(.endsEarly, on: "c.jar", in: version("1.0"))
        guard case .failed(let failures) = try await rehearsal.copy() else {
            Issue.record("it did not fail")
            return
        }
        #expect(failures.failures.map(\.place.asset) == ["b.jar", "c.jar"])
        #expect(failures.failures.map(\.kind) == [.corrupt, .corrupt])
        #expect(failures.failures.map(\.place.version) == ["1.0", "1.0"])
        #expect(failures.publishedTime == 1_700_000_000.125)
        #expect(rehearsal.writtenNames == ["a.jar", "d.jar"])
        rehearsal.source.setFault(nil, on: "b.jar", in: version("1.0"))
        rehearsal.source.setFault(nil, on: "c.jar", in: version("1.0"))
        let second = try #require(summary(try await rehearsal.copy()))
        #expect(second.copied == 2 && second.adopted == 2)
    }

    @Test func `an asset without a SHA-256 keeps the version back`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.setFault(.noHash, on: "app.jar", in: version("1.0"))
        #expect(kinds(try await rehearsal.copy()) == [.malformed])
        #expect(rehearsal.store.writes.isEmpty)
    }

    @Test func `a listing of assets that runs in a circle ends`() async throws {
        let rehearsal = Rehearsal(assetPageSize: 1)
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.conduct.repeatTokens(of: "codeartifact.ListPackageVersionAssets")
        #expect(kinds(try await rehearsal.copy()) == [.malformed])
    }

    @Test func `a revision that changes between two pages is listed again`() async throws {
        let rehearsal = Rehearsal(assetPageSize: 1)
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.conduct.before("codeartifact.ListPackageVersionAssets") { [source = rehearsal.source] call in
            if call == 2 { source.put("app.txt", "added", in: version("1.0")) }
        }
        let copied = try #require(summary(try await rehearsal.copy()))
        #expect(copied.manifest.assets.map(\.asset.name) == ["app.jar", "app.pom", "app.txt"])
        #expect(copied.manifest.revision == rehearsal.source.revision(of: version("1.0")))
        #expect(rehearsal.requests["codeartifact.ListPackageVersionAssets"] == 5)
        #expect(try rehearsal.manifests().count == 1)
    }

    @Test func `a revision that changes while bytes are copied is listed again, and nothing is rewritten`() async throws
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.conduct.before("maven.GetAsset") { [source = rehearsal.source] call in
            if call == 1 { source.put("app.txt", "added", in: version("1.0")) }
        }
        let copied = try #require(summary(try await rehearsal.copy()))
        #expect(copied.manifest.assets.map(\.asset.name) == ["app.jar", "app.pom", "app.txt"])
        #expect(copied.copied == 1 && copied.adopted == 2)
        #expect(rehearsal.rewritten.isEmpty)
        #expect(try rehearsal.manifests().count == 1)
    }

    @Test func `a version that changes twice is left for the next run`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.conduct.before("codeartifact.DescribePackageVersion") { [source = rehearsal.source] _ in
            source.touch(version("1.0"))
        }
        #expect(try await rehearsal.copy() == .left)
        #expect(try rehearsal.manifests().isEmpty)
    }

    @Test func `the status that is recorded is the one after the copy`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.conduct.before("maven.GetAsset") { [source = rehearsal.source] call in
            if call == 2 { source.setStatus(.unlisted, of: version("1.0")) }
        }
        #expect(summary(try await rehearsal.copy())?.manifest.status == .unlisted)
    }

    @Test(arguments: [VersionStatus.deleted, .archived, .disposed])
    func `a version withdrawn after its bytes are stored is recorded as withdrawn and names them`(
        status: VersionStatus
    ) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let revision = rehearsal.source.revision(of: version("1.0"))
        // The first call is the test's own.
        rehearsal.source.conduct.before("codeartifact.DescribePackageVersion") { [source = rehearsal.source] call in
            if call == 2 { source.withdraw(version("1.0"), as: status) }
        }
        let committed = try #require(summary(try await rehearsal.copy()))
        #expect(committed.manifest.status == status)
        #expect(committed.manifest.revision == revision)
        #expect(committed.manifest.properties.origin == .internal)
        #expect(committed.manifest.assets.map(\.asset.name) == ["app.jar", "app.pom"])
        #expect(committed.copied == 2 && committed.bytes == 26)
        #expect(try rehearsal.manifests() == [committed.manifest])
    }

    @Test(
        arguments: ["codeartifact.ListPackageVersionAssets", "maven.GetAsset"],
        [VersionStatus.deleted, .archived, .disposed]
    )
    func `a version withdrawn before its bytes are stored is recorded as withdrawn, without bytes`(
        operation: String,
        status: VersionStatus
    ) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.conduct.before(operation) { [source = rehearsal.source] call in
            if call == 1 { source.withdraw(version("1.0"), as: status) }
        }
        let committed = try #require(summary(try await rehearsal.copy()))
        #expect(committed.manifest.status == status)
        #expect(committed.manifest.assets == [])
    }

    @Test func `a version withdrawn while its new bytes are copied keeps those of its record`() async throws {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"))
        let before = try #require(summary(try await rehearsal.copy(keepsVersions: true)))
        rehearsal.source.put("app.jar", "new bytes", in: version("1.0"))
        rehearsal.source.conduct.before("maven.GetAsset") { [source = rehearsal.source] call in
            if call == 1 { source.delete(version("1.0")) }
        }
        let outcome = try await rehearsal.copy(keepsVersions: true, newestRecord: before.manifest.recordedAt)
        let committed = try #require(summary(outcome))
        #expect(committed.manifest.status == .deleted)
        #expect(committed.manifest.revision == before.manifest.revision)
        #expect(committed.manifest.assets == before.manifest.assets)
    }

    @Test func `a version published again while it is copied is copied again, without a failure for its bytes`()
        async throws
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.conduct.before("maven.GetAsset") { [source = rehearsal.source] call in
            guard call == 1 else { return }
            source.delete(version("1.0"))
            source.publish(version("1.0"), ["app.jar": "other bytes"])
        }
        let committed = try #require(summary(try await rehearsal.copy()))
        #expect(committed.manifest.revision == rehearsal.source.revision(of: version("1.0")))
        #expect(committed.manifest.assets.map(\.asset.name) == ["app.jar"])
        #expect(rehearsal.store.text(at: jarKey) == "other bytes")
    }

    @Test func `bytes that fail are a failure if the version has not changed`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.conduct.fail("maven.GetAsset", calls: 1...1, with: .absent)
        #expect(kinds(try await rehearsal.copy()) == [.absent])
        #expect(rehearsal.requests["codeartifact.ListPackageVersionAssets"] == 1)
    }

    @Test func `an unfinished version is skipped, before and after its bytes are read`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), status: .unfinished)
        #expect(
            try await rehearsal.copy() == .skipped("the version is unfinished: its bytes cannot be read yet")
        )
        #expect(rehearsal.requests.isEmpty)
        #expect(
            try await rehearsal.copy(status: .published)
                == .skipped("the version became unfinished while it was copied")
        )
        #expect(try rehearsal.manifests().isEmpty)
    }

    @Test(arguments: [VersionStatus.archived, .disposed])
    func `a version whose bytes are withheld keeps those that were saved`(status: VersionStatus) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let before = try #require(summary(try await rehearsal.copy()))
        rehearsal.source.setStatus(status, of: version("1.0"))
        rehearsal.clock.advance(by: .seconds(60))
        let after = try #require(summary(try await rehearsal.copy(newestRecord: before.manifest.recordedAt)))
        #expect(after.manifest.status == status)
        #expect(after.manifest.assets == before.manifest.assets)
        #expect(after.manifest.properties.publishedTime == 1_700_000_000.125)
        #expect(after.manifest.recordedAt == time("2026-11-22T08:37:12Z"))
        #expect(after.copied == 0 && after.adopted == 2)
        #expect(rehearsal.requests["maven.GetAsset"] == nil)
    }

    @Test func `earlier bytes are found even by a writer that knows of no record`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let before = try #require(summary(try await rehearsal.copy()))
        rehearsal.source.setStatus(.archived, of: version("1.0"))
        let after = try #require(summary(try await rehearsal.copy(newestRecord: nil)))
        #expect(after.manifest.assets == before.manifest.assets)
        #expect(after.manifest.recordedAt == time("2026-11-22T08:36:13Z"))
    }

    @Test func `an archived version that was never saved is recorded without bytes`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), status: .archived)
        let recorded = try #require(summary(try await rehearsal.copy()))
        #expect(recorded.manifest.assets.isEmpty)
        #expect(recorded.manifest.revision == rehearsal.source.revision(of: version("1.0")))
        #expect(rehearsal.writtenNames.count == 1)
    }

    @Test func `a deleted version keeps its revision, origin and bytes in its record`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let before = try #require(summary(try await rehearsal.copy()))
        rehearsal.source.delete(version("1.0"))
        let after = try #require(summary(try await rehearsal.copy(newestRecord: before.manifest.recordedAt)))
        var expected = before.manifest
        expected.status = .deleted
        expected.recordedAt = time("2026-11-22T08:36:13Z")
        let key = BackupLayout(domain: "acme").key(of: before.manifest.record)
        let sha256 = testHashes.digest(try before.manifest.canonicalBytes(), .sha256)
        expected.previous = .named(path: String(key.value.dropFirst("acme/".count)), sha256: sha256)
        #expect(after.manifest == expected)
    }

    @Test func `nothing is carried on from an earlier manifest that does not pass`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), status: .archived)
        let key = rehearsal.layout.key(of: record(version("1.0")))
        rehearsal.store.place(Array("{}".utf8) + [UInt8](repeating: 0x20, count: 200), at: key.value)
        let outcome = try await rehearsal.copy(newestRecord: time("2026-11-22T08:36:12Z"))
        let committed = try #require(summary(outcome))
        #expect(committed.manifest.assets == [])
        #expect(committed.manifest.recordedAt == time("2026-11-22T08:36:13Z"))
        #expect(committed.uncarried?.kind == .untrusted)
        #expect(committed.uncarried?.message.contains("(rule: form)") == true)
    }

    @Test func `a record is later than the one before, whatever that writer's clock showed`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let outcome = try await rehearsal.copy(newestRecord: time("2026-11-22T08:40:00Z"))
        #expect(summary(outcome)?.manifest.recordedAt == time("2026-11-22T08:40:01Z"))
    }

    @Test func `two copies at once store every byte once and one manifest`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        async let first = rehearsal.copier().copy(
            version("1.0"),
            listed: ListedVersion(version: "1.0", revision: nil, status: .published, origin: .internal),
            newestRecord: nil,
            in: rehearsal.round(of: version("1.0"), publishesMetadata: true)
        )
        async let second = rehearsal.copier().copy(
            version("1.0"),
            listed: ListedVersion(version: "1.0", revision: nil, status: .published, origin: .internal),
            newestRecord: nil,
            in: rehearsal.round(of: version("1.0"), publishesMetadata: true)
        )
        let summaries = await [summary(first), summary(second)]
        #expect(summaries.compactMap { $0?.copied }.reduce(0, +) == 2)
        #expect(summaries.compactMap { $0?.adopted }.reduce(0, +) == 2)
        #expect(rehearsal.rewritten.isEmpty)
        #expect(try rehearsal.manifests().count == 1)
    }

    @Test func `the package's metadata is written just before the commit, and counts it`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["app.jar": "a"])
        _ = try await rehearsal.copy(publishesMetadata: true)
        #expect(rehearsal.writtenNames.first == "app.jar")
        // Side by side.
        #expect(
            rehearsal.writtenNames.dropFirst().dropLast().sorted() == [
                "maven-metadata.xml", "maven-metadata.xml.md5", "maven-metadata.xml.sha1",
            ]
        )
        #expect(rehearsal.writtenNames.last?.hasSuffix(".Published.json") == true)
        #expect(
            rehearsal.store.text(at: "acme/maven/releases/com/acme/app/maven-metadata.xml") == """
                <?xml version="1.0" encoding="UTF-8"?>
                <metadata>
                  <groupId>com.acme</groupId>
                  <artifactId>app</artifactId>
                  <versioning>
                    <latest>1.0</latest>
                    <release>1.0</release>
                    <versions>
                      <version>1.0</version>
                    </versions>
                    <lastUpdated>20261122083612</lastUpdated>
                  </versioning>
                </metadata>

                """
        )
    }

    @Test func `versions of one package that are copied by two writers at once are both in its metadata`() async throws
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "a"])
        rehearsal.source.publish(version("2.0"), ["a.jar": "a"])
        // The other writer's whole copy falls between this one's metadata and its commit.
        rehearsal.store.conduct.before("s3.PutObject") { call in
            guard call == 2 else { return }
            _ = await rehearsal.copier().copy(
                version("2.0"),
                listed: ListedVersion(version: "2.0", revision: nil, status: .published, origin: .internal),
                newestRecord: nil,
                in: rehearsal.round(of: version("2.0"), publishesMetadata: true)
            )
        }
        #expect(summary(try await rehearsal.copy(publishesMetadata: true)) != nil)
        let document = rehearsal.store.text(at: "acme/maven/releases/com/acme/app/maven-metadata.xml")
        #expect(document.contains("<version>1.0</version>"))
        #expect(document.contains("<version>2.0</version>"))
        let sum = rehearsal.store.text(at: "acme/maven/releases/com/acme/app/maven-metadata.xml.sha1")
        #expect(sum == sidecarDigest(Array(document.utf8), .sha1))
    }

    @Test func `a third writer that commits while a second one mends the metadata is in it too`() async throws {
        let rehearsal = Rehearsal()
        for number in 1...3 { rehearsal.source.publish(version("\(number).0"), ["a.jar": "a"]) }
        @Sendable func copyBeside(_ number: Int) async {
            _ = await rehearsal.copier().copy(
                version("\(number).0"),
                listed: ListedVersion(version: "\(number).0", revision: nil, status: .published, origin: .internal),
                newestRecord: nil,
                in: rehearsal.round(of: version("\(number).0"), publishesMetadata: true)
            )
        }
        // Writes: 1 the asset, 2 to 4 metadata, 5 the manifest; one copy beside it takes 6 to 10, so 11 mends metadata.
        rehearsal.store.conduct.before("s3.PutObject") { call in
            if call == 5 { await copyBeside(2) }
            if call == 11 { await copyBeside(3) }
        }
        #expect(summary(try await rehearsal.copy(publishesMetadata: true)) != nil)
        let key = "acme/maven/releases/com/acme/app/maven-metadata.xml"
        let document = rehearsal.store.text(at: key)
        for number in 1...3 { #expect(document.contains("<version>\(number).0</version>")) }
        #expect(rehearsal.store.text(at: key + ".sha1") == sidecarDigest(Array(document.utf8), .sha1))
        #expect(rehearsal.store.text(at: key + ".md5") == sidecarDigest(Array(document.utf8), .md5))
    }

    @Test func `metadata whose checksum file is another writer's is mended`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["app.jar": "a"])
        let key = "acme/maven/releases/com/acme/app/maven-metadata.xml"
        rehearsal.store.conduct.before("s3.PutObject") { call in
            if call == 5 { rehearsal.store.place(Array("another's".utf8), at: key + ".sha1") }
        }
        _ = try await rehearsal.copy(publishesMetadata: true)
        let document = rehearsal.store.text(at: key)
        #expect(rehearsal.store.text(at: key + ".sha1") == sidecarDigest(Array(document.utf8), .sha1))
    }

    @Test func `metadata that cannot be written keeps the version back`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["app.jar": "a"])
        rehearsal.store.conduct.fail("s3.PutObject", calls: 2...2, with: .unavailable)
        #expect(kinds(try await rehearsal.copy(publishesMetadata: true)) == [.unavailable])
        #expect(try rehearsal.manifests().isEmpty)
    }

    @Test func `a snapshot gets metadata of its newest build`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.deploySnapshot(app, base: "1.0", build: "20210728.194552-1")
        _ = try await rehearsal.copy(version("1.0-20210728.194552-1"))
        let copied = try #require(summary(try await rehearsal.copy(version("1.0-SNAPSHOT"))))
        #expect(copied.adopted == 2)
        let folder = "acme/maven/releases/com/acme/app/1.0-SNAPSHOT"
        let document = rehearsal.store.text(at: "\(folder)/maven-metadata.xml")
        #expect(document.contains("<timestamp>20210728.194552</timestamp>"))
        #expect(document.contains("<buildNumber>1</buildNumber>"))
        #expect(rehearsal.store.text(at: "\(folder)/app-1.0-20210728.194552-1.jar") == "jar 20210728.194552-1")
    }

    @Test(arguments: [InMemorySource.AssetFault.wrongHash, .endsEarly])
    func `a listed maven-metadata.xml that is not handed out as listed keeps no version back`(
        fault: InMemorySource.AssetFault
    ) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["app.jar": "jar", "maven-metadata.xml": "<theirs/>"])
        rehearsal.source.setFault(fault, on: "maven-metadata.xml", in: version("1.0"))
        let copied = try #require(summary(try await rehearsal.copy()))
        #expect(copied.manifest.assets.map(\.asset.name) == ["app.jar"])
    }

    @Test func `a maven-metadata.xml that the source lists stands, and may change where nothing else may`() async throws
    {
        let rehearsal = Rehearsal()
        let assets = ["app-1.0-20210728.194552-1.jar": "jar", "maven-metadata.xml": "<theirs/>"]
        rehearsal.source.publish(version("1.0-SNAPSHOT"), assets)
        let first = try #require(summary(try await rehearsal.copy(version("1.0-SNAPSHOT"))))
        rehearsal.source.put("maven-metadata.xml", "<newer/>", in: version("1.0-SNAPSHOT"))
        let outcome = try await rehearsal.copy(version("1.0-SNAPSHOT"), newestRecord: first.manifest.recordedAt)
        #expect(summary(outcome)?.copied == 1)
        #expect(
            rehearsal.store.text(at: "acme/maven/releases/com/acme/app/1.0-SNAPSHOT/maven-metadata.xml") == "<newer/>"
        )
    }

    @Test func `credentials that are refused end the copy at the first asset`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "a", "b.jar": "b"])
        rehearsal.source.conduct.fail("maven.GetAsset", with: .credentials)
        let outcome = try await rehearsal.copy()
        #expect(kinds(outcome) == [.credentials])
        #expect(rehearsal.requests["maven.GetAsset"] == 1)
    }

    @Test func `a cancelled copy is interrupted and commits nothing`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let outcome = await withTaskGroup(of: CopyOutcome.self) { group in
            group.cancelAll()
            group.addTask {
                await rehearsal.copier().copy(
                    version("1.0"),
                    listed: ListedVersion(version: "1.0", revision: nil, status: .published, origin: .internal),
                    newestRecord: nil,
                    in: rehearsal.round(of: version("1.0"), publishesMetadata: true)
                )
            }
            return await group.next()
        }
        #expect(outcome == .interrupted)
        #expect(rehearsal.store.writes.isEmpty)
    }

    @Test(arguments: [
        (RemoteFailure.Kind.credentials, TestOperations.getAsset, true), (.forbidden, TestOperations.put, true),
        (.unreachable, TestOperations.list, true), (.denied, TestOperations.put, false),
        (.denied, TestOperations.getAsset, false), (.denied, TestOperations.get, false),
        (.unavailable, TestOperations.put, false), (.conflict, TestOperations.put, false),
    ])
    func `what every further version would fail of ends a run, and the refusal of one thing does not`(
        kind: RemoteFailure.Kind,
        operation: ServiceOperation,
        ends: Bool
    ) {
        let failure = ItemFailure(
            RemoteFailure(kind, operation: operation, target: "t", message: "m"),
            version: version("1.0")
        )
        #expect(failure.endsRun == ends)
    }
}
