/// The order in which a run handles packages. It differs between runs, so that runs that are stopped early, or slowed
/// down by the same packages, don't always leave the same ones undone.
///
/// A pure function of the run ID and the coordinates.
struct RunOrder: Hashable, Sendable {
    private let seed: UInt64

    init(of runID: String) {
        var hash = SeededHash(seed: 0x006F_7264_6572)
        hash.combine(runID)
        seed = hash.value
    }

    /// Lower ranks come first.
    func rank(of package: PackageCoordinates) -> UInt64 {
        var hash = SeededHash(seed: seed)
        hash.combine(package.repository)
        hash.combine(package.namespace)
        hash.combine(package.name)
        return hash.value
    }

    func rank(of repository: String) -> UInt64 {
        var hash = SeededHash(seed: seed)
        hash.combine(repository)
        return hash.value
    }
}
