/// The hash functions that a backup needs, given by whoever opens it: the core has no cryptography of its own.
package struct HashFunctions: Sendable {
    package let digest: DigestFunction
    package let checksums: ChecksumFunction

    package init(digest: @escaping DigestFunction, checksums: @escaping ChecksumFunction) {
        self.digest = digest
        self.checksums = checksums
    }
}

/// Hashes small bytes for a checksum file; lower-case hexadecimal.
package typealias DigestFunction = @Sendable (_ bytes: [UInt8], _ algorithm: ChecksumAlgorithm) -> String

/// Hashes an asset's bytes as they are read, in constant memory: calls `read` with what takes in each piece, and gives
/// the hashes that are asked for of all of them.
package typealias ChecksumFunction =
    @Sendable (
        _ algorithms: Set<ChecksumAlgorithm>,
        _ read: (_ take: (_ piece: [UInt8]) -> Void) async throws -> Void
    ) async throws -> Checksums
