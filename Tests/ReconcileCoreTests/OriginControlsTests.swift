import ReconcileCore
import TestSupport
import Testing

/// Who may add versions to a package: recorded where it is not what publishing gives, and brought back by a restore.
@Suite struct OriginControlsTests {
    fileprivate static let open = OriginControls(publish: .allow, upstream: .allow)

    private func names(_ rehearsal: Rehearsal) -> [String] {
        rehearsal.store.writes.map(\.key.value).filter { $0.contains("publish-") }.map {
            String($0.split(separator: "/").dropFirst(3).joined(separator: "/"))
        }
    }

    @Test func `a record is written in canonical bytes, which are of that record alone`() throws {
        let record = PackageRecord(package: app, recordedAt: time("2026-11-22T08:36:12Z"), originControls: .ingested)
        let bytes = record.canonicalBytes(recordedBy: Manifest.Recorder(door: "reconcile", version: "1.2.3"))
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"format":1,"namespace":"com.acme","originControls":{"publish":"BLOCK","upstream":"ALLOW"},"#
                + #""package":"app","recordedAt":"2026-11-22T08:36:12Z","#
                + #""recordedBy":{"door":"reconcile","version":"1.2.3"},"repository":"releases"}"#
        )
        let reader = RecordReader(layout: BackupLayout(domain: "acme"), now: record.recordedAt)
        #expect(throws: Never.self) { try reader.prove(bytes, are: record) }
        #expect(throws: RecordRefusal.self) { try reader.prove(bytes + [93], are: record) }
        #expect(throws: RecordRefusal.self) { try reader.prove([], are: record) }
        for other in [
            PackageRecord(package: app, recordedAt: time("2026-11-22T08:36:13Z"), originControls: .ingested),
            PackageRecord(package: app, recordedAt: time("2026-11-22T08:36:12Z"), originControls: Self.open),
            PackageRecord(package: package("ap"), recordedAt: record.recordedAt, originControls: .ingested),
        ] {
            let refusal = #expect(throws: RecordRefusal.self) { try reader.prove(bytes, are: other) }
            #expect(refusal?.rule == .coordinates)
        }
    }

    @Test func `a run records them where they are not what publishing gives, and again only when they change`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.publish(version("1.0", of: package("lib")))
        rehearsal.source.publish(version("1.0", of: package("untold")))
        rehearsal.source.setControls(Self.open, of: package("lib"))
        rehearsal.source.setControls(nil, of: package("untold"))
        rehearsal.source.setControls(.ingested, of: package("empty"))
        let first = await rehearsal.run()
        #expect(first.outcome == .converged)
        #expect(names(rehearsal) == ["releases/com.acme/lib/20261122T083612Z.publish-ALLOW.upstream-ALLOW.json"])

        await rehearsal.run()
        #expect(rehearsal.store.writes.isEmpty)
        #expect(
            rehearsal.requests == [
                "codeartifact.ListRepositoriesInDomain": 1, "codeartifact.ListPackages": 1,
                "codeartifact.ListPackageVersions": 4, "s3.GetBucketVersioning": 1, "s3.ListObjectsV2": 1,
            ]
        )

        // In the same second: a record is later than the one before it all the same.
        rehearsal.source.setControls(.published, of: package("lib"))
        rehearsal.source.setControls(.ingested, of: app)
        let third = await rehearsal.run()
        #expect(third.versions == versions(listed: 3, inSync: 3))
        #expect(
            names(rehearsal).sorted() == [
                "releases/com.acme/app/20261122T083612Z.publish-BLOCK.upstream-ALLOW.json",
                "releases/com.acme/lib/20261122T083613Z.publish-ALLOW.upstream-BLOCK.json",
            ]
        )
        #expect(rehearsal.requests["s3.PutObject"] == 2)
        await rehearsal.run()
        #expect(rehearsal.store.writes.isEmpty)
    }

    @Test func `a package of which nothing is kept has no record`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), origin: .external)
        rehearsal.source.setControls(.ingested, of: app)
        var options = Reconciler.Options()
        options.selection.internalOnly = true
        await rehearsal.run(options)
        #expect(rehearsal.store.writes.isEmpty)
        await rehearsal.run()
        #expect(names(rehearsal).count == 1)
    }

    @Test func `a record that cannot be written is a failure of the package, and its versions are copied`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.setControls(.ingested, of: app)
        rehearsal.store.conduct.fail("s3.PutObject", calls: 1...1, with: .unavailable)
        let report = await rehearsal.run()
        #expect(report.exit == .failures)
        #expect(report.failures.map(\.place.package) == ["app"])
        #expect(report.versions == versions(listed: 1, missing: 1, copied: 1))
        #expect(await rehearsal.run().exit == .converged)
        #expect(names(rehearsal).count == 1)
    }

    @Test func `a restore sets them before the first version, and blocks publishing after the last`() async {
        let stage = await Rehearsal.backedUp { $0.fillVariously() }
        let lib = package("lib", in: "shared")
        let domain = stage.target
        domain.conduct.before("maven.PutAsset") { _ in
            let controls = domain.currentControls
            #expect(controls[lib] ?? Self.open == Self.open)
            #expect(controls[app] ?? Self.open == Self.open)
            #expect(!controls.isEmpty)
        }
        #expect(await stage.restore().exit == .converged)
        #expect(stage.restoreWrites["codeartifact.PutPackageOriginConfiguration"] == 3)
        #expect(domain.currentControls == [app: Self.open, lib: .ingested])
    }

    @Test func `without --allow-upstream a restored package stays closed to upstream repositories, and is named`() async
    {
        let stage = await Rehearsal.backedUp { $0.fillVariously() }
        let lib = package("lib", in: "shared")
        let digest = stage.openings(Restorer.Options()).digest
        func message(_ package: PackageCoordinates, _ controls: OriginControls) -> String {
            "restore \(package): its record says \(controls); it is restored, but stays closed to upstream repositories. "
                + "To open it, run again with --allow-upstream --accept-unproved \(digest) (this accepts 2 unproved records) "
                + "(untrusted)"
        }
        let messages = [message(app, Self.open), message(lib, .ingested)]
        var dry = Restorer.Options()
        dry.writes = false
        let plan = await stage.restore(dry)
        #expect(plan.exit == .failures)
        #expect(plan.run.failures.map(\.message).sorted() == messages)

        let first = await stage.restore(Restorer.Options())
        #expect(first.exit == .failures)
        #expect(first.run.versions == versions(listed: 9, missing: 9, copied: 9))
        #expect(first.run.failures.map(\.message).sorted() == messages)
        #expect(first.run.failures.map(\.place.package).sorted { $0 ?? "" < $1 ?? "" } == ["app", "lib"])
        let closed = OriginControls(publish: .block, upstream: .block)
        #expect(stage.target.currentControls == [app: .published, lib: closed])
        #expect(plan.writes == first.writes)

        // It is said again for as long as it is so, and nothing is written.
        let again = await stage.restore(Restorer.Options())
        #expect(again.exit == .failures)
        #expect(again.run.failures.map(\.message).sorted() == messages)
        #expect(stage.restoreWrites == [:])

        let opened = await stage.restore()
        #expect(opened.exit == .converged)
        #expect(stage.restoreWrites == ["codeartifact.PutPackageOriginConfiguration": 2])
        #expect(stage.target.currentControls == [app: Self.open, lib: .ingested])
    }

    @Test func `without a trust file a package is opened only by records that the operator has accepted`() async throws
    {
        let stage = await Rehearsal.backedUp { $0.fillVariously() }
        let lib = package("lib", in: "shared")
        // What `find manifests -name '*.upstream-ALLOW.json' | sort | sha256sum` prints.
        let folder = "manifests/maven"
        let lines =
            "\(folder)/releases/com.acme/app/20261122T083612Z.publish-ALLOW.upstream-ALLOW.json\n"
            + "\(folder)/shared/com.acme/lib/20261122T083612Z.publish-BLOCK.upstream-ALLOW.json\n"
        let digest = testHashes.digest(Array(lines.utf8), .sha256)
        var options = Restorer.Options.opening
        options.accepted = [String(repeating: "0", count: 64)]
        let closed = await stage.restore(options)
        #expect(closed.exit == .failures && closed.run.failures.count == 2)
        #expect(closed.run.failures.allSatisfy { $0.message.contains("--accept-unproved \(digest) (") })
        #expect(stage.target.currentControls.values.allSatisfy { $0?.upstream == .block })

        // A record that is added is in no digest that was accepted before.
        options.accepted = [digest]
        let forged = PackageRecord(
            package: lib,
            recordedAt: time("2026-11-22T08:36:13Z"),
            originControls: Self.open
        )
        let bytes = forged.canonicalBytes(recordedBy: Manifest.Recorder(door: "reconcile", version: "1"))
        stage.store.place(bytes, at: stage.layout.key(of: forged).value)
        #expect(await stage.restore(options).exit == .failures)
        #expect(stage.target.currentControls.values.allSatisfy { $0?.upstream == .block })

        // A restore of the other repository alone accepts its own record alone.
        options.selection.repositories = ["releases"]
        options.accepted = [stage.openings(options).digest]
        #expect(await stage.restore(options).exit == .converged)
        #expect(
            stage.target.currentControls[app] == Self.open && stage.target.currentControls[lib]??.upstream == .block
        )
    }

    @Test func `a record that is added while a restore lists opens nothing, though the others are accepted`() async {
        let stage = await Rehearsal.backedUp { $0.fillVariously() }
        let lib = package("lib", in: "shared")
        var options = Restorer.Options.opening
        options.accepted = [stage.openings(options).digest]
        let forged = PackageRecord(
            package: lib,
            recordedAt: time("2026-11-22T08:36:13Z"),
            originControls: Self.open
        )
        let bytes = forged.canonicalBytes(recordedBy: Manifest.Recorder(door: "reconcile", version: "1"))
        stage.target.conduct.before("codeartifact.ListRepositoriesInDomain") { _ in
            stage.store.place(bytes, at: stage.layout.key(of: forged).value)
        }
        let report = await stage.restore(options)
        #expect(report.run.failures.map(\.place.package) == ["lib"])
        #expect(
            stage.target.currentControls[lib]??.upstream == .block && stage.target.currentControls[app] == Self.open
        )
    }

    @Test func `a record that closes a package is followed without --allow-upstream`() async {
        let closed = OriginControls(publish: .block, upstream: .block)
        let stage = await Rehearsal.backedUp {
            $0.publish(version("1.0"), ["app-1.0.pom": "pom"])
            $0.setControls(closed, of: app)
        }
        #expect(await stage.restore(Restorer.Options()).exit == .converged)
        #expect(stage.target.currentControls == [app: closed])
    }

    @Test(arguments: [OriginControls.published, open, OriginControls(publish: .block, upstream: .block)])
    func `a package that is there keeps its own, and the operator is told`(controls: OriginControls) async {
        let stage = await Rehearsal.backedUp { $0.fillVariously() }
        let lib = package("lib", in: "shared")
        stage.source.setControls(controls, of: lib)
        // The versions are older than the record, so no restore published them.
        var options = Restorer.Options.opening
        options.selection.repositories = ["shared"]
        let report = await stage.restoring(into: stage.source).restore(options)
        #expect(report.exit == .converged)
        #expect(
            report.run.warnings == [
                "shared/com.acme:lib has the origin controls \(controls) in the domain and "
                    + "publish BLOCK, upstream ALLOW in the backup; they are left as they are"
            ]
        )
        #expect(stage.source.currentControls[lib] == controls)
    }

    @Test func `a package of which a version could not be restored stays open for the next restore`() async {
        let stage = await Rehearsal.backedUp { $0.fillVariously() }
        let lib = package("lib", in: "shared")
        var options = Restorer.Options.opening
        options.selection.repositories = ["shared"]
        stage.target.conduct.fail("maven.PutAsset", calls: 2...2, with: .unavailable)
        let first = await stage.restore(options)
        #expect(first.exit == .failures)
        #expect(stage.target.currentControls[lib] == Self.open)
        #expect(
            first.run.warnings == [
                "shared/com.acme:lib still allows publishing, because part of it was not restored; its origin controls "
                    + "become publish BLOCK, upstream ALLOW again after a restore of it without failures"
            ]
        )
        #expect(await stage.restore(options).exit == .converged)
        #expect(stage.target.currentControls[lib] == .ingested)
    }

    @Test func `the controls of a moment come back`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["app-1.0.pom": "pom"])
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.setControls(Self.open, of: app)
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.setControls(.ingested, of: app)
        await rehearsal.run()
        for (moment, expected) in [
            ("2026-11-22T08:36:30Z", OriginControls.published), ("2026-11-22T08:37:12Z", Self.open),
            ("2026-11-22T08:38:11Z", Self.open), ("2026-11-22T08:38:12Z", .ingested),
        ] {
            let stage = rehearsal.restoring()
            var options = Restorer.Options.opening
            options.choice.asOf = time(moment)
            #expect(await stage.restore(options).exit == .converged)
            #expect(stage.target.currentControls == [app: expected], "\(moment)")
        }
    }
}
