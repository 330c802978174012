import Cryptography
package import ReconcileCore

/// The core's signatures on P-256, by OpenSSL.
package let testSignatures = SignatureFunctions(
    check: { point in
        guard let key = P256PublicKey(point: point) else { return nil }
        return { message, signature in key.verifies(signature, of: message) }
    },
    makeKey: {
        guard let key = P256SigningKey.generate() else { return nil }
        let owner = KeyOwner(key)
        return SignatureFunctions.PrivateKey(point: owner.key.point) { owner.key.sign($0) }
    },
    sha256: { Hexadecimal.encode(Digest.of($0, .sha256)) }
)

private final class KeyOwner: Sendable {
    let key: P256SigningKey

    init(_ key: consuming P256SigningKey) {
        self.key = key
    }
}

/// A domain's key, the trust file that believes it, and processes that sign with it.
package struct TestTrust: Sendable {
    /// What a test cannot go on without.
    package struct Absent: Error {}

    package static let identity = RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "example")

    package let key: SignatureFunctions.PrivateKey
    package let clock = ManualClock(at: "2026-11-22T08:00:00Z")

    package init() throws {
        guard let key = testSignatures.makeKey() else { throw Absent() }
        self.key = key
    }

    package var now: Timestamp { Timestamp(secondsSince1970: clock.secondsSince1970()) }

    package func file(
        _ identity: RunCertificate.Identity = identity,
        from: String? = nil,
        until: String? = nil,
        stolen: String? = nil,
        anchors: [TrustFile.Anchor] = []
    ) -> TrustFile {
        let key = TrustFile.Key(
            point: key.point,
            from: from.flatMap { Timestamp(extended: $0) },
            until: until.flatMap { Timestamp(extended: $0) },
            stolen: stolen.flatMap { Timestamp(extended: $0) }
        )
        return TrustFile(identity: identity, keys: [key], anchors: anchors)
    }

    package func trust(_ file: TrustFile? = nil) throws -> RecordTrust {
        try RecordTrust(file ?? self.file(), testSignatures)
    }

    package func signer(
        _ file: TrustFile? = nil,
        clock: (any RunClock)? = nil,
        asking authority: RecordSigner.Authority? = nil,
        newestCheckpoint: RecordSigner.NewestCheckpoint? = nil
    ) throws -> RecordSigner {
        RecordSigner(
            trust: try trust(file),
            testSignatures,
            authority: authority ?? { [key] in try Self.found(key.sign($0)) },
            clock: clock ?? self.clock,
            process: "20261122T080000Z-1",
            writer: "reconcile/0.2.0",
            newestCheckpoint: newestCheckpoint
        )
    }

    private static func found<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Absent() }
        return value
    }

    /// A store in which all is signed.
    package func store(
        _ base: InMemoryStore,
        _ file: TrustFile? = nil,
        root: String = "example/",
        signs: Bool = true
    ) throws -> SealedStore {
        SealedStore(
            base,
            root: ObjectKey(root),
            trust: try trust(file),
            signer: signs ? try signer(file) : nil
        )
    }

    /// The bytes of an object with a seal by a key that a certification is of.
    ///
    /// - Parameter path: below the domain's folder.
    package func sealed(
        _ body: [UInt8],
        at path: String,
        by key: SignatureFunctions.PrivateKey,
        _ certification: Certification
    ) throws -> [UInt8] {
        let hash = testSignatures.sha256(Array(certification.certificate.utf8))
        let message = Array("reconcile object v1\n\(hash)\n\(path)\n".utf8) + body
        let signature = try Self.found(key.sign(message))
        let lines = certification.certificate.replacing("\n", with: "\\n")
        let members =
            ",\"certificate\":\"\(lines)\",\"certificateSignature\":\"\(Base64URL.encode(certification.signature))\""
            + ",\"signature\":\"\(Base64URL.encode(signature))\"}"
        return Array(body.dropLast()) + Array(members.utf8)
    }

    /// A certificate signed with the domain's key, whatever it says.
    package func certification(
        of point: [UInt8],
        _ identity: String = identity.description,
        from: String,
        to: String,
        naming checkpoint: RunCertificate.Seen? = nil
    ) throws -> Certification {
        let certificate = RunCertificate(
            identity: identity,
            process: "p",
            writer: "w",
            point: point,
            notBefore: try Self.found(Timestamp(extended: from)),
            notAfter: try Self.found(Timestamp(extended: to)),
            checkpoint: checkpoint
        )
        return Certification(
            certificate: certificate.text,
            signature: try Self.found(key.sign(Array(certificate.text.utf8)))
        )
    }
}
