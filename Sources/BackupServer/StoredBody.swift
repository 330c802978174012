import Cryptography
import ReconcileCore

/// The bytes of an asset on their way to a client: in constant memory, and never complete when they are wrong.
///
/// The last piece is held back until the bytes are as many as the manifest says and, unless they are those of a version that
/// was proved before, hash to what it says. A reading that breaks off is taken up where it was, three times. What the store cannot give is
/// thrown as a `RemoteFailure`; what `start` and `send` throw ends the reading and is thrown on.
struct StoredBody: Sendable {
    let store: any ObjectStore
    let stored: Manifest.StoredAsset
    /// Of the asset's bytes; may be empty.
    let range: Range<Int64>
    let clock: any RunClock
    let proofs: ProvedVersions

    /// - Parameters:
    ///   - start: called once, as soon as the first bytes may be sent: nothing was found wrong before.
    ///   - send: takes the next bytes, and returns when more may follow.
    @concurrent
    func send(
        start: @concurrent () async throws -> Void,
        _ send: @concurrent (_ piece: [UInt8]) async throws -> Void
    ) async throws {
        let known = proofs.known(stored)
        var isHashed = known != true
        // Of no other version, so that the hash proves this one.
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

    /// The asset as one of which no hash is known: a store takes no bytes for it but those of its version.
    private var unhashed: Asset {
        Asset(name: stored.asset.name, size: stored.asset.size, checksums: Checksums())
    }

    /// There is no such version, the bucket could not have given its id, or it may not be read by it: the newest bytes may
    /// be the same.
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
