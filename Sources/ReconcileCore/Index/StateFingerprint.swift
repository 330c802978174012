/// 128 bits that identify a version and its state, so that a million of them fit into memory; the index keeps 104 of
/// these bits.
///
/// `name` is a hash of the coordinates alone; `state` is a separate hash of the coordinates, revision and status. Each
/// has its own seed, new in every process, and hashes exact bytes. A version counts as unchanged only if both match; a
/// collision of `name` alone costs one needless check of a version.
package struct StateFingerprint: Hashable, Sendable {
    package let name: UInt64
    package let state: UInt64

    /// - Parameter seed: the same for all fingerprints that are compared.
    package init(_ coordinates: VersionCoordinates, revision: String?, status: VersionStatus, seed: UInt64) {
        var names = SeededHash(seed: seed)
        var states = SeededHash(seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ 0x5851_F42D_4C95_7F2D)
        let package = coordinates.package
        for text in [package.repository, package.namespace, package.name, coordinates.version] {
            names.combine(text)
            states.combine(text)
        }
        states.combine(revision ?? "")
        states.combine(revision == nil ? "none" : "some")
        states.combine(status.rawValue)
        name = names.value
        state = states.value
    }
}
