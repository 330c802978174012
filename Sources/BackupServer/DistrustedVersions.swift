import ReconcileCore
import Synchronization

/// The versions whose newest record did not count when somebody last asked for them: it breaks a rule, or does not pass the
/// trust file. An earlier record is served in its place, or none.
final class DistrustedVersions: Sendable {
    /// The maximum number that is remembered; more would be no more alarming.
    private static let maximum = 10_000
    private let versions = Mutex<Set<VersionCoordinates>>([])

    var count: Int { versions.withLock(\.count) }

    /// Takes in whether a version's newest record counts.
    func note(_ version: VersionCoordinates, counts: Bool) {
        versions.withLock { versions in
            if counts {
                versions.remove(version)
            } else if versions.count < Self.maximum {
                versions.insert(version)
            }
        }
    }
}
