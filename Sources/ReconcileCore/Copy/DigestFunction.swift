/// Hashes small bytes for a sidecar file; lower-case hexadecimal. Given by whoever wires a run, so that the core
/// needs no cryptography of its own.
package typealias DigestFunction = @Sendable (_ bytes: [UInt8], _ algorithm: SidecarAlgorithm) -> String

/// The checksum files that Maven clients ask for beside a file.
package enum SidecarAlgorithm: String, Sendable, CaseIterable {
    case sha1
    case md5
}
