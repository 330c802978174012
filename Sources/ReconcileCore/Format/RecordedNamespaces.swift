import Synchronization

/// Which namespaces have records, cached by a process that backs up one version after another.
///
/// A listing is valid for ten minutes, so a new namespace recorded by another writer is seen after that time at the
/// latest. Keeps the names. Safe to call from any task at any time.
package final class RecordedNamespaces: Sendable {
    private struct Listed {
        /// Nil if there are more than one list request returns.
        let names: Set<ExactText>?
        let until: Duration
    }

    private struct State {
        /// By repository.
        var listed: [ExactText: Listed] = [:]
        /// Namespaces of packages that this process has recorded itself, by repository.
        var own: [ExactText: Set<ExactText>] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// What the documents of a package's folders may depend on besides its own records. Also marks the package's
    /// namespace as recorded.
    ///
    /// Costs one list request unless the package's repository was listed in the last ten minutes.
    func surroundings(of package: PackageCoordinates, in backup: Backup) async throws -> PluginGroups {
        let repository = ExactText(package.repository)
        let now = backup.clock.now()
        var listed = state.withLock { $0.listed[repository] }.flatMap { now < $0.until ? $0 : nil }
        if listed == nil {
            let page = try await backup.store.folders(under: backup.layout.manifestsPrefix(of: package.repository))
            let names = page.elements.compactMap { KeySegment.decode($0) }.map(ExactText.init)
            listed = Listed(names: page.next == nil ? Set(names) : nil, until: now + Self.life)
        }
        let (names, own) = state.withLock { state in
            state.listed[repository] = listed
            state.own[repository, default: []].insert(ExactText(package.namespace))
            return (listed?.names, state.own[repository] ?? [])
        }
        return PluginGroups { namespace in
            let name = ExactText(namespace)
            return names?.contains(name) ?? true || own.contains(name)
        }
    }

    private static let life = Duration.seconds(600)
}
