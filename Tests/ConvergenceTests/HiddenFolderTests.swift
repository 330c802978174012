import ReconcileCore
import TestSupport
import Testing

/// A folder of the backup that may not be seen, such as one of mode 000 in a directory.
@Suite struct HiddenFolderTests {
    private static let libRecords = "acme/manifests/maven/releases/com.acme/lib/"
    private static let records = [libRecords, libRecords + "1.0/"]

    private func filled() async -> Rehearsal {
        let stage = Rehearsal()
        for package in [app, lib] { stage.source.publish(version("1.0", of: package), ["\(package.name).jar": "one"]) }
        await stage.settle()
        return stage
    }

    private func run(_ stage: Rehearsal, hiding folders: [String]) async -> RunReport {
        stage.resetCounts()
        let store = HidingStore(stage.store, hiding: folders.map { ObjectKey($0) })
        let reconciler = Reconciler(
            source: stage.source,
            backup: stage.backup(in: store),
            options: Reconciler.Options(),
            recorder: Manifest.Recorder(door: "reconcile", version: "test")
        )
        return await reconciler.run(id: "run-hidden", in: stage.context())
    }

    private func rows(_ report: VerifyReport) -> [String] { report.findings.map { "\($0.kind.rawValue) \($0.key)" } }

    @Test(arguments: records)
    func `a package whose records may not be seen fails by its name in every run, and the others are done`(
        folder: String
    ) async {
        let stage = await filled()
        for package in [app, lib] { stage.source.publish(version("2.0", of: package), ["\(package.name).jar": "two"]) }
        for copied in [1, 0] {
            let report = await run(stage, hiding: [folder])
            #expect(report.exit == .failures)
            #expect(report.failures.map(\.place) == [Place(lib)] && report.failures.map(\.kind) == ["denied"])
            #expect(report.versions.listed == 2 && report.versions.copied == copied && report.packages == 2)
            // What cannot be counted is not reported as few.
            #expect(report.recorded == nil)
            #expect(stage.store.writes.allSatisfy { !$0.key.value.contains("/lib/") })
        }
        #expect(await run(stage, hiding: []).versions.copied == 1)
    }

    @Test func `a folder of several packages that may not be seen is one failure`() async {
        let stage = await filled()
        stage.source.publish(version("1.0", of: otherApp), ["app.jar": "one"])
        await stage.settle()
        let report = await run(stage, hiding: ["acme/manifests/maven/releases/com.acme/"])
        #expect(report.exit == .failures && report.failures.map(\.place) == [Place()])
        #expect(report.versions.listed == 1 && report.versions.inSync == 1)
    }

    @Test func `while some records may not be seen, no deletion is recorded`() async {
        let stage = await filled()
        for number in 1...4 { stage.source.publish(version("1.\(number)")) }
        await stage.settle()
        stage.source.delete(version("1.4"))
        let report = await run(stage, hiding: Self.records)
        #expect(report.exit == .failures && report.versions.deleted == 0 && report.versions.orphaned == 0)
        #expect(await run(stage, hiding: []).versions.deleted == 1)
    }

    @Test(arguments: [
        ["acme/manifests/maven/"], ["acme/manifests/maven/releases/"],
        [libRecords, "acme/manifests/maven/releases/com.acme/app/"],
    ])
    func `where no record may be seen, nothing is done`(folders: [String]) async {
        let stage = await filled()
        stage.source.publish(version("2.0"), ["app.jar": "two"])
        let report = await run(stage, hiding: folders)
        #expect(report.exit == .credentials && report.failureKind == .denied && stage.store.writes.isEmpty)
        let store = HidingStore(stage.store, hiding: folders.map { ObjectKey($0) })
        let verified = await stage.verify(.bytes, in: store)
        #expect(verified.exit == .credentials && verified.findings.isEmpty)
    }

    @Test func `records that may not be seen contradict no checkpoint, and none is written without them`() async throws
    {
        let stage = await filled()
        stage.clock.advance(by: .seconds(3 * 3_600))
        _ = try await stage.reconcileWithCheckpoint()
        let store = HidingStore(stage.store, hiding: [ObjectKey(Self.libRecords)])
        let checkpoints = stage.store.keys.filter { $0.contains("/checkpoints/") }
        let (report, standing) = try await stage.runWithCheckpoint(in: store)
        #expect(standing == nil)
        #expect(report.exit == .failures && report.checkpoint == nil)
        #expect(stage.store.keys.filter { $0.contains("/checkpoints/") } == checkpoints)
    }

    @Test(arguments: [RemoteFailure.Kind.denied, .invalid])
    func `a run that is not shown the checkpoints protects everything, and fails`(kind: RemoteFailure.Kind) async throws
    {
        let stage = await filled()
        stage.clock.advance(by: .seconds(3 * 3_600))
        _ = try await stage.reconcileWithCheckpoint()
        stage.source.publish(version("2.0"), ["app.jar": "two"])
        let store = HidingStore(stage.store, hiding: [ObjectKey("acme/checkpoints/")], as: kind)
        let (report, standing) = try await stage.runWithCheckpoint(in: store)
        #expect(report.exit == .failures && report.versions.copied == 1 && standing == nil)
        #expect(report.failures.map(\.place) == [Place()] && report.failures.map(\.kind) == [kind.rawValue])
        #expect(report.failures.first?.message.contains("acme/checkpoints/") == true, "\(report.failures)")
        #expect(report.message?.contains("compared with nothing and no checkpoint was written") == true)
    }

    @Test func `a checkpoint that is gone is a fault also where some records may not be seen`() async throws {
        let stage = await filled()
        stage.clock.advance(by: .seconds(3 * 3_600))
        for _ in 1...2 {
            _ = try await stage.reconcileWithCheckpoint()
            stage.clock.advance(by: .seconds(3_600))
        }
        let checkpoints = stage.store.keys.filter { $0.contains("/checkpoints/") }
        #expect(checkpoints.count == 2)
        let first = try #require(checkpoints.first)
        stage.store.damage(ObjectKey(first)) { _ in nil }
        let report = await stage.verify(.manifests, in: HidingStore(stage.store, hiding: [ObjectKey(Self.libRecords)]))
        #expect(rows(report).sorted() == ["lostCheckpoint \(first)", "unreadableObject \(Self.libRecords)"])
        #expect(report.checkpoint == nil)
    }

    @Test(arguments: records)
    func `a verification names what it may not see, and looks at everything else`(folder: String) async throws {
        let stage = await filled()
        stage.clock.advance(by: .seconds(3 * 3_600))
        _ = try await stage.reconcileWithCheckpoint()
        let jar = ObjectKey("acme/maven/releases/com/acme/app/1.0/app.jar")
        stage.store.damage(jar) { [$0[0] ^ 1] + $0.dropFirst() }
        let store = HidingStore(stage.store, hiding: [ObjectKey(folder)])
        let report = await stage.verify(.bytes, in: store)
        #expect(report.exit == .verificationFailed && report.failureKind == nil)
        #expect(rows(report).sorted() == ["unreadableObject acme/maven/releases/com/acme/lib/", "wrongBytes \(jar)"])
        let hidden = try #require(report.findings.first { $0.kind == .unreadableObject })
        #expect(hidden.place == Place(lib))
        #expect(hidden.message.contains("it may not be seen"))
        #expect(report.checkpoint == nil)
        let records = await stage.verify(.manifests, in: store)
        #expect(rows(records) == ["unreadableObject \(folder)"] && records.findings.map(\.place) == [Place(lib)])
        #expect(records.looked.packages == 2 && records.exit == .verificationFailed)
    }

    @Test(
        arguments: ["runs", "losses", "repairs", "checkpoints", "configuration"],
        [RemoteFailure.Kind.denied, .invalid]
    )
    func `a folder beside the records that may not be seen is a fault, and everything else is verified`(
        name: String,
        kind: RemoteFailure.Kind
    ) async throws {
        let stage = await filled()
        stage.clock.advance(by: .seconds(3 * 3_600))
        _ = try await stage.reconcileWithCheckpoint()
        let jar = ObjectKey("acme/maven/releases/com/acme/app/1.0/app.jar")
        stage.store.damage(jar) { [$0[0] ^ 1] + $0.dropFirst() }
        let folder = ObjectKey("acme/\(name)/")
        let report = await stage.verify(.bytes, in: HidingStore(stage.store, hiding: [folder], as: kind))
        #expect(report.exit == .verificationFailed && report.failureKind == nil)
        #expect(rows(report).sorted() == ["unreadableObject \(folder)", "wrongBytes \(jar)"])
        #expect(report.looked.packages == 2)
        let message = report.findings.first { $0.kind == .unreadableObject }?.message
        #expect(message?.contains("it may not be seen") == true, "\(message ?? "")")
    }

    @Test(arguments: ["runs", "losses", "verifications", "drills"], [RemoteFailure.Kind.denied, .invalid])
    func `a status without a folder beside the records says so, and what the rest shows`(
        name: String,
        kind: RemoteFailure.Kind
    ) async throws {
        let stage = await filled()
        let backup = stage.backup(in: HidingStore(stage.store, hiding: [ObjectKey("acme/\(name)/")], as: kind))
        let status = try await BackupStatus.read(from: backup, stop: StopSignal())
        #expect(!status.isProtected && status.versions == 2)
        #expect(status.unprotected.first?.message.contains("it may not be seen") == true, "\(status.unprotected)")
    }

    @Test func `a record in whose place a link stands is a fault of its package, and the others are verified`()
        async throws
    {
        let stage = await filled()
        stage.source.publish(version("1.1", of: lib), ["lib.jar": "two"])
        await stage.settle()
        let record = try #require(stage.objectKeys.first { $0.value.hasPrefix(Self.libRecords) })
        stage.store.damage(record) { _ in nil }
        let store = HidingStore(stage.store, hiding: [ObjectKey("\(record)/")], as: .invalid)
        let report = await stage.verify(.bytes, in: store)
        #expect(report.exit == .verificationFailed && report.failureKind == nil)
        #expect(rows(report) == ["unreadableObject acme/maven/releases/com/acme/lib/"])
        #expect(report.findings.map(\.place) == [Place(lib)] && report.looked.packages == 2)
    }

    @Test func `a folder of files that may not be seen is one fault`() async {
        let stage = await filled()
        let folder = ObjectKey("acme/maven/releases/com/acme/lib/")
        let report = await stage.verify(.bytes, in: HidingStore(stage.store, hiding: [folder]))
        #expect(rows(report) == ["unreadableObject \(folder)"] && report.exit == .verificationFailed)
        #expect(report.looked.packages == 2)
        let stray = ObjectKey("acme/maven/releases/org/")
        let other = await stage.verify(.bytes, in: HidingStore(stage.store, hiding: [stray]))
        #expect(rows(other) == ["unreadableObject \(stray)"])
    }
}
