/// 128 bits that stand for a version and for the state it was seen in, so that a million fit into memory; the index
/// keeps 104 of them.
///
/// `name` is a hash of the coordinates alone; `state` is another hash, of the coordinates again with revision and
/// status. Both have a new seed in each process, a different one each, and are taken over exact bytes. A version is
/// taken for unchanged only when both agree; a clash of `name` alone costs a needless look at one version.
package struct StateFingerprint: Hashable, Sendable {
    package let name: UInt64
    package let state: UInt64

    /// - Parameter seed: one for all fingerprints that are compared.
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
