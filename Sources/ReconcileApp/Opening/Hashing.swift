import Cryptography
package import ReconcileCore

/// The core's hashes, by OpenSSL.
package enum Hashing {
    package static let functions = HashFunctions(digest: digest, checksums: checksums)

    /// Hashes for checksum files.
    private static let digest: DigestFunction = { bytes, algorithm in
        switch algorithm {
        case .sha1: Hexadecimal.encode(Digest.of(bytes, .sha1))
        case .md5: Hexadecimal.encode(Digest.of(bytes, .md5))
        case .sha256: Hexadecimal.encode(Digest.of(bytes, .sha256))
        case .sha512: Hexadecimal.encode(Digest.of(bytes, .sha512))
        }
    }

    /// Hashes an asset's bytes in one pass.
    private static let checksums: ChecksumFunction = { read in
        var md5 = Digest(.md5)
        var sha1 = Digest(.sha1)
        var sha256 = Digest(.sha256)
        var sha512 = Digest(.sha512)
        try await read { piece in
            md5.update(piece)
            sha1.update(piece)
            sha256.update(piece)
            sha512.update(piece)
        }
        return Checksums(
            md5: Hexadecimal.encode(md5.finalize()),
            sha1: Hexadecimal.encode(sha1.finalize()),
            sha256: Hexadecimal.encode(sha256.finalize()),
            sha512: Hexadecimal.encode(sha512.finalize())
        )
    }
}
