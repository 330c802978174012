import ReconcileCore
import TestSupport
import Testing

/// The `.sha1` files that a run leaves beside the assets when it is asked to.
@Suite struct AssetSidecarTests {
    private let folder = "acme/maven/releases/com/acme/app/1.0/"
    private let jarSum = "9826bdf917b34834621c3a13e68bac9682c48686"
    private let pomSum = "31a6e1717665b9fb4646a906d52abae65a7eefbc"

    @Test func `each asset's file is written right after it, before the manifest`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let copied = try #require(summary(try await rehearsal.copy(writesSidecars: true)))
        #expect(rehearsal.writtenNames.dropLast() == ["app.jar", "app.jar.sha1", "app.pom", "app.pom.sha1"])
        #expect(rehearsal.store.writes.last?.key == rehearsal.layout.key(of: copied.manifest.record))
        #expect(rehearsal.store.text(at: folder + "app.jar.sha1") == jarSum)
        #expect(rehearsal.store.text(at: folder + "app.pom.sha1") == pomSum)
        #expect(copied.copied == 2 && copied.manifest.assets.map(\.asset.name) == ["app.jar", "app.pom"])
        #expect(rehearsal.requests["s3.PutObject"] == 5 && rehearsal.requests["s3.GetObject"] == nil)
    }

    @Test func `an adopted asset gets its file, and one that is right is not written again`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.store.place(Array("bytes of app.jar".utf8), at: folder + "app.jar")
        rehearsal.store.place(Array(jarSum.utf8), at: folder + "app.jar.sha1")
        rehearsal.store.place(Array("<project/>".utf8), at: folder + "app.pom")
        let copied = try #require(summary(try await rehearsal.copy(writesSidecars: true)))
        #expect(copied.adopted == 2)
        #expect(rehearsal.writtenNames.dropLast() == ["app.pom.sha1"])
    }

    @Test(arguments: [true, false])
    func `a file with another sum is written over, whether or not the listing showed it`(knows: Bool) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["app.jar": "bytes of app.jar"])
        rehearsal.store.place(Array(pomSum.utf8), at: folder + "app.jar.sha1")
        _ = try #require(summary(try await rehearsal.copy(writesSidecars: true, knows: knows)))
        #expect(rehearsal.store.text(at: folder + "app.jar.sha1") == jarSum)
    }

    @Test func `after a mutation the file has the sum of the new bytes`() async throws {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["app.jar": "old bytes"])
        let old = try #require(summary(try await rehearsal.copy(keepsVersions: true, writesSidecars: true)))
        #expect(rehearsal.store.text(at: folder + "app.jar.sha1") == "9eb61ce9f3539011b8f9899ce8777bc2fb5ef1f7")
        rehearsal.source.put("app.jar", "new bytes", in: version("1.0"))
        rehearsal.clock.advance(by: .seconds(60))
        let mutated = try await rehearsal.copy(
            keepsVersions: true,
            writesSidecars: true,
            newestRecord: old.manifest.recordedAt
        )
        #expect(summary(mutated)?.copied == 1)
        #expect(rehearsal.store.text(at: folder + "app.jar.sha1") == "7caea6a9de4cd6aa537d67969910e0d7179ab7d7")
        #expect(rehearsal.writtenNames.dropLast() == ["app.jar", "app.jar.sha1"])
    }

    @Test func `bytes that are refused leave the file of those that stay`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["app.jar": "new bytes"])
        rehearsal.store.place(Array("bytes of app.jar".utf8), at: folder + "app.jar")
        rehearsal.store.place(Array(jarSum.utf8), at: folder + "app.jar.sha1")
        #expect(kinds(try await rehearsal.copy(writesSidecars: true)) == [.conflict])
        #expect(rehearsal.store.text(at: folder + "app.jar.sha1") == jarSum)
    }

    @Test func `a listed metadata document gets none, and an asset of such a name stands`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(
            version("1.0"),
            ["app.jar": "bytes of app.jar", "app.jar.sha1": "theirs", "maven-metadata.xml": "<metadata/>"]
        )
        _ = try #require(summary(try await rehearsal.copy(writesSidecars: true)))
        #expect(
            rehearsal.writtenNames.dropLast() == [
                "app.jar", "app.jar.sha1", "app.jar.sha1.sha1", "maven-metadata.xml",
            ]
        )
        #expect(rehearsal.store.text(at: folder + "app.jar.sha1") == "theirs")
    }

    @Test func `a run that may not write the file does not commit the version, and the next one does`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["app.jar": "bytes of app.jar"])
        var options = Reconciler.Options()
        options.copying.writesSidecars = true
        rehearsal.store.conduct.fail("s3.PutObject", calls: 2...2, with: .unavailable)
        #expect(await rehearsal.run(options).exit == .failures)
        #expect(try rehearsal.manifests().isEmpty)
        #expect(await rehearsal.run(options).exit == .converged)
        #expect(rehearsal.store.text(at: folder + "app.jar.sha1") == jarSum)
    }
}
