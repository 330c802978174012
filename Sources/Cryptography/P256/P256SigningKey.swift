import COpenSSL
import FoundationEssentials

/// A private key on the curve P-256, which signs as the algorithm ES256 of JSON Web Signatures does (RFC 7518, 3.4).
///
/// It owns an OpenSSL key and frees it. Nothing prints the private part.
@safe
package struct P256SigningKey: ~Copyable, Sendable {
    // Sole owner; OpenSSL only reads a key that it signs with, so any thread may.
    private nonisolated(unsafe) let key: OpaquePointer
    /// The public point's coordinates, 32 bytes each.
    package let x: [UInt8]
    package let y: [UInt8]

    private init(_ key: OpaquePointer, point: [UInt8]) {
        unsafe self.key = key
        x = Array(point[1...32])
        y = Array(point[33...64])
    }

    deinit {
        unsafe EVP_PKEY_free(key)
    }

    /// Reads an unencrypted private key in PEM, SEC 1 or PKCS #8; nil for anything else, and for another curve.
    package static func read(pem: String) -> P256SigningKey? {
        let lines = pem.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }
        guard let der = Data(base64Encoded: lines.joined()), let key = unsafe decoded(Array(der)) else { return nil }
        guard let point = unsafe publicPoint(of: key) else {
            unsafe EVP_PKEY_free(key)
            return nil
        }
        return unsafe P256SigningKey(key, point: point)
    }

    /// The signature of a message's SHA-256: the numbers r and s, 32 bytes each. Nil if OpenSSL fails.
    package func sign(_ message: [UInt8]) -> [UInt8]? {
        guard let context = unsafe EVP_MD_CTX_new() else { return nil }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1 else { return nil }
        var length = 0
        guard unsafe EVP_DigestSign(context, nil, &length, message, message.count) == 1 else { return nil }
        var der = [UInt8](repeating: 0, count: length)
        guard unsafe EVP_DigestSign(context, &der, &length, message, message.count) == 1 else { return nil }
        return Self.pair(Array(der.prefix(length)))
    }

    private static func decoded(_ der: [UInt8]) -> OpaquePointer? {
        unsafe der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe d2i_AutoPrivateKey(nil, &start, buffer.count)
        }
    }

    /// The uncompressed public point of a key on P-256: a byte 4 and the coordinates.
    private static func publicPoint(of key: OpaquePointer) -> [UInt8]? {
        var name = [CChar](repeating: 0, count: 80)
        var length = 0
        guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return nil }
        let curve = String(decoding: name.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard curve == "prime256v1" else { return nil }
        var point = [UInt8](repeating: 0, count: 133)
        let parameter = "encoded-pub-key"
        guard unsafe EVP_PKEY_get_octet_string_param(key, parameter, &point, point.count, &length) == 1,
            length == 65, point[0] == 4
        else { return nil }
        return Array(point.prefix(length))
    }

    /// The two numbers of a signature in DER, each padded to 32 bytes.
    private static func pair(_ der: [UInt8]) -> [UInt8]? {
        unsafe der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            guard let signature = unsafe d2i_ECDSA_SIG(nil, &start, buffer.count) else { return nil }
            defer { unsafe ECDSA_SIG_free(signature) }
            var (r, s) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32))
            guard unsafe BN_bn2binpad(ECDSA_SIG_get0_r(signature), &r, 32) == 32,
                unsafe BN_bn2binpad(ECDSA_SIG_get0_s(signature), &s, 32) == 32
            else { return nil }
            return r + s
        }
    }
}
