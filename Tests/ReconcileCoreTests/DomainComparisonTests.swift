import ReconcileCore
import TestSupport
import Testing

/// Records that name other files than the domain shows: what `verify --against-domain` finds, and nothing else does.
@Suite struct DomainComparisonTests {
    private func verify(
        _ rehearsal: Rehearsal,
        againstDomain: Bool = true,
        sample: ObjectSample = .all
    ) async -> VerifyReport {
        var options = Verifier.Options()
        options.depth = .bytes
        options.settling = .zero
        options.sample = sample
        return await Verifier(
            of: rehearsal.backup,
            options: options,
            comparedWith: againstDomain ? rehearsal.source : nil
        )
        .run(id: "verify", in: RunContext(clock: rehearsal.clock, ledger: RequestLedger()))
    }

    /// Puts other bytes in the place of a recorded file, and a manifest that names them in the place of the record.
    private func poison(_ rehearsal: Rehearsal, _ change: (inout Manifest) async throws -> Void) async throws
        -> ObjectKey
    {
        let prefix = rehearsal.layout.manifestsPrefix(of: version("1.0")).value
        let key = try #require(rehearsal.store.keys.first { $0.hasPrefix(prefix) })
        let record = try #require(rehearsal.layout.record(at: ObjectKey(key)))
        var manifest = try await rehearsal.backup.catalog.manifest(of: record)
        try await change(&manifest)
        rehearsal.store.place(try manifest.canonicalBytes(), at: key)
        return ObjectKey(key)
    }

    private func poisoned(_ rehearsal: Rehearsal) async throws -> ObjectKey {
        try await poison(rehearsal) { manifest in
            let bytes = Array("bad".utf8)
            let stored = manifest.assets[0]
            rehearsal.store.place(bytes, at: stored.key.value)
            let asset = Asset.listing(bytes, name: stored.asset.name)
            let versionID = try await rehearsal.store.inspect(stored.key)?.versionID
            manifest.assets[0] = Manifest.StoredAsset(asset: asset, key: stored.key, versionID: versionID)
        }
    }

    /// Without what a store that keeps versions shows by itself: that the record was written over.
    private func contradicted(_ report: VerifyReport) -> [VerifyReport.Finding] {
        report.findings.filter { $0.kind != .rewrittenRecord }
    }

    private func backedUp(keepsVersions: Bool = true) async -> Rehearsal {
        let rehearsal = Rehearsal(keepsVersions: keepsVersions)
        rehearsal.source.publish(version("1.0"), ["app-1.0.jar": "jar", "app-1.0.pom": "pom"])
        rehearsal.source.publish(version("1.1"), ["app-1.1.jar": "jar"])
        rehearsal.source.publish(version("1.0", of: package("lib")))
        await rehearsal.run()
        return rehearsal
    }

    @Test(arguments: [false, true])
    func `a record that names other bytes than the domain shows is a fault`(keepsVersions: Bool) async throws {
        let rehearsal = await backedUp(keepsVersions: keepsVersions)
        let key = try await poisoned(rehearsal)
        let unseen = await verify(rehearsal, againstDomain: false)
        #expect(contradicted(unseen) == [])
        #expect(unseen.looked.comparedWithDomain == nil)
        #expect(await rehearsal.run().versions.inSync == 3)

        rehearsal.resetCounts()
        let report = await verify(rehearsal)
        #expect(report.exit == .verificationFailed)
        #expect(contradicted(report).map(\.key) == [key.value])
        #expect(contradicted(report).map(\.place.version) == ["1.0"])
        let (good, bad) = (Asset.listing(Array("jar".utf8), name: ""), Asset.listing(Array("bad".utf8), name: ""))
        #expect(
            contradicted(report).first?.message
                == "the domain shows this revision with other files: app-1.0.jar has 3 bytes and the SHA-256 "
                + "\(try #require(good.checksums.sha256)), and in the record 3 and \(try #require(bad.checksums.sha256)). A "
                + "run records what the domain shows, so find out who wrote the record, or changed the domain, and compare "
                + "with another copy of the bucket"
        )
        #expect(report.looked.comparedWithDomain == 3)
        #expect(rehearsal.requests["codeartifact.ListPackageVersions"] == 2)
        #expect(rehearsal.requests["codeartifact.ListPackageVersionAssets"] == 3)
        #expect(rehearsal.requests["codeartifact.DescribePackageVersion"] == nil)
    }

    @Test func `a file too many and a file too few are faults`() async throws {
        for (more, words) in [(true, "ghost.jar is not there"), (false, "app-1.0.jar is not in the record")] {
            let rehearsal = await backedUp()
            _ = try await poison(rehearsal) { manifest in
                guard more else {
                    manifest.assets.removeFirst()
                    return
                }
                let bytes = Array("ghost".utf8)
                let key = rehearsal.layout.key(of: "ghost.jar", in: version("1.0"))
                rehearsal.store.place(bytes, at: key.value)
                let versionID = try await rehearsal.store.inspect(key)?.versionID
                let ghost = Asset.listing(bytes, name: "ghost.jar")
                manifest.assets.append(Manifest.StoredAsset(asset: ghost, key: key, versionID: versionID))
            }
            let report = await verify(rehearsal)
            #expect(contradicted(report).count == 1)
            #expect(contradicted(report).first?.message.contains(words) == true, "\(report.findings)")
        }
    }

    @Test func `what the domain no longer shows as it was recorded is not compared`() async throws {
        let rehearsal = await backedUp()
        _ = try await poisoned(rehearsal)
        rehearsal.source.setStatus(.unlisted, of: version("1.0"))
        rehearsal.source.put("more.txt", "more", in: version("1.1"))
        rehearsal.source.delete(version("1.0", of: package("lib")))
        rehearsal.resetCounts()
        let report = await verify(rehearsal)
        #expect(contradicted(report) == [])
        #expect(report.looked.comparedWithDomain == 0)
        #expect(rehearsal.source.conduct.counts["codeartifact.ListPackageVersionAssets"] == nil)
    }

    @Test func `a part is drawn anew each time`() async throws {
        let rehearsal = Rehearsal()
        for number in 0..<200 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        var counts: Set<Int> = []
        for seed in 1...4 as ClosedRange<UInt64> {
            let report = await verify(rehearsal, sample: .share(0.2, seed: seed))
            let compared = try #require(report.looked.comparedWithDomain)
            #expect((15...70).contains(compared))
            counts.insert(compared)
        }
        #expect(counts.count > 1)
    }

    @Test func `a domain that does not answer ends the verification`() async throws {
        let rehearsal = await backedUp()
        rehearsal.source.conduct.fail("codeartifact.ListPackageVersions", calls: 1...9, with: .unavailable)
        let report = await verify(rehearsal)
        #expect(report.outcome == .failed)
        #expect(report.exit == .unavailable)
    }
}
