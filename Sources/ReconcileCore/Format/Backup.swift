/// One backup, as everything that works on it takes it: the store, where in it things are, how bytes are hashed, and the
/// clock that says which records are not of the future.
package struct Backup: Sendable {
    package let store: any ObjectStore
    package let layout: BackupLayout
    package let hashes: HashFunctions
    private let clock: any RunClock

    package init(store: any ObjectStore, layout: BackupLayout, hashes: HashFunctions, clock: any RunClock) {
        self.store = store
        self.layout = layout
        self.hashes = hashes
        self.clock = clock
    }

    /// What its manifests say.
    package var catalog: BackupCatalog { BackupCatalog(store: store, layout: layout, clock: clock) }

    /// Reads its records, as of now.
    package var reader: RecordReader { catalog.reader }

    /// Writes the documents that follow from its manifests.
    package var publisher: MetadataPublisher {
        MetadataPublisher(store: store, layout: layout, digest: hashes.digest, clock: clock)
    }
}
