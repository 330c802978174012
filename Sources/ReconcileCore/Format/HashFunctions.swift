/// Hashes small bytes for a checksum file; lower-case hexadecimal. Given by whoever wires a run, so that the core
/// needs no cryptography of its own.
package typealias DigestFunction = @Sendable (_ bytes: [UInt8], _ algorithm: ChecksumAlgorithm) -> String

/// Hashes an asset's bytes as they are read, in constant memory: calls `read` with what takes in each piece, and gives
/// the hashes of all of them. Given by whoever wires a verification.
package typealias ChecksumFunction =
    @Sendable (_ read: (_ take: (_ piece: [UInt8]) -> Void) async throws -> Void) async throws -> Checksums
