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
