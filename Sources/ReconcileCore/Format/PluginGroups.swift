import Synchronization

/// The groups that have Maven plugins in a backup, so that nobody looks for plugins in any other group.
///
/// Whoever is about to record a plugin adds its group first. Safe to call from anywhere at any time.
package final class PluginGroups: Sendable {
    private struct Group: Hashable {
        let repository: ExactText
        let name: ExactText
    }

    private let groups = Mutex<Set<Group>>([])

    package init() {}

    /// Adds the group of a plugin; does nothing for any other package.
    package func insert(groupOf package: PackageCoordinates) {
        guard package.isPlugin else { return }
        let group = Group(repository: ExactText(package.repository), name: ExactText(package.namespace))
        groups.withLock { _ = $0.insert(group) }
    }

    package func contains(_ group: String, in repository: String) -> Bool {
        groups.withLock { $0.contains(Group(repository: ExactText(repository), name: ExactText(group))) }
    }
}
