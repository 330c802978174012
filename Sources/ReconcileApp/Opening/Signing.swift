import Cryptography
package import ReconcileCore

/// P-256 signatures for the core, implemented with OpenSSL.
package enum Signing {
    package static let functions = SignatureFunctions(
        check: { point in
            guard let key = P256PublicKey(point: point) else { return nil }
            return { message, signature in key.verifies(signature, of: message) }
        },
        makeKey: {
            guard let key = P256SigningKey.generate() else { return nil }
            return privateKey(key)
        },
        sha256: { Hexadecimal.encode(Digest.of($0, .sha256)) }
    )

    /// Reads the private key in a PEM file's text.
    ///
    /// - Throws: `Distrust` that says what the file is instead.
    package static func key(pem: String) throws(Distrust) -> SignatureFunctions.PrivateKey {
        guard let key = P256SigningKey.read(pem: pem) else { throw Distrust(P256SigningKey.refusal(ofPEM: pem)) }
        return privateKey(key)
    }

    /// Returns an authority that signs certificates with a key from a file.
    package static func authority(
        _ key: SignatureFunctions.PrivateKey,
        named file: String
    ) -> RecordSigner.Authority {
        { text in
            guard let signature = key.sign(text) else {
                throw RemoteFailure(.invalid, operation: .sign, target: file, message: "OpenSSL did not sign")
            }
            return signature
        }
    }

    private static func privateKey(_ key: consuming P256SigningKey) -> SignatureFunctions.PrivateKey {
        let owner = KeyOwner(key)
        return SignatureFunctions.PrivateKey(point: owner.key.point) { owner.key.sign($0) }
    }

    /// Lets closures share the noncopyable key.
    private final class KeyOwner: Sendable {
        let key: P256SigningKey

        init(_ key: consuming P256SigningKey) {
            self.key = key
        }
    }
}
