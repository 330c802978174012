import ReconcileCore
import Synchronization
import TestSupport
import Testing

@Suite struct ReconcilerTroubleTests {
    private func filled(_ versions: Int, _ rehearsal: Rehearsal) {
        for number in 0..<versions { rehearsal.source.publish(version("1.\(number)")) }
    }

    // MARK: Deletions

    @Test func `a source that lists nothing deletes nothing`() async {
        let rehearsal = Rehearsal()
        filled(10, rehearsal)
        await rehearsal.run()
        rehearsal.source.deletePackage(app)
        let report = await rehearsal.run()
        #expect(report.outcome == .refused)
        #expect(report.versions == versions(orphaned: 10, pending: 10))
        #expect(
            report.message
                == "repository releases lists 0 of the 10 versions that the backup knows; no deletion is recorded. "
                + "If this is right, run again with --allow-mass-deletion"
        )
        #expect(rehearsal.store.writes.isEmpty)
        #expect(rehearsal.requests["codeartifact.DescribePackageVersion"] == nil)
        var options = Reconciler.Options()
        options.deletionGuard.allowsMassDeletion = true
        let allowed = await rehearsal.run(options)
        #expect(allowed.outcome == .converged)
        #expect(allowed.versions == versions(orphaned: 10, deleted: 10))
        #expect(rehearsal.rewritten.isEmpty)
    }

    @Test func `one emptied repository is held back while another's deletion is recorded`() async {
        let rehearsal = Rehearsal()
        filled(10, rehearsal)
        rehearsal.source.publish(version("1", of: package("x", in: "small")))
        await rehearsal.run()
        rehearsal.source.deletePackage(package("x", in: "small"))
        rehearsal.source.delete(version("1.0"))
        let report = await rehearsal.run()
        #expect(report.outcome == .refused)
        #expect(report.versions == versions(listed: 9, inSync: 9, orphaned: 2, deleted: 1, pending: 1))
    }

    @Test func `new versions are copied even where a guard holds deletions back`() async {
        let rehearsal = Rehearsal()
        filled(10, rehearsal)
        await rehearsal.run()
        for number in 0..<9 { rehearsal.source.delete(version("1.\(number)")) }
        rehearsal.source.publish(version("2.0"))
        let report = await rehearsal.run()
        #expect(report.outcome == .refused)
        #expect(report.versions == versions(listed: 2, inSync: 1, missing: 1, orphaned: 9, copied: 1, pending: 9))
    }

    @Test(arguments: ["codeartifact.ListPackages", "codeartifact.ListPackageVersions"])
    func `a listing that fails deletes nothing and calls nothing orphaned`(operation: String) async {
        let rehearsal = Rehearsal(pageSize: 3)
        filled(10, rehearsal)
        for name in ["b", "c", "d"] { rehearsal.source.publish(version("1", of: package(name))) }
        await rehearsal.run()
        rehearsal.source.delete(version("1.0"))
        rehearsal.source.conduct.fail(operation, calls: 2...2, with: .unavailable)
        let report = await rehearsal.run()
        #expect(report.outcome == .partial)
        #expect(report.failures.map(\.kind) == ["unavailable"])
        #expect(report.versions.orphaned == 0)
        #expect(rehearsal.store.writes.isEmpty)
        #expect(rehearsal.requests["codeartifact.DescribePackageVersion"] == nil)
    }

    @Test(arguments: ["codeartifact.ListPackages", "codeartifact.ListPackageVersions"])
    func `a listing that runs in a circle ends, and deletes nothing`(operation: String) async throws {
        let rehearsal = Rehearsal(pageSize: 4)
        filled(10, rehearsal)
        await rehearsal.run()
        rehearsal.source.delete(version("1.0"))
        rehearsal.source.conduct.repeatTokens(of: operation)
        let report = await rehearsal.run()
        #expect(report.outcome == .partial)
        #expect(report.failures.map(\.kind) == ["malformed"])
        #expect(try rehearsal.manifests().map(\.status) == [.published])
    }

    @Test func `a deletion that cannot be confirmed is not recorded`() async throws {
        let rehearsal = Rehearsal()
        filled(10, rehearsal)
        await rehearsal.run()
        rehearsal.source.delete(version("1.0"))
        rehearsal.source.conduct.fail("codeartifact.DescribePackageVersion", with: .unavailable)
        let report = await rehearsal.run()
        #expect(report.outcome == .partial)
        #expect(report.versions == versions(listed: 9, inSync: 9, orphaned: 1, failed: 1))
        #expect(try rehearsal.manifests().count == 1)
    }

    @Test func `a package that vanishes between two lists is confirmed gone`() async throws {
        let rehearsal = Rehearsal()
        filled(10, rehearsal)
        rehearsal.source.publish(version("1", of: package("b")))
        await rehearsal.run()
        rehearsal.source.conduct.before("codeartifact.ListPackageVersions") { [source = rehearsal.source] _ in
            source.deletePackage(package("b"))
        }
        let report = await rehearsal.run()
        #expect(report.outcome == .converged)
        #expect(report.versions == versions(listed: 10, inSync: 10, orphaned: 1, deleted: 1))
    }

    @Test func `a version that is refused in every run keeps no other out of the metadata, nor has it written anew`()
        async
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.publish(version("1.1"))
        rehearsal.store.place(Array("other bytes".utf8), at: "acme/maven/releases/com/acme/app/1.1/app.jar")
        // A run that is cut off when 1.0 is committed and its metadata is not yet published.
        rehearsal.store.conduct.fail("s3.PutObject", calls: 5...5, with: .unavailable)
        var options = Reconciler.Options()
        options.width = 1
        #expect(await rehearsal.run(options).versions.copied == 1)
        let key = "acme/maven/releases/com/acme/app/maven-metadata.xml"
        #expect(rehearsal.store.text(at: key) == "")
        #expect(await rehearsal.run(options).outcome == .partial)
        #expect(rehearsal.store.text(at: key).contains("<version>1.0</version>"))
        #expect(rehearsal.writtenNames.count == 3)
        #expect(await rehearsal.run(options).outcome == .partial)
        #expect(rehearsal.store.writes.isEmpty)
    }

    // MARK: Selection

    @Test func `what is not selected is neither copied nor taken for gone`() async throws {
        let rehearsal = Rehearsal()
        filled(4, rehearsal)
        rehearsal.source.publish(version("1", of: package("secret")))
        rehearsal.source.publish(version("1", of: package("app", in: "other")))
        rehearsal.source.publish(version("1.9", of: app), origin: .external)
        await rehearsal.run()
        rehearsal.source.deletePackage(package("secret"))
        rehearsal.source.deletePackage(package("app", in: "other"))
        rehearsal.source.publish(version("9", of: package("new", in: "other")))
        rehearsal.source.publish(version("2.0"), origin: .external)
        var options = Reconciler.Options()
        options.selection.repositories = ["releases"]
        options.selection.exclude = [try #require(VersionPattern("*:secret"))]
        options.selection.internalOnly = true
        let report = await rehearsal.run(options)
        #expect(report.outcome == .converged)
        #expect(report.repositories == 1)
        #expect(report.versions == versions(listed: 6, inSync: 4, skipped: 2))
        #expect(rehearsal.store.writes.isEmpty)
    }

    @Test func `a repository that the domain lacks is a mistake in the settings`() async {
        let rehearsal = Rehearsal()
        filled(1, rehearsal)
        var options = Reconciler.Options()
        options.selection.repositories = ["relaeses"]
        let report = await rehearsal.run(options)
        #expect(report.outcome == .failed)
        let sentence = "the domain has no repository relaeses; check its name; nearest: releases"
        #expect(report.message?.contains(sentence) == true)
    }

    @Test func `shards do the whole work between them, and each deletes only its own`() async throws {
        let rehearsal = Rehearsal()
        for number in 0..<40 {
            for name in ["1", "2"] { rehearsal.source.publish(version(name, of: package("p\(number)"))) }
        }
        var copied = 0
        for index in 0..<3 {
            var options = Reconciler.Options()
            options.selection.shard = try #require(Shard("\(index)/3"))
            let report = await rehearsal.run(options)
            #expect(report.outcome == .converged)
            #expect(report.shard == "\(index)/3")
            #expect(report.versions.copied > 0)
            copied += report.versions.copied
        }
        #expect(copied == 80)
        #expect(await rehearsal.run().versions == versions(listed: 80, inSync: 80))
        for number in 0..<40 { rehearsal.source.delete(version("2", of: package("p\(number)"))) }
        var deleted = 0
        for index in 0..<3 {
            var options = Reconciler.Options()
            options.selection.shard = try #require(Shard("\(index)/3"))
            let report = await rehearsal.run(options)
            #expect(report.outcome == .converged)
            deleted += report.versions.deleted
        }
        #expect(deleted == 40)
    }

    // MARK: Stopping

    @Test func `a stop in the middle leaves a backup that the next run completes`() async throws {
        let rehearsal = Rehearsal()
        for number in 0..<30 {
            for name in ["1", "2"] { rehearsal.source.publish(version(name, of: package("p\(number)"))) }
        }
        let stop = StopSignal()
        rehearsal.source.conduct.before("maven.GetAsset") { call in
            if call == 20 { stop.raise(.signal) }
        }
        var options = Reconciler.Options()
        options.width = 4
        let first = await rehearsal.run(options, stop: stop)
        #expect(first.outcome == .deadline)
        let message = try #require(first.message)
        #expect(message.hasPrefix("interrupted (signal) after "), "\(message)")
        #expect(message.contains("of \(first.packages) packages and "), "\(message)")
        #expect(first.versions.copied > 0 && first.versions.copied < 20)
        #expect(first.versions.failed == 0)
        let second = await rehearsal.run(options)
        #expect(second.outcome == .converged)
        #expect(second.versions.copied == 60 - first.versions.copied)
        #expect(rehearsal.rewritten.isEmpty)
        for number in 0..<30 {
            let document = rehearsal.store.text(at: "acme/maven/releases/com/acme/p\(number)/maven-metadata.xml")
            #expect(document.contains("<version>1</version>") && document.contains("<version>2</version>"))
        }
    }

    @Test func `a stop while the manifests are read ends the run there`() async {
        let rehearsal = Rehearsal(pageSize: 2)
        filled(10, rehearsal)
        await rehearsal.run()
        let stop = StopSignal()
        rehearsal.store.conduct.before("s3.ListObjectsV2") { call in
            if call == 2 { stop.raise(.signal) }
        }
        let report = await rehearsal.run(stop: stop)
        #expect(report.outcome == .deadline)
        #expect(report.message?.hasPrefix("interrupted (signal)") == true)
        #expect(rehearsal.requests["s3.ListObjectsV2"] == 2)
        #expect(rehearsal.requests["codeartifact.ListPackageVersions"] == nil)
        #expect(report.recorded == nil)
        #expect(report.versions.orphaned == 0)
    }

    @Test func `a stop while the source is listed calls nothing orphaned`() async {
        let rehearsal = Rehearsal(pageSize: 2)
        filled(10, rehearsal)
        await rehearsal.run()
        let stop = StopSignal()
        rehearsal.source.conduct.before("codeartifact.ListPackageVersions") { call in
            if call == 2 { stop.raise(.deadline) }
        }
        let report = await rehearsal.run(stop: stop)
        #expect(report.outcome == .deadline)
        let message = "stopped (deadline) after 0 of 1 packages; "
        #expect(report.message?.hasPrefix(message) == true)
        #expect(report.versions == versions(listed: 4, inSync: 4))
        #expect(rehearsal.store.writes.isEmpty)
    }

    @Test func `a cancelled run ends, and the next completes`() async throws {
        let rehearsal = Rehearsal()
        filled(30, rehearsal)
        let (signals, signal) = AsyncStream<Void>.makeStream()
        rehearsal.source.conduct.before("maven.GetAsset") { call in
            guard call == 5 else { return }
            signal.finish()
            // Until the cancellation arrives.
            try await Task.sleep(for: .seconds(60))
        }
        let first = await withTaskGroup(of: RunReport.self) { group in
            group.addTask { await rehearsal.run() }
            for await _ in signals {}
            group.cancelAll()
            return await group.next()
        }
        #expect(first?.outcome == .deadline)
        #expect(first?.versions.failed == 0)
        #expect(rehearsal.rewritten.isEmpty)
        let second = await rehearsal.run()
        #expect(second.outcome == .converged)
        #expect(second.versions.inSync + second.versions.copied == 30)
        #expect(rehearsal.rewritten.isEmpty)
    }

    // MARK: Failures

    @Test func `one bad version fails alone, and is named with its age`() async {
        let rehearsal = Rehearsal()
        filled(5, rehearsal)
        rehearsal.source.setFault(.wrongHash, on: "app.jar", in: version("1.2"))
        let report = await rehearsal.run()
        #expect(report.outcome == .partial)
        #expect(report.versions == versions(listed: 5, missing: 5, copied: 4, failed: 1))
        #expect(report.assets == assets(copied: 8, failed: 1))
        #expect(report.failures.map(\.place.version) == ["1.2"])
        #expect(report.failures.map(\.place.asset) == ["app.jar"])
        #expect(report.failures.map(\.kind) == ["corrupt"])
        // 2026-11-22T08:36:12Z is 1795336572.
        #expect(report.rpo.oldestUnprotectedSeconds == 95_336_571)
        let document = rehearsal.store.text(at: "acme/maven/releases/com/acme/app/maven-metadata.xml")
        #expect(document.contains("1.4") && !document.contains("<version>1.2</version>"))
    }

    @Test func `metadata is published even where a package's last version fails`() async {
        let rehearsal = Rehearsal()
        filled(3, rehearsal)
        for number in 0..<3 {
            rehearsal.source.setFault(number == 2 ? .wrongHash : nil, on: "app.jar", in: version("1.\(number)"))
        }
        let report = await rehearsal.run()
        #expect(report.versions.copied == 2 && report.versions.failed == 1)
        let document = rehearsal.store.text(at: "acme/maven/releases/com/acme/app/maven-metadata.xml")
        #expect(document.contains("<version>1.0</version>") && document.contains("<version>1.1</version>"))
    }

    @Test(arguments: [
        "codeartifact.ListRepositoriesInDomain", "codeartifact.ListPackages", "codeartifact.ListPackageVersions",
        "codeartifact.ListPackageVersionAssets", "maven.GetAsset", "s3.GetBucketVersioning", "s3.ListObjectsV2",
        "s3.PutObject",
    ])
    func `refused credentials end the run wherever they are met`(operation: String) async {
        let rehearsal = Rehearsal()
        for number in 0..<200 { rehearsal.source.publish(version("1", of: package("p\(number)"))) }
        let side = operation.hasPrefix("s3.") ? rehearsal.store.conduct : rehearsal.source.conduct
        side.fail(operation, with: .credentials)
        var options = Reconciler.Options()
        options.width = 1
        let warnings = Mutex<[String]>([])
        let report = await rehearsal.run(options) { event in
            if case .warning(let text) = event { warnings.withLock { $0.append(text) } }
        }
        // It is said once, with nothing about more of its kind.
        #expect(!warnings.withLock { $0.contains { $0.contains("more failure") } })
        #expect(report.outcome == .failed)
        #expect(report.message == "\(operation) call 1: told to fail (credentials)")
        #expect(rehearsal.requests[operation] == 1)
        #expect(rehearsal.store.writes.isEmpty)
    }

    @Test func `a store that may not be written ends the run`() async {
        let rehearsal = Rehearsal()
        for number in 0..<200 { rehearsal.source.publish(version("1", of: package("p\(number)"))) }
        rehearsal.store.conduct.fail("s3.PutObject", with: .denied)
        var options = Reconciler.Options()
        options.width = 4
        let report = await rehearsal.run(options)
        #expect(report.outcome == .failed)
        #expect(report.exit == .credentials)
        // Twelve refusals, and those of the versions in work, which have two assets each.
        #expect(rehearsal.requests["s3.PutObject", default: 0] <= 12 + 8)
    }

    @Test func `an object that may not be written is a failure of its version alone`() async {
        let rehearsal = Rehearsal()
        for number in 0..<40 { rehearsal.source.publish(version("1", of: package("p\(number)"))) }
        rehearsal.store.conduct.fail("s3.PutObject", calls: 7...7, with: .denied)
        var options = Reconciler.Options()
        options.width = 4
        let report = await rehearsal.run(options)
        #expect(report.exit == .failures)
        #expect(report.versions.copied == 39 && report.versions.failed == 1)
        #expect(report.failures.map(\.kind) == ["denied"])
    }

    @Test func `a version that may not be read fails alone`() async {
        let rehearsal = Rehearsal()
        filled(3, rehearsal)
        rehearsal.source.conduct.fail("maven.GetAsset", calls: 1...1, with: .denied)
        let report = await rehearsal.run()
        #expect(report.outcome == .partial)
        #expect(report.versions.copied == 2 && report.versions.failed == 1)
    }

    @Test func `a package whose place cannot be listed fails with all its versions`() async {
        let rehearsal = Rehearsal()
        filled(3, rehearsal)
        rehearsal.source.publish(version("1", of: package("b")))
        rehearsal.store.conduct.fail("s3.ListObjectsV2", calls: 2...2, with: .unavailable)
        var options = Reconciler.Options()
        options.width = 1
        let report = await rehearsal.run(options)
        #expect(report.outcome == .partial)
        #expect(report.versions.failed + report.versions.copied == 4)
        #expect(report.failures.allSatisfy { $0.place.version != nil && $0.kind == "unavailable" })
        #expect(await rehearsal.run().versions.copied == report.versions.failed)
    }

    @Test func `unfinished versions are counted, and copied once they are published`() async {
        let rehearsal = Rehearsal()
        filled(2, rehearsal)
        rehearsal.source.setStatus(.unfinished, of: version("1.1"))
        let first = await rehearsal.run()
        #expect(first.outcome == .converged)
        #expect(first.versions == versions(listed: 2, missing: 1, copied: 1, skipped: 1))
        rehearsal.source.setStatus(.published, of: version("1.1"))
        #expect(await rehearsal.run().versions == versions(listed: 2, inSync: 1, missing: 1, copied: 1))
    }
}
