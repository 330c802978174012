/// One backup, as everything that works on it takes it: the store, where in it things are, how bytes are hashed, and the
/// clock that dates its records and says which are not of the future. The store has records proved and signed.
package struct Backup: Sendable {
    package let store: any ObjectStore
    package let layout: BackupLayout
    package let hashes: HashFunctions
    let clock: any RunClock
    /// By which its store proves records; nil where every record counts.
    package let trust: RecordTrust?
    /// What its store signs records with; nil where they are not signed.
    let signer: RecordSigner?
    /// Is asked of the certificates of records that others are to carry on; nil where the store asks it of all.
    let carryReview: CertificateReview?

    package init(
        store: any ObjectStore,
        layout: BackupLayout,
        hashes: HashFunctions,
        clock: any RunClock,
        trust: RecordTrust? = nil,
        signer: RecordSigner? = nil,
        carryReview: CertificateReview? = nil
    ) {
        self.store = store
        self.layout = layout
        self.hashes = hashes
        self.clock = clock
        self.trust = trust
        self.signer = signer
        self.carryReview = carryReview
    }

    /// The time by the clock that dates its records.
    package var now: Timestamp { clock.timestamp }

    /// What its manifests say.
    package var catalog: BackupCatalog { BackupCatalog(store: store, layout: layout, clock: clock) }

    /// The folders that stand where this backup's should, those with similar names first; empty if this backup has a
    /// folder, or if the store cannot be listed.
    package func others() async -> [String] {
        guard let folders = try? await store.folders(under: ObjectKey("")).elements,
            !folders.contains(layout.domain)
        else { return [] }
        var near = NearestNames(to: layout.domain)
        for folder in folders { near.offer(folder) }
        return near.names + folders.filter { !near.names.contains($0) }
    }

    /// Whether there is no record; false if the store cannot be listed. One request.
    ///
    /// - Parameter repository: of this one; nil for all.
    package func hasNoRecord(of repository: String? = nil) async -> Bool {
        let prefix = repository.map(layout.manifestsPrefix(of:)) ?? layout.manifestsPrefix
        return (try? await store.list(prefix: prefix, after: nil).elements.isEmpty) ?? false
    }

    /// The repositories that have a record, the first few hundred at most; empty if the store cannot be listed.
    ///
    /// A request for each repository; for each thousand records in a store without byte order; ten at most.
    package func repositories() async -> [String] {
        var names: [String] = []
        var (start, token): (ObjectKey?, PageToken?) = (nil, nil)
        for _ in 0..<10 {
            let page = try? await store.list(prefix: layout.manifestsPrefix, startingAfter: start, after: token)
            for key in page?.elements.map(\.key) ?? [] {
                let package = layout.record(at: key)?.coordinates.package ?? layout.packageRecord(at: key)?.package
                guard let name = package?.repository, names.last != name, !names.contains(name) else { continue }
                names.append(name)
            }
            token = page?.next
            guard token != nil else { break }
            if store.listsInByteOrder, let last = names.last {
                // Behind everything of that repository.
                (start, token) = (ObjectKey(layout.manifestsPrefix(of: last).value + "\u{10FFFF}"), nil)
            }
        }
        return names
    }

    /// That there is no backup of the domain.
    ///
    /// - Parameter others: what the place has instead.
    package func absence(_ others: [String]) -> String {
        "there is no backup of the domain \(layout.domain); check --domain and --backup" + Self.sentence(of: others)
    }

    /// What a message about an empty place adds where it holds something else.
    package static func sentence(of others: [String]) -> String {
        others.isEmpty ? "" : "; there is only \(others.firstFew(5))"
    }

    /// The keys under a prefix, sorted; doctor's probe is no document.
    func documents(under prefix: ObjectKey) async throws -> [ObjectKey] {
        var keys: [ObjectKey] = []
        let probe = layout.probeKey(in: prefix)
        try await store.forEachObject(under: prefix) { if $0.key != probe { keys.append($0.key) } }
        return keys.sorted()
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
