/// One backup, as everything that works on it takes it: the store, where in it things are, how bytes are hashed, and the
/// clock that dates its records and says which are not of the future.
package struct Backup: Sendable {
    package let store: any ObjectStore
    package let layout: BackupLayout
    package let hashes: HashFunctions
    let clock: any RunClock

    package init(store: any ObjectStore, layout: BackupLayout, hashes: HashFunctions, clock: any RunClock) {
        self.store = store
        self.layout = layout
        self.hashes = hashes
        self.clock = clock
    }

    /// What its manifests say.
    package var catalog: BackupCatalog { BackupCatalog(store: store, layout: layout, clock: clock) }

    /// The folders that stand where this backup's should, those with similar names first; empty if this backup has a
    /// folder, or if the store cannot be listed.
    package func others() async -> [String] {
        guard let folders = try? await store.folders(), !folders.contains(layout.domain) else { return [] }
        var near = NearestNames(to: layout.domain)
        for folder in folders { near.offer(folder) }
        return near.names + folders.filter { !near.names.contains($0) }
    }

    /// What a message about an empty place adds where it holds something else.
    package static func sentence(of others: [String]) -> String {
        guard !others.isEmpty else { return "" }
        let shown = others.prefix(5).joined(separator: ", ")
        return "; there is only \(shown)" + (others.count > 5 ? " and \(others.count - 5) more" : "")
    }

    /// Reads its records, as of now.
    package var reader: RecordReader { catalog.reader }

    /// Writes the documents that follow from its manifests.
    package var publisher: MetadataPublisher { publisher(plugins: nil) }

    /// - Parameter plugins: the groups that have plugins, if they are known.
    func publisher(plugins: PluginGroups?) -> MetadataPublisher {
        MetadataPublisher(store: store, layout: layout, digest: hashes.digest, clock: clock, plugins: plugins)
    }
}
