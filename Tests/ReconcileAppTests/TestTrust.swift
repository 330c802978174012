import ReconcileApp
import ReconcileCore
import TestSupport
import Testing

/// A domain's key, the trust file that believes it, and processes that sign with it.
struct TestTrust {
    static let identity = RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "example")

    let key: SignatureFunctions.PrivateKey
    let clock = ManualClock(at: "2026-11-22T08:00:00Z")

    init() throws {
        key = try #require(Signing.functions.makeKey())
    }

    var now: Timestamp { Timestamp(secondsSince1970: clock.secondsSince1970()) }

    func file(
        _ identity: RunCertificate.Identity = identity,
        from: String? = nil,
        until: String? = nil
    ) -> TrustFile {
        let (from, until) = (from.flatMap { Timestamp(extended: $0) }, until.flatMap { Timestamp(extended: $0) })
        return TrustFile(identity: identity, keys: [TrustFile.Key(point: key.point, from: from, until: until)])
    }

    func trust(_ file: TrustFile? = nil) throws -> RecordTrust {
        try RecordTrust(file ?? self.file(), Signing.functions)
    }

    func signer(
        _ file: TrustFile? = nil,
        asking authority: RecordSigner.Authority? = nil
    ) throws -> RecordSigner {
        RecordSigner(
            trust: try trust(file),
            Signing.functions,
            authority: authority ?? { [key] in try #require(key.sign($0)) },
            clock: clock,
            process: "20261122T080000Z-1",
            writer: "reconcile/0.2.0"
        )
    }

    /// A store in which all is signed.
    func store(
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

    /// A certificate signed with the domain's key, whatever it says.
    func certification(
        of point: [UInt8],
        _ identity: String = identity.description,
        from: String,
        to: String
    ) throws -> Certification {
        let certificate = RunCertificate(
            identity: identity,
            process: "p",
            writer: "w",
            point: point,
            notBefore: try #require(Timestamp(extended: from)),
            notAfter: try #require(Timestamp(extended: to)),
            checkpoint: nil
        )
        return Certification(
            certificate: certificate.text,
            signature: try #require(key.sign(Array(certificate.text.utf8)))
        )
    }
}
