/// A file of a package version, as the source lists it; its bytes have not been read.
package struct Asset: Hashable, Sendable {
    package let name: String
    /// In bytes.
    package let size: Int64
    package let checksums: Checksums

    package init(name: String, size: Int64, checksums: Checksums) {
        self.name = name
        self.size = size
        self.checksums = checksums
    }
}
