import Cryptography
package import ReconcileCore

/// The hash functions of the core, implemented with OpenSSL.
package enum Hashing {
    package static let functions = HashFunctions(digest: digest, checksums: checksums)

    /// Hashes bytes for checksum files.
    private static let digest: DigestFunction = { bytes, algorithm in
        switch algorithm {
        case .sha1: Hexadecimal.encode(Digest.of(bytes, .sha1))
        case .md5: Hexadecimal.encode(Digest.of(bytes, .md5))
        case .sha256: Hexadecimal.encode(Digest.of(bytes, .sha256))
        case .sha512: Hexadecimal.encode(Digest.of(bytes, .sha512))
        }
    }

    /// Hashes an asset's bytes in one pass.
    private static let checksums: ChecksumFunction = { algorithms, read in
        var md5 = algorithms.contains(.md5) ? Digest(.md5) : nil
        var sha1 = algorithms.contains(.sha1) ? Digest(.sha1) : nil
        var sha256 = algorithms.contains(.sha256) ? Digest(.sha256) : nil
        var sha512 = algorithms.contains(.sha512) ? Digest(.sha512) : nil
        try await read { piece in
            md5?.update(piece)
            sha1?.update(piece)
            sha256?.update(piece)
            sha512?.update(piece)
        }
        return Checksums(
            md5: (md5.take()?.finalize()).map(Hexadecimal.encode),
            sha1: (sha1.take()?.finalize()).map(Hexadecimal.encode),
            sha256: (sha256.take()?.finalize()).map(Hexadecimal.encode),
            sha512: (sha512.take()?.finalize()).map(Hexadecimal.encode)
        )
    }
}
