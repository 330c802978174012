import ReconcileCore
import TestSupport
import Testing

/// What only a count shows: records that are lost together with everything that named them.
@Suite struct AccountTests {
    private let jar = ObjectKey("acme/maven/releases/com/acme/app/1.0/app.jar")

    /// Removes everything that the backup has of a package, and the package from the source.
    private func wipe(_ package: PackageCoordinates, _ stage: Rehearsal, fromSource: Bool = true) {
        let prefixes = [stage.layout.manifestsPrefix(of: package), stage.layout.packagePrefix(package)]
        for key in stage.objectKeys where prefixes.contains(where: { key.value.hasPrefix($0.value) }) {
            stage.store.damage(key) { _ in nil }
        }
        if fromSource { stage.source.deletePackage(package) }
    }

    private func rows(_ report: VerifyReport) -> [String] { report.findings.map { "\($0.kind.rawValue) \($0.key)" } }

    private let lost = "lostVersions acme/manifests/maven/"

    @Test(arguments: VerifyDepth.allCases)
    func `a package that is gone from the backup and the source is missed`(depth: VerifyDepth) async {
        let stage = await Rehearsal.filled(keepsVersions: false)
        #expect(await stage.verify(depth).outcome == .sound)
        wipe(lib, stage)
        let report = await stage.verify(depth)
        #expect(rows(report) == [lost])
        #expect(report.exit == .verificationFailed)
        let there = report.looked.versions
        #expect(report.findings.first?.message.hasPrefix("only \(there) of the \(there + 1) versions") == true)
        // A run after the loss counts fewer, but the earlier run's count still holds.
        stage.clock.advance(by: .seconds(86_400))
        await stage.settle()
        #expect(await rows(stage.verify(depth)) == [lost])
    }

    @Test(arguments: [600, 86_400])
    func `a young package that is lost before a run of the same day or the next is missed`(seconds: Int) async {
        let stage = await Rehearsal.filled(keepsVersions: false)
        stage.clock.advance(by: .seconds(60))
        let young = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "young")
        stage.source.publish(version("1.0", of: young))
        await stage.settle()
        wipe(young, stage)
        for _ in 0..<3 {
            stage.clock.advance(by: .seconds(seconds / 3))
            await stage.settle()
        }
        #expect(await rows(stage.verify(.objects)) == [lost])
    }

    @Test func `a verification of one version counts that version alone`() async throws {
        let stage = await Rehearsal.filled(keepsVersions: false)
        for number in 0..<3 { stage.source.publish(version("7.\(number)", of: lib)) }
        await stage.settle()
        var selection = Selection()
        selection.include = [try #require(VersionPattern("com.acme:lib:7.1"))]
        let report = await stage.verify(.objects, of: selection)
        #expect(report.outcome == .sound)
        #expect(report.looked.versions == 1)
    }

    @Test func `a record that was emptied is no lost version, and a repair leaves nothing to be accepted`() async {
        let stage = await Rehearsal.filled(keepsVersions: false)
        let records = stage.objectKeys.filter { stage.layout.record(at: $0)?.coordinates.package == lib }
        #expect(!records.isEmpty)
        for key in records { stage.store.damage(key) { _ in [] } }
        let found = await stage.verify(.objects)
        #expect(found.faults["lostVersions"] == 0 && found.faults["unreadableManifest"] == records.count)
        let repaired = await stage.verify(.objects, repairs: true)
        #expect(repaired.exit == .converged, "\(rows(repaired))")
    }

    @Test func `a record that a repair has retired is what no run and no event warns of again`() async throws {
        let stage = await Rehearsal.filled(keepsVersions: false)
        let key = try #require(stage.objectKeys.first { stage.layout.record(at: $0)?.coordinates.package == lib })
        let version = try #require(stage.layout.record(at: key)?.coordinates)
        stage.store.damage(key) { _ in [1] }
        func warnings() async -> [[String]] {
            let reports = [await stage.reconcile(), await stage.protect(version)]
            return reports.map { $0.warnings.filter { $0.contains("does not count as a record: \(key.value)") } }
        }
        let before = await warnings()
        #expect(before.map(\.count) == [1, 1])
        #expect(await stage.verify(.objects, repairs: true).retired == 1)
        #expect(await warnings() == [[], []])
        #expect(await stage.verify(.objects).exit == .converged)
    }

    @Test func `what the source still has is recorded again, and no fault is left`() async {
        let stage = await Rehearsal.filled(keepsVersions: false)
        wipe(lib, stage, fromSource: false)
        #expect(await stage.verify(.objects).exit == .verificationFailed)
        await stage.settle()
        #expect(await stage.verify(.objects).outcome == .sound)
    }

    @Test func `losing every manifest is a fault, and losing everything is nothing found`() async {
        let stage = await Rehearsal.filled(keepsVersions: false)
        for key in stage.objectKeys { stage.store.damage(key) { _ in nil } }
        let report = await stage.verify(.bytes)
        #expect(rows(report) == [lost])
        #expect(report.exit == .verificationFailed)
        for key in stage.store.keys { stage.store.damage(ObjectKey(key)) { _ in nil } }
        #expect(await stage.verify(.bytes).exit == .refused)
    }

    @Test func `the reports of all shards are added up`() async throws {
        let stage = Rehearsal.paged(keepsVersions: false)
        for number in 0..<12 {
            let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "p\(number)")
            stage.source.publish(version("1.0", of: package), ["a.jar": "\(number)"])
        }
        var counts: [Int] = []
        for index in 0..<4 {
            var options = Reconciler.Options()
            options.selection.shard = try #require(Shard("\(index)/4"))
            counts.append(await stage.reconcile(options).recorded?.versions ?? 0)
        }
        #expect(counts.reduce(0, +) == 12)
        #expect(await stage.verify(.objects).outcome == .sound)
        let gone = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "p7")
        wipe(gone, stage)
        #expect(await rows(stage.verify(.objects)) == [lost])
        for text in ["0/2", "1/2", "0/4", "3/4"] {
            var selection = Selection()
            selection.shard = try #require(Shard(text))
            let expected = selection.contains(gone) ? [lost] : []
            #expect(await rows(stage.verify(.objects, of: selection)) == expected, "\(text)")
        }
    }

    @Test func `a report of a part counts for the whole, but one of the whole does not count for a part`() async {
        let stage = Rehearsal.paged(keepsVersions: false)
        await Sweep.Scenario.releases.prepare(stage)
        var options = Reconciler.Options()
        options.selection.repositories = ["other"]
        await stage.reconcile(options)
        wipe(otherApp, stage)
        #expect(await rows(stage.verify(.objects)) == [lost])
        #expect(await rows(stage.verify(.objects, of: options.selection)) == [lost])
        await stage.reconcile()
        var selection = Selection()
        selection.repositories = ["releases"]
        #expect(await stage.verify(.objects, of: selection).outcome == .sound)
    }

    @Test func `reports that cannot be read are faults, and those without a count are skipped`() async {
        let stage = await Rehearsal.filled(keepsVersions: false)
        let reports = stage.store.keys.filter { $0.contains("/runs/") }.sorted()
        for key in reports { stage.store.damage(ObjectKey(key)) { _ in Array("{}".utf8) } }
        wipe(lib, stage)
        let faults = reports.map { "unreadableManifest \($0)" }
        #expect(await rows(stage.verify(.objects)) == faults)
        // Stopped before it had listed anything.
        let stop = Mishap(.stopped, at: 1)
        await stage.reconcile(Reconciler.Options(), stop)
        #expect(await rows(stage.verify(.objects)) == faults)
    }

    @Test func `a loss is accepted once, by name, and stays in every report`() async throws {
        let stage = await Rehearsal.filled(keepsVersions: true)
        let ids = stage.store.versionIDs(of: jar)
        try #require(ids.count == 2)
        stage.store.forget(jar, versionID: ids[0])
        let faulty = await stage.verify(.bytes)
        #expect(faulty.findings.map { "\($0.kind.rawValue) \($0.versionID ?? "")" } == ["missing \(ids[0])"])

        let name = "\(jar)@\(ids[0])"
        let accepting = await stage.verify(.bytes, accepting: ([name], "expired"), id: "verify-1")
        #expect(accepting.exit == .converged, "\(accepting.findings) \(accepting.message ?? "")")
        for report in [accepting, await stage.verify(.objects), await stage.verify(.bytes)] {
            #expect(report.exit == .converged)
            #expect(report.faults.values.allSatisfy { $0 == 0 })
            #expect(
                report.acceptedLosses == [
                    .init(
                        kind: .missing,
                        key: jar.value,
                        versionID: ids[0],
                        reason: "expired",
                        acceptedAt: accepting.finishedAt
                    )
                ]
            )
        }
        // The same command again accepts nothing more.
        #expect(await stage.verify(.bytes, accepting: ([name], "expired"), id: "verify-2").exit == .converged)
        #expect(stage.store.keys.filter { $0.contains("/losses/") } == ["acme/losses/verify-1.json"])
        // A different fault under the same key is still a fault.
        stage.store.damage(jar, versionID: ids[1]) { [$0[0] ^ 1] + $0.dropFirst() }
        #expect(await rows(stage.verify(.bytes)) == ["wrongBytes \(jar)"])
    }

    @Test func `more losses than one record has room for are accepted at once`() async {
        let stage = Rehearsal()
        stage.source.publish(version("1.0"))
        await stage.settle()
        for number in 0..<5_001 {
            stage.store.place([1], at: "acme/maven/releases/com/acme/app/9.9/\(number).jar")
        }
        let report = await stage.verify(.objects, accepting: (["acme/maven/*"], "left by a killed run"))
        #expect(report.exit == .converged && report.accepted == 5_001)
        #expect(stage.store.keys.filter { $0.contains("/losses/") }.count == 2)
        let next = await stage.verify(.objects)
        #expect(next.exit == .converged && next.accepted == 5_001)
    }

    @Test func `a name without a fault accepts nothing`() async {
        let stage = await Rehearsal.filled(keepsVersions: false)
        let report = await stage.verify(.objects, accepting: (["\(jar)", "acme/nothing*"], "why not"))
        #expect(report.exit == .refused)
        #expect(report.message?.contains("no fault was found under \(jar), acme/nothing*") == true)
        #expect(stage.store.keys.allSatisfy { !$0.contains("/losses/") })
    }

    @Test func `versions lost so far are accepted, and later losses are not`() async {
        let stage = await Rehearsal.filled(keepsVersions: false)
        wipe(lib, stage)
        stage.clock.advance(by: .seconds(60))
        let accepted = await stage.verify(.objects, accepting: (["acme/manifests/maven/"], "wiped on request"))
        #expect(accepted.exit == .converged)
        stage.clock.advance(by: .seconds(60))
        #expect(await stage.verify(.objects).exit == .converged)
        await stage.settle()
        #expect(await stage.verify(.objects).exit == .converged)
        wipe(otherApp, stage)
        #expect(await rows(stage.verify(.objects)) == [lost])
    }

    @Test func `once a loss is accepted, what is lost next is missed before any run has counted`() async throws {
        let stage = await Rehearsal.filled(keepsVersions: false)
        wipe(lib, stage)
        stage.clock.advance(by: .seconds(60))
        let accepted = await stage.verify(.objects, accepting: (["acme/manifests/maven/"], "wiped on request"))
        let left = accepted.looked.versions
        let record = ObjectKey("acme/losses/verify.json")
        #expect(stage.store.text(at: record.value).contains(#""versions":\#(left)"#))
        #expect(await stage.verify(.objects).exit == .converged)
        wipe(otherApp, stage)
        let report = await stage.verify(.objects)
        #expect(rows(report) == [lost])
        let message = try #require(report.findings.first?.message)
        #expect(message.hasPrefix("only \(report.looked.versions) of the \(left) versions"))
        #expect(message.contains("(\(record))"))
        // The part that was not asked about is not counted.
        var selection = Selection()
        selection.repositories = ["releases"]
        #expect(await stage.verify(.objects, of: selection).exit == .converged)
        // A record of an earlier release accepts what it did.
        let text = stage.store.text(at: record.value)
        let older = text.split(separator: #","versions":\#(left)"#).joined()
        #expect(older.utf8.count < text.utf8.count)
        stage.store.place(Array(older.utf8), at: record.value)
        #expect(await stage.verify(.objects).exit == .converged)
    }

    @Test(arguments: [
        #"{"format":1}"#, "",
        #"{"format":1,"domain":"other","lost":[],"reason":"r","recordedAt":"2026-11-22T08:36:12Z","recordedBy":{"door":"verify","version":"1"}}"#,
        forgedLoss(#""key":"acme/manifests/maven/","kind":"lostVersions","versions":9000000000000000000"#),
        forgedLoss(#""key":"acme/manifests/maven/","kind":"lostVersions","versions":-1"#),
        forgedLoss(#""key":"acme/manifests/maven/","kind":"missing","versions":1"#),
        forgedLoss(#""key":"acme/manifests/maven/x","kind":"lostVersions","versions":1"#),
        forgedLoss(#""key":"acme/manifests/maven/x","kind":"unreadableManifest","sha256":"ab""#),
    ])
    func `an invalid record of losses accepts nothing`(text: String) async {
        let stage = await Rehearsal.filled(keepsVersions: false)
        stage.store.place(Array(text.utf8), at: "acme/losses/forged.json")
        #expect(await rows(stage.verify(.manifests)) == ["unreadableManifest acme/losses/forged.json"])
    }

    private static func forgedLoss(_ row: String) -> String {
        #"{"domain":"acme","format":1,"lost":[{\#(row)}],"reason":"r","recordedAt":"2026-11-22T08:36:12Z","#
            + #""recordedBy":{"door":"verify","version":"1"}}"#
    }

    @Test func `an invalid record of losses is accepted with the bytes that it has`() async {
        let stage = await Rehearsal.filled(keepsVersions: false)
        let key = "acme/losses/forged.json"
        stage.store.place(Array("{}".utf8), at: key)
        let accepted = await stage.verify(.manifests, accepting: ([key], "a test"), id: "accept")
        #expect(accepted.exit == .converged && accepted.findings == [])
        #expect(await stage.verify(.manifests).findings == [])
        stage.store.place(Array("[]".utf8), at: key)
        #expect(await rows(stage.verify(.manifests)) == ["unreadableManifest \(key)"])
    }

    @Test func `objects without any record are no backup`() async {
        let stage = Rehearsal()
        stage.source.publish(version("1.0"), ["app.jar": "one"])
        await stage.run()
        let lost = [stage.layout.manifestsPrefix, stage.layout.reportsPrefix]
        for key in stage.objectKeys where lost.contains(where: { key.value.hasPrefix($0.value) }) {
            stage.store.damage(key) { _ in nil }
        }
        let report = await stage.verify(.bytes, isStrict: false)
        #expect(report.exit == .refused && report.noted["stray"] ?? 0 > 0)
        #expect(report.message?.contains("the backup of acme has no package") == true, "\(report.message ?? "")")
    }

    @Test func `strays are notes, and faults if the verification is strict`() async {
        let stage = await Rehearsal.filled(keepsVersions: false)
        stage.store.place([1], at: "acme/maven/releases/com/acme/app/9.9/app.jar")
        stage.store.place([1], at: "acme/maven/releases/x")
        let report = await stage.verify(.objects, isStrict: false)
        #expect(report.exit == .converged)
        #expect(report.noted["stray"] == 2 && report.faults["stray"] == 0 && report.findings == [])
        #expect(
            report.notes.map(\.key).sorted() == [
                "acme/maven/releases/com/acme/app/9.9/app.jar", "acme/maven/releases/x",
            ]
        )
        let strict = await stage.verify(.objects)
        #expect(strict.faults["stray"] == 2 && strict.exit == .verificationFailed)
        let accepted = await stage.verify(.objects, accepting: (["acme/maven/releases/*"], "left by a killed run"))
        #expect(accepted.exit == .converged && accepted.acceptedLosses.count == 2)
        #expect(await stage.verify(.objects).exit == .converged)
    }

    @Test(arguments: [0, 60, -70 * 365 * 86_400])
    func `wrong bytes under a recorded key are a fault at any age`(age: Int) async {
        for keepsVersions in [false, true] {
            let stage = await Rehearsal.filled(keepsVersions: keepsVersions)
            let other = ObjectKey("acme/maven/releases/com/acme/app/1.1/app.jar")
            // As if it had been stored then.
            stage.clock.advance(by: .seconds(86_400 - age))
            stage.store.damage(other) { [$0[0] ^ 1] + $0.dropFirst() }
            stage.store.touch(other)
            stage.clock.advance(by: .seconds(age))
            for depth in [VerifyDepth.checksums, .bytes] {
                let report = await stage.verify(depth, settling: .seconds(3_600))
                #expect(rows(report) == ["wrongBytes \(other)"], "\(keepsVersions) \(depth)")
                #expect(report.unsettled == 0)
            }
            stage.store.damage(other) { $0.dropLast() }
            #expect(await rows(stage.verify(.objects, settling: .seconds(3_600))) == ["wrongSize \(other)"])
        }
    }

    @Test func `a wrong document is unsettled if it is recent, and a fault if its time is in the future`() async {
        let stage = await Rehearsal.filled(keepsVersions: false)
        let key = ObjectKey("acme/maven/releases/com/acme/app/maven-metadata.xml")
        stage.clock.advance(by: .seconds(86_400))
        stage.store.damage(key) { [$0[0] ^ 1] + $0.dropFirst() }
        stage.store.touch(key)
        let before = stage.clock.slept.count
        let report = await stage.verify(.objects, settling: .seconds(3_600))
        #expect(report.outcome == .unsettled && report.unsettled == 1 && report.findings == [])
        #expect(report.exit == .unavailable)
        #expect(stage.clock.slept.count - before == 30)
        stage.clock.advance(by: .seconds(-86_400))
        #expect(await rows(stage.verify(.objects, settling: .seconds(3_600))) == ["wrongMetadata \(key)"])
    }

    @Test func `an archived or unreadable object is a fault however young it is`() async {
        for isArchived in [true, false] {
            let stage = await Rehearsal.filled(keepsVersions: false)
            isArchived ? stage.store.archive(jar) : stage.store.makeUnreadable(jar)
            stage.store.touch(jar)
            for depth in [VerifyDepth.checksums, .bytes] {
                let report = await stage.verify(depth, settling: .seconds(3_600))
                #expect(rows(report) == ["\(isArchived ? "archivedObject" : "unreadableObject") \(jar)"])
                #expect(report.outcome == .faulty && report.unsettled == 0)
            }
        }
    }

    @Test func `newest bytes that no manifest names are unsettled only while those that are named remain`() async {
        let stage = await Rehearsal.filled(keepsVersions: true)
        stage.clock.advance(by: .seconds(86_400))
        stage.store.place(Array("bytes of a run at work".utf8), at: jar.value)
        for depth in [VerifyDepth.objects, .bytes] {
            let report = await stage.verify(depth, settling: .seconds(3_600))
            #expect(report.outcome == .unsettled, "\(report.findings)")
        }
        let ids = stage.store.versionIDs(of: jar)
        stage.store.damage(jar, versionID: ids[1]) { [$0[0] ^ 1] + $0.dropFirst() }
        let report = await stage.verify(.objects, settling: .seconds(3_600))
        #expect(rows(report) == ["wrongSize \(jar)"])
    }

    @Test func `an archived older version of an object is recognized once it is read, and so is such a record`()
        async throws
    {
        let stage = Rehearsal(keepsVersions: true)
        stage.source.publish(version("1.0"), ["app.jar": "old"])
        await stage.settle()
        stage.source.put("app.jar", "newer", in: version("1.0"))
        await stage.settle()
        let jar = stage.layout.key(of: "app.jar", in: version("1.0"))
        let older = try #require(stage.store.versionIDs(of: jar).first)
        stage.store.archive(jar, versionID: older)
        let report = await stage.verify(.bytes, isStrict: false)
        #expect(report.findings.map(\.kind) == [.archivedObject] && report.findings.map(\.versionID) == [older])
        #expect(report.findings.first?.message.contains("Put back") == false)

        let records = stage.witness.manifests[version("1.0")] ?? []
        let record = stage.layout.key(of: try #require(records.last).record)
        stage.store.archive(record)
        let restored = await stage.restoring().restore()
        #expect(restored.run.failures.map(\.kind) == ["archived"] && restored.exit == .failures)
        #expect(restored.run.failures[0].message.contains(record.value))
    }

    @Test func `an archived object is recognized from the listing alone`() async throws {
        let stage = await Rehearsal.filled(keepsVersions: false)
        stage.store.archive(jar)
        let noted = await stage.verify(.objects, isStrict: false)
        #expect(noted.exit == .converged && noted.notes.map(\.key) == [jar.value] && noted.noted["archivedObject"] == 1)
        #expect(noted.notes.first?.message.hasSuffix("bring-back \(jar)") == true)
        for depth in [VerifyDepth.checksums, .bytes] {
            #expect(await rows(stage.verify(depth, isStrict: false)) == ["archivedObject \(jar)"])
        }
        stage.store.archive(jar, false)
        let record = try #require(stage.objectKeys.first { stage.layout.record(at: $0) != nil })
        stage.store.archive(record)
        #expect(await rows(stage.verify(.manifests, isStrict: false)) == ["archivedObject \(record)"])
    }
}
