import ReconcileCore
import TestSupport
import Testing

/// What a status and a verification say of versions whose records are gone: the same, by one rule.
@Suite struct LostVersionsTests {
    /// How many versions are gone by either.
    private func lost(_ stage: Rehearsal, _ depth: VerifyDepth = .manifests) async throws -> [Int] {
        let status = try await BackupStatus.read(from: stage.backup, stop: StopSignal())
        let report = await stage.verify(depth)
        let fault = report.findings.first { $0.kind == .lostVersions }
        #expect(status.isProtected == (fault == nil))
        guard let fault else { return [status.lost, 0] }
        let (before, after) = try numbers(fault.message)
        let said = status.unprotected.first?.message
        #expect(said?.hasPrefix("only \(after) of the \(before) versions ") == true)
        return [status.lost, before - after]
    }

    private func numbers(_ message: String) throws -> (before: Int, after: Int) {
        let match = try #require(message.firstMatch(of: #/^only (\d+) of the (\d+) versions/#))
        return (try #require(Int(match.2)), try #require(Int(match.1)))
    }

    private func wipe(_ package: PackageCoordinates, _ stage: Rehearsal) {
        let prefixes = [stage.layout.manifestsPrefix(of: package), stage.layout.packagePrefix(package)]
        for key in stage.objectKeys where prefixes.contains(where: { key.value.hasPrefix($0.value) }) {
            stage.store.damage(key) { _ in nil }
        }
        stage.source.deletePackage(package)
    }

    private func filled() async -> Rehearsal {
        let stage = Rehearsal()
        stage.source.publish(version("1.0"))
        stage.source.publish(version("1.1"))
        stage.source.publish(version("1.0", of: lib))
        await stage.settle()
        return stage
    }

    @Test func `a run that counted after the loss hides it from neither`() async throws {
        let stage = await filled()
        #expect(try await lost(stage) == [0, 0])
        wipe(lib, stage)
        #expect(try await lost(stage) == [1, 1])
        for seconds in [60, 3_600, 86_400] {
            stage.clock.advance(by: .seconds(seconds))
            await stage.settle()
            #expect(try await lost(stage) == [1, 1], "\(seconds)")
        }
        // Of days before the last two, only the newest report is read, which is from after the loss.
        for _ in 0..<2 {
            stage.clock.advance(by: .seconds(86_400))
            await stage.settle()
        }
        #expect(try await lost(stage) == [0, 0])
    }

    @Test func `what is accepted as lost is lost to neither, and what is lost next is to both`() async throws {
        let stage = await filled()
        wipe(lib, stage)
        stage.clock.advance(by: .seconds(60))
        let accepted = await stage.verify(.manifests, accepting: (["acme/manifests/maven/"], "a test"), id: "accept")
        #expect(accepted.exit == .converged)
        #expect(try await lost(stage) == [0, 0])
        stage.clock.advance(by: .seconds(60))
        #expect(try await lost(stage) == [0, 0])
        wipe(app, stage)
        #expect(try await lost(stage) == [2, 2])
    }

    @Test func `the counts of shards are added up by both`() async throws {
        let stage = Rehearsal()
        for number in 0..<8 {
            let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "p\(number)")
            stage.source.publish(version("1.0", of: package))
        }
        for index in 0..<4 {
            var options = Reconciler.Options()
            options.selection.shard = try #require(Shard("\(index)/4"))
            await stage.reconcile(options)
        }
        #expect(try await lost(stage) == [0, 0])
        wipe(PackageCoordinates(repository: "releases", namespace: "com.acme", name: "p7"), stage)
        #expect(try await lost(stage) == [1, 1])
    }

    @Test(arguments: [["releases", "snapshots"], ["lib", "app"]])
    func `what one of several jobs counted is missed by a look at everything`(jobs: [String]) async throws {
        let stage = Rehearsal()
        let other = PackageCoordinates(repository: "snapshots", namespace: "com.acme", name: "app")
        for version in [version("1.0"), version("1.1"), version("1.0", of: lib), version("1.0", of: other)] {
            stage.source.publish(version)
        }
        func settle() async throws {
            for job in jobs {
                var options = Reconciler.Options()
                if job.hasSuffix("s") {
                    options.selection.repositories = [job]
                } else {
                    options.selection.include = [try #require(VersionPattern("com.acme:\(job)"))]
                }
                await stage.reconcile(options)
                stage.clock.advance(by: .seconds(60))
            }
        }
        try await settle()
        #expect(try await lost(stage) == [0, 0])
        wipe(lib, stage)
        #expect(try await lost(stage) == [1, 1])
        let said = await stage.verify(.manifests).findings.first { $0.kind == .lostVersions }?.message
        let part = jobs.contains("lib") ? "of com.acme:lib" : "in releases"
        #expect(said?.contains(" versions \(part) that were counted earlier") == true, "\(said ?? "")")
        // A run that counts what is left hides it from neither.
        try await settle()
        #expect(try await lost(stage) == [1, 1])
        let accepted = await stage.verify(.manifests, accepting: (["acme/manifests/maven/"], "a test"), id: "accept")
        #expect(accepted.exit == .converged)
        #expect(try await lost(stage) == [0, 0])
    }

    @Test func `what is gone from one repository is seen whatever was added to another, and by a look at some`()
        async throws
    {
        let stage = await filled()
        let other = PackageCoordinates(repository: "snapshots", namespace: "com.acme", name: "app")
        stage.source.publish(version("1.0", of: other))
        await stage.settle()
        wipe(lib, stage)
        for number in 1...4 { stage.source.publish(version("2.\(number)", of: other)) }
        stage.clock.advance(by: .seconds(60))
        await stage.settle()
        let words = "only 2 of the 3 versions in releases that were counted earlier"
        let whole = await stage.verify(.manifests).findings.filter { $0.kind == .lostVersions }.map(\.message)
        #expect(whole.count == 1 && whole.first?.contains(words) == true, "\(whole)")
        let status = try await BackupStatus.read(from: stage.backup, stop: StopSignal())
        #expect(status.lost == 1 && !status.isProtected)
        var some = Selection()
        some.repositories = ["releases", "snapshots"]
        let part = await stage.verify(.manifests, of: some).findings.filter { $0.kind == .lostVersions }.map(\.message)
        #expect(part.first?.contains(words) == true, "\(part)")
        some.repositories = ["snapshots"]
        #expect(await stage.verify(.manifests, of: some).findings.filter { $0.kind == .lostVersions } == [])
        var options = Restorer.Options.opening
        options.selection.repositories = ["releases"]
        let restored = await stage.restoring().restore(options, counting: true)
        #expect(restored.exit == .failures)
    }

    @Test(arguments: [true, false])
    func `what is gone from one repository is seen where every job leaves something out`(isWhole: Bool) async throws {
        let stage = await filled()
        let other = PackageCoordinates(repository: "snapshots", namespace: "com.acme", name: "app")
        stage.source.publish(version("1.0", of: other))
        var options = Reconciler.Options()
        options.selection.exclude = [try #require(VersionPattern("org.other:*"))]
        for _ in 0..<2 {
            stage.clock.advance(by: .seconds(60))
            await stage.reconcile(options)
        }
        wipe(lib, stage)
        for number in 1...4 { stage.source.publish(version("2.\(number)", of: other)) }
        stage.clock.advance(by: .seconds(60))
        await stage.reconcile(options)
        if !isWhole { options.selection.repositories = ["releases"] }
        let said = await stage.verify(.manifests, of: options.selection).findings
            .filter { $0.kind == .lostVersions }.map(\.message)
        #expect(said.count == 1 && said.first?.contains("only 2 of the 3 versions") == true, "\(said)")
    }

    @Test func `what is gone is accepted by a look at the whole backup alone`() async throws {
        let stage = await filled()
        let other = PackageCoordinates(repository: "snapshots", namespace: "com.acme", name: "app")
        stage.source.publish(version("1.0", of: other))
        stage.clock.advance(by: .seconds(60))
        await stage.settle()
        wipe(lib, stage)
        var some = Selection()
        some.repositories = ["releases"]
        let accepting = (["acme/manifests/maven/"], "a test")
        let part = await stage.verify(.manifests, accepting: accepting, of: some, id: "part")
        #expect(part.exit == .verificationFailed)
        let message = part.findings.first { $0.kind == .lostVersions }?.message
        #expect(message?.contains("in a verification of the whole backup with --accept-loss") == true)
        #expect(try await lost(stage) == [1, 1])
        #expect(await stage.verify(.manifests, accepting: accepting, id: "whole").exit == .converged)
        #expect(await stage.verify(.manifests, of: some).exit == .converged)
    }

    @Test func `of each part that was counted lately, a report of each earlier day is read`() async throws {
        let stage = await filled()
        var options = Reconciler.Options()
        options.selection.repositories = ["releases"]
        for day in 0..<4 {
            stage.clock.advance(by: .seconds(86_400))
            if day == 0 { await stage.reconcile(options) }
            stage.clock.advance(by: .seconds(60))
            await stage.settle()
            if day == 3 { await stage.reconcile(options) }
        }
        stage.resetCounts()
        _ = try await BackupStatus.read(from: stage.backup, stop: StopSignal())
        // 22, 24 November: one each; 23: one of the whole, then one of the part; 25: one; 26: both.
        #expect(stage.store.conduct.counts["s3.GetObject"] == 1 + 2 + 1 + 1 + 2)
    }

    @Test func `a restore names what is gone, brings the rest back, and exits 3`() async throws {
        let stage = await filled()
        stage.source.publish(version("2.0", of: lib))
        stage.clock.advance(by: .seconds(60))
        await stage.settle()
        wipe(lib, stage)
        let restored = stage.restoring()
        let whole = await restored.restore(counting: true)
        #expect(whole.exit == .failures)
        let words = "only 2 of the 4 versions that were counted earlier (acme/runs/2026-11-22/"
        #expect(whole.run.failures.map(\.message).filter { $0.contains(words) }.count == 1, "\(whole.run.failures)")
        #expect(whole.run.failures.first?.message.contains("so they do not come back; verify says what to do") == true)
        #expect(whole.run.versions.copied == 2)
        // Of one package nobody has counted, so what is gone may be of it.
        var options = Restorer.Options.opening
        options.selection.include = [try #require(VersionPattern("com.acme:app"))]
        let part = await restored.restore(options, counting: true)
        #expect(part.exit == .converged)
        #expect(part.run.warnings.contains { $0.contains(words) && $0.contains("Some of them may be missing here") })
        options = .opening
        options.choice.asOf = Timestamp(extended: "2026-11-22T08:36:40Z")
        let before = await restored.restore(options, counting: true)
        #expect(before.run.failures.first?.message.contains("only 2 of the 3 versions that were") == true)
        // What was accepted as lost is.
        stage.clock.advance(by: .seconds(60))
        _ = await stage.verify(.manifests, accepting: (["acme/manifests/maven/"], "a test"), id: "accept")
        #expect(await restored.restore(counting: true).exit == .converged)
    }

    @Test func `a restore that may not read reports says so, and restores`() async throws {
        let stage = await filled().restoring()
        let backup = stage.backup(in: HidingStore(stage.store, hiding: [stage.layout.reportsPrefix]))
        let restorer = Restorer(
            backup: backup,
            domain: stage.target,
            destination: InMemoryDestination(stage.target),
            options: .opening,
            counted: backup.counted
        )
        let report = await restorer.run(id: "restore", in: RunContext(clock: stage.clock, ledger: RequestLedger()))
        #expect(report.exit == .converged)
        #expect(report.run.versions.copied == 3)
        let words = "what is listed was not compared with the reports of runs: "
        let warnings = report.run.warnings.filter { $0.hasPrefix(words) }
        #expect(warnings.count == 1, "\(report.run.warnings)")
        #expect(warnings.first?.contains("it may not be seen") == true)
    }

    @Test func `a restore that cannot read a report says so until that is accepted, and restores`() async throws {
        let stage = await filled()
        let report = ObjectKey(try #require(stage.store.keys.first { $0.contains("/runs/") }))
        stage.store.damage(report) { Array($0.dropLast(2)) }
        let words =
            "the report of a run cannot be read, so nothing was compared with what it counted: \(report). verify says what "
            + "to do"
        let restored = await stage.restoring().restore(counting: true)
        #expect(restored.exit == .converged && restored.run.versions.copied == 3)
        #expect(restored.run.warnings.contains(words), "\(restored.run.warnings)")
        stage.clock.advance(by: .seconds(60))
        _ = await stage.verify(.manifests, accepting: ([report.value], "a test"), id: "accept")
        let again = await stage.restoring().restore(counting: true)
        #expect(again.exit == .converged && !again.run.warnings.contains(words))
    }

    @Test func `after a loss was accepted, the next in a repository is seen whatever was added to another`()
        async throws
    {
        let stage = await filled()
        let more = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "more")
        let other = PackageCoordinates(repository: "snapshots", namespace: "com.acme", name: "app")
        stage.source.publish(version("1.0", of: more))
        stage.source.publish(version("1.0", of: other))
        stage.clock.advance(by: .seconds(60))
        await stage.settle()
        wipe(lib, stage)
        stage.clock.advance(by: .seconds(60))
        let accepted = await stage.verify(.manifests, accepting: (["acme/manifests/maven/"], "a test"), id: "accept")
        #expect(accepted.exit == .converged)
        let record = stage.store.text(at: "acme/losses/accept.json")
        #expect(
            record.contains(#""kind":"lostVersions","repositories":{"releases":3,"snapshots":1},"versions":4}"#),
            "\(record)"
        )
        #expect(try await lost(stage) == [0, 0])
        wipe(more, stage)
        for number in 1...4 { stage.source.publish(version("2.\(number)", of: other)) }
        stage.clock.advance(by: .seconds(60))
        var options = Reconciler.Options()
        options.selection.repositories = ["snapshots"]
        await stage.reconcile(options)
        #expect(try await lost(stage) == [1, 1])
        var some = Selection()
        some.repositories = ["releases"]
        for selection in [Selection(), some] {
            let part = selection.repositories.isEmpty ? " in releases" : ""
            let said = await stage.verify(.manifests, of: selection).findings.first { $0.kind == .lostVersions }?
                .message
            let words =
                "only 2 of the 3 versions\(part) that were counted earlier (acme/losses/accept.json) are recorded"
            #expect(said?.hasPrefix(words) == true, "\(said ?? "")")
        }
    }

    @Test func `a record that was emptied is a lost version for neither`() async throws {
        let stage = await filled()
        for key in stage.objectKeys where stage.layout.record(at: key)?.coordinates.package == lib {
            stage.store.damage(key) { _ in [] }
        }
        let status = try await BackupStatus.read(from: stage.backup, stop: StopSignal())
        #expect(status.lost == 0)
        #expect(await stage.verify(.manifests).findings.map(\.kind) == [.unreadableManifest])
    }

    @Test func `a status reads every report of two days, one of each day before, and none twice`() async throws {
        let stage = await filled()
        for _ in 0..<9 {
            stage.clock.advance(by: .seconds(21_600))
            await stage.settle()
        }
        // 22 November: 08:36 and 14:37; 23: four; 24: four.
        let days = Dictionary(grouping: stage.store.keys.filter { $0.contains("/runs/") }) { $0.prefix(20) }
        #expect(days.values.map(\.count).sorted() == [3, 3, 4])
        stage.resetCounts()
        _ = try await BackupStatus.read(from: stage.backup, stop: StopSignal())
        // Lists of reports, verifications, drills, accepted losses and records.
        #expect(stage.store.conduct.counts["s3.ListObjectsV2"] == 5)
        #expect(stage.store.conduct.counts["s3.GetObject"] == 4 + 3 + 1)
    }
}
