package import ReconcileCore

/// A signed backup with an object of every kind that is signed, made in memory, and what reads it wherever it is copied to.
package struct SignedModel: Sendable {
    /// What is signed.
    package enum Kind: String, CaseIterable, Sendable {
        case manifest, packageRecord, configuration, checkpoint, loss, repair, allowance, statement, drill
    }

    package let stage: Rehearsal
    package let trust: TestTrust
    /// What every reader has, with the statement of what was recorded before the backup was signed.
    package let file: TrustFile
    /// One object of each kind, not the newest one where a newest one is sought.
    package let keys: [Kind: ObjectKey]
    /// The record that was damaged and is retired, the one whose loss was accepted, and the one that the statement has.
    package let retired: ObjectKey
    package let accepted: ObjectKey
    package let stated: ObjectKey
    /// All that was stored before 4.0 was recorded, two days before the end.
    package let earlier: [ObjectKey: [UInt8]]

    package static let identity = RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "acme")
    package static let app = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")
    package static let lib = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "lib")

    package static func version(_ text: String, of package: PackageCoordinates = app) -> VersionCoordinates {
        VersionCoordinates(package: package, version: text)
    }

    package var layout: BackupLayout { stage.layout }

    package var now: Timestamp { Timestamp(secondsSince1970: stage.clock.secondsSince1970()) }

    /// Everything that is stored.
    package var objects: [ObjectKey: [UInt8]] { Self.objects(of: stage) }

    private static func objects(of stage: Rehearsal) -> [ObjectKey: [UInt8]] {
        let rows = stage.store.keys.map { (ObjectKey($0), stage.store.bytes(at: ObjectKey($0), versionID: nil) ?? []) }
        return Dictionary(rows) { $1 }
    }

    // MARK: Making

    package static func made() async throws -> SignedModel {
        let (stage, trust) = (Rehearsal(), try TestTrust())
        stage.source.publish(version("0.1"), ["app-0.1.jar": "old"])
        try await run(stage)
        let stated = try record(stage, of: version("0.1"))
        let file = try await state(stage, trust)
        for number in ["1.0", "1.1", "2.0", "3.0"] {
            stage.source.publish(version(number), ["app-\(number).jar": "jar \(number)"])
        }
        stage.source.publish(version("1.0", of: lib), ["lib-1.0.jar": "lib"])
        stage.source.setControls(.ingested, of: lib)
        let domain = InMemoryConfiguration()
        domain.add(repository: "releases")
        try await run(stage)
        try await stage.record(domain)
        stage.source.setStatus(.unlisted, of: version("1.1"))
        try await run(stage)
        let (retired, accepted) = (try record(stage, of: version("2.0")), try record(stage, of: version("3.0")))
        try await settle(stage, retiring: retired, accepting: accepted)
        try await putDown(stage)
        var earlier: [ObjectKey: [UInt8]] = [:]
        for day in 0..<5 {
            stage.clock.advance(by: .seconds(86_400))
            try await run(stage)
            if day == 2 {
                earlier = objects(of: stage)
                stage.source.publish(version("4.0"), ["app-4.0.jar": "jar 4.0"])
            }
        }
        let prefixes: [Kind: String] = [
            .manifest: stage.layout.manifestsPrefix(of: version("1.0")).value,
            .packageRecord: "\(stage.layout.manifestsPrefix(of: lib))2",
            .configuration: stage.layout.configurationsPrefix.value,
            .checkpoint: "\(stage.layout.checkpointsPrefix)2026-11-23/",
            .loss: stage.layout.lossesPrefix.value, .repair: stage.layout.repairsPrefix.value,
            .allowance: stage.layout.deletionsPrefix.value, .statement: stage.layout.statementsPrefix.value,
            .drill: stage.layout.drillsPrefix.value,
        ]
        let keys = try prefixes.mapValues { prefix in
            ObjectKey(try found(stage.store.keys.filter { $0.hasPrefix(prefix) }.min()))
        }
        return SignedModel(
            stage: stage,
            trust: trust,
            file: file,
            keys: keys,
            retired: retired,
            accepted: accepted,
            stated: stated,
            earlier: earlier
        )
    }

    private static func found<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw TestTrust.Absent() }
        return value
    }

    private static func record(_ stage: Rehearsal, of version: VersionCoordinates) throws -> ObjectKey {
        try found(stage.store.keys.map { ObjectKey($0) }.last { stage.layout.record(at: $0)?.coordinates == version })
    }

    /// One run as the command line does it, an hour after the one before.
    private static func run(_ stage: Rehearsal) async throws {
        let (startedAt, id) = (stage.backup.now, "\(stage.backup.now.basic)-run")
        let checkpoint = try await RunCheckpoint.opened(
            in: stage.backup,
            repositories: [],
            runID: id,
            startedAt: startedAt
        )
        var report = await stage.reconciler(evidence: checkpoint.evidence).run(id: id, in: stage.context())
        try await checkpoint.conclude(&report)
        guard report.exit == .converged else { throw TestTrust.Absent() }
        try await report.store(in: stage.store, layout: stage.layout, startedAt: startedAt)
        stage.clock.advance(by: .seconds(3_600))
    }

    /// States what was recorded before, and has everything signed from then on.
    private static func state(_ stage: Rehearsal, _ trust: TestTrust) async throws -> TrustFile {
        let file = trust.file(identity)
        stage.seal(trust: try trust.trust(file), signer: try trust.signer(file, clock: stage.clock))
        let made = try await stage.state(under: try trust.trust(file), id: "\(stage.backup.now.basic)-sign")
        let stated = TrustFile(identity: identity, keys: file.keys, baseline: made.baseline)
        stage.seal(trust: try trust.trust(stated), signer: try trust.signer(stated, clock: stage.clock))
        return stated
    }

    /// Damages a record and has it recorded anew and retired; damages another one, and accepts its loss.
    private static func settle(
        _ stage: Rehearsal,
        retiring retired: ObjectKey,
        accepting accepted: ObjectKey
    ) async throws {
        var options = Verifier.Options()
        options.settling = .zero
        let recorder = Manifest.Recorder(door: "verify", version: "test")
        let context = RunContext<VerifyProgress>(clock: stage.clock, ledger: RequestLedger())
        stage.store.damage(retired) { $0.reversed() }
        let source = Verifier.RepairSource(source: stage.source, recorder: recorder)
        let repaired = await Verifier(of: stage.backup, options: options, repairSource: source)
            .run(id: "\(stage.backup.now.basic)-repair", in: context)
        stage.store.damage(accepted) { $0.reversed() }
        options.acceptance = Verifier.Acceptance(names: [accepted.value], reason: "a test", recorder: recorder)
        let settled = await Verifier(of: stage.backup, options: options)
            .run(id: "\(stage.backup.now.basic)-accept", in: context)
        guard repaired.exit == .converged, settled.exit == .converged else { throw TestTrust.Absent() }
    }

    /// An allowance and the evidence of a drill.
    private static func putDown(_ stage: Rehearsal) async throws {
        let (now, id) = (stage.backup.now, "\(stage.backup.now.basic)-run")
        let allowance = allowance(until: now, runID: id)
        let evidence = Array(#"{"format":1,"passed":false}"#.utf8)
        let day = now.day
        for (bytes, key) in [
            (allowance, stage.layout.allowanceKey(until: now, runID: id)),
            (evidence, stage.layout.drillKey(drillID: "\(now.basic)-drill", day: day)),
        ] {
            _ = try await stage.backup.store.write(bytes, to: key, .createOnly)
        }
    }

    package static func allowance(until: Timestamp, runID: String) -> [UInt8] {
        Array(
            #"{"domain":"acme","format":1,"runID":"\#(runID)","scope":{"exclude":[],"packages":[],"repositories":[]},"#
                .utf8
        ) + Array(#""shard":"0/1","until":"\#(until.extended)"}"#.utf8)
    }

    // MARK: Reading

    /// The backup in some store, as a program with the trust file reads it.
    package func backup(in store: any ObjectStore) throws -> Backup {
        let bare = Backup(store: store, layout: layout, hashes: testHashes, clock: stage.clock)
        let proves = try trust.trust(file)
        let sealed = SealedStore(
            store,
            root: layout.prefix,
            trust: proves,
            signer: nil,
            reviewing: CertificateHistory(of: bare, under: proves).review,
            stating: file.baseline.map { StatedRecords(of: bare, by: $0).review }
        )
        return Backup(store: sealed, layout: layout, hashes: testHashes, clock: stage.clock, trust: proves)
    }

    /// The classes and keys of what a verification finds.
    package func findings(in store: any ObjectStore, anchors: [CheckpointAnchor] = []) async throws -> Set<String> {
        var options = Verifier.Options()
        (options.settling, options.anchors) = (.zero, anchors)
        let context = RunContext<VerifyProgress>(clock: stage.clock, ledger: RequestLedger())
        let report = await Verifier(of: try backup(in: store), options: options).run(id: "verify", in: context)
        let found = Set(report.findings.map { "\($0.kind.rawValue) \($0.key)" })
        let isFailed = report.exit == .verificationFailed
        return isFailed == !found.isEmpty ? found : ["\(report.exit) \(report.message ?? "")"]
    }

    /// What a restore into an empty domain makes of it, packages opened where that is proved, and how it ends.
    ///
    /// - Parameter trusting: whether it has the trust file.
    package func restored(
        from store: any ObjectStore,
        trusting: Bool = true
    ) async throws -> (target: InMemorySource, exit: ExitStatus) {
        let bare = Backup(store: store, layout: layout, hashes: testHashes, clock: stage.clock)
        let target = InMemorySource(pageSize: 100, assetPageSize: 100, ledger: RequestLedger())
        target.addRepository("releases")
        let restorer = Restorer(
            backup: trusting ? try backup(in: store) : bare,
            domain: target,
            destination: InMemoryDestination(target, documentsPublish: true),
            options: .opening
        )
        let context = RunContext<RunEvent>(clock: stage.clock, ledger: RequestLedger())
        return (target, await restorer.run(id: "restore", in: context).exit)
    }
}
