import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// Records that do not pass the reader: none of them ends a program, hides a true record, or is carried on.
@Suite struct UnprovedRecordTests {
    /// Puts bytes under the key of a record of a version.
    private func place(_ text: String, _ record: ManifestRecord, in rehearsal: Rehearsal) {
        rehearsal.store.place(Array(text.utf8), at: rehearsal.layout.key(of: record).value)
    }

    /// The stored text of a version's newest manifest.
    private func newest(_ rehearsal: Rehearsal) throws -> (record: ManifestRecord, text: String) {
        let manifest = try #require(try rehearsal.manifests().last)
        return (manifest.record, String(decoding: try manifest.canonicalBytes(), as: UTF8.self))
    }

    private static let damages: [(damage: String, with: String, rule: String)] = [
        (#""size":3"#, #""size":-1"#, "sizes"), (#""size":3"#, #""size":4611686018427387904"#, "sizes"),
        (#""publishedTime":"#, #""publishedTime":1e300,"was":"#, "members"),
        (#""key":"acme/maven/"#, #""key":"other-domain/maven/"#, "keys"), (#""sha256":"#, #""was":"#, "members"),
        (#""version":"1.0"}"#, #""version":"1.0","more":1}"#, "members"), ("{", "", "form"),
    ]

    // MARK: Restore

    @Test(arguments: 0..<damages.count)
    func `a restore takes the newest record that passes, and names the other`(number: Int) async throws {
        let (damage, replacement, rule) = Self.damages[number]
        let stage = await Rehearsal.backedUp {
            $0.publish(version("1.0"), ["app-1.0.jar": "jar", "app-1.0.pom": "pom"])
        }
        stage.clock.advance(by: .seconds(86_400))
        let (good, text) = try newest(stage)
        let forged = record(version("1.0"), "2026-11-22T09:00:00Z", revision: good.revision, status: .unlisted)
        let moved = text.replacing("2026-11-22T08:36:12Z", with: "2026-11-22T09:00:00Z")
            .replacing(#""status":"Published""#, with: #""status":"Unlisted""#)
        #expect(moved.contains(damage))
        place(moved.replacing(damage, with: replacement), forged, in: stage)
        let report = await stage.restore()
        #expect(report.exit == .failures)
        #expect(report.run.failures.map(\.kind) == ["untrusted"])
        #expect(report.run.failures[0].place.version == "1.0")
        #expect(report.run.failures[0].message.contains("(rule: \(rule))"), "\(report.run.failures[0].message)")
        #expect(report.run.versions.copied == 1)
        #expect(stage.target.picture == stage.source.picture)

        let none = stage.restoring()
        place("", good, in: none)
        let left = await none.restore()
        #expect(left.exit == .failures)
        #expect(left.run.failures.map(\.kind) == ["untrusted", "untrusted"])
        #expect(left.run.versions.failed == 1)
        #expect(none.restoreWrites == [:])
        #expect(none.target.currentVersions.isEmpty)
    }

    @Test(arguments: ["9999-12-31T23:59:59Z", "2026-11-22T09:00:00Z"])
    func `an empty object that says Deleted hides nothing from a restore`(time: String) async throws {
        let stage = await Rehearsal.backedUp {
            $0.publish(version("1.0"), ["app-1.0.jar": "jar", "app-1.0.pom": "pom"])
        }
        stage.clock.advance(by: .seconds(86_400))
        let (good, _) = try newest(stage)
        place("", record(version("1.0"), time, revision: good.revision, status: .deleted), in: stage)
        let report = await stage.restore()
        #expect(report.exit == .failures)
        #expect(report.run.failures.map(\.kind) == ["untrusted"])
        #expect(stage.target.picture == stage.source.picture)
    }

    @Test(arguments: ["9999-12-31T23:59:59Z", "2026-11-22T09:00:00Z"])
    func `an empty object opens no package to upstream repositories`(moment: String) async throws {
        let stage = await Rehearsal.backedUp { $0.publish(version("1.0"), ["app-1.0.pom": "pom"]) }
        stage.clock.advance(by: .seconds(86_400))
        let open = OriginControls(publish: .allow, upstream: .allow)
        let forged = PackageRecord(package: app, recordedAt: time(moment), originControls: open)
        stage.store.place([], at: stage.layout.key(of: forged).value)
        let report = await stage.restore()
        #expect(report.exit == .failures)
        #expect(report.run.failures.map(\.kind) == ["untrusted"])
        #expect(stage.target.currentControls == [app: .published])
        #expect(stage.restoreWrites["codeartifact.PutPackageOriginConfiguration"] == nil)
    }

    @Test(arguments: [nil, "no"])
    func `nothing of a version is sent while an object of it is absent or of another size`(bytes: String?) async throws
    {
        let stage = await Rehearsal.backedUp { source in
            source.publish(version("1.0"), ["app-1.0.jar": "jar", "app-1.0.pom": "pom"])
            source.publish(version("1.1"), ["app-1.1.pom": "pom"])
        }
        stage.clock.advance(by: .seconds(86_400))
        let key = stage.layout.key(of: "app-1.0.jar", in: version("1.0")).value
        if let bytes {
            stage.store.place(Array(bytes.utf8), at: key)
        } else {
            stage.store.damage(ObjectKey(key)) { _ in nil }
        }
        let report = await stage.restore()
        #expect(report.exit == .failures)
        #expect(report.run.failures.map(\.kind) == [bytes == nil ? "absent" : "corrupt"])
        #expect(report.run.failures.map(\.place.asset) == ["app-1.0.jar"])
        #expect(stage.target.currentVersions.keys.map(\.version) == ["1.1"])
    }

    // MARK: Run

    @Test func `a record of the future counts for nothing in a run`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        await rehearsal.run()
        let (good, _) = try newest(rehearsal)
        let pin = record(version("1.0"), "9999-12-31T23:59:59Z", revision: good.revision, status: .deleted)
        place("", pin, in: rehearsal)
        let warnings = Mutex<[String]>([])
        let report = await rehearsal.run { event in
            if case .warning(let warning) = event { warnings.withLock { $0.append(warning) } }
        }
        #expect(report.exit == .converged)
        #expect(report.versions.inSync == 1)
        #expect(rehearsal.store.writes.isEmpty)
        #expect(warnings.withLock { $0 }.map { $0.contains("99991231T235959Z") } == [true])

        rehearsal.source.setStatus(.archived, of: version("1.0"))
        #expect(await rehearsal.run().exit == .converged)
        let prefix = rehearsal.layout.manifestsPrefix(of: version("1.0")).value
        let times = rehearsal.store.keys.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count).prefix(8) }
        #expect(Set(times) == ["20261122", "99991231"])
        let document = rehearsal.store.text(at: rehearsal.layout.metadataKey(of: app).value)
        #expect(!document.contains("9999"))
    }

    @Test(arguments: ["", #"{"format":1}"#])
    func `an object too short for a record keeps no true one out by claiming the present state`(text: String)
        async throws
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.setControls(.ingested, of: app)
        let revision = try #require(rehearsal.source.revision(of: version("1.0")))
        let moment = "2026-11-22T08:00:00Z"
        place(text, record(version("1.0"), moment, revision: revision), in: rehearsal)
        let claimed = PackageRecord(package: app, recordedAt: time(moment), originControls: .ingested)
        rehearsal.store.place(Array(text.utf8), at: rehearsal.layout.key(of: claimed).value)
        let warnings = Mutex<[String]>([])
        func run() async -> RunReport {
            await rehearsal.run { event in
                if case .warning(let warning) = event { warnings.withLock { $0.append(warning) } }
            }
        }
        let report = await run()
        #expect(report.exit == .converged)
        #expect(report.versions == versions(listed: 1, missing: 1, copied: 1))
        let keys = [claimed.fileName, record(version("1.0"), moment, revision: revision).fileName]
        #expect(report.warnings.count == 1)
        #expect(report.warnings.first?.hasPrefix("2 objects do not count as records: ") == true)
        #expect(report.warnings.first?.hasSuffix(". Run verify") == true)
        for key in keys {
            #expect(report.warnings.first?.contains("\(key) (it has only \(text.utf8.count) bytes)") == true, "\(key)")
        }
        #expect(warnings.withLock { $0 } == report.warnings)
        #expect(rehearsal.store.keys.filter { $0.contains("20261122T083612Z") }.count == 2)
        #expect(await run().versions == versions(listed: 1, inSync: 1))
        let event = await rehearsal.protect(version("1.0"))
        #expect(event.versions.inSync == 1)
        #expect(event.warnings.map { $0.contains("\(keys[1]) (it has only") } == [true], "\(event.warnings)")
    }

    @Test func `ignored objects are warned of once, with the first few`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let revision = try #require(rehearsal.source.revision(of: version("1.0")))
        for day in 10..<15 {
            place("", record(version("1.0"), "2026-11-\(day)T00:00:00Z", revision: revision), in: rehearsal)
        }
        let report = await rehearsal.run()
        let prefix = rehearsal.layout.manifestsPrefix(of: version("1.0")).value
        let first = (10..<13).map { day in
            let file = record(version("1.0"), "2026-11-\(day)T00:00:00Z", revision: revision).fileName
            return "\(prefix)\(file) (it has only 0 bytes)"
        }
        #expect(
            report.warnings == [
                "5 objects do not count as records: \(first.joined(separator: ", ")) and 2 more. Run verify"
            ]
        )
    }

    // MARK: Repair

    private func repair(_ stage: Rehearsal) async -> VerifyReport {
        var options = Verifier.Options()
        options.settling = .zero
        let recorder = Manifest.Recorder(door: "repair", version: "test")
        return await Verifier(
            of: stage.backup,
            options: options,
            repairSource: Verifier.RepairSource(source: stage.source, recorder: recorder)
        ).run(id: "verify", in: RunContext(clock: stage.clock, ledger: RequestLedger()))
    }

    @Test(arguments: [VersionStatus.deleted, .archived, .unlisted, .published])
    func `a repair makes no record of an empty object whose key says what the source does not show`(
        status: VersionStatus
    ) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), status: status == .published ? .unlisted : .published)
        await rehearsal.run()
        let (good, _) = try newest(rehearsal)
        rehearsal.clock.advance(by: .seconds(86_400))
        let forged = record(version("1.0"), "2026-11-22T09:00:00Z", revision: good.revision, status: status)
        place("", forged, in: rehearsal)
        let report = await repair(rehearsal)
        #expect(report.exit == .verificationFailed)
        #expect(report.findings.map(\.kind) == [.unreadableManifest])
        #expect(report.mended == 0)
        #expect(rehearsal.store.text(at: rehearsal.layout.key(of: forged).value).isEmpty)
        #expect(await rehearsal.run().versions == versions(listed: 1, inSync: 1))
        // Nor does a verification think that the document is wrong.
        #expect(await repair(rehearsal).findings.map(\.kind) == [.unreadableManifest])
    }

    @Test(arguments: [VersionStatus.deleted, .archived])
    func `a repair makes a record of an empty object whose key says what the source shows`(status: VersionStatus)
        async throws
    {
        let rehearsal = Rehearsal()
        for name in ["1.0", "1.1", "1.2"] { rehearsal.source.publish(version(name)) }
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(86_400))
        rehearsal.source.withdraw(version("1.0"), as: status)
        await rehearsal.run()
        let before = try rehearsal.manifests()
        let last = try #require(before.last)
        #expect(last.status == status)
        place("", last.record, in: rehearsal)
        #expect(await repair(rehearsal).exit == .converged)
        let catalog = rehearsal.backup.catalog
        let history = try await catalog.history(of: app).versions.first { $0.coordinates == version("1.0") }
        let newest = try await catalog.manifest(of: #require(history).newest)
        #expect(newest.status == status && newest.assets == last.assets && newest.recordedAt > last.recordedAt)
        #expect(await repair(rehearsal).findings == [])
    }

    @Test func `an empty object names no plugin of a group`() async throws {
        let rehearsal = Rehearsal()
        let tool = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "tool-maven-plugin")
        rehearsal.source.setGroupMetadata(
            .success(MavenMetadata(plugins: [.init(name: "Tool", prefix: "tool", artifactID: "tool-maven-plugin")])),
            of: "com.acme"
        )
        rehearsal.source.publish(version("1.0", of: tool))
        await rehearsal.run()
        let prefix = rehearsal.layout.manifestsPrefix(of: version("1.0", of: tool)).value
        let key = try #require(rehearsal.store.keys.first { $0.hasPrefix(prefix) })
        let good = try #require(rehearsal.layout.record(at: ObjectKey(key)))
        rehearsal.clock.advance(by: .seconds(86_400))
        let forged = record(version("1.0", of: tool), "2026-11-22T09:00:00Z", revision: good.revision, status: .deleted)
        place("", forged, in: rehearsal)
        let found = try await rehearsal.backup.catalog.plugins(ofGroup: "com.acme", in: "releases") { record in
            try await rehearsal.backup.catalog.manifest(of: record).documents.plugin
        }
        #expect(found.plugins.map(\.prefix) == ["tool"])
        #expect(found.lastRecorded == good.recordedAt)
    }

    @Test func `an empty object is no version of a status`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        await rehearsal.run()
        place("", record(version("2.0"), "9999-12-31T23:59:59Z"), in: rehearsal)
        place("", record(version("1.0"), "2026-11-22T08:40:00Z", status: .deleted), in: rehearsal)
        let status = try await BackupStatus.read(from: rehearsal.backup, stop: StopSignal())
        #expect(status.versions == 1 && status.deleted == 0)
        #expect(status.newestRecord == time("2026-11-22T08:36:12Z"))
    }

    @Test func `the shortest records are longer than what is taken for none`() throws {
        let named = VersionCoordinates(
            package: PackageCoordinates(repository: "rr", namespace: "n", name: "p"),
            version: "1"
        )
        let recorder = Manifest.Recorder(door: "run", version: "1")
        let manifest = Manifest(
            coordinates: named,
            revision: nil,
            status: .deleted,
            properties: VersionProperties(origin: .unknown),
            recordedAt: time("2026-11-22T08:00:00Z"),
            recordedBy: recorder,
            assets: []
        )
        #expect(try manifest.canonicalBytes().count > 150)
        let own = PackageRecord(package: named.package, recordedAt: manifest.recordedAt, originControls: .ingested)
        #expect(own.canonicalBytes(recordedBy: recorder).count > 150)
    }

    @Test func `a deletion after a record that does not pass names no assets`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.publish(version("1.1"))
        rehearsal.source.publish(version("1.2"))
        await rehearsal.run()
        let (good, text) = try newest(rehearsal)
        place(text.replacing("acme/maven/", with: "other/maven/"), good, in: rehearsal)
        rehearsal.source.delete(version("1.0"))
        rehearsal.clock.advance(by: .seconds(60))
        let report = await rehearsal.run()
        #expect(report.exit == .failures)
        #expect(report.failures.map(\.kind) == ["untrusted"])
        #expect(report.versions.deleted == 1)
        let prefix = rehearsal.layout.manifestsPrefix(of: version("1.0")).value
        let key = try #require(rehearsal.store.keys.filter { $0.hasPrefix(prefix) }.max())
        let deleted = rehearsal.store.text(at: key)
        #expect(deleted.contains(#""assets":[]"#))
        #expect(!deleted.contains("revision"))
        #expect(await rehearsal.run().exit == .converged)
    }

    // MARK: What a source lists

    private static let sum = Asset.listing([1], name: "a").checksums

    @Test(
        arguments: [
            ([Asset(name: "a.jar", size: -1, checksums: sum)], "(rule: sizes)"),
            (
                [
                    Asset(name: "a.jar", size: 1 << 62, checksums: sum),
                    Asset(name: "b.jar", size: 1 << 62, checksums: sum),
                ],
                "(rule: sizes)"
            ),
            ([Asset(name: "a.jar", size: 5 << 30 + 1, checksums: sum)], "(rule: sizes)"),
            ([Asset(name: "a.jar", size: 1, checksums: Checksums(sha256: "0A"))], "(rule: checksums)"),
            ([Asset(name: "a.jar", size: 1, checksums: Checksums(md5: "", sha256: sum.sha256))], "(rule: checksums)"),
            ([Asset(name: "a.jar", size: 1, checksums: sum), Asset(name: "a.jar", size: 2, checksums: sum)], "twice"),
        ]
    )
    func `a version that is listed as it cannot be is refused before a byte is moved`(
        rows: [Asset],
        reason: String
    ) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "1"])
        let store = DryRunStore(rehearsal.store)
        for isPlan in [false, true] {
            let outcome = try await copy(rehearsal, listing: rows, into: isPlan ? store : rehearsal.store)
            #expect(kinds(outcome) == [.malformed])
            guard case .failed(let failures) = outcome else { continue }
            #expect(failures.failures[0].message.contains(reason))
        }
        #expect(rehearsal.store.writes.isEmpty)
    }

    @Test func `an asset that is listed twice alike is recorded once`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "1"])
        let row = Asset.listing(Array("1".utf8), name: "a.jar")
        let committed = try #require(summary(try await copy(rehearsal, listing: [row, row], into: rehearsal.store)))
        #expect(committed.manifest.assets.map(\.asset.name) == ["a.jar"])
    }

    @Test func `a publication time that no calendar has keeps the version back`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "1"])
        let row = Asset.listing(Array("1".utf8), name: "a.jar")
        let outcome = try await copy(rehearsal, listing: [row], publishedTime: -1e300, into: rehearsal.store)
        #expect(kinds(outcome) == [.invalid])
        #expect(try rehearsal.manifests().isEmpty)
    }

    @Test func `a manifest larger than a record may be is not committed`() async throws {
        let rehearsal = Rehearsal()
        let name = String(repeating: "n", count: 4_000)
        let names = (0..<1_100).map { "\(name)\($0)" }
        rehearsal.source.publish(version("1.0"), Dictionary(uniqueKeysWithValues: names.map { ($0, "") }))
        let outcome = try await rehearsal.copy()
        #expect(kinds(outcome) == [.invalid])
        guard case .failed(let failures) = outcome else { return }
        #expect(failures.failures[0].message.contains("(rule: length)"))
        #expect(try rehearsal.manifests().isEmpty)
    }

    // MARK: One key, two packages

    /// Version `app` of `com:acme` has the directory of the package `com.acme:app`.
    private let beside = version("app", of: package("acme", group: "com"))

    @Test(arguments: ["maven-metadata.xml", "maven-metadata.xml.sha1", "maven-metadata.xml.md5"])
    func `a package whose folder is a recorded version's directory is backed up without a document`(name: String)
        async throws
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(beside, [name: "bytes"])
        #expect(await rehearsal.run().exit == .converged)
        rehearsal.source.publish(version("1.0"))
        var options = Reconciler.Options()
        for always in [false, true] {
            options.metadataAlways = always
            #expect(await rehearsal.run(options).exit == .converged)
            try await expectNoFlip(rehearsal, name, "bytes")
        }
        rehearsal.source.publish(version("1.1"))
        #expect(await rehearsal.protect(version("1.1")).exit == .converged)
        try await expectNoFlip(rehearsal, name, "bytes")
        #expect(try rehearsal.manifests().count == 1 && rehearsal.manifests(of: version("1.1")).count == 1)
    }

    @Test(arguments: ["maven-metadata.xml", "maven-metadata.xml.sha1"])
    func `in any order of events a version's directory keeps its files in a run that copies both packages`(name: String)
        async throws
    {
        for seed: UInt64 in 1...60 {
            let rehearsal = Rehearsal()
            rehearsal.source.publish(beside, [name: "bytes"])
            rehearsal.source.publish(version("1.0"))
            var options = Reconciler.Options()
            options.width = .fixed(Int(seed % 5) + 1)
            let found = SeededExecutor(seed: seed).run { [options] in await rehearsal.run(options) }
            let report = try #require(found)
            // One of them may be there first, and then the checksum file has no place.
            let isRefused = report.failures.contains { $0.message.contains("only one of them can be kept") }
            #expect(report.exit == (isRefused ? .failures : .converged), "seed \(seed): \(report.failures)")
            #expect(!isRefused || name != "maven-metadata.xml", "seed \(seed)")
            guard !isRefused else { continue }
            let key = rehearsal.layout.key(of: name, in: beside).value
            #expect(rehearsal.store.text(at: key) == "bytes", "seed \(seed)")
            let verified = await verify(rehearsal, repairs: false)
            #expect(verified.outcome == .sound, "seed \(seed): \(verified.findings)")
        }
    }

    @Test(arguments: [false, true])
    func `a snapshot's document stays beside a package in the folder of the snapshot`(packageFirst: Bool) async throws {
        let rehearsal = Rehearsal()
        let other = package("1.0-SNAPSHOT", group: "com.acme.app")
        let steps = [
            { rehearsal.source.publish(version("2.0", of: other)) },
            { rehearsal.source.deploySnapshot(app, base: "1.0", build: "20260101.000001-1", [".jar", ".pom"]) },
        ]
        for step in packageFirst ? steps : steps.reversed() {
            step()
            #expect(await rehearsal.run().exit == .converged)
        }
        let document = rehearsal.layout.metadataKey(ofSnapshot: version("1.0-SNAPSHOT")).value
        let right = rehearsal.store.text(at: document)
        #expect(right.contains("<snapshotVersion>"))
        #expect(await verify(rehearsal, repairs: false).outcome == .sound)
        rehearsal.store.place(Array("<metadata/>".utf8), at: document)
        #expect(await verify(rehearsal, repairs: true).outcome == .sound)
        #expect(rehearsal.store.text(at: document) == right)
        #expect(await verify(rehearsal, repairs: false).outcome == .sound)
    }

    private func expectNoFlip(_ rehearsal: Rehearsal, _ name: String, _ text: String) async throws {
        let key = rehearsal.layout.key(of: name, in: beside).value
        #expect(rehearsal.store.text(at: key) == text)
        for repairs in [false, true, false] {
            #expect(await verify(rehearsal, repairs: repairs).outcome == .sound)
            #expect(rehearsal.store.text(at: key) == text)
        }
    }

    private func verify(_ rehearsal: Rehearsal, repairs: Bool) async -> VerifyReport {
        var options = Verifier.Options()
        options.settling = .zero
        let recorder = Manifest.Recorder(door: "repair", version: "test")
        let repairSource = Verifier.RepairSource(source: rehearsal.source, recorder: recorder)
        return await Verifier(of: rehearsal.backup, options: options, repairSource: repairs ? repairSource : nil)
            .run(id: "verify", in: RunContext(clock: rehearsal.clock, ledger: RequestLedger()))
    }

    @Test(arguments: [false, true])
    func `an asset is not stored over another package's checksum file`(keepsVersions: Bool) async throws {
        let rehearsal = Rehearsal(keepsVersions: keepsVersions)
        rehearsal.source.publish(version("1.0"))
        #expect(await rehearsal.run().exit == .converged)
        let key = rehearsal.layout.metadataKey(of: app).checksumFile(.sha1).value
        let sum = rehearsal.store.text(at: key)
        rehearsal.source.publish(beside, ["maven-metadata.xml.sha1": "bytes"])
        let report = await rehearsal.run()
        #expect(report.failures.map(\.kind) == ["conflict"])
        #expect(rehearsal.store.text(at: key) == sum)
    }

    @Test func `the first document of a package costs what every other does`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        await rehearsal.run()
        let first = rehearsal.requests
        rehearsal.source.publish(version("1.1"))
        await rehearsal.run()
        for name in ["s3.ListObjectsV2", "s3.PutObject"] { #expect(rehearsal.requests[name] == first[name]) }
    }

    private func copy(
        _ rehearsal: Rehearsal,
        listing rows: [Asset],
        publishedTime: Double? = nil,
        into store: any ObjectStore
    ) async throws -> CopyOutcome {
        let copier = VersionCopier(
            source: ListingSource(base: rehearsal.source, rows: rows, publishedTime: publishedTime),
            backup: Backup(store: store, layout: rehearsal.layout, hashes: testHashes, clock: rehearsal.clock),
            places: TransferPlaces(limit: 1),
            recorder: Manifest.Recorder(door: "reconcile", version: "test"),
            keepsVersions: false
        )
        return await copier.copy(
            version("1.0"),
            listed: ListedVersion(version: "1.0", revision: nil, status: .published, origin: .internal),
            newestRecord: nil,
            in: rehearsal.round(of: version("1.0"))
        )
    }
}

/// A source that lists other assets of every version than it has.
private struct ListingSource: PackageSource {
    let base: InMemorySource
    let rows: [Asset]
    let publishedTime: Double?

    var operations: SourceOperations { base.operations }

    func repositories(after token: PageToken?) async throws -> Page<String> {
        try await base.repositories(after: token)
    }

    func packages(in repository: String, after token: PageToken?) async throws -> Page<ListedPackage> {
        try await base.packages(in: repository, after: token)
    }

    func originControls(of package: PackageCoordinates) async throws -> OriginControls? {
        try await base.originControls(of: package)
    }

    func versions(of package: PackageCoordinates, after token: PageToken?) async throws -> Page<ListedVersion> {
        try await base.versions(of: package, after: token)
    }

    func assets(of version: VersionCoordinates, after token: PageToken?) async throws -> AssetPage {
        AssetPage(assets: rows, revision: try await base.describe(version)?.revision)
    }

    func describe(_ version: VersionCoordinates) async throws -> VersionDescription? {
        try await base.describe(version).map {
            VersionDescription(
                revision: $0.revision,
                status: $0.status,
                properties: VersionProperties(publishedTime: publishedTime).completed(by: $0.properties)
            )
        }
    }

    func metadata(of package: PackageCoordinates) async throws -> MavenMetadata? {
        try await base.metadata(of: package)
    }

    func metadata(ofSnapshot version: VersionCoordinates) async throws -> MavenMetadata? {
        try await base.metadata(ofSnapshot: version)
    }

    func metadata(ofGroup namespace: String, in repository: String) async throws -> MavenMetadata? {
        try await base.metadata(ofGroup: namespace, in: repository)
    }

    func body(of asset: Asset, in version: VersionCoordinates) -> any AssetBody { base.body(of: asset, in: version) }
}
