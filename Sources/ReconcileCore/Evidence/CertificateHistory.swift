import Synchronization

/// Recognizes certificates that were made in advance, or kept for later, by the backup's checkpoints: whoever certifies a
/// key names the newest checkpoint, and nobody can name one that has not been written yet.
///
/// The verdict on each certificate is remembered. Safe to call from anywhere.
package final class CertificateHistory: Sendable {
    /// Seconds for which a checkpoint may be there and not be named: clocks differ, and a store may be slow to list.
    static let tolerance: Int64 = 2 * 86_400
    /// Seconds after which checkpoints are listed anew, and what was refused is judged again.
    private static let age: Int64 = 3_600

    /// One that passes.
    private struct Proved: Sendable {
        let seen: RunCertificate.Seen
        /// It was there from then on at the latest.
        let signedUntil: Timestamp
    }

    private struct Listed: Sendable {
        let key: ObjectKey
        let cutoff: Timestamp
    }

    private struct State: Sendable {
        var flights: [RunCertificate: SingleFlight<Distrust?>] = [:]
        var verdicts: [RunCertificate: Distrust?] = [:]
        /// By cutoff, and when that was.
        var listed: (checkpoints: [Listed], at: Timestamp)?
        var proved: [ObjectKey: Proved?] = [:]

        /// Forgets what may have changed: that something is not there, or does not pass.
        mutating func forget() {
            listed = nil
            verdicts = verdicts.filter { $0.value == nil }
            proved = proved.filter { $0.value != nil }
        }
    }

    private let backup: Backup
    private let trust: RecordTrust
    private let state = Mutex(State())
    private let listing = SingleFlight<[Listed]>()

    /// - Parameter backup: with the store as it is, which neither proves nor signs.
    package init(of backup: Backup, under trust: RecordTrust) {
        self.backup = backup
        self.trust = trust
    }

    /// Why a certificate does not count; nil if nothing speaks against it. One list of the checkpoints for all, and a
    /// GET for each that a certificate names; one list more for each certificate that names none of them.
    ///
    /// - Throws: what keeps the store from answering.
    package func refusal(of certificate: RunCertificate) async throws -> Distrust? {
        let now = backup.now
        let (verdict, flight) = state.withLock { state in
            let flight = state.flights[certificate] ?? SingleFlight()
            state.flights[certificate] = flight
            if let listed = state.listed, now.seconds - listed.at.seconds > Self.age { state.forget() }
            return (state.verdicts[certificate], flight)
        }
        if let verdict { return verdict }
        return try await flight.run {
            let verdict = try await judge(certificate)
            state.withLock { $0.verdicts[certificate] = .some(verdict) }
            return verdict
        }
    }

    /// For a store that proves.
    package var review: CertificateReview { { try await self.refusal(of: $0) } }

    private func judge(_ certificate: RunCertificate) async throws -> Distrust? {
        if let named = certificate.checkpoint, try await !isThere(named) {
            return Distrust(
                "its certificate names a checkpoint of \(named.cutoff.extended) that is gone, or does not pass itself"
            )
        }
        let end = Timestamp(seconds: certificate.notBefore.seconds - Self.tolerance)
        for listed in try await checkpoints() where listed.cutoff < end {
            if let named = certificate.checkpoint, listed.cutoff <= named.cutoff { continue }
            // A long run signs its checkpoint days after the cutoff: before that, nobody could name it.
            guard let other = try await proved(listed.key), other.signedUntil < end else { continue }
            let named = certificate.checkpoint.map { "names the checkpoint of \($0.cutoff.extended)" } ?? "names none"
            return Distrust(
                "its certificate of \(certificate.notBefore.extended) \(named), although there was one of "
                    + "\(other.seen.cutoff.extended): it was made in advance, or kept"
            )
        }
        return nil
    }

    /// Whether a checkpoint is beside the backup and passes. A list that is too old to have it is made anew.
    private func isThere(_ named: RunCertificate.Seen) async throws -> Bool {
        for isNew in [false, true] {
            for listed in try await checkpoints(anew: isNew) where listed.cutoff == named.cutoff {
                if try await proved(listed.key)?.seen == named { return true }
            }
        }
        return false
    }

    // MARK: Reading

    private func checkpoints(anew: Bool = false) async throws -> [Listed] {
        if !anew, let listed = state.withLock(\.listed) { return listed.checkpoints }
        let now = backup.now
        return try await listing.run {
            var found: [Listed] = []
            try await backup.store.forEachObject(under: backup.layout.checkpointsPrefix) { object in
                guard let cutoff = backup.layout.cutoff(ofCheckpointAt: object.key) else { return }
                found.append(Listed(key: object.key, cutoff: cutoff))
            }
            let checkpoints = found.sorted { ($0.cutoff, $0.key) < ($1.cutoff, $1.key) }
            state.withLock { $0.listed = (checkpoints, now) }
            return checkpoints
        }
    }

    /// Nil if there is nothing under the key that passes.
    private func proved(_ key: ObjectKey) async throws -> Proved? {
        if let known = state.withLock({ $0.proved[key] }) { return known }
        let found = try await read(key)
        state.withLock { $0.proved[key] = .some(found) }
        return found
    }

    private func read(_ key: ObjectKey) async throws -> Proved? {
        let limit = Checkpoint.maximumBytes + SignedObject.maximumSealBytes
        let stored: [UInt8]?
        do {
            stored = try await backup.store.read(key, limit: limit)
        } catch let failure as RemoteFailure where failure.isOfOneObject {
            return nil
        }
        let path = backup.layout.path(of: key)
        guard let object = stored.map(SignedObject.init), let signatory = try? trust.prove(object, at: path),
            let checkpoint = Checkpoint(object.body, at: key, in: backup.layout, backup.hashes.digest)
        else { return nil }
        let sha256 = backup.hashes.digest(object.body, .sha256)
        return Proved(
            seen: RunCertificate.Seen(cutoff: checkpoint.cutoff, sha256: sha256),
            signedUntil: signatory.certificate.notAfter
        )
    }
}
