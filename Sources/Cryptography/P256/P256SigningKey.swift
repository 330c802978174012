import COpenSSL
import FoundationEssentials

/// A private key on the curve P-256, which signs with the JSON Web Signature algorithm ES256 (RFC 7518, 3.4).
///
/// Owns an OpenSSL key and frees it. Nothing prints the private part.
@safe
package struct P256SigningKey: ~Copyable, Sendable {
    // Safe to use from any thread: this value is the sole owner, and OpenSSL only reads the key.
    private nonisolated(unsafe) let key: OpaquePointer
    /// The coordinates of the public point, 32 bytes each.
    package let x: [UInt8]
    package let y: [UInt8]

    /// The public point, uncompressed: a byte 4 and the coordinates.
    package var point: [UInt8] { [4] + x + y }

    private init(_ key: OpaquePointer, point: [UInt8]) {
        unsafe self.key = key
        x = Array(point[1...32])
        y = Array(point[33...64])
    }

    deinit {
        unsafe EVP_PKEY_free(key)
    }

    /// Reads an unencrypted private key in PEM, SEC 1 or PKCS #8; nil for anything else, including a key on another
    /// curve. Never asks for a passphrase.
    package static func read(pem: String) -> P256SigningKey? {
        guard let key = unsafe decoded(pem: pem) else { return nil }
        return unsafe owning(key)
    }

    /// Why `read` rejected a text, as the end of a sentence about the file.
    package static func refusal(ofPEM pem: String) -> String {
        if pem.contains("ENCRYPTED") { return "is encrypted, and nobody is asked for a passphrase" }
        if pem.contains("-----BEGIN RSA PRIVATE KEY-----") { return "is an RSA key; a P-256 key is needed" }
        if pem.contains("-----BEGIN PUBLIC KEY-----") { return "is a public key; the private key is needed" }
        guard let key = unsafe decoded(pem: pem) else { return "is no private key in PEM" }
        defer { unsafe EVP_PKEY_free(key) }
        if let curve = unsafe P256Point.curve(of: key) {
            return curve == P256Point.curve
                ? "has a point that is not on its curve" : "is on the curve \(curve), not P-256"
        }
        guard let name = unsafe EVP_PKEY_get0_type_name(key) else { return "is not a P-256 key" }
        return unsafe "is a key of the kind \(String(cString: name)); a P-256 key is needed"
    }

    /// Generates a key; nil if OpenSSL fails.
    package static func generate() -> P256SigningKey? {
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1,
            unsafe EVP_PKEY_CTX_set_group_name(context, "prime256v1") == 1,
            unsafe EVP_PKEY_generate(context, &key) == 1, let made = unsafe key
        else { return nil }
        return unsafe owning(made)
    }

    private static func owning(_ key: OpaquePointer) -> P256SigningKey? {
        guard let point = unsafe P256Point.bytes(of: key) else {
            unsafe EVP_PKEY_free(key)
            return nil
        }
        return unsafe P256SigningKey(key, point: point)
    }

    /// Signs a message's SHA-256 and returns r and s, 32 bytes each, with the lower of the two possible s. Nil if
    /// OpenSSL fails.
    package func sign(_ message: [UInt8]) -> [UInt8]? {
        signInDER(message).flatMap(P256Signature.init(der:))?.bytes
    }

    /// Signs like `sign`, but returns DER with either s, as KMS does. Nil if OpenSSL fails.
    package func signInDER(_ message: [UInt8]) -> [UInt8]? {
        guard let context = unsafe EVP_MD_CTX_new() else { return nil }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1 else { return nil }
        var length = 0
        guard unsafe EVP_DigestSign(context, nil, &length, message, message.count) == 1 else { return nil }
        var der = [UInt8](repeating: 0, count: length)
        guard unsafe EVP_DigestSign(context, &der, &length, message, message.count) == 1 else { return nil }
        return Array(der.prefix(length))
    }

    private static func decoded(pem: String) -> OpaquePointer? {
        let lines = pem.split(whereSeparator: \.isNewline)
        // The file may start with a separate block for the curve's parameters.
        let begins = ["-----BEGIN EC PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----"]
        guard let start = lines.firstIndex(where: { begins.contains(String($0)) }) else { return nil }
        let body = lines[lines.index(after: start)...].prefix { !$0.hasPrefix("-----") }
        guard let der = Data(base64Encoded: body.joined()) else { return nil }
        return unsafe decoded(Array(der))
    }

    private static func decoded(_ der: [UInt8]) -> OpaquePointer? {
        unsafe der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe d2i_AutoPrivateKey(nil, &start, buffer.count)
        }
    }
}
