import Synchronization

/// Signs what a process writes, with a key that it makes in memory and has certified.
///
/// The first copy, or else the first object to be signed, has the key certified; a process that writes none never asks. A
/// certificate is renewed when half of its time is over, and while that fails the one that there is goes on to its end.
///
/// What signs certificates may be out of order for a while. That fails what is to be signed, with a failure of `sign`
/// that is transient, and nothing else.
package final class RecordSigner: Sendable {
    /// Has a certificate's text signed with the domain's key: the numbers r and s, s low. One attempt.
    ///
    /// Throws a `RemoteFailure`: `forbidden` where the key may not be used, a transient or `unreachable` one where it
    /// may be later; or `CancellationError`.
    package typealias Authority = @Sendable (_ certificate: [UInt8]) async throws -> [UInt8]

    /// Finds the newest checkpoint that passes; nil where there is none.
    package typealias NewestCheckpoint = @Sendable () async throws -> RunCertificate.Seen?

    private let trust: RecordTrust
    private let functions: SignatureFunctions
    private let authority: Authority
    private let policy: RetryPolicy?
    private let clock: any RunClock
    private let process: String
    private let writer: String
    private let newestCheckpoint: NewestCheckpoint?
    private let state = Mutex(State())
    /// One attempt.
    private let flight = SingleFlight<Certified>()
    /// All attempts of one request.
    private let campaign = SingleFlight<Certified>()

    private struct State: Sendable {
        var noted: (checkpoint: RunCertificate.Seen?, at: Timestamp)?
        var newest: Certified?
        /// When an attempt failed that may succeed later, by the clock that waits are measured with.
        var troubledAt: Duration?
        /// The same of all attempts of a request, and how the last one failed.
        var outage: (since: Duration, failure: RemoteFailure)?
    }

    /// How long nothing is asked after a failure that may pass, as long as nothing has to be signed.
    private static let pause: Duration = .seconds(30)

    private struct Certified: Sendable {
        let certificate: RunCertificate
        let key: RecordKey

        func isFresh(at now: Timestamp) -> Bool {
            now.seconds < certificate.notBefore.seconds + RunCertificate.longest / 2
        }

        func isGood(at now: Timestamp) -> Bool { now <= certificate.notAfter }
    }

    /// - Parameters:
    ///   - trust: under which the process's own certificates must pass before they are used.
    ///   - policy: how often a certificate is asked for before what is to be signed fails; nil for once.
    ///   - clock: the one that dates the backup's records.
    ///   - process: names this process in its certificates.
    ///   - newestCheckpoint: is asked before a certificate is made if none was noted of late. A certificate that names an
    ///     old one is taken for one that was made long ago.
    package init(
        trust: RecordTrust,
        _ functions: SignatureFunctions,
        authority: @escaping Authority,
        policy: RetryPolicy? = nil,
        clock: any RunClock,
        process: String,
        writer: String,
        newestCheckpoint: NewestCheckpoint? = nil
    ) {
        self.trust = trust
        self.functions = functions
        self.authority = authority
        self.policy = policy
        self.clock = clock
        self.process = process
        self.writer = writer
        self.newestCheckpoint = newestCheckpoint
    }

    /// Notes the newest checkpoint that was proved, for the certificates of the next hours; nil if there is none.
    package func note(_ checkpoint: RunCertificate.Seen?) {
        let now = clock.timestamp
        state.withLock { $0.noted = (checkpoint, now) }
    }

    /// Has the key certified where it is not, before anything is copied: whoever may not sign need not copy. Where that may
    /// succeed later, copying begins meanwhile.
    ///
    /// - Throws: what keeps any certificate from being had or used.
    func begin() async throws {
        let now = clock.timestamp
        let (newest, troubledAt) = state.withLock { ($0.newest, $0.troubledAt) }
        if let newest, newest.isGood(at: now) { return }
        guard !isRecent(troubledAt) else { return }
        do {
            _ = try await attempt(at: now)
        } catch let failure as RemoteFailure where failure.isOfSigningLater {
            return
        }
    }

    /// The bytes to store for an object.
    ///
    /// - Parameter path: its key below the domain's folder.
    /// - Throws: what keeps a certificate from being obtained or used; nothing is ever stored
    ///   unsigned instead.
    func sign(_ body: [UInt8], at path: String) async throws -> [UInt8] {
        let certified = try await certified(at: clock.timestamp)
        if SealedPath.isWrittenAtItsTime(path), let time = SealedPath.time(of: path),
            time.seconds < certified.certificate.notBefore.seconds - RecordTrust.tolerance
        {
            throw failure(
                .untrusted,
                path,
                "a record dated \(time.extended) is too old to be signed now. The next run records the domain's present "
                    + "state again"
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
        let (newest, troubledAt, outage) = state.withLock { ($0.newest, $0.troubledAt, $0.outage) }
        if let newest, newest.isFresh(at: now) { return newest }
        if let newest, newest.isGood(at: now) {
            guard !isRecent(troubledAt) else { return newest }
            do {
                return try await attempt(at: now)
            } catch  where !(error is CancellationError) {
                state.withLock { $0.troubledAt = clock.now() }
                return newest
            }
        }
        if let outage, isRecent(outage.since) { throw outage.failure }
        return try await campaign.run {
            do {
                guard let policy else { return try await attempt(at: now) }
                return try await policy.run { try await attempt(at: now) }
            } catch let failure as RemoteFailure where failure.isOfSigningLater {
                if policy != nil { state.withLock { $0.outage = (clock.now(), failure) } }
                throw failure
            }
        }
    }

    private func isRecent(_ moment: Duration?) -> Bool { moment.map { clock.now() - $0 < Self.pause } ?? false }

    /// Asks once, and notes what may pass.
    private func attempt(at now: Timestamp) async throws -> Certified {
        do {
            return try await flight.run { try await renewed(at: now) }
        } catch let failure as RemoteFailure {
            let failure = failure.asOfSigning
            if failure.isOfSigningLater { state.withLock { $0.troubledAt = clock.now() } }
            throw failure
        }
    }

    private func renewed(at now: Timestamp) async throws -> Certified {
        // Another caller may have renewed it since this one looked.
        if let newest = state.withLock(\.newest), newest.isFresh(at: now) { return newest }
        let identity = trust.file.identity.description
        let seen = try await checkpoint(at: now)
        guard let key = functions.makeKey() else { throw failure(.invalid, identity, "no key could be made") }
        let certificate = RunCertificate(
            identity: identity,
            process: process,
            writer: writer,
            point: key.point,
            notBefore: now,
            notAfter: Timestamp(seconds: now.seconds + RunCertificate.longest),
            checkpoint: seen
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
        state.withLock { ($0.newest, $0.troubledAt, $0.outage) = (made, nil, nil) }
        return made
    }

    private func checkpoint(at now: Timestamp) async throws -> RunCertificate.Seen? {
        let noted = state.withLock(\.noted)
        if let noted, now.seconds - noted.at.seconds < RunCertificate.longest / 2 { return noted.checkpoint }
        guard let newestCheckpoint else { return noted?.checkpoint }
        let found = try await newestCheckpoint()
        note(found)
        return found
    }

    private func failure(_ kind: RemoteFailure.Kind, _ target: String, _ message: String) -> RemoteFailure {
        RemoteFailure(kind, operation: .sign, target: target, message: message)
    }
}

extension RemoteFailure {
    /// Whether records cannot be signed now and may be later: their bytes can be stored all the same.
    var isOfSigningLater: Bool { operation == .sign && isTransient }

    /// The same as a failure of signing, which concerns records alone if it may pass and every record if it may not. What
    /// ends all work whatever it is of stays what it is.
    fileprivate var asOfSigning: RemoteFailure {
        guard operation != .sign, kind != .forbidden, kind != .credentials else { return self }
        return RemoteFailure(
            kind == .unreachable ? .unavailable : kind,
            operation: .sign,
            target: target,
            message: "\(operation): \(message)",
            retryAfter: retryAfter
        )
    }
}

/// A certified key, ready to sign.
private struct RecordKey: Sendable {
    let certification: Certification
    /// SHA-256 of the certificate.
    let hash: String
    let sign: @Sendable (_ message: [UInt8]) -> [UInt8]?
}
