import COpenSSL

/// A public key on the curve P-256, which verifies signatures.
///
/// A final class, so that a cached key can be shared between threads; OpenSSL only reads it.
@safe
package final class P256PublicKey: Sendable {
    private nonisolated(unsafe) let key: OpaquePointer

    /// The start of the DER of every P-256 public key (SubjectPublicKeyInfo, RFC 5480), before the 65 bytes of the
    /// point.
    private static let header: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
        0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ]

    /// Reads an uncompressed point: a byte 4 and two coordinates of 32 bytes. Nil if it is not a point on the curve.
    package init?(point: [UInt8]) {
        guard point.count == 65, point[0] == 4 else { return nil }
        let der = Self.der(of: point)
        let decoded = unsafe der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe d2i_PUBKEY(nil, &start, buffer.count)
        }
        guard let key = unsafe decoded else { return nil }
        guard unsafe P256Point.bytes(of: key) == point else {
            unsafe EVP_PKEY_free(key)
            return nil
        }
        unsafe self.key = key
    }

    deinit {
        unsafe EVP_PKEY_free(key)
    }

    /// Reads the point from the DER of a public key; nil for any other kind of key. Does not check that it is on the
    /// curve.
    package static func point(der: [UInt8]) -> [UInt8]? {
        guard der.count == header.count + 65, der.starts(with: header) else { return nil }
        return Array(der.dropFirst(header.count))
    }

    /// The DER of the public key with this 65-byte point.
    package static func der(of point: [UInt8]) -> [UInt8] { header + point }

    /// Verifies an ECDSA signature, r and s of 32 bytes each, over a message's SHA-256. Rejects a signature with the
    /// higher s: anyone can compute it from the one with the lower s.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let signature = P256Signature(bytes: signature), signature.isLow else { return false }
        let der = signature.der
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return false }
        let isRight = unsafe EVP_DigestVerify(context, der, der.count, message, message.count) == 1
        // A rejected signature leaves errors in the thread's OpenSSL error queue.
        if !isRight { ERR_clear_error() }
        return isRight
    }
}

/// The public point of an OpenSSL key.
enum P256Point {
    /// OpenSSL's name for the curve.
    static let curve = "prime256v1"

    /// The name of a key's curve; nil for a key without one.
    static func curve(of key: OpaquePointer) -> String? {
        var name = [CChar](repeating: 0, count: 80)
        var length = 0
        guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else {
            ERR_clear_error()
            return nil
        }
        return String(decoding: name.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The uncompressed point of a key on P-256: a byte 4 and the coordinates. Nil if the key is of another kind or on
    /// another curve, or if its point is not on the curve.
    static func bytes(of key: OpaquePointer) -> [UInt8]? {
        guard unsafe Self.curve(of: key) == curve else { return nil }
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe EVP_PKEY_public_check(context) == 1 else { return nil }
        var point = [UInt8](repeating: 0, count: 133)
        var length = 0
        let parameter = "encoded-pub-key"
        guard unsafe EVP_PKEY_get_octet_string_param(key, parameter, &point, point.count, &length) == 1,
            length == 65, point[0] == 4
        else { return nil }
        return Array(point.prefix(length))
    }
}
