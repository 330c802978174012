import Synchronization

/// Which namespaces have records, as a process that protects one version after another remembers it.
///
/// It counts for ten minutes, so what another writer records in a new namespace is known after that at the latest. Keeps
/// the names. Safe to call from anywhere at any time.
package final class RecordedNamespaces: Sendable {
    private struct Listed {
        /// Nil if there are more than one list names.
        let names: Set<ExactText>?
        let until: Duration
    }

    private struct State {
        /// By repository.
        var listed: [ExactText: Listed] = [:]
        /// Of packages that this process has recorded itself, by repository.
        var own: [ExactText: Set<ExactText>] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// What the documents of a package's folders may depend on beside its own records. The package counts as recorded from
    /// now on.
    ///
    /// One list, unless the package's repository was listed within ten minutes.
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
