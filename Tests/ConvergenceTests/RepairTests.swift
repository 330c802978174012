import AWSServices
import DirectoryAdapter
import FoundationEssentials
import ReconcileCore
import TestSupport
import Testing

/// What a repair mends, and that it says of exactly the rest that it does not.
@Suite struct RepairTests {
    @Test(arguments: Damage.allCases, [false, true])
    func `each single fault is mended, but for those whose bytes nobody has`(
        damage: Damage,
        keepsVersions: Bool
    ) async {
        let stage = await Rehearsal.filled(keepsVersions: keepsVersions)
        let sound = stage.store.memory
        var left: [String] = []
        for key in stage.objectKeys {
            let beside = ObjectKey("\(key).x")
            damage.inflict(on: key, beside, in: stage.store)
            let repaired = await stage.verify(.bytes, repairs: true)
            let found = Self.prove(repaired, then: await stage.verify(.bytes), beside)
            left += found.map { Self.shortened($0) }
            stage.store.memory = sound
        }
        #expect(left == Self.left(damage, keepsVersions))
    }

    @Test(arguments: Damage.allCases)
    func `the same holds in a directory`(damage: Damage) async throws {
        let stage = await Rehearsal.filled(keepsVersions: false)
        // Later than any file is written.
        stage.clock.advance(by: .seconds(100 * 365 * 86_400))
        let sound = stage.store.contents
        var left: [String] = []
        for key in stage.objectKeys {
            let found = try await withScratchDirectory { path in
                let store = try DirectoryStore(directory: path, create: true, ledger: RequestLedger())
                for (key, bytes) in sound { _ = try await store.write(bytes, to: ObjectKey(key), .createOnly) }
                let effect = damage.effect(on: sound[key.value] ?? [])
                if let bytes = effect.bytes {
                    _ = try await store.write(bytes, to: key, .overwrite)
                } else {
                    try FileManager.default.removeItem(atPath: "\(path)/\(key)")
                }
                let beside = ObjectKey("\(key).x")
                if let bytes = effect.beside { _ = try await store.write(bytes, to: beside, .createOnly) }
                let repaired = await stage.verify(.bytes, repairs: true, in: store)
                return Self.prove(repaired, then: await stage.verify(.bytes, in: store), beside)
            }
            left += found.map { Self.shortened($0) }
        }
        #expect(left == Self.left(damage, false))
    }

    @Test func `a destroyed record stays a fault after its version was deleted, whose record carries nothing on`()
        async throws
    {
        let stage = Rehearsal()
        for name in ["1.0", "1.1", "1.2"] { stage.source.publish(version(name), ["app.jar": "bytes of \(name)"]) }
        #expect(await stage.reconcile().exit == .converged)
        let key = try #require(stage.objectKeys.first { stage.layout.record(at: $0)?.coordinates == version("1.0") })
        stage.store.damage(key) { _ in Array(#"{"x":1}"#.utf8) + [UInt8](repeating: 0x20, count: 200) }
        stage.clock.advance(by: .seconds(60))
        stage.source.delete(version("1.0"))
        #expect(await stage.reconcile().exit == .failures)
        for repairs in [false, true, true, false] {
            stage.clock.advance(by: .seconds(60))
            let report = await stage.verify(.objects, repairs: repairs, isStrict: false)
            #expect(report.findings.filter { !$0.mended }.map(\.key) == [key.value], "\(repairs)")
            #expect(report.exit == .verificationFailed)
        }
    }

    /// Holds a repair's account against the verification after it; the faults that are left, but for that of what was
    /// put beside the object, which nobody mends.
    private static func prove(_ repaired: VerifyReport, then after: VerifyReport, _ beside: ObjectKey) -> [String] {
        func rows(_ findings: [VerifyReport.Finding]) -> Set<String> {
            Set(findings.map { "\($0.kind.rawValue) \($0.key)" })
        }
        let unmended = repaired.findings.filter { !$0.mended }
        #expect(rows(unmended) == rows(after.findings))
        #expect(repaired.mended == repaired.findings.count - unmended.count)
        #expect(repaired.exit == after.exit)
        #expect(after.exit == (after.findings.isEmpty ? .converged : .verificationFailed))
        // What belongs to no package is told where it is found.
        for finding in unmended where finding.place.package != nil {
            #expect(finding.message.contains("Not repaired: "))
        }
        // Each time, one more version is gone without a trace.
        return rows(after.findings).filter { !$0.hasSuffix(" \(beside)") && !$0.hasPrefix("lostVersions ") }.sorted()
    }

    private static func shortened(_ fault: String) -> String {
        fault.replacing("acme/manifests/maven/", with: "").replacing("acme/maven/", with: "")
            .replacing(/[0-9TZ]{16}\.[^.]*\./, with: "")
    }

    private static func left(_ damage: Damage, _ keepsVersions: Bool) -> [String] {
        switch damage {
        case .added: []
        case .flipped: superseded(keepsVersions) + of(keepsVersions, "wrongBytes")
        case .cut: superseded(keepsVersions) + of(keepsVersions, "wrongSize")
        case .deleted, .renamed:
            [followed("other/com.acme/app/1.0")] + unrecorded + [followed("releases/com.acme/app/1.0-SNAPSHOT")]
                + (keepsVersions
                    ? [followed("releases/com.acme/app/1.0")]
                    : ["app.jar", "app.pom"].map { "stray releases/com/acme/app/1.0/\($0)" })
                + [followed("releases/com.acme/app/1.1")] + documents + (keepsVersions ? [mutated] : [])
                + ["missing \(withheld)"]
        }
    }

    /// Manifests of states that the source no longer shows, and that no other manifest carries on.
    private static func superseded(_ keepsVersions: Bool) -> [String] {
        ["other/com.acme/app/1.0/Published.json", "releases/com.acme/app/1.0-SNAPSHOT/Published.json"]
            .map { "unreadableManifest \($0)" }
            + (keepsVersions ? ["unreadableManifest releases/com.acme/app/1.0/Published.json"] : [])
    }

    /// Files whose bytes are nowhere, or whose S3 version an older record names beside bytes that no later record names.
    private static func of(_ keepsVersions: Bool, _ kind: String) -> [String] {
        ((keepsVersions ? ["releases/com/acme/app/1.0/app.pom"] : []) + [withheld]).map { "\(kind) \($0)" }
    }

    /// Objects whose only manifest is gone; the next run takes them over.
    private static var unrecorded: [String] {
        let odd = ["%2E/e\u{301}", "1.0%252F/%2E%2E", "1.0%252F/a b+c.jar", "1.0%252F/é%2Fü", "~ 1/\u{e9}"]
        return ["stray other/com/acme/app/1.0/added.txt"] + odd.map { "stray releases/com/%/é/a b+c/\($0)" }
    }

    /// A manifest that is gone, and that a later one names.
    private static func followed(_ version: String) -> String { "brokenHistory \(version)/Published.json" }

    /// Of a package whose only manifest is gone: the next run takes the files over, and writes the documents again.
    private static let documents =
        ["app.jar", "app.pom"].map { "stray releases/com/acme/lib/2.0/\($0)" }
        + ["", ".md5", ".sha1"].map { "stray releases/com/acme/lib/maven-metadata.xml\($0)" }

    /// For an archived version, whose bytes the source no longer returns.
    private static let withheld = "releases/com/acme/app/1.1/app.jar"

    /// Its older bytes went with the newest.
    private static let mutated = "missing releases/com/acme/app/1.0/app.jar"
}
