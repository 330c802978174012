import ReconcileCore
import TestSupport
import Testing

/// What a verification sees: nothing in a sound backup, and each single fault at the depth that is promised.
@Suite struct VerifyTests {
    @Test(arguments: Sweep.Scenario.all.indices, [false, true])
    func `a backup that runs have made is sound at every depth`(scenario: Int, keepsVersions: Bool) async {
        let scenario = Sweep.Scenario.all[scenario]
        let stage = Rehearsal.paged(keepsVersions: keepsVersions)
        await scenario.prepare(stage)
        await stage.settle()
        // Bytes that the sample left and a run refuses belong to no version of the backup.
        let isRefused = !keepsVersions && scenario.name == Sweep.Scenario.adopted.name
        for depth in VerifyDepth.allCases {
            let report = await stage.verify(depth)
            let found = report.findings.map { "\($0.kind.rawValue) \($0.key): \($0.message)" }
            if isRefused, depth > .manifests {
                #expect(
                    report.findings.map { "\($0.kind.rawValue) \($0.key)" } == [
                        "stray acme/maven/releases/com/acme/app/1.1/app.jar",
                        "stray acme/maven/releases/com/acme/app/1.1/app.pom",
                    ]
                )
            } else {
                #expect(found == [] && report.outcome == .sound, "\(scenario.name) at \(depth.rawValue): \(found)")
            }
        }
    }

    @Test(arguments: Damage.allCases, [false, true])
    func `each single fault is seen at its depth, with its class`(damage: Damage, keepsVersions: Bool) async {
        let stage = await Rehearsal.filled(keepsVersions: keepsVersions)
        let sound = stage.store.memory
        var unseen: [String] = []
        let keys = stage.objectKeys
        #expect(keys.count > 30)
        for key in keys {
            let beside = ObjectKey("\(key).x")
            damage.inflict(on: key, beside, in: stage.store)
            let expected = damage.expected(at: key, beside)
            var isSeen = false
            for depth in VerifyDepth.allCases {
                let report = await stage.verify(depth)
                let found = Set(report.findings.map { "\($0.kind.rawValue) \($0.key)" })
                if depth < expected.depth {
                    #expect(report.outcome == .sound, "\(damage) \(key) is seen at \(depth) already: \(found)")
                } else if let fault = expected.fault {
                    #expect(found.contains(fault), "\(damage) \(key) at \(depth): \(found) without \(fault)")
                    #expect(report.exit == .verificationFailed)
                } else if report.outcome == .faulty {
                    isSeen = true
                }
            }
            if expected.fault == nil, !isSeen { unseen.append(key.value) }
            stage.store.memory = sound
        }
        let lost = unseen.map {
            $0.split(separator: "/").dropFirst(3).dropLast().joined(separator: "/") + " "
                + ($0.split(separator: ".").suffix(2).joined(separator: "."))
        }
        #expect(lost == (damage == .deleted ? Self.unseenDeletions : []))
    }

    @Test func `every byte of a manifest is seen to change, but for what nothing else tells`() async throws {
        let stage = Rehearsal.paged(keepsVersions: false)
        stage.source.publish(version("1.0"))
        await stage.settle()
        let key = try #require(stage.objectKeys.first { stage.layout.record(at: $0) != nil })
        let bytes = try #require(stage.store.bytes(at: key, versionID: nil))
        // In the order in which they are written.
        let members = [
            "assets", "format", "namespace", "origin", "package", "previous", "publishedTime", "recordedAt",
            "recordedBy",
            "repository", "revision", "status", "version",
        ]
        var rest = String(decoding: bytes, as: UTF8.self)[...]
        var starts: [Int] = []
        for member in members {
            let start = try #require(rest.firstRange(of: "\"\(member)\":")).lowerBound
            starts.append(bytes.count - rest[start...].utf8.count)
            rest = rest[start...].dropFirst()
        }
        var unseen: [String: Int] = [:]
        for index in bytes.indices {
            stage.store.damage(key) { bytes in
                var bytes = bytes
                bytes[index] ^= 1
                return bytes
            }
            if await stage.verify(.bytes, hashed: Set(ChecksumAlgorithm.allCases)).outcome == .sound {
                unseen[starts.lastIndex { $0 <= index }.map { members[$0] } ?? "{", default: 0] += 1
            }
            stage.store.damage(key) { _ in bytes }
        }
        // The digits of the time, and the letters of who recorded it.
        #expect(unseen == ["publishedTime": 12, "recordedBy": 13])
    }

    @Test(arguments: [ChecksumAlgorithm.md5, .sha1, .sha512])
    func `a recorded hash beside the SHA-256 is compared where it is asked for`(algorithm: ChecksumAlgorithm)
        async throws
    {
        let stage = Rehearsal.paged(keepsVersions: false)
        stage.source.publish(version("1.0"))
        await stage.settle()
        let key = try #require(stage.objectKeys.first { stage.layout.record(at: $0) != nil })
        let record = try #require(stage.layout.record(at: key))
        let bytes = try #require(stage.store.bytes(at: key, versionID: nil))
        let reader = RecordReader(layout: stage.layout, now: record.recordedAt)
        var manifest = try reader.manifest(bytes, of: record)
        let asset = manifest.assets[0].asset
        var checksums = asset.checksums
        checksums[algorithm] = sidecarDigest(Array("other bytes".utf8), algorithm)
        manifest.assets[0].asset = Asset(name: asset.name, size: asset.size, checksums: checksums)
        let forged = try manifest.canonicalBytes()
        stage.store.damage(key) { _ in forged }
        #expect(await stage.verify(.bytes).findings.isEmpty)
        let found = await stage.verify(.bytes, hashed: [.sha256, algorithm]).findings
        #expect(found.map { "\($0.kind.rawValue) \($0.key)" } == ["wrongBytes \(manifest.assets[0].key)"])
    }

    @Test(arguments: [false, true])
    func `each asset's sha1 file is held against its manifest, and missed only where it is wanted`(
        keepsVersions: Bool
    ) async {
        let stage = Rehearsal.paged(keepsVersions: keepsVersions)
        var options = Reconciler.Options()
        options.copying.writesSidecars = true
        await Sweep.Scenario.releases.prepare(stage)
        await Sweep.Scenario.oddNames.prepare(stage)
        stage.source.deploySnapshot(app, base: "1.0", build: "20210728.194552-1")
        await stage.reconcile(options)
        stage.source.deploySnapshot(app, base: "1.0", build: "20210728.194600-2")
        if keepsVersions { stage.source.put("app.jar", "other bytes", in: version("1.0")) }
        stage.clock.advance(by: .seconds(60))
        await stage.reconcile(options)
        let sound = await stage.verify(.bytes, wantsSidecars: true)
        #expect(sound.outcome == .sound, "\(sound.findings)")
        let memory = stage.store.memory
        let assets = stage.store.keys.filter {
            $0.contains("/maven/releases/") && !$0.contains("/manifests/") && !BackupWitness.isDerived(ObjectKey($0))
        }
        let sidecars = assets.filter { $0.hasSuffix(".sha1") }
        #expect(sidecars.count == assets.count / 2 && sidecars.count > 8)
        for sidecar in sidecars {
            let fault = ["wrongSidecar \(sidecar)"]
            stage.store.damage(ObjectKey(sidecar)) { [$0[0] ^ 1] + $0.dropFirst() }
            let wrong = await stage.verify(.objects)
            #expect(wrong.findings.map { "\($0.kind.rawValue) \($0.key)" } == fault)
            stage.store.damage(ObjectKey(sidecar)) { _ in nil }
            #expect(await stage.verify(.objects).outcome == .sound)
            let missed = await stage.verify(.objects, wantsSidecars: true)
            #expect(missed.findings.map { "\($0.kind.rawValue) \($0.key)" } == fault)
            stage.store.memory = memory
        }
    }

    @Test func `a snapshot that is withdrawn leaves no stray document`() async {
        let stage = Rehearsal.paged(keepsVersions: false)
        stage.source.deploySnapshot(app, base: "1.0", build: "20210728.194552-1")
        await stage.settle()
        for status in [VersionStatus.archived, .unlisted] {
            stage.source.setStatus(status, of: version("1.0-SNAPSHOT"))
            await stage.settle()
            #expect(await stage.verify(.bytes).findings == [], "\(status)")
        }
    }

    @Test func `an older version that is lost is named at every depth that looks at it`() async throws {
        let stage = await Rehearsal.filled(keepsVersions: true)
        let key = ObjectKey("acme/maven/releases/com/acme/app/1.0/app.jar")
        let old = try #require(stage.store.versionIDs(of: key).first)
        stage.store.forget(key, versionID: old)
        for depth in [VerifyDepth.checksums, .bytes] {
            let finding = try #require(await stage.verify(depth).findings.first)
            #expect(finding.message.hasPrefix("the version \(old) of the object is not there"), "\(finding.message)")
            #expect(finding.versionID == old)
        }
    }

    @Test func `the newest bytes under another version id, as in a copied bucket, are right`() async throws {
        let stage = await Rehearsal.filled(keepsVersions: true)
        // As the bucket's copy is: the newest bytes of each object alone, under ids of its own.
        for key in stage.store.keys.map(ObjectKey.init) {
            let ids = stage.store.versionIDs(of: key)
            stage.store.place(try #require(stage.store.bytes(at: key, versionID: nil)), at: key.value)
            for id in ids { stage.store.forget(key, versionID: id) }
        }
        for depth in [VerifyDepth.checksums, .bytes] {
            let findings = await stage.verify(depth).findings
            // The older bytes were not copied.
            #expect(findings.map { "\($0.kind) \($0.key)" } == ["missing acme/maven/releases/com/acme/app/1.0/app.jar"])
        }
        stage.store.damage(ObjectKey("acme/maven/releases/com/acme/app/1.1/app.jar")) { $0.map { $0 ^ 1 } }
        #expect(await stage.verify(.bytes).findings.contains { $0.key.hasSuffix("/1.1/app.jar") })
    }

    @Test func `a damaged S3 version is repaired by a later record that names the right one`() async throws {
        let stage = await Rehearsal.filled(keepsVersions: true)
        stage.clock.advance(by: .seconds(86_400))
        let key = ObjectKey("acme/maven/other/com/acme/app/1.0/app.jar")
        let ids = stage.store.versionIDs(of: key)
        let records = stage.store.keys.filter { $0.contains("/manifests/") }
        stage.store.damage(key, versionID: ids.last) { $0.map { $0 ^ 1 } }
        #expect(await stage.verify(.bytes).findings.map(\.kind) == [.wrongBytes])
        let repaired = await stage.verify(.bytes, repairs: true)
        #expect(repaired.exit == .converged, "\(repaired.findings)")
        #expect(stage.store.versionIDs(of: key).count == ids.count + 1)
        let added = Set(stage.store.keys.filter { $0.contains("/manifests/") }).subtracting(records)
        #expect(added.count == 1 && added.first?.contains("/other/com.acme/app/1.0/") == true)
        for record in records { #expect(stage.store.versionIDs(of: ObjectKey(record)).count == 1, "\(record)") }
        #expect(await stage.verify(.bytes).exit == .converged)
    }

    @Test func `an older version of an object is not excused by young bytes under its key`() async throws {
        let stage = await Rehearsal.filled(keepsVersions: true)
        stage.clock.advance(by: .seconds(86_400))
        stage.source.put("app.jar", "bytes of today", in: version("1.0"))
        await stage.settle()
        let key = ObjectKey("acme/maven/releases/com/acme/app/1.0/app.jar")
        let ids = stage.store.versionIDs(of: key)
        try #require(ids.count == 3)
        stage.store.damage(key, versionID: ids[1]) { $0.map { $0 ^ 1 } }
        for depth in [VerifyDepth.checksums, .bytes] {
            let report = await stage.verify(depth, settling: .seconds(3_600))
            #expect(report.findings.map { "\($0.kind.rawValue) \($0.versionID ?? "")" } == ["wrongBytes \(ids[1])"])
        }
    }

    @Test(arguments: [false, true])
    func `an object that cannot be read is a fault, and a store that does not answer is none`(
        keepsVersions: Bool
    ) async throws {
        let stage = await Rehearsal.filled(keepsVersions: keepsVersions)
        let jar = ObjectKey("acme/maven/releases/com/acme/app/1.0/app.jar")
        let prefix = stage.layout.manifestsPrefix(of: lib).value
        let manifest = try #require(stage.objectKeys.first { $0.value.hasPrefix(prefix) })
        stage.store.makeUnreadable(jar)
        #expect(await stage.verify(.objects).outcome == .sound)
        for depth in [VerifyDepth.checksums, .bytes] {
            let report = await stage.verify(depth)
            #expect(report.findings.map { "\($0.kind.rawValue) \($0.key)" } == ["unreadableObject \(jar)"])
            #expect(report.exit == .verificationFailed)
        }
        stage.store.makeUnreadable(manifest)
        let report = await stage.verify(.manifests)
        #expect(report.findings.map { "\($0.kind.rawValue) \($0.key)" } == ["unreadableManifest \(manifest)"])

        // From then on nothing is listed either.
        stage.store.conduct.before("s3.GetObject") { _ in
            stage.store.conduct.fail("s3.ListObjectsV2", with: .unavailable)
        }
        let down = await stage.verify(.bytes)
        #expect(down.findings == [])
        #expect(down.exit == .unavailable)
    }

    @Test(arguments: [false, true])
    func `what the store lists and does not have is a fault at any age`(keepsVersions: Bool) async throws {
        let stage = await Rehearsal.filled(keepsVersions: keepsVersions)
        let jar = ObjectKey("acme/maven/releases/com/acme/app/1.0/app.jar")
        let store = UnfaithfulStore(stage.store, lacking: { $0 == jar })
        for depth in [VerifyDepth.checksums, .bytes] {
            let report = await stage.verify(depth, settling: .seconds(3_600), in: store)
            #expect(report.findings.map { "\($0.kind.rawValue) \($0.key)" } == ["missing \(jar)"])
            #expect(report.unsettled == 0)
            #expect(report.exit == .verificationFailed)
        }
        let prefix = stage.layout.manifestsPrefix(of: lib).value
        let manifest = try #require(stage.objectKeys.first { $0.value.hasPrefix(prefix) })
        let forgetful = UnfaithfulStore(stage.store, lacking: { $0 == manifest })
        let report = await stage.verify(.manifests, settling: .seconds(3_600), in: forgetful)
        #expect(report.findings.map { "\($0.kind.rawValue) \($0.key)" } == ["unreadableManifest \(manifest)"])
        #expect(report.findings.first?.message.contains("answers that it is not there") == true)
        #expect(report.exit == .verificationFailed)
    }

    @Test func `a sample that draws no file is warned of`() async {
        let stage = await Rehearsal.filled(keepsVersions: true)
        let nothing = ObjectSample.share(0, seed: 1)
        for depth in [VerifyDepth.checksums, .bytes] {
            let report = await stage.verify(depth, sample: nothing)
            let named = report.looked.objects.named
            #expect(report.outcome == .sound && report.looked.objects.inspected == 0 && named > 0)
            #expect(
                report.warnings == [
                    "none of \(named) files was inspected: 0.0%, seed 1 draws none of them. Take a larger part"
                ]
            )
            #expect(await stage.verify(depth, sample: .share(1, seed: 1)).warnings == nil)
        }
        // Nothing is drawn where no bytes are looked at.
        #expect(await stage.verify(.objects, sample: nothing).warnings == nil)
    }

    @Test(arguments: [true, false])
    func `a store that keeps no versions is warned of, and is no fault`(keepsVersions: Bool) async {
        let stage = await Rehearsal.filled(keepsVersions: keepsVersions)
        stage.store.adviseVersioning()
        let report = await stage.verify(.objects)
        #expect(report.outcome == .sound)
        let warning =
            "\(stage.store.location) has no versioning: if the bytes of a file change in the domain, the new ones cannot be "
            + "stored beside the old and that version fails; turn it on"
        #expect(report.warnings == (keepsVersions ? nil : [warning]))
    }

    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func `writers at work are no fault`(seed: UInt64) async {
        let keepsVersions = seed.isMultiple(of: 2)
        let stage = await Rehearsal.filled(keepsVersions: keepsVersions)
        stage.clock.advance(by: .seconds(86_400))
        stage.source.publish(version("3.0"))
        stage.source.publish(version("1.0", of: lib))
        stage.source.deploySnapshot(app, base: "1.0", build: "20210728.194700-3")
        stage.source.setStatus(.unlisted, of: version("2.0", of: lib))
        if keepsVersions { stage.source.put("app.pom", "other bytes", in: version("1.0")) }
        let reports = SeededExecutor(seed: seed).run {
            await withTaskGroup(of: VerifyReport?.self) { group in
                for _ in 1...2 {
                    group.addTask {
                        await stage.reconcile()
                        return nil
                    }
                }
                for version in [version("3.0"), version("1.0"), version("1.0-SNAPSHOT")] {
                    group.addTask {
                        await stage.protect(version)
                        return nil
                    }
                }
                for depth in VerifyDepth.allCases {
                    group.addTask { await stage.verify(depth, settling: .seconds(3_600)) }
                }
                return await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
            }
        }
        let outcomes = reports?.map(\.outcome) ?? []
        // What they are still working on may be unsettled, but nothing else.
        #expect(outcomes.count == 4 && outcomes.allSatisfy { [.sound, .unsettled].contains($0) }, "\(outcomes)")
        #expect(reports?.flatMap(\.findings) == [])
    }

    /// The one record whose loss nothing shows: no other of the package's own follows it.
    private static let unseenDeletions = ["releases/com.acme/lib upstream-ALLOW.json"]
}
