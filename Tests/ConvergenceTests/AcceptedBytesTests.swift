import ReconcileCore
import TestSupport
import Testing

/// Wrong bytes of a file that were accepted as lost, and others that take their place.
@Suite struct AcceptedBytesTests {
    private let jar = ObjectKey("acme/maven/releases/com/acme/app/1.0/app.jar")

    private func rows(_ report: VerifyReport) -> [String] { report.findings.map { "\($0.kind.rawValue) \($0.key)" } }

    private func put(_ text: String, in stage: Rehearsal) { stage.store.damage(jar) { _ in Array(text.utf8) } }

    private func kept() async -> Rehearsal {
        let stage = Rehearsal()
        stage.source.publish(version("1.0"), ["app.jar": "the jar"])
        await stage.settle()
        #expect(stage.store.text(at: jar.value) == "the jar")
        return stage
    }

    private func accept(_ stage: Rehearsal, _ depth: VerifyDepth, id: String = "accept") async -> String {
        let report = await stage.verify(depth, accepting: ([jar.value], "a test"), id: id)
        #expect(report.exit == .converged && report.findings == [])
        return stage.store.text(at: "acme/losses/\(id).json")
    }

    @Test(arguments: [VerifyDepth.checksums, .bytes])
    func `wrong bytes are accepted with their SHA-256, and others are a fault again`(depth: VerifyDepth) async throws {
        let stage = await kept()
        put("bad jar", in: stage)
        let record = await accept(stage, depth)
        #expect(record.contains(#""sha256":"\#(testHashes.digest(Array("bad jar".utf8), .sha256))","size":7"#))
        for later in VerifyDepth.allCases { #expect(await stage.verify(later).exit == .converged, "\(later)") }
        put("bad bad", in: stage)
        let found = await stage.verify(depth)
        #expect(rows(found) == ["wrongBytes \(jar)"] && found.exit == .verificationFailed)
        #expect(found.findings.first?.message.contains("other bytes have been stored under its key since") == true)
        // No look at less than the bytes can tell.
        #expect(await stage.verify(.objects).exit == .converged)
        #expect(await accept(stage, depth, id: "again").contains(testHashes.digest(Array("bad bad".utf8), .sha256)))
        // Either is accepted now, and nothing else.
        for text in ["bad jar", "bad bad", "the jar"] {
            put(text, in: stage)
            #expect(await stage.verify(depth).exit == .converged, "\(text)")
        }
        put("bad dog", in: stage)
        #expect(await rows(stage.verify(depth)) == ["wrongBytes \(jar)"])
        put("bad", in: stage)
        #expect(await rows(stage.verify(.objects)) == ["wrongSize \(jar)"])
    }

    @Test func `a wrong size is accepted as it is, and with its bytes where these are read`() async throws {
        let stage = await kept()
        put("bad", in: stage)
        let record = await accept(stage, .objects)
        #expect(record.contains(#""kind":"wrongSize","size":3"#) && !record.contains("sha256"))
        for depth in VerifyDepth.allCases { #expect(await stage.verify(depth).exit == .converged, "\(depth)") }
        // Of the same size, as far as that acceptance saw it.
        put("dab", in: stage)
        for depth in VerifyDepth.allCases { #expect(await stage.verify(depth).exit == .converged, "\(depth)") }
        put("baad", in: stage)
        for depth in [VerifyDepth.objects, .checksums, .bytes] {
            #expect(await rows(stage.verify(depth)) == ["wrongSize \(jar)"], "\(depth)")
        }
        let deeper = await accept(stage, .bytes, id: "deeper")
        #expect(deeper.contains(#""sha256":"\#(testHashes.digest(Array("baad".utf8), .sha256))","size":4"#))
        put("daab", in: stage)
        #expect(await stage.verify(.objects).exit == .converged)
        #expect(await rows(stage.verify(.bytes)) == ["wrongSize \(jar)"])
    }

    @Test func `a record of an earlier release accepts whatever bytes there are`() async throws {
        let stage = await kept()
        put("bad jar", in: stage)
        let text = await accept(stage, .bytes)
        let older = text.replacing(#/,"sha256":"[0-9a-f]+","size":7/#, with: "")
        #expect(older != text)
        stage.store.place(Array(older.utf8), at: "acme/losses/accept.json")
        for text in ["bad jar", "bad bad"] {
            put(text, in: stage)
            #expect(await stage.verify(.bytes).exit == .converged)
        }
    }

    @Test func `wrong bytes of an S3 version are accepted alone, and others are a fault again`() async throws {
        let stage = await Rehearsal.filled(keepsVersions: true)
        let ids = stage.store.versionIDs(of: jar)
        try #require(ids.count == 2)
        func damage(_ number: Int) {
            stage.store.damage(jar, versionID: ids[number]) { [$0[0] &+ 1] + $0.dropFirst() }
        }
        damage(0)
        #expect(await stage.verify(.bytes).findings.map(\.versionID) == [ids[0]])
        let name = "\(jar)@\(ids[0])"
        let accepted = await stage.verify(.bytes, accepting: ([name], "a test"), id: "accept")
        #expect(accepted.findings == [] && accepted.acceptedLosses.map(\.versionID) == [ids[0]])
        #expect(await stage.verify(.bytes).findings == [])
        damage(0)
        #expect(await rows(stage.verify(.bytes)) == ["wrongBytes \(jar)"])
    }

    @Test func `accepted bytes cost no request more`() async throws {
        let stage = await kept()
        put("bad jar", in: stage)
        _ = await accept(stage, .bytes)
        func requests(_ depth: VerifyDepth) async -> [String: Int] {
            stage.resetCounts()
            _ = await stage.verify(depth)
            return stage.store.conduct.counts
        }
        for depth in [VerifyDepth.objects, .checksums, .bytes] {
            put("bad jar", in: stage)
            let excused = await requests(depth)
            put("bad bad", in: stage)
            #expect(await requests(depth) == excused, "\(depth)")
        }
    }
}
