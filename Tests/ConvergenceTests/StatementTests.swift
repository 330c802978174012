import ReconcileCore
import TestSupport
import Testing

/// Taking over a backup that was never signed: its records count as far as a statement vouches for them.
@Suite struct StatementTests {
    private static let identity = RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "acme")

    /// Two versions that the domain has, and one that it had.
    private func unsigned() async throws -> Rehearsal {
        let stage = Rehearsal.paged(keepsVersions: true)
        stage.source.publish(version("1.0"), ["app-1.0.jar": "jar", "app-1.0.pom": "pom"])
        stage.source.publish(version("1.1"), ["app-1.1.jar": "jar 1.1"])
        stage.source.publish(version("0.9"), ["app-0.9.jar": "gone"])
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        stage.clock.advance(by: .seconds(7_200))
        stage.source.delete(version("0.9"))
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        stage.clock.advance(by: .seconds(7_200))
        return stage
    }

    /// States what can be, and gives every program from then on the trust file with the baseline.
    private func sign(
        _ stage: Rehearsal,
        _ trust: TestTrust,
        accepting accepted: [String] = [],
        _ domain: InMemoryConfiguration = InMemoryConfiguration()
    ) async throws -> StatementMaker.Made {
        let file = trust.file(Self.identity)
        stage.seal(trust: try trust.trust(file), signer: try trust.signer(file, clock: stage.clock))
        let made = try await stage.state(under: try trust.trust(file), accepting: accepted, domain, width: 3)
        let stated = TrustFile(identity: Self.identity, keys: file.keys, baseline: made.baseline)
        stage.seal(trust: try trust.trust(stated), signer: try trust.signer(stated, clock: stage.clock))
        return made
    }

    private func records(_ stage: Rehearsal, of number: String) -> [ObjectKey] {
        stage.objectKeys.filter { stage.layout.record(at: $0)?.coordinates == version(number) }
    }

    private func text(_ stage: Rehearsal, _ key: ObjectKey) throws -> String {
        String(decoding: try #require(stage.store.bytes(at: key, versionID: nil)), as: UTF8.self)
    }

    @Test func `what the domain confirms counts, and what it no longer has does not`() async throws {
        let trust = try TestTrust()
        let stage = try await unsigned()
        let made = try await sign(stage, trust)
        #expect(made.compared == 2 && made.accepted == 0 && made.signed == 0)
        #expect(made.contradicted == [])
        #expect(Set(made.left.map(\.key)) == Set(records(stage, of: "0.9")))
        #expect(
            Set(made.left.map(\.reason)) == [
                "a later record of the version counts", "the domain does not have the version",
            ]
        )
        #expect(made.exit == .failures)
        // Nothing is recorded anew, and the run's checkpoint is signed.
        let begun = try await stage.reconcileWithCheckpoint()
        #expect(begun.exit == .converged, "\(begun.message ?? "")")
        #expect(begun.versions.copied == 0 && begun.versions.inSync == 2)
        let found = await stage.verify(.objects, isStrict: false)
        #expect(Set(found.findings.map(\.key)) == Set(records(stage, of: "0.9").map(\.value)))
        let restored = stage.restoring()
        await restored.restore()
        #expect(restored.target.currentVersions.keys.map(\.version).sorted() == ["1.0", "1.1"])
        stage.clock.advance(by: .seconds(7_200))
        stage.source.publish(version("2.0"), ["app-2.0.jar": "jar 2.0"])
        let later = try await stage.reconcileWithCheckpoint()
        #expect(later.exit == .converged && later.versions.copied == 1)
    }

    @Test func `where nothing is recorded, nothing is stated, and that is a failure that names what is there`()
        async throws
    {
        let stage = Rehearsal.paged(keepsVersions: true)
        stage.store.place([1], at: "acmee/manifests/maven/x")
        let failure = await #expect(throws: RemoteFailure.self) { _ = try await sign(stage, TestTrust()) }
        #expect(failure.map { ExitStatus($0.kind) } == .refused)
        #expect(
            failure?.message
                == "there is no backup of the domain acme; check --domain and --backup; there is only acmee"
        )
        #expect(stage.store.keys == ["acmee/manifests/maven/x"])
    }

    @Test func `a statement of which the store loses a part is no statement`() async throws {
        let trust = try TestTrust()
        let stage = try await unsigned()
        stage.store.watch { store, write in
            if write.key.value.contains("/statements/") { store.damage(write.key) { _ in nil } }
        }
        let failure = await #expect(throws: RemoteFailure.self) { _ = try await sign(stage, trust) }
        #expect(failure?.message.contains("does not have it: the store lost it") == true, "\(failure as Any)")
    }

    @Test func `records of packages and of the configuration count if the domain shows the same`() async throws {
        let trust = try TestTrust()
        let stage = Rehearsal.paged(keepsVersions: true)
        stage.source.publish(version("1.0"), ["app-1.0.jar": "jar"])
        stage.source.publish(version("1.0", of: lib), ["lib-1.0.jar": "jar"])
        let open = OriginControls(publish: .allow, upstream: .allow)
        stage.source.setControls(open, of: version("1.0").package)
        stage.source.setControls(open, of: lib)
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        let domain = InMemoryConfiguration()
        domain.add(repository: "releases")
        try await stage.record(domain)
        domain.change { $0.policy = #"{"Statement":[]}"# }
        try await stage.record(domain)
        stage.clock.advance(by: .seconds(60))
        // Whose controls have changed since, so that its newest record is the earlier one's successor.
        stage.source.setControls(.ingested, of: lib)
        let made = try await sign(stage, trust, accepting: [], domain)
        let reasons = Dictionary(made.left.map { ($0.reason, $0.key) }) { $1 }
        #expect(
            Set(reasons.keys) == [
                "a later record of the configuration counts",
                "the domain shows publish BLOCK, upstream ALLOW for the package",
            ]
        )
        #expect(made.compared == 4 && made.contradicted == [])
        let own = try #require(reasons["the domain shows publish BLOCK, upstream ALLOW for the package"])
        #expect(stage.layout.packageRecord(at: own)?.package == lib)
        // What was compared counts: the package is opened, and the configuration is the one that was recorded.
        let restored = stage.restoring(repositories: ["releases"])
        await restored.restore()
        #expect(restored.target.currentControls[version("1.0").package] == open)
        #expect(restored.target.currentControls[lib] != open)
        let newest = try await ConfigurationRecords.list(in: stage.backup).newest()
        #expect(newest.found != nil && newest.failures.isEmpty)
    }

    @Test func `a record of the configuration of which the domain shows a part alone does not count`() async throws {
        let trust = try TestTrust()
        let stage = try await unsigned()
        let domain = InMemoryConfiguration()
        domain.add(repository: "releases")
        try await stage.record(domain)
        domain.change { $0.failures = ["GetDomainPermissionsPolicy": .denied] }
        let made = try await sign(stage, trust, accepting: [], domain)
        let reason = "the domain shows another configuration, or the role may not read all of it"
        #expect(made.left.filter { stage.layout.configuration(at: $0.key) != nil }.map(\.reason) == [reason])
        #expect(try await ConfigurationRecords.list(in: stage.backup).newest().found == nil)
    }

    @Test func `what a record says of documents is not compared, and no reader takes it from one that is stated`()
        async throws
    {
        let trust = try TestTrust()
        let stage = Rehearsal()
        let plugin = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "greet-maven-plugin")
        stage.source.publish(version("1.0", of: plugin), ["greet-maven-plugin-1.0.jar": "jar"])
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        stage.clock.advance(by: .seconds(60))
        let key = try #require(stage.objectKeys.first { stage.layout.record(at: $0)?.coordinates.package == plugin })
        let record = try #require(stage.layout.record(at: key))
        // The right files, and a prefix that leads builds to another plugin.
        var forged = try await stage.backup.catalog.manifest(of: record)
        forged.documents.plugin = RecordedPlugin(name: "Greet", prefix: "help")
        stage.store.place(try forged.canonicalBytes(), at: key.value)
        #expect(try await stage.backup.catalog.manifest(of: record).documents.plugin?.prefix == "help")
        let made = try await sign(stage, trust)
        #expect(made.compared == 1 && made.documents == 1 && made.left == [])
        #expect(try await stage.backup.catalog.manifest(of: record).documents == RecordedDocuments())
        // Nor does a later record carry it on.
        stage.source.setStatus(.unlisted, of: version("1.0", of: plugin))
        stage.clock.advance(by: .seconds(60))
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        let later = stage.objectKeys.compactMap { stage.layout.record(at: $0) }.filter { $0.status == .unlisted }
        #expect(later.count == 1)
        for one in later { #expect(try await stage.backup.catalog.manifest(of: one).documents.plugin == nil) }
        // Who names the record says that all of it is true.
        let named = try await sign(stage, trust, accepting: ["acme/manifests/*"])
        #expect(named.accepted == 1 && named.documents == 0)
        #expect(try await stage.backup.catalog.manifest(of: record).documents.plugin?.prefix == "help")
    }

    @Test(arguments: ["the origin", "a file of the service's own name"])
    func `a record that says else what the domain does not show is not stated`(what: String) async throws {
        let trust = try TestTrust()
        let stage = Rehearsal()
        stage.source.publish(version("1.0"), ["app-1.0.jar": "jar"])
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        let key = try #require(records(stage, of: "1.0").first)
        let record = try #require(stage.layout.record(at: key))
        var forged = try await stage.backup.catalog.manifest(of: record)
        let reason: String
        if what == "the origin" {
            #expect(forged.properties.origin == .internal)
            forged.properties.origin = .external
            reason = "the domain shows the origin INTERNAL, and the record EXTERNAL"
        } else {
            let asset = Asset(name: MavenMetadata.fileName, size: 3, checksums: forged.assets[0].asset.checksums)
            forged.assets.append(
                Manifest.StoredAsset(
                    asset: asset,
                    key: stage.layout.key(of: MavenMetadata.fileName, in: version("1.0")),
                    versionID: nil
                )
            )
            reason = "the domain shows another maven-metadata.xml"
        }
        stage.store.place(try forged.canonicalBytes(), at: key.value)
        let made = try await sign(stage, trust)
        #expect(made.compared == 0 && made.left.map(\.reason) == [reason] && made.left.map(\.key) == [key])
    }

    @Test func `what is named counts uncompared`() async throws {
        let trust = try TestTrust()
        let stage = try await unsigned()
        let made = try await sign(stage, trust, accepting: ["acme/manifests/*/0.9/*"])
        #expect(made.compared == 2 && made.accepted == 2)
        #expect(made.left == [] && made.exit == .converged)
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        #expect(await stage.verify(.objects, isStrict: false).exit == .converged)
        // All is signed or stated by now, and a second statement has as much to say.
        let again = try await sign(stage, trust, accepting: ["acme/manifests/*/0.9/*"])
        #expect(again.compared == 2 && again.accepted == 2 && again.exit == .converged)
    }

    @Test func `groups are stored as they are looked at, and count only with the index, which comes last`() async throws
    {
        let trust = try TestTrust()
        let stage = Rehearsal(keepsVersions: true)
        for number in 1...40 {
            let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app\(number)")
            stage.source.publish(version("1.0", of: package), ["app.jar": "jar \(number)"])
        }
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        stage.clock.advance(by: .seconds(7_200))
        let statements = { stage.store.keys.filter { $0.contains("/statements/") } }
        // The last record cannot be read, as the first 39 were; what is stored by then is not named by anything.
        stage.store.conduct.resetCounts()
        stage.store.conduct.fail("s3.GetObject", calls: 40...40, with: .unavailable)
        await #expect(throws: RemoteFailure.self) { try await sign(stage, trust) }
        #expect(statements().count >= 30 && !statements().contains { $0.hasSuffix("/index.json") })
        let cut = statements().count
        stage.clock.advance(by: .seconds(60))
        let made = try await sign(stage, trust)
        #expect(made.compared == 40 && made.exit == .converged)
        #expect(statements().count > cut && statements().last?.hasSuffix("/index.json") == true)
        #expect(await stage.verify(.objects, isStrict: false).findings == [])
    }

    @Test func `what the domain contradicts is named, and not even stated if it is accepted`() async throws {
        let trust = try TestTrust()
        let stage = try await unsigned()
        let key = try #require(records(stage, of: "1.0").first)
        let good = try text(stage, key)
        let hash = try #require(good.firstMatch(of: /"sha256":"([0-9a-f]{64})"/)?.output.1)
        stage.store.place(Array(good.replacing(hash, with: String(repeating: "cd", count: 32)).utf8), at: key.value)
        let made = try await sign(stage, trust, accepting: ["acme/*"])
        #expect(made.contradicted.map(\.key) == [key])
        #expect(made.contradicted[0].reason.hasPrefix("the domain shows this revision with other files: app-1.0."))
        #expect(made.exit == .verificationFailed)
        // The run records what the domain shows, and nothing of the forged record is given back.
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.versions.copied == 1)
        let restored = stage.restoring()
        await restored.restore()
        #expect(restored.target.currentVersions[version("1.0")]?.assets.count == 2)
    }

    @Test func `nothing unsigned counts that came later or has other bytes than were stated`() async throws {
        let trust = try TestTrust()
        let stage = try await unsigned()
        _ = try await sign(stage, trust, accepting: ["acme/*"])
        let key = try #require(records(stage, of: "1.0").first)
        let good = try text(stage, key)
        let record = try #require(stage.layout.record(at: key))
        let later = ManifestRecord(
            coordinates: record.coordinates,
            recordedAt: try #require(Timestamp(extended: "2026-11-22T12:00:00Z")),
            revision: record.revision,
            status: record.status
        )
        let forged = stage.layout.key(of: later)
        stage.store.place(
            Array(good.replacing(record.recordedAt.extended, with: later.recordedAt.extended).utf8),
            at: forged.value
        )
        let other = try #require(records(stage, of: "1.1").first)
        let changed = try text(stage, other).replacing("\"size\":7", with: "\"size\":8")
        #expect(try changed != text(stage, other))
        stage.store.place(Array(changed.utf8), at: other.value)
        let found = await stage.verify(.objects, isStrict: false)
        let named = Dictionary(found.findings.map { ($0.key, $0.message) }) { first, _ in first }
        #expect(named[forged.value]?.contains("does not have it") == true, "\(named)")
        #expect(named[other.value]?.contains("has other bytes under this key") == true, "\(named)")
        #expect(named[key.value] == nil)
    }

    @Test func `a statement that was replaced vouches for nothing`() async throws {
        let trust = try TestTrust()
        let stage = try await unsigned()
        _ = try await sign(stage, trust)
        let files = stage.store.keys.filter { $0.contains("/statements/") }
        #expect(files.count == 2)
        #expect(try files.allSatisfy { try text(stage, ObjectKey($0)).contains(",\"signature\":\"") })
        for file in files {
            let good = try text(stage, ObjectKey(file))
            stage.store.place(Array(good.replacing("\"compared\" : ", with: "\"compared\" :  ").utf8), at: file)
            let found = await stage.verify(.objects, isStrict: false)
            #expect(found.findings.contains { $0.key == records(stage, of: "1.0")[0].value }, "\(file)")
            stage.store.place(Array(good.utf8), at: file)
        }
        let found = await stage.verify(.objects, isStrict: false)
        #expect(!found.findings.contains { $0.key == records(stage, of: "1.0")[0].value })
    }
}
