import ReconcileApp
import ReconcileCore
import TestSupport
import Testing

/// What a trust file believes: every other way to make, move or date an object is refused, and the refusal says why.
@Suite struct RecordTrustTests {
    private static let key = ObjectKey("example/manifests/maven/releases/g/a/1.0/20261122T080000Z.cmV2.Published.json")
    private static let body = Array(#"{"format":1,"name":"a"}"#.utf8)

    /// What reading says of bytes under a key: nil if they are believed.
    private func refusal(
        _ trust: TestTrust,
        _ bytes: [UInt8],
        at key: ObjectKey = key,
        under file: TrustFile? = nil,
        root: String = "example/"
    ) async throws -> String? {
        let base = InMemoryStore()
        base.place(bytes, at: key.value)
        do {
            _ = try await trust.store(base, file, root: root).read(key, limit: 1 << 20)
            return nil
        } catch let failure as RemoteFailure {
            #expect(failure.kind == .untrusted)
            return String(failure.message.trimmingPrefix("the object does not pass the trust file: "))
        }
    }

    private func signed(_ trust: TestTrust, _ body: [UInt8] = body, at key: ObjectKey = key) async throws -> [UInt8] {
        let base = InMemoryStore()
        _ = try await trust.store(base).write(body, to: key, .createOnly)
        return try #require(base.bytes(at: key, versionID: nil))
    }

    @Test func `what is written is signed, and read as it was written`() async throws {
        let trust = try TestTrust()
        let base = InMemoryStore()
        let store = try trust.store(base)
        _ = try await store.write(Self.body, to: Self.key, .createOnly)
        let text = base.text(at: Self.key.value)
        #expect(text.hasPrefix(#"{"format":1,"name":"a","certificate":"reconcile certificate v1\n"#))
        #expect(text.utf8.suffix(102).starts(with: #","signature":""#.utf8))
        #expect(try await store.read(Self.key, limit: Self.body.count) == Self.body)
        #expect(try await store.holds(Self.body, at: Self.key))
        // Without a trust file it is read unproved.
        let open = SealedStore(base, root: ObjectKey("example/"), trust: nil, signer: nil)
        #expect(try await open.read(Self.key, limit: Self.body.count) == Self.body)
        // What is no record is left alone.
        let jar = ObjectKey("example/maven/releases/g/a/1.0/a.jar")
        _ = try await store.write(Self.body, to: jar, .createOnly)
        #expect(base.bytes(at: jar, versionID: nil) == Self.body)
    }

    @Test func `a document keeps its line end`() async throws {
        let trust = try TestTrust()
        let page = Array("{\n  \"format\": 1\n}\n".utf8)
        let key = ObjectKey("example/checkpoints/2026-11-22/20261122T060000Z.run.json")
        let bytes = try await signed(trust, page, at: key)
        #expect(bytes.last == UInt8(ascii: "\n"))
        let base = InMemoryStore()
        base.place(bytes, at: key.value)
        #expect(try await trust.store(base).read(key, limit: 100) == page)
    }

    @Test func `a drill's evidence is signed at its end, hours after the start that its key says`() async throws {
        let trust = try TestTrust()
        let key = ObjectKey("example/drills/2026-11-21/20261121T220000Z-1.json")
        let page = Array("{\n  \"format\": 1\n}\n".utf8)
        let bytes = try await signed(trust, page, at: key)
        #expect(try await refusal(trust, bytes, at: key) == nil)
        #expect(try await refusal(trust, page, at: key) == "it is not signed")
        // Not as the evidence of a drill that began when the certificate was over, nor under another's name.
        let later = ObjectKey("example/drills/2026-11-22/20261122T210000Z-1.json")
        let reason = try await refusal(trust, signed(trust, page, at: later), at: later)
        #expect(reason?.hasPrefix("its time 2026-11-22T21:00:00Z is not within that of its certificate") == true)
        let another = ObjectKey("example/drills/2026-11-21/20261121T220000Z-2.json")
        #expect(try await refusal(trust, bytes, at: another) != nil)
    }

    @Test func `whoever reads is told who signed`() async throws {
        let trust = try TestTrust()
        let base = InMemoryStore()
        base.place(try await signed(trust), at: Self.key.value)
        let signature = try await trust.store(base).signature(of: Self.key, limit: 1 << 20)
        #expect(signature?.publicKey == trust.file().keys[0].publicKey)
        #expect(signature?.process == "20261122T080000Z-1" && signature?.writer == "reconcile/0.2.0")
        let open = SealedStore(base, root: ObjectKey("example/"), trust: nil, signer: nil)
        #expect(try await open.signature(of: Self.key, limit: 1 << 20) == nil)
        base.place(Self.body, at: Self.key.value)
        await #expect(throws: RemoteFailure.self) {
            try await trust.store(base).signature(of: Self.key, limit: 1 << 20)
        }
    }

    @Test func `no byte of a signed object can change`() async throws {
        let trust = try TestTrust()
        let bytes = try await signed(trust)
        #expect(try await refusal(trust, bytes) == nil)
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 1
            #expect(try await refusal(trust, other) != nil, "byte \(index)")
        }
        #expect(try await refusal(trust, bytes.dropLast()) == "it is not signed")
        let wrong = "its signature is not that of these bytes under this key"
        #expect(try await refusal(trust, Array(bytes.dropFirst())) == wrong)
        #expect(try await refusal(trust, Self.body) == "it is not signed")
        #expect(try await refusal(trust, []) == "it is not signed")
    }

    @Test func `a seal has one spelling`() async throws {
        let trust = try TestTrust()
        let text = String(decoding: try await signed(trust), as: UTF8.self)
        for other in [
            text + "\n\n", text.replacing(",\"signature\"", with: ", \"signature\""),
            text.replacing("\"signature\":", with: "\"signature\" :"),
        ] {
            #expect(try await refusal(trust, Array(other.utf8)) == "it is not signed")
        }
        let escaped = text.replacing("\\n", with: "\\u000a")
        #expect(try await refusal(trust, Array(escaped.utf8)) == "its certificate is malformed")
    }

    @Test func `an object counts under its own key alone`() async throws {
        let trust = try TestTrust()
        let bytes = try await signed(trust)
        let wrong = "its signature is not that of these bytes under this key"
        for path in [
            // Another version, a later time, another state, another kind.
            "manifests/maven/releases/g/a/1.1/20261122T080000Z.cmV2.Published.json",
            "manifests/maven/releases/g/a/1.0/20261122T080001Z.cmV2.Published.json",
            "manifests/maven/releases/g/a/1.0/20261122T080000Z.cmV2.Deleted.json",
            "configuration/20261122T080000Z.0123456789abcdef.json",
        ] {
            #expect(try await refusal(trust, bytes, at: ObjectKey("example/\(path)")) == wrong)
        }
    }

    @Test func `one key for two domains lets neither speak for the other`() async throws {
        let trust = try TestTrust()
        let bytes = try await signed(trust)
        let other = RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "other")
        let key = ObjectKey(Self.key.value.replacing("example/", with: "other/"))
        #expect(
            try await refusal(trust, bytes, at: key, under: trust.file(other), root: "other/")
                == "its certificate is of 111122223333/eu-west-1/example, not of 111122223333/eu-west-1/other"
        )
        let owner = RunCertificate.Identity(owner: "999999999999", region: "eu-west-1", domain: "example")
        #expect(try await refusal(trust, bytes, under: trust.file(owner))?.hasPrefix("its certificate is of") == true)
    }

    @Test func `another domain key is not believed, nor one before or after its time`() async throws {
        let trust = try TestTrust()
        let bytes = try await signed(trust)
        let wrong = "its certificate is not signed by a key that the trust file has for its time"
        #expect(try await refusal(trust, bytes, under: TestTrust().file()) == wrong)
        let (begin, next) = ("2026-11-22T08:00:00Z", "2026-11-22T08:00:01Z")
        #expect(try await refusal(trust, bytes, under: trust.file(from: begin)) == nil)
        #expect(try await refusal(trust, bytes, under: trust.file(until: next)) == nil)
        #expect(try await refusal(trust, bytes, under: trust.file(from: next)) == wrong)
        #expect(try await refusal(trust, bytes, under: trust.file(until: begin)) == wrong)
    }

    @Test func `of a stolen key counts only what an anchor from before vouches for`() async throws {
        let trust = try TestTrust()
        let bytes = try await signed(trust)
        func found(_ stolen: String, _ cutoffs: String...) async throws -> String? {
            let anchors = try cutoffs.map { text in
                let cutoff = try #require(Timestamp(extended: text))
                return TrustFile.Anchor(cutoff: cutoff, digest: String(repeating: "ab", count: 32))
            }
            return try await refusal(trust, bytes, under: trust.file(stolen: stolen, anchors: anchors))
        }
        let (before, own, after) = ("2026-11-22T07:59:59Z", "2026-11-22T08:00:00Z", "2026-11-22T09:00:00Z")
        #expect(try await found(after, own) == nil)
        #expect(try await found(after, before, own) == nil)
        let late = "its key was stolen, and no anchor from before vouches for it: the last one is of \(before)"
        #expect(try await found(after, before) == late)
        // An anchor of later says what was there then, not who had the key.
        #expect(try await found(after, before, "2026-11-22T10:00:00Z") == late)
        #expect(try await found(after) == "its key was stolen, and the trust file has no anchor from before")
        let ended = "its certificate is not signed by a key that the trust file has for its time"
        #expect(try await found(own, own) == ended)
        // No digest covers what is beside the records.
        let key = ObjectKey("example/losses/20261122T080000Z-1.json")
        let loss = try await signed(trust, at: key)
        let anchor = TrustFile.Anchor(
            cutoff: try #require(Timestamp(extended: own)),
            digest: String(repeating: "ab", count: 32)
        )
        let file = trust.file(stolen: after, anchors: [anchor])
        #expect(try await refusal(trust, loss, at: key, under: file)?.hasPrefix("its key was stolen") == true)
    }

    @Test(
        "a certificate that was kept or made in advance dates nothing outside of its own hours",
        arguments: [
            ("20261122T075459Z", "its time 2026-11-22T07:54:59Z is not within"), ("20261122T075500Z", nil),
            ("20261122T200500Z", nil), ("20261122T200501Z", "its time 2026-11-22T20:05:01Z is not within"),
            ("20250101T000000Z", "its time 2025-01-01T00:00:00Z is not within"),
        ]
    )
    func hoarded(time: String, expected: String?) async throws {
        let trust = try TestTrust()
        let own = try #require(Signing.functions.makeKey())
        let certification = try trust.certification(
            of: own.point,
            from: "2026-11-22T08:00:00Z",
            to: "2026-11-22T20:00:00Z"
        )
        for path in ["manifests/maven/r/g/a/1/\(time).~.Deleted.json", "configuration/\(time).0123456789abcdef.json"] {
            let bytes = try trust.sealed(Self.body, at: path, by: own, certification)
            let found = try await refusal(trust, bytes, at: ObjectKey("example/\(path)"))
            #expect(found?.hasPrefix(expected ?? "?") ?? (expected == nil))
        }
    }

    @Test func `a checkpoint is older than its certificate, and never later`() async throws {
        let trust = try TestTrust()
        let own = try #require(Signing.functions.makeKey())
        let certification = try trust.certification(
            of: own.point,
            from: "2026-11-22T08:00:00Z",
            to: "2026-11-22T20:00:00Z"
        )
        for (cutoff, isRight) in [("20261101T060000Z", true), ("20261122T210000Z", false)] {
            let path = "checkpoints/2026-11-22/\(cutoff).run.json"
            let bytes = try trust.sealed(Self.body, at: path, by: own, certification)
            #expect(try await (refusal(trust, bytes, at: ObjectKey("example/\(path)")) == nil) == isRight)
        }
    }

    @Test func `a certificate is for twelve hours at most, and of a point of the curve`() async throws {
        let trust = try TestTrust()
        let own = try #require(Signing.functions.makeKey())
        let path = String(Self.key.value.dropFirst("example/".count))
        func found(_ to: String, _ point: [UInt8]) async throws -> String? {
            let certification = try trust.certification(of: point, from: "2026-11-22T08:00:00Z", to: to)
            return try await refusal(trust, trust.sealed(Self.body, at: path, by: own, certification))
        }
        let long = "its certificate is not valid for up to 12 hours"
        #expect(try await found("2026-11-22T20:00:00Z", own.point) == nil)
        #expect(try await found("2026-11-22T20:00:01Z", own.point) == long)
        #expect(try await found("2026-11-22T08:00:00Z", own.point) == long)
        var off = own.point
        off[64] ^= 1
        #expect(try await found("2026-11-22T20:00:00Z", off) == "its certificate's key is not a P-256 key")
        let other = try #require(Signing.functions.makeKey())
        #expect(
            try await found("2026-11-22T20:00:00Z", other.point)
                == "its signature is not that of these bytes under this key"
        )
    }

    @Test(
        "a certificate has one spelling",
        arguments: [
            ("v1", "v2"), ("\nw\n", "\nw w\n"), ("\n-\n", "\n\n"), ("\n-\n", "\n-"), ("\n-\n", "\n-\n\n"),
            ("\np\n", "\np\r\n"), ("T08:00:00Z", "T08:00:00+00:00"), ("eu-west-1", "eu west 1"), ("\n-\n", "\n–\n"),
        ]
    )
    func spelling(change: (String, String)) throws {
        let trust = try TestTrust()
        let text = try trust.certification(
            of: trust.key.point,
            from: "2026-11-22T08:00:00Z",
            to: "2026-11-22T20:00:00Z"
        ).certificate
        #expect(RunCertificate(text)?.text == text)
        #expect(RunCertificate(text.replacing(change.0, with: change.1)) == nil)
    }

    @Test func `a certificate names the checkpoint that its writer proved`() throws {
        let digest = String(repeating: "0a", count: 32)
        let seen = RunCertificate.Seen(
            cutoff: try #require(Timestamp(extended: "2026-11-22T06:00:00Z")),
            sha256: digest
        )
        #expect(seen.description == "2026-11-22T06:00:00Z:\(digest)")
        #expect(RunCertificate.Seen(seen.description) == seen)
        #expect(RunCertificate.Seen("2026-11-22T06:00:00Z:\(digest.uppercased())") == nil)
        #expect(RunCertificate.Seen("20261122T060000Z:\(digest)") == nil)
    }
}
