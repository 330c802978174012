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
        #expect(said?.hasPrefix("only \(after) of the \(before) versions that were") == true)
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
