import ReconcileCore
import TestSupport
import Testing

/// What each record says of the one before it, and what a verification makes of that.
@Suite struct RecordChainTests {
    private let hours = Duration.seconds(7_200)

    // MARK: What records say

    /// Four records of a version, two of its package and two of the configuration, two hours apart.
    private func kept(keepsVersions: Bool = false) async throws -> Rehearsal {
        let stage = Rehearsal(keepsVersions: keepsVersions)
        let domain = InMemoryConfiguration()
        stage.source.publish(version("1.0"))
        stage.source.setControls(.ingested, of: app)
        try await settle(stage, domain)
        stage.source.setStatus(.unlisted, of: version("1.0"))
        stage.source.setControls(.published, of: app)
        domain.change { $0.policy = #"{"Statement":[]}"# }
        try await settle(stage, domain)
        stage.source.setStatus(.archived, of: version("1.0"))
        try await settle(stage, domain)
        stage.source.delete(version("1.0"))
        try await settle(stage, domain, allowingDeletion: true)
        return stage
    }

    /// A record of each of some versions, two hours ago.
    private func recorded(_ versions: [String] = ["1.0"], keepsVersions: Bool = false) async throws -> Rehearsal {
        let stage = Rehearsal(keepsVersions: keepsVersions)
        for number in versions { stage.source.publish(version(number)) }
        try await settle(stage)
        return stage
    }

    private func settle(
        _ stage: Rehearsal,
        _ domain: InMemoryConfiguration? = nil,
        allowingDeletion: Bool = false
    ) async throws {
        var options = Reconciler.Options()
        options.deletionGuard.allowsMassDeletion = allowingDeletion
        #expect(await stage.run(options).exit == .converged)
        if let domain { try await stage.record(domain) }
        stage.clock.advance(by: hours)
    }

    private func records(_ stage: Rehearsal, of version: VersionCoordinates) -> [ObjectKey] {
        stage.objectKeys.filter { stage.layout.record(at: $0)?.coordinates == version }.sorted()
    }

    private func ownRecords(_ stage: Rehearsal) -> [ObjectKey] {
        stage.objectKeys.filter { stage.layout.packageRecord(at: $0) != nil }.sorted()
    }

    private func configurations(_ stage: Rehearsal) -> [ObjectKey] {
        stage.objectKeys.filter { stage.layout.configuration(at: $0) != nil }.sorted()
    }

    private func text(_ stage: Rehearsal, _ key: ObjectKey) throws -> String {
        String(decoding: try #require(stage.store.bytes(at: key, versionID: nil)), as: UTF8.self)
    }

    /// The member as it is stored.
    private func previous(_ stage: Rehearsal, _ key: ObjectKey) throws -> String {
        let path = key.value.dropFirst("acme/".count)
        let sum = testHashes.digest(try #require(stage.store.bytes(at: key, versionID: nil)), .sha256)
        return #""previous":{"key":"\#(path)","sha256":"\#(sum)"}"#
    }

    @Test(arguments: [false, true])
    func `each record names the one before it, and the first of each says that there is none`(keepsVersions: Bool)
        async throws
    {
        let stage = try await kept(keepsVersions: keepsVersions)
        let chains = [records(stage, of: version("1.0")), ownRecords(stage), configurations(stage)]
        #expect(chains.map(\.count) == [4, 2, 2])
        for chain in chains {
            #expect(try text(stage, chain[0]).contains(#""previous":null"#))
            for (earlier, later) in zip(chain, chain.dropFirst()) {
                #expect(try text(stage, later).contains(previous(stage, earlier)))
            }
        }
        #expect(await stage.verify(.bytes).findings == [])
    }

    @Test func `a deletion after a record that does not pass names the newest that passes`() async throws {
        let stage = try await recorded(["1.0", "2.0", "3.0"])
        stage.source.setStatus(.unlisted, of: version("1.0"))
        try await settle(stage)
        let keys = records(stage, of: version("1.0"))
        stage.store.damage(keys[1]) { Array($0.reversed()) }
        stage.source.delete(version("1.0"))
        #expect(await stage.run().exit == .failures)
        let last = try #require(records(stage, of: version("1.0")).last)
        #expect(try text(stage, last).contains(#""status":"Deleted""#))
        #expect(try text(stage, last).contains(previous(stage, keys[0])))
    }

    @Test func `a change of a package's origin controls costs one GET more, and the first one none`() async throws {
        let stage = Rehearsal()
        stage.source.publish(version("1.0"))
        await stage.run()
        stage.clock.advance(by: hours)
        stage.source.setControls(.ingested, of: app)
        await stage.run()
        #expect(ownRecords(stage).count == 1)
        let first = stage.requests
        #expect(first["s3.GetObject"] == nil)
        stage.clock.advance(by: hours)
        stage.source.setControls(OriginControls(publish: .allow, upstream: .allow), of: app)
        await stage.run()
        #expect(ownRecords(stage).count == 2)
        #expect(stage.requests == first.merging(["s3.GetObject": 1]) { $1 })
    }

    // MARK: What a verification finds

    private func findings(_ report: VerifyReport) -> [String] {
        report.findings.filter { $0.kind == .brokenHistory }.map(\.key)
    }

    @Test func `a record that is removed from among others is missed until its loss is accepted`() async throws {
        let stage = try await kept()
        let sound = stage.store.memory
        for chain in [records(stage, of: version("1.0")), ownRecords(stage), configurations(stage)] {
            for key in chain.dropLast() {
                stage.store.damage(key) { _ in nil }
                let report = await stage.verify(.bytes)
                #expect(findings(report) == [key.value] && report.exit == .verificationFailed)
                #expect(report.findings.allSatisfy { $0.message.contains("the record is gone") })
                let accepted = await stage.verify(.bytes, accepting: ([key.value], "a test"), id: "accept")
                #expect(accepted.exit == .converged && accepted.acceptedLosses.map(\.key) == [key.value])
                #expect(await stage.verify(.bytes).findings == [])
                stage.store.memory = sound
            }
        }
    }

    @Test(arguments: [false, true])
    func `a record that another one has taken the place of is told from the next`(keepsVersions: Bool) async throws {
        let stage = try await kept(keepsVersions: keepsVersions)
        for chain in [records(stage, of: version("1.0")), ownRecords(stage)] {
            let sound = stage.store.memory
            let forged = try text(stage, chain[0]).replacing(#""version":"test""#, with: #""version":"tesT""#)
            stage.store.damage(chain[0]) { _ in Array(forged.utf8) }
            let report = await stage.verify(.bytes)
            #expect(report.findings.map { "\($0.kind.rawValue) \($0.key)" } == ["brokenHistory \(chain[0])"])
            stage.store.memory = sound
        }
    }

    /// Puts a record beside the one after the first, of a time in seconds after it.
    private func place(_ stage: Rehearsal, after seconds: Int64) throws -> ObjectKey {
        let keys = records(stage, of: version("1.0"))
        let (first, next) = (try #require(stage.layout.record(at: keys[0])), try text(stage, keys[1]))
        let time = Timestamp(seconds: first.recordedAt.seconds + seconds)
        let record = ManifestRecord(
            coordinates: first.coordinates,
            recordedAt: time,
            revision: first.revision,
            status: .unlisted
        )
        let second = try #require(stage.layout.record(at: keys[1]))
        let forged = next.replacing(second.recordedAt.extended, with: time.extended)
        let key = stage.layout.key(of: record)
        stage.store.place(Array(forged.utf8), at: key.value)
        return key
    }

    @Test func `a record that is dated back by more than an hour is told, and a race is no fault`() async throws {
        let stage = try await kept()
        let sound = stage.store.memory
        // The next one is two hours after the first.
        let forged = try place(stage, after: 3_599)
        #expect(findings(await stage.verify(.bytes)) == [forged.value])
        stage.store.memory = sound
        _ = try place(stage, after: 3_600)
        #expect(await stage.verify(.bytes).findings == [])
    }

    @Test func `a record that names one which is not before it is a fault of its own`() async throws {
        let stage = try await kept()
        let keys = records(stage, of: version("1.0"))
        let forged = try text(stage, keys[0]).replacing(#""previous":null"#, with: previous(stage, keys[1]))
        stage.store.damage(keys[0]) { _ in Array(forged.utf8) }
        // The one after it names what was there before.
        let report = await stage.verify(.bytes)
        #expect(findings(report) == [keys[0].value])
        #expect(report.findings.allSatisfy { $0.message.contains("which is not before it") })
    }

    @Test func `what a repair has retired is missed by nobody`() async throws {
        let stage = try await recorded()
        stage.source.setStatus(.unlisted, of: version("1.0"))
        try await settle(stage)
        let keys = records(stage, of: version("1.0"))
        stage.store.damage(keys[1]) { Array($0.dropLast()) }
        let repaired = await stage.verify(.bytes, repairs: true)
        #expect(repaired.exit == .converged && repaired.mended == 1)
        let last = try #require(records(stage, of: version("1.0")).last)
        #expect(try last != keys[1] && text(stage, last).contains(previous(stage, keys[0])))
        #expect(await stage.verify(.bytes).findings == [])
        // What is recorded after it names it.
        stage.source.setStatus(.published, of: version("1.0"))
        try await settle(stage)
        let next = try #require(records(stage, of: version("1.0")).last)
        #expect(try text(stage, next).contains(previous(stage, last)))
        #expect(await stage.verify(.bytes).findings == [])
    }

    @Test func `records of releases that did not name the one before stay right, and are named from then on`()
        async throws
    {
        let stage = try await kept()
        let member = /"previous":(null|\{[^}]*\}),/
        for key in records(stage, of: version("1.0")) + ownRecords(stage) + configurations(stage) {
            stage.store.damage(key) { Array(String(decoding: $0, as: UTF8.self).replacing(member, with: "").utf8) }
        }
        let earlier = records(stage, of: version("1.0"))
        #expect(try earlier.allSatisfy { try !text(stage, $0).contains("previous") })
        #expect(await stage.verify(.bytes).findings == [])
        stage.source.publish(version("1.0"))
        try await settle(stage)
        let last = try #require(records(stage, of: version("1.0")).last)
        #expect(try text(stage, last).contains(previous(stage, earlier[3])))
        #expect(await stage.verify(.bytes).findings == [])
    }

    @Test func `an event and a run that meet may name the same one`() async throws {
        let stage = try await recorded(keepsVersions: true)
        stage.source.put("app.jar", "other bytes", in: version("1.0"))
        async let run = stage.run()
        async let event = stage.protect(version("1.0"))
        #expect(await (run.exit, event.exit) == (.converged, .converged))
        #expect(await stage.verify(.bytes).findings == [])
        stage.source.setStatus(.unlisted, of: version("1.0"))
        try await settle(stage)
        let keys = records(stage, of: version("1.0"))
        let last = try #require(keys.last)
        #expect(try text(stage, last).contains(previous(stage, keys[keys.count - 2])))
        #expect(await stage.verify(.bytes).findings == [])
    }
}
