import Synchronization

/// Proves stored objects by the keys of a trust file: who wrote them, under which key, and when.
///
/// Proved certificates are remembered, so a further object costs the check of one signature.
package final class RecordTrust: Sendable {
    package let file: TrustFile
    private let functions: SignatureFunctions
    private let keys: [(key: TrustFile.Key, check: SignatureFunctions.Check)]
    private let known = Mutex<[Certification: Signatory]>([:])

    /// How far an object's time may be outside its certificate's, in seconds.
    static let tolerance: Int64 = 300
    /// The most certificates that are remembered: a run has one for every six hours.
    private static let remembered = 10_000

    /// Who a certificate lets sign.
    package struct Signatory: Sendable {
        /// The domain's key that certified it.
        let key: TrustFile.Key
        package let certificate: RunCertificate
        fileprivate let hash: String
        fileprivate let check: SignatureFunctions.Check

        /// As evidence names it.
        package var signature: RecordSignature {
            RecordSignature(publicKey: key.publicKey, process: certificate.process, writer: certificate.writer)
        }
    }

    /// - Throws: `Distrust` for a key that is not a point on the curve.
    package init(_ file: TrustFile, _ functions: SignatureFunctions) throws(Distrust) {
        var keys: [(TrustFile.Key, SignatureFunctions.Check)] = []
        for key in file.keys {
            guard let check = functions.check(key.point) else { throw Distrust("one of its keys is not a P-256 key") }
            keys.append((key, check))
        }
        self.file = file
        self.functions = functions
        self.keys = keys
    }

    /// Whether the key with this public point may sign certificates that begin now.
    package func believes(_ point: [UInt8], at now: Timestamp) -> Bool {
        file.keys.contains { $0.point == point && $0.covers(now) }
    }

    /// Proves an object.
    ///
    /// - Parameter path: its key below the domain's folder, which also says when it was made.
    /// - Returns: who signed it.
    @discardableResult
    package func prove(_ object: SignedObject, at path: String) throws(Distrust) -> Signatory {
        guard let seal = object.seal else { throw Distrust("it is not signed") }
        let signatory = try signatory(of: seal.certification)
        try requireTime(of: path, within: signatory.certificate)
        if let stolen = signatory.key.stolen { try requireAnchor(from: stolen, for: path) }
        let message = SignedObject.message(of: object.body, at: path, certificateHash: signatory.hash)
        guard signatory.check(message, seal.signature) else {
            throw Distrust("its signature is not that of these bytes under this key")
        }
        return signatory
    }

    /// Proves a certificate, as its writer does before it is used.
    package func prove(_ certification: Certification) throws(Distrust) {
        _ = try signatory(of: certification)
    }

    private func requireTime(of path: String, within certificate: RunCertificate) throws(Distrust) {
        guard let time = SealedPath.time(of: path) else { return }
        let isDistrusted =
            SealedPath.isWrittenAtItsTime(path) ? !certificate.covers(time) : certificate.isOver(at: time)
        if isDistrusted { throw certificate.distrust(in: time) }
    }

    /// Refuses what a thief may have made: of a stolen key counts only what an anchor from before the theft vouches for.
    private func requireAnchor(from stolen: Timestamp, for path: String) throws(Distrust) {
        let anchors = file.anchors.map(\.cutoff).filter { $0 <= stolen }
        guard let last = anchors.max() else {
            throw Distrust("its key was stolen, and the trust file has no anchor from before")
        }
        guard SealedPath.isAnchored(path), let time = SealedPath.time(of: path), time <= last else {
            throw Distrust(
                "its key was stolen, and no anchor from before vouches for it: the last one is of \(last.extended)"
            )
        }
    }

    private func signatory(of certification: Certification) throws(Distrust) -> Signatory {
        if let known = known.withLock({ $0[certification] }) { return known }
        guard let certificate = RunCertificate(certification.certificate) else {
            throw Distrust("its certificate is malformed")
        }
        guard certificate.identity == file.identity.description else {
            throw Distrust("its certificate is of \(certificate.identity), not of \(file.identity)")
        }
        let seconds = certificate.notAfter.seconds - certificate.notBefore.seconds
        guard seconds > 0, seconds <= RunCertificate.longest else {
            throw Distrust("its certificate is not valid for up to 12 hours")
        }
        let text = Array(certification.certificate.utf8)
        let signing = keys.first { key, check in
            key.covers(certificate.notBefore) && check(text, certification.signature)
        }
        guard let signing else {
            throw Distrust("its certificate is not signed by a key that the trust file has for its time")
        }
        guard let check = functions.check(certificate.point) else {
            throw Distrust("its certificate's key is not a P-256 key")
        }
        let signatory = Signatory(
            key: signing.key,
            certificate: certificate,
            hash: functions.sha256(text),
            check: check
        )
        known.withLock { known in
            if known.count >= Self.remembered { known.removeAll() }
            known[certification] = signatory
        }
        return signatory
    }
}

/// Which objects of a backup are signed, by their keys below the domain's folder, and what time
/// those keys name.
enum SealedPath {
    /// Whatever loosens or decides something: records, and what operators and runs have put down about them; and the
    /// evidence of drills. Reports of runs are read as hints alone, and signed by nobody.
    private static let folders = [
        "manifests/", "configuration/", "checkpoints/", "losses/", "deletions/", "repairs/", "statements/", "drills/",
    ]
    /// Reports of verifications: signed where there is a key. One that does not pass is read all the same, since the faults
    /// that it names may be there; that it names none is believed of those that pass alone.
    private static let verifications = "verifications/"

    static func isSealed(_ path: String) -> Bool { countsForNothingUnproved(path) || path.hasPrefix(verifications) }

    /// Whether an object that does not pass is not even read.
    static func countsForNothingUnproved(_ path: String) -> Bool { folders.contains { path.hasPrefix($0) } }

    /// The time that an object's name begins with, or its folder's in a statement; nil if it has none.
    static func time(of path: String) -> Timestamp? {
        if path.hasPrefix("statements/") { return Timestamp(basic: path.dropFirst("statements/".count).prefix(16)) }
        let isDated =
            isWrittenAtItsTime(path) || ["checkpoints/", "drills/", verifications].contains { path.hasPrefix($0) }
        guard isDated else { return nil }
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return Timestamp(basic: Substring(path.utf8[path.utf8.index(after: slash)...].prefix(16)))
    }

    /// Whether a digest of all records up to a cutoff covers an object.
    static func isAnchored(_ path: String) -> Bool { path.hasPrefix("manifests/") || path.hasPrefix("checkpoints/") }

    /// Whether an object is signed when its name says, and not later: the cutoff of a checkpoint is long past, and so may
    /// be the start of a drill, of a verification or of what makes a statement.
    static func isWrittenAtItsTime(_ path: String) -> Bool {
        ["manifests/", "configuration/", "repairs/", "deletions/"].contains { path.hasPrefix($0) }
    }
}

extension RunCertificate {
    /// Whether something of a time may be signed under it.
    func covers(_ time: Timestamp) -> Bool {
        time.seconds >= notBefore.seconds - RecordTrust.tolerance && !isOver(at: time)
    }

    /// Whether a time is after its own.
    fileprivate func isOver(at time: Timestamp) -> Bool { time.seconds > notAfter.seconds + RecordTrust.tolerance }

    /// That something is not of its time.
    func distrust(in time: Timestamp) -> Distrust {
        Distrust(
            "its time \(time.extended) is not within that of its certificate, \(notBefore.extended) to \(notAfter.extended)"
        )
    }
}

/// Why an object, a certificate or a trust file is not believed, as a part of a sentence.
package struct Distrust: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
