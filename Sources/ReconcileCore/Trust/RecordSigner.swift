import Synchronization

/// Signs what a process writes, with a key that it makes in memory and has certified.
///
/// The first object to be signed has the key certified; a process that writes none never asks. A certificate is renewed
/// when half of its time is over, and while that fails the one that there is goes on to its end.
package final class RecordSigner: Sendable {
    /// Has a certificate's text signed with the domain's key: the numbers r and s, s low.
    package typealias Authority = @Sendable (_ certificate: [UInt8]) async throws -> [UInt8]

    private let trust: RecordTrust
    private let functions: SignatureFunctions
    private let authority: Authority
    private let clock: any RunClock
    private let process: String
    private let writer: String
    private let state = Mutex(State())
    private let flight = SingleFlight<Certified>()

    private struct State: Sendable {
        var checkpoint: RunCertificate.Seen?
        var newest: Certified?
    }

    private struct Certified: Sendable {
        let certificate: RunCertificate
        let key: RecordKey

        func isFresh(at now: Timestamp) -> Bool {
            now.seconds < certificate.notBefore.seconds + RunCertificate.longest / 2
        }
    }

    /// - Parameters:
    ///   - trust: under which the process's own certificates must pass before they are used.
    ///   - clock: the one that dates the backup's records.
    ///   - process: names this process in its certificates.
    package init(
        trust: RecordTrust,
        _ functions: SignatureFunctions,
        authority: @escaping Authority,
        clock: any RunClock,
        process: String,
        writer: String
    ) {
        self.trust = trust
        self.functions = functions
        self.authority = authority
        self.clock = clock
        self.process = process
        self.writer = writer
    }

    /// Notes the newest checkpoint that was proved, for the certificates from now on.
    package func note(_ checkpoint: RunCertificate.Seen?) { state.withLock { $0.checkpoint = checkpoint } }

    /// The bytes to store for an object.
    ///
    /// - Parameter path: its key below the domain's folder.
    /// - Throws: what keeps a certificate from being had or used; nothing is ever left unsigned instead.
    func sign(_ body: [UInt8], at path: String) async throws -> [UInt8] {
        let certified = try await certified(at: Timestamp(secondsSince1970: clock.secondsSince1970()))
        if SealedPath.isWrittenAtItsTime(path), let time = SealedPath.time(of: path),
            time.seconds < certified.certificate.notBefore.seconds - RecordTrust.tolerance
        {
            throw failure(
                .untrusted,
                path,
                "a record of \(time.extended) cannot be signed today. The next run records what the domain shows anew"
            )
        }
        let message = SignedObject.message(of: body, at: path, certificateHash: certified.key.hash)
        guard let signature = certified.key.sign(message),
            let bytes = SignedObject.bytes(
                of: body,
                sealed: SignedObject.Seal(certification: certified.key.certification, signature: signature)
            )
        else { throw failure(.invalid, path, "the record could not be signed") }
        return bytes
    }

    private func certified(at now: Timestamp) async throws -> Certified {
        let newest = state.withLock(\.newest)
        if let newest, newest.isFresh(at: now) { return newest }
        do {
            return try await flight.run { try await renewed(at: now) }
        } catch  where !(error is CancellationError) {
            guard let newest, now <= newest.certificate.notAfter else { throw error }
            return newest
        }
    }

    private func renewed(at now: Timestamp) async throws -> Certified {
        // Another caller may have renewed it since this one looked.
        if let newest = state.withLock(\.newest), newest.isFresh(at: now) { return newest }
        let identity = trust.file.identity.description
        guard let key = functions.makeKey() else { throw failure(.invalid, identity, "no key could be made") }
        let certificate = RunCertificate(
            identity: identity,
            process: process,
            writer: writer,
            point: key.point,
            notBefore: now,
            notAfter: Timestamp(seconds: now.seconds + RunCertificate.longest),
            checkpoint: state.withLock(\.checkpoint)
        )
        let text = Array(certificate.text.utf8)
        let certification = Certification(certificate: certificate.text, signature: try await authority(text))
        do throws(Distrust) {
            try trust.prove(certification)
        } catch {
            throw failure(
                .invalid,
                identity,
                "what the signing key certifies does not pass its own trust file: \(error). Nothing is written; name the "
                    + "key that the trust file has, or add this one to it"
            )
        }
        let made = Certified(
            certificate: certificate,
            key: RecordKey(certification: certification, hash: functions.sha256(text), sign: key.sign)
        )
        state.withLock { $0.newest = made }
        return made
    }

    private func failure(_ kind: RemoteFailure.Kind, _ target: String, _ message: String) -> RemoteFailure {
        RemoteFailure(kind, operation: .sign, target: target, message: message)
    }
}

/// A certified key, ready to sign.
private struct RecordKey: Sendable {
    let certification: Certification
    /// SHA-256 of the certificate.
    let hash: String
    let sign: @Sendable (_ message: [UInt8]) -> [UInt8]?
}
