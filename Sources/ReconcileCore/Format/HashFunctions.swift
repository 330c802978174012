/// The hash functions that a backup needs, provided by its caller: the core contains no cryptography.
package struct HashFunctions: Sendable {
    package let digest: DigestFunction
    package let checksums: ChecksumFunction

    package init(digest: @escaping DigestFunction, checksums: @escaping ChecksumFunction) {
        self.digest = digest
        self.checksums = checksums
    }
}

/// Hashes a small array of bytes for a checksum file; returns lower-case hexadecimal.
package typealias DigestFunction = @Sendable (_ bytes: [UInt8], _ algorithm: ChecksumAlgorithm) -> String

/// Hashes an asset's bytes while they are read, in constant memory. Calls `read` with a function that takes each piece,
/// and returns the requested hashes of all bytes.
package typealias ChecksumFunction =
    @Sendable (
        _ algorithms: Set<ChecksumAlgorithm>,
        _ read: (_ take: (_ piece: [UInt8]) -> Void) async throws -> Void
    ) async throws -> Checksums
