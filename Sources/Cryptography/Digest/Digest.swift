import COpenSSL

/// The hash functions that Maven repositories and signatures use.
package enum DigestAlgorithm: Sendable, CaseIterable {
    case md5, sha1, sha256, sha512
}

/// A running hash over bytes that arrive in pieces.
///
/// Owns an OpenSSL context and frees it. No call throws: OpenSSL fails here only if memory runs out or the installed
/// library lacks the algorithm, and then the process stops with OpenSSL's reason.
@safe
package struct Digest: ~Copyable, Sendable {
    // Safe to move between threads: this value is the sole owner, and every use of the context needs exclusive access
    // to it.
    private nonisolated(unsafe) let context: OpaquePointer
    private let length: Int

    package init(_ algorithm: DigestAlgorithm) {
        let method = unsafe MessageDigest.fetched(algorithm)
        guard let context = unsafe EVP_MD_CTX_new() else { OpenSSL.stop("EVP_MD_CTX_new") }
        unsafe OpenSSL.check(EVP_DigestInit_ex2(context, method, nil), "EVP_DigestInit_ex2")
        unsafe self.context = context
        length = algorithm.length
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    /// Adds the bytes to the hash.
    package mutating func update(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe OpenSSL.check(EVP_DigestUpdate(context, buffer.baseAddress, buffer.count), "EVP_DigestUpdate")
        }
    }

    /// Adds the bytes to the hash.
    package mutating func update(_ bytes: [UInt8]) {
        unsafe update(bytes.span.bytes)
    }

    /// The hash of all bytes added.
    package consuming func finalize() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            unsafe OpenSSL.check(EVP_DigestFinal_ex(context, buffer.baseAddress, nil), "EVP_DigestFinal_ex")
            count = length
        }
    }

    /// The hash of bytes that are all in memory.
    package static func of(_ bytes: [UInt8], _ algorithm: DigestAlgorithm) -> [UInt8] {
        var digest = Digest(algorithm)
        digest.update(bytes)
        return digest.finalize()
    }
}

extension DigestAlgorithm {
    /// The length of a finished hash in bytes.
    package var length: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }
}

/// OpenSSL's algorithm objects, each looked up once: a lookup by name costs more than hashing a small request.
private enum MessageDigest {
    // Immutable once fetched and never freed, so every thread may read them.
    private nonisolated(unsafe) static let md5 = unsafe fetch("MD5")
    private nonisolated(unsafe) static let sha1 = unsafe fetch("SHA1")
    private nonisolated(unsafe) static let sha256 = unsafe fetch("SHA256")
    private nonisolated(unsafe) static let sha512 = unsafe fetch("SHA512")

    static func fetched(_ algorithm: DigestAlgorithm) -> OpaquePointer {
        switch algorithm {
        case .md5: unsafe md5
        case .sha1: unsafe sha1
        case .sha256: unsafe sha256
        case .sha512: unsafe sha512
        }
    }

    private static func fetch(_ name: String) -> OpaquePointer {
        // "-fips": MD5 and SHA-1 only serve as checksums of Maven files here, so a FIPS default must not disable them.
        guard let method = unsafe EVP_MD_fetch(nil, name, "-fips") else { OpenSSL.stop("EVP_MD_fetch of \(name)") }
        return unsafe method
    }
}

/// Stops the process when an OpenSSL call fails.
private enum OpenSSL {
    static func check(_ status: CInt, _ call: @autoclosure () -> String) {
        if status != 1 { stop(call()) }
    }

    static func stop(_ call: String) -> Never {
        var reason = "no reason given"
        if let text = unsafe ERR_reason_error_string(ERR_get_error()) { reason = unsafe String(cString: text) }
        fatalError("OpenSSL cannot compute a hash: \(call) failed: \(reason)")
    }
}
