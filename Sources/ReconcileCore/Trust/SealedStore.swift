/// Wraps a store: proves the signatures of records when they are read, and signs them when they are written.
///
/// Assets pass untouched: only bytes that are written at once can be records. Readers and writers of records know
/// nothing of signatures. Without trust, seals are removed unproved, so that a signed backup can be read without a
/// trust file.
package struct SealedStore: StoreDecorator {
    package let base: any ObjectStore
    /// The domain's folder, with its slash.
    private let root: String
    private let trust: RecordTrust?
    private let signer: RecordSigner?
    private let review: CertificateReview?
    private let stated: StatedReview?

    /// - Parameters:
    ///   - trust: by which objects count; nil for all.
    ///   - signer: signs what is written. With trust and without it, nothing that must be signed is written.
    ///   - review: is asked of each certificate that passes.
    ///   - stated: is asked of each object that is not signed; nil where none counts.
    package init(
        _ base: any ObjectStore,
        root: ObjectKey,
        trust: RecordTrust?,
        signer: RecordSigner?,
        reviewing review: CertificateReview? = nil,
        stating stated: StatedReview? = nil
    ) {
        self.base = base
        self.root = root.value
        self.trust = trust
        self.signer = signer
        self.review = review
        self.stated = stated
    }

    /// The object without its seal; an `untrusted` failure if it does not pass, unless it is the report of a verification.
    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        try await readProved(key, limit: limit)?.body
    }

    /// The same, with how far it counts.
    func readProved(_ key: ObjectKey, limit: Int) async throws -> ProvedObject? {
        guard let path = sealedPath(of: key) else {
            return try await base.read(key, limit: limit).map { ProvedObject(body: $0) }
        }
        guard let stored = try await base.read(key, limit: limit + SignedObject.maximumSealBytes) else { return nil }
        let object = SignedObject(stored)
        var standing: Standing?
        var isProved = true
        if let trust {
            do {
                standing = try await self.standing(of: object, at: path, key, under: trust)
            } catch let failure as RemoteFailure
                where failure.kind == .untrusted && !SealedPath.countsForNothingUnproved(path)
            {
                isProved = false
            }
        }
        guard object.body.count <= limit else {
            throw RemoteFailure(
                .invalid,
                operation: operations.read,
                target: key.value,
                message: "it has \(object.body.count) bytes, and up to \(limit) are read"
            )
        }
        switch standing {
        case .signed(let signatory)?: return ProvedObject(body: object.body, certificate: signatory.certificate)
        case .stated(let isWhole)?: return ProvedObject(body: object.body, isWhole: isWhole)
        case nil: return ProvedObject(body: object.body, isProved: isProved)
        }
    }

    /// Who signed an object: one GET. Nil without trust, and where nothing is or nothing is signed.
    ///
    /// - Throws: an `untrusted` failure if it does not pass.
    package func signature(of key: ObjectKey, limit: Int) async throws -> RecordSignature? {
        try await signatory(of: key, limit: limit)?.signature
    }

    /// The certificate that an object is signed under, as `signature(of:limit:)` gives who signed it.
    func certificate(of key: ObjectKey, limit: Int) async throws -> RunCertificate? {
        try await signatory(of: key, limit: limit)?.certificate
    }

    private func signatory(of key: ObjectKey, limit: Int) async throws -> RecordTrust.Signatory? {
        guard let trust, let path = sealedPath(of: key),
            let stored = try await base.read(key, limit: limit + SignedObject.maximumSealBytes)
        else { return nil }
        let standing = try await standing(of: SignedObject(stored), at: path, key, under: trust)
        if case .signed(let signatory) = standing { return signatory }
        return nil
    }

    /// Why an object counts.
    private enum Standing: Sendable {
        case signed(RecordTrust.Signatory)
        case stated(isWhole: Bool)
    }

    private func standing(
        of object: SignedObject,
        at path: String,
        _ key: ObjectKey,
        under trust: RecordTrust
    ) async throws -> Standing {
        do {
            if object.seal == nil, let stated {
                switch try await stated(object.body, path) {
                case .refused(let reason): throw reason
                case .counts(let isWhole): return .stated(isWhole: isWhole)
                }
            }
            let signatory = try trust.prove(object, at: path)
            if let reason = try await review?(signatory.certificate) { throw reason }
            return .signed(signatory)
        } catch let reason as Distrust {
            throw RemoteFailure(
                .untrusted,
                operation: operations.read,
                target: key.value,
                message: "the object does not pass the trust file: \(reason)"
            )
        }
    }

    package func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        guard sealedPath(of: key) != nil else { return try await base.holds(bytes, at: key) }
        return try await read(key, limit: bytes.count) == bytes
    }

    package func write(
        _ bytes: [UInt8],
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        guard let path = sealedPath(of: key) else { return try await base.write(bytes, to: key, condition) }
        if let signer { return try await base.write(signer.sign(bytes, at: path), to: key, condition) }
        guard trust == nil || !SealedPath.countsForNothingUnproved(path) else {
            throw RemoteFailure(
                .invalid,
                operation: operations.write,
                target: key.value,
                message: "--trust is set, so this must be signed: add --signing-key"
            )
        }
        return try await base.write(bytes, to: key, condition)
    }

    /// The key below the domain's folder, of an object that is signed; nil for any other.
    private func sealedPath(of key: ObjectKey) -> String? {
        guard key.value.utf8.starts(with: root.utf8) else { return nil }
        let path = String(Substring(key.value.utf8.dropFirst(root.utf8.count)))
        return SealedPath.isSealed(path) ? path : nil
    }
}

/// What a reader asks beside a certificate's signature: why it does not count; nil if it does.
package typealias CertificateReview = @Sendable (RunCertificate) async throws -> Distrust?

/// What a reader asks of an object that is not signed: whether its bytes count under a path.
package typealias StatedReview = @Sendable (_ bytes: [UInt8], _ path: String) async throws -> StatedVerdict

/// Whether an object that is not signed counts.
package enum StatedVerdict: Hashable, Sendable {
    case refused(Distrust)
    /// - Parameter isWhole: false where its state and its files alone were compared with the domain.
    case counts(isWhole: Bool)
}

/// An object as a reader may take it.
package struct ProvedObject: Sendable {
    /// Without a seal.
    package let body: [UInt8]
    /// False for the report of a verification that does not pass the trust file.
    package var isProved = true
    /// Whether all that it says counts; otherwise nothing but its state and its files.
    var isWhole = true
    /// That it is signed under; nil without trust, and for one that is not signed.
    var certificate: RunCertificate?
}

extension ObjectStore {
    /// A small object and how far it counts, which is whole in a store that proves nothing; nil where nothing is.
    package func readProved(_ key: ObjectKey, limit: Int) async throws -> ProvedObject? {
        if let own = (self as? RehearsedStore)?.bytes(writtenTo: key) { return ProvedObject(body: own) }
        guard let sealed else { return try await read(key, limit: limit).map { ProvedObject(body: $0) } }
        return try await sealed.readProved(key, limit: limit)
    }

    /// The store that proves what is read, this one or the one that it wraps; nil if none does.
    var sealed: SealedStore? { self as? SealedStore ?? (self as? any StoreDecorator)?.base.sealed }
}
