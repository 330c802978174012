import AWSServices
import DirectoryAdapter
import FoundationEssentials
import HTTPTransfer
import ReconcileCore
import TestSupport
import Testing

/// What somebody may try who can put objects beside a backup, a row each: what a verification says, what a restore brings
/// back, and what the next run does. No row brings other bytes into a domain than the source published.
@Suite(.serialized, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"), .seaweedFS)
struct AttackTests {
    @Test func `in a directory`() async throws {
        try await withScratchDirectory { scratch in
            for (number, attack) in Attack.all.enumerated() {
                let folder = "\(scratch)/\(number)"
                let store = try DirectoryStore(directory: folder, create: true, ledger: RequestLedger())
                try await prove(attack, AttackStage(store), keepsVersions: false)
            }
        }
    }

    @Test func `in a bucket that keeps versions`() async throws {
        let seaweed = try #require(SeaweedFS.current)
        try await HTTPClient.withClient { client in
            for (number, attack) in Attack.all.enumerated() {
                let store = try S3Store(
                    seaweed,
                    bucket: seaweed.versionedBucket,
                    prefix: "attacks/\(number)",
                    client: client
                )
                try await prove(attack, AttackStage(store), keepsVersions: true)
            }
        }
    }

    @Test func `whatever a domain shows, what was backed up stays, in a directory`() async throws {
        try await withScratchDirectory { scratch in
            for (number, attack) in SourceAttack.all.enumerated() {
                let folder = "\(scratch)/source-\(number)"
                let store = try DirectoryStore(directory: folder, create: true, ledger: RequestLedger())
                try await prove(attack, AttackStage(store), in: .directory)
            }
        }
    }

    @Test func `whatever a domain shows, what was backed up stays, in a bucket that keeps versions`() async throws {
        let seaweed = try #require(SeaweedFS.current)
        try await HTTPClient.withClient { client in
            for (number, attack) in SourceAttack.all.enumerated() {
                let bucket = seaweed.versionedBucket
                let store = try S3Store(seaweed, bucket: bucket, prefix: "sources/\(number)", client: client)
                try await prove(attack, AttackStage(store), in: .bucket)
            }
        }
    }

    @Test func `deletions that events record end runs with 8 until one is told that they are right`() async throws {
        try await withScratchDirectory { scratch in
            let store = try DirectoryStore(directory: "\(scratch)/events", create: true, ledger: RequestLedger())
            try await proveDeletions(AttackStage(store))
        }
        let seaweed = try #require(SeaweedFS.current)
        try await HTTPClient.withClient { client in
            let bucket = seaweed.versionedBucket
            let store = try S3Store(seaweed, bucket: bucket, prefix: "attacks/events", client: client)
            try await proveDeletions(AttackStage(store))
        }
    }

    private func proveDeletions(_ stage: AttackStage) async throws {
        #expect(await stage.run().exit == .converged)
        for version in ["1.0", "1.1"] {
            let event = await stage.deleteByEvent(AttackStage.version(version))
            #expect(event.versions.deleted == 1 && event.versions.copied == 0)
        }
        for _ in 1...2 {
            let asked = await stage.run()
            #expect(asked.exit == .refused && asked.versions.pending == 2, "\(asked.message ?? "")")
        }
        #expect(await stage.run(allowsMassDeletion: true).exit == .converged)
        let after = await stage.run()
        #expect(after.exit == .converged && after.versions.pending == 0, "\(after.message ?? "")")
        var allowances = 0
        try await stage.store.forEachObject(under: stage.layout.deletionsPrefix) { _ in allowances += 1 }
        #expect(allowances == 1)
    }

    @Test func `there are enough of them, and no two alike`() {
        #expect(Attack.all.count >= 100 && SourceAttack.all.count >= 60)
        #expect(Set(Attack.all.map(\.name)).count == Attack.all.count)
        #expect(Set(SourceAttack.all.map(\.name)).count == SourceAttack.all.count)
    }

    /// Whatever the domain shows then, every file that was backed up before is there with its bytes, no key leaves the
    /// domain's folder, and what the run did record is sound.
    private func prove(_ attack: SourceAttack, _ stage: AttackStage, in place: SourceAttack.Place) async throws {
        let expected = attack.outcome(in: place)
        #expect(await stage.run().exit == .converged, "\(attack.name)")
        let before = try await stage.storedFiles()
        #expect(before.count == 5)
        attack.apply(stage.source)
        let ran = await stage.run()
        #expect(ran.exit == expected.exit, "\(attack.name): \(ran.message ?? "") \(ran.failures)")
        #expect(ran.versions.unprotected == expected.unprotected, "\(attack.name): \(ran.versions)")
        for (key, file) in before {
            let body = stage.store.body(at: key, versionID: file.versionID, range: nil)
            var bytes: [UInt8] = []
            do {
                try await body.read { bytes += $0 }
            } catch {
                Issue.record("\(attack.name): \(key): \(error)")
            }
            // A store without versions has but the newest; that these are other bytes is counted.
            if bytes == file.bytes { continue }
            #expect(file.versionID == nil && ran.versions.mutated == 1, "\(attack.name): \(key)")
        }
        try await stage.store.forEachObject(under: ObjectKey("")) { object in
            let segments = object.key.value.split(separator: "/", omittingEmptySubsequences: false)
            #expect(segments.first == "acme" && !segments.contains("..") && !segments.contains("."), "\(object.key)")
        }
        let verified = await stage.verify()
        #expect(verified.exit == .converged, "\(attack.name): \(verified.findings.map(\.message))")
        #expect(await stage.run().exit == expected.exit, "\(attack.name), again")
    }

    private func prove(_ attack: Attack, _ stage: AttackStage, keepsVersions: Bool) async throws {
        #expect(await stage.run().exit == .converged, "\(attack.name)")
        try await attack.apply(stage)
        let verified = await stage.verify()
        let kinds = Set(verified.findings.map(\.kind.rawValue))
        #expect(verified.exit == (attack.verify.isEmpty ? .converged : .verificationFailed), "\(attack.name): \(kinds)")
        #expect(kinds.isSuperset(of: attack.verify), "\(attack.name): \(kinds)")
        let expected = keepsVersions ? attack.withVersions ?? attack.restored : attack.restored
        let (restored, lacking, _) = await stage.restore()
        #expect(Set(restored.failures.map(\.kind)) == expected.kinds, "\(attack.name): \(restored.failures)")
        #expect(lacking == expected.lacking, "\(attack.name): \(restored.failures)")
        attack.next(stage.source)
        try await prove(attack, keepsVersions ? attack.ranWithVersions ?? attack.ran : attack.ran, stage)
    }

    private func prove(_ attack: Attack, _ expected: Attack.Ran, _ stage: AttackStage) async throws {
        let ran = await stage.run()
        #expect(ran.exit == expected.exit, "\(attack.name): \(ran.message ?? "") \(ran.failures.map(\.message))")
        #expect(ran.versions.copied == expected.copied, "\(attack.name)")
        let warns = expected.warning.map { words in ran.warnings.count == 1 && ran.warnings[0].contains(words) }
        #expect(warns ?? ran.warnings.isEmpty, "\(attack.name): \(ran.warnings)")
        if let carriesOn = expected.carriesOn {
            #expect(try await stage.carriesOn() == carriesOn && ran.versions.deleted == 1, "\(attack.name)")
        }
        guard let restored = expected.restored else { return }
        let (report, lacking, _) = await stage.restore()
        #expect(Set(report.failures.map(\.kind)) == restored.kinds, "\(attack.name), after it: \(report.failures)")
        #expect(lacking == restored.lacking, "\(attack.name), after it: \(report.failures)")
    }
}

/// A backup of a few versions, and what is done with it.
struct AttackStage: Sendable {
    let store: any ObjectStore
    let layout = BackupLayout(domain: "acme")
    let source = InMemorySource(pageSize: 100, assetPageSize: 100, ledger: RequestLedger())
    private let clock = SystemClock()

    static let app = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")

    static func version(_ text: String) -> VersionCoordinates { VersionCoordinates(package: app, version: text) }

    init(_ store: any ObjectStore) {
        self.store = store
        source.publish(Self.version("1.0"), ["app-1.0.jar": "jar", "app-1.0.pom": "pom"])
        source.publish(Self.version("1.1"), ["app-1.1.jar": "jar", "app-1.1.pom": "pom"])
        source.publish(Self.version("1.2"), ["app-1.2.pom": "pom"])
    }

    private var backup: Backup { Backup(store: store, layout: layout, hashes: testHashes, clock: clock) }

    var now: Timestamp { Timestamp(secondsSince1970: clock.secondsSince1970()) }

    private func reconciler(allowsMassDeletion: Bool = false) -> Reconciler {
        var options = Reconciler.Options()
        options.deletionGuard.allowsMassDeletion = allowsMassDeletion
        return Reconciler(
            source: source,
            backup: backup,
            options: options,
            recorder: Manifest.Recorder(door: "reconcile", version: "test")
        )
    }

    func run(allowsMassDeletion: Bool = false) async -> RunReport {
        await reconciler(allowsMassDeletion: allowsMassDeletion)
            .run(id: "run", in: RunContext(clock: clock, ledger: RequestLedger()))
    }

    func deleteByEvent(_ version: VersionCoordinates) async -> RunReport {
        source.delete(version)
        return await reconciler().protect(version, id: "event", in: RunContext(clock: clock, ledger: RequestLedger()))
    }

    func verify(accepting names: [String] = []) async -> VerifyReport {
        var options = Verifier.Options()
        if !names.isEmpty {
            let recorder = Manifest.Recorder(door: "verify", version: "test")
            options.acceptance = Verifier.Acceptance(names: names, reason: "a test", recorder: recorder)
        }
        options.depth = .bytes
        options.settling = .zero
        options.isStrict = true
        return await Verifier(of: backup, options: options)
            .run(id: "verify", in: RunContext(clock: clock, ledger: RequestLedger()))
    }

    /// Restores into an empty domain, with whatever may open packages that is accepted; also gives the versions that
    /// are not there then as they were published, and the packages' origin controls. A file that is there with other
    /// bytes is an issue.
    ///
    /// - Parameter accepted: digests of the records of packages that may open them although nothing proves them.
    func restore(
        accepting accepted: Set<String> = []
    ) async -> (report: RunReport, lacking: Set<String>, controls: [PackageCoordinates: OriginControls?]) {
        var options = Restorer.Options()
        (options.allowsUpstream, options.accepted) = (true, accepted)
        let target = InMemorySource(pageSize: 100, assetPageSize: 100, ledger: RequestLedger())
        target.addRepository("releases")
        let restorer = Restorer(
            backup: backup,
            domain: target,
            destination: InMemoryDestination(target, documentsPublish: true),
            options: options
        )
        let report = await restorer.run(id: "restore", in: RunContext(clock: clock, ledger: RequestLedger())).run
        var lacking: Set<String> = []
        for (version, published) in source.currentVersions {
            let there = target.currentVersions[version]?.assets ?? [:]
            if there != published.assets { lacking.insert(version.version) }
            for (name, bytes) in there where bytes != published.assets[name] {
                Issue.record("\(version) came back with other bytes of \(name)")
            }
        }
        for version in target.currentVersions.keys where source.currentVersions[version] == nil {
            Issue.record("\(version) was never published")
        }
        #expect(!accepted.isEmpty || target.currentControls.values.allSatisfy { $0?.upstream != .allow })
        return (report, lacking, target.currentControls)
    }

    /// Records a domain's configuration, as a run does.
    func record(_ domain: InMemoryConfiguration) async throws -> ConfigurationRecords.Found {
        var report = RunReport(runID: "run", domain: "acme", startedAt: now)
        let run = ConfigurationRecording(of: domain, in: backup, width: 1)
        try await run.conclude(run.read(try await domain.repositories(), stop: StopSignal()), &report)
        return try #require(try await ConfigurationRecords.list(in: backup).newest().found)
    }

    func restoreConfiguration(
        to target: InMemoryConfiguration,
        accepting accepted: Set<String>,
        asOf moment: Timestamp? = nil
    ) async throws -> ConfigurationRestore {
        var options = ConfigurationRestorer.Options(
            mapping: ConfigurationMapping(to: target.identity, in: "eu-west-1"),
            plan: ConfigurationPlan.Options(region: "eu-west-1")
        )
        (options.createsDomain, options.accepted, options.asOf) = (true, accepted, moment)
        let restorer = ConfigurationRestorer(
            backup: backup,
            repositories: { try await target.repositories() },
            source: target,
            destination: target,
            options: options,
            width: 1
        )
        return try await restorer.run(stop: StopSignal()) { _ in }
    }

    /// The files of the backup with what is under each key now, and by which version's id it stays readable.
    func storedFiles() async throws -> [ObjectKey: (bytes: [UInt8], versionID: String?)] {
        var keys: [ObjectKey] = []
        try await store.forEachObject(under: layout.bytesPrefix()) { object in
            if !object.key.value.contains("maven-metadata.xml") { keys.append(object.key) }
        }
        var files: [ObjectKey: (bytes: [UInt8], versionID: String?)] = [:]
        for key in keys {
            let bytes = try #require(try await store.read(key, limit: 1 << 20))
            files[key] = (bytes, try await store.inspect(key)?.versionID)
        }
        return files
    }

    // MARK: What an attacker does

    func put(_ text: String, at key: String) async throws {
        _ = try await store.write(Array(text.utf8), to: ObjectKey(key), .overwrite)
    }

    /// The record of 1.0 with its bytes.
    func record() async throws -> (record: ManifestRecord, text: String) {
        var found: (record: ManifestRecord, text: String)?
        var keys: [ObjectKey] = []
        try await store.forEachObject(under: layout.manifestsPrefix(of: Self.version("1.0"))) { keys.append($0.key) }
        for key in keys {
            if let record = layout.record(at: key), let bytes = try await store.read(key, limit: 1 << 20) {
                found = (record, String(decoding: bytes, as: UTF8.self))
            }
        }
        return try #require(found)
    }

    /// Puts a record of 1.0 so many seconds after the true one: the true text with its time, changed.
    func forge(after seconds: Int64 = 1, as status: VersionStatus? = nil, _ change: (String) -> String) async throws {
        let (record, text) = try await record()
        let later = ManifestRecord(
            coordinates: record.coordinates,
            recordedAt: Timestamp(seconds: record.recordedAt.seconds + seconds),
            revision: record.revision,
            status: status ?? record.status
        )
        let moved = text.replacing(record.recordedAt.extended, with: later.recordedAt.extended)
            .replacing(#""status":"Published""#, with: #""status":"\#(later.status.rawValue)""#)
        let changed = change(moved)
        #expect(changed != text, "an attack must change something")
        try await put(changed, at: layout.key(of: later).value)
    }

    /// Writes over the true record of 1.0.
    func overwrite(_ change: (String) -> String) async throws {
        let (record, text) = try await record()
        try await put(change(text), at: layout.key(of: record).value)
    }
}
