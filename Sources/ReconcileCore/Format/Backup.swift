/// One backup, as everything that works on it takes it: the store, where in it things are, and how bytes are hashed.
package struct Backup: Sendable {
    package let store: any ObjectStore
    package let layout: BackupLayout
    package let hashes: HashFunctions

    package init(store: any ObjectStore, layout: BackupLayout, hashes: HashFunctions) {
        self.store = store
        self.layout = layout
        self.hashes = hashes
    }

    /// What its manifests say.
    package var catalog: BackupCatalog { BackupCatalog(store: store, layout: layout) }

    /// Writes the documents that follow from its manifests.
    package var publisher: MetadataPublisher {
        MetadataPublisher(store: store, layout: layout, digest: hashes.digest)
    }
}
