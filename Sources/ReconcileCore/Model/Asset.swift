/// One file of a package version, as the source lists it before a byte is read.
package struct Asset: Hashable, Sendable {
    package let name: String
    /// Bytes.
    package let size: Int64
    package let checksums: Checksums

    package init(name: String, size: Int64, checksums: Checksums) {
        self.name = name
        self.size = size
        self.checksums = checksums
    }
}

/// The hashes of one asset, each in lower-case hexadecimal; nil where it is not known.
package struct Checksums: Hashable, Sendable {
    package var md5: String?
    package var sha1: String?
    package var sha256: String?
    package var sha512: String?

    package init(md5: String? = nil, sha1: String? = nil, sha256: String? = nil, sha512: String? = nil) {
        self.md5 = md5
        self.sha1 = sha1
        self.sha256 = sha256
        self.sha512 = sha512
    }
}
