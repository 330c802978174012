import Cryptography
import ReconcileCore

/// Sends the bytes of an asset to a client in constant memory, and never completes a body with wrong bytes.
///
/// The last piece is held back until the number of bytes is what the manifest says and, unless the object version was
/// verified before, so is their hash. An interrupted read is resumed where it stopped, up to three times. Failures of
/// the store are thrown as `RemoteFailure`; an error thrown by `start` or `send` ends the read and is rethrown.
struct StoredBody: Sendable {
    let store: any ObjectStore
    let stored: Manifest.StoredAsset
    /// The range of the asset's bytes; may be empty.
    let range: Range<Int64>
    let clock: any RunClock
    let proofs: ProvedVersions

    /// - Parameters:
    ///   - start: called once, as soon as bytes may be sent, before the first call of `send`.
    ///   - send: sends a piece, and returns when the next one may follow.
    @concurrent
    func send(
        start: @concurrent () async throws -> Void,
        _ send: @concurrent (_ piece: [UInt8]) async throws -> Void
    ) async throws {
        let known = proofs.known(stored)
        var isHashed = known != true
        // Read only this object version, so that the hash verifies it and no other.
        var isStrict = known ?? ProvedVersions.canProve(stored)
        var digest = Digest(.sha256)
        var received: Int64 = 0
        var held: [UInt8] = []
        var hasStarted = false
        var failures = 0
        while received < Int64(range.count) {
            let rest = range.lowerBound + received..<range.upperBound
            do {
                let part = rest.lowerBound == 0 && rest.upperBound == stored.asset.size ? nil : rest
                let asset = isStrict ? unhashed : stored.asset
                let body = store.body(of: asset, at: stored.key, versionID: stored.versionID, range: part)
                try await body.read { piece in
                    received += Int64(piece.count)
                    guard received <= Int64(range.count) else {
                        throw failure(.corrupt, "it has more bytes than its manifest says")
                    }
                    if isHashed { digest.update(piece) }
                    if !held.isEmpty {
                        if !hasStarted { try await start() }
                        hasStarted = true
                        try await send(held)
                    }
                    held = piece
                }
                guard received == Int64(range.count) else {
                    throw failure(.corrupt, "it has fewer bytes than its manifest says")
                }
            } catch let failure as RemoteFailure where isStrict && received == 0 && Self.lacksVersion(failure) {
                (isStrict, isHashed) = (false, true)
                proofs.note(stored, isProved: false)
            } catch let failure as RemoteFailure where failure.isTransient && failures < 3 {
                failures += 1
                try await clock.sleep(for: failure.retryAfter ?? .milliseconds(100 << failures))
            }
        }
        if isWhole, isHashed, let sha256 = stored.asset.checksums.sha256 {
            guard Hexadecimal.encode(digest.finalize()) == sha256 else {
                throw failure(.corrupt, "its bytes do not have the SHA-256 that its manifest says. Run verify")
            }
            if isStrict, known == nil { proofs.note(stored, isProved: true) }
        }
        if !hasStarted { try await start() }
        if !held.isEmpty { try await send(held) }
    }

    private var isWhole: Bool { range == 0..<stored.asset.size }

    /// The asset without its hashes, for which a store accepts only the bytes of the recorded version.
    private var unhashed: Asset {
        Asset(name: stored.asset.name, size: stored.asset.size, checksums: Checksums())
    }

    /// Whether the version does not exist, its ID cannot be from this bucket, or reading by ID is not permitted. The
    /// newest bytes may still be the same.
    private static func lacksVersion(_ failure: RemoteFailure) -> Bool {
        switch failure.kind {
        case .absent, .invalid, .denied, .forbidden: true
        default: false
        }
    }

    private func failure(_ kind: RemoteFailure.Kind, _ message: String) -> RemoteFailure {
        RemoteFailure(kind, operation: .serve, target: stored.key.value, message: message)
    }
}
