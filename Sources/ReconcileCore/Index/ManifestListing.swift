/// Lists a backup's manifests into an index: which page to request next, and which part of the index is complete.
///
/// A pure value: requests may be sent, and their pages taken in, in any order.
package struct ManifestListing: Sendable {
    /// A parsed page of the listing.
    package struct Page: Sendable {
        fileprivate let keys: [ObjectKey]
        fileprivate let sizes: [Int64]
        fileprivate let archives: [ObjectKey: StoredObject.Archive]
        fileprivate let entries: [Entry?]
        fileprivate let next: PageToken?
        fileprivate let inByteOrder: Bool
        fileprivate let hidden: [HiddenFolder]
        /// Why records are rejected by the trust file; they don't count.
        fileprivate let refusals: [ObjectKey: IgnoredObjects.Refusal]

        package init(
            _ page: ReconcileCore.Page<StoredObject>,
            inByteOrder: Bool,
            layout: BackupLayout,
            refusals: [ObjectKey: IgnoredObjects.Refusal] = [:]
        ) {
            self.refusals = refusals
            hidden = page.hidden
            keys = page.elements.map(\.key)
            sizes = page.elements.map(\.size)
            let archived = page.elements.lazy.compactMap { object in object.archive.map { (object.key, $0) } }
            archives = Dictionary(archived) { $1 }
            entries = page.elements.map { object in
                if let record = layout.record(at: object.key) { return .version(record) }
                return layout.packageRecord(at: object.key).map { .package($0) }
            }
            next = page.next
            self.inByteOrder = inByteOrder
        }
    }

    fileprivate enum Entry: Sendable {
        case version(ManifestRecord)
        case package(PackageRecord)

        var recordedAt: Timestamp {
            switch self {
            case .version(let record): record.recordedAt
            case .package(let record): record.recordedAt
            }
        }
    }

    private let selection: Selection
    private let backup: Backup
    private let plugins: PluginGroups?
    private let digester: RecordDigester?
    private var ranges: ManifestRanges
    /// Query it only for packages that are covered.
    package var index: ManifestIndex
    /// The number of records of selected versions.
    private var count = 0
    /// Objects under record keys that don't count as records.
    package private(set) var ignored = IgnoredObjects()
    package private(set) var archived = ArchivedRecords()
    /// The index is complete but for what is in these.
    package private(set) var hidden: HiddenRecords
    /// The number of records since the index was last sealed.
    private var unsealed = 0

    /// - Parameters:
    ///   - plugins: receives all packages in the listing, selected or not.
    ///   - digester: receives all records in the listing, selected or not.
    package init(
        of selection: Selection,
        in backup: Backup,
        plugins: PluginGroups? = nil,
        digester: RecordDigester? = nil,
        index: ManifestIndex = ManifestIndex()
    ) {
        self.selection = selection
        self.backup = backup
        self.plugins = plugins
        self.digester = digester
        self.index = index
        hidden = HiddenRecords(in: backup.layout)
        ranges = ManifestRanges(
            of: selection.manifestPrefixes(in: backup.layout),
            trail: PageTrail(operation: backup.store.operations.list, target: backup.store.location)
        )
    }

    /// The next page to request; nil while pending ones must be awaited, and at the end.
    package mutating func next() -> ManifestRanges.Request? { ranges.next() }

    /// Requests a page from the store.
    ///
    /// - Parameter proof: decides which of its records count; nil for all.
    package static func page(
        _ request: ManifestRanges.Request,
        of backup: Backup,
        proving proof: RecordProof? = nil
    ) async throws -> Page {
        let page = try await backup.store.list(
            prefix: request.prefix,
            startingAfter: request.start,
            after: request.token
        )
        return Page(
            page,
            inByteOrder: backup.store.listsInByteOrder,
            layout: backup.layout,
            refusals: try await proof?.refusals(of: page.elements) ?? [:]
        )
    }

    /// Takes in a page.
    ///
    /// - Returns: whether coverage has grown.
    /// - Throws: `malformed` for an endless listing, or one that isn't in the order that the store claims.
    package mutating func take(
        _ page: Page,
        of request: ManifestRanges.Request,
        seeing coverage: inout SelectionCoverage
    ) throws(RemoteFailure) -> Bool {
        let own = try ranges.take(page.keys, next: page.next, inByteOrder: page.inByteOrder, of: request)
        digester?.add(
            (0..<own).lazy.compactMap { number in
                page.entries[number].map { (page.keys[number], $0.recordedAt) }
            },
            from: request.list
        )
        for folder in page.hidden {
            hidden.add(folder)
            hidden.package(of: folder).map { plugins?.insert($0) }
        }
        // A digest without the hidden records would contradict that of all records.
        if ranges.isDone, hidden.isEmpty { digester?.finish() }
        let reader = backup.reader
        for number in 0..<own {
            let (key, size) = (page.keys[number], page.sizes[number])
            switch page.entries[number] {
            case .version(let record):
                if let archive = page.archives[key], selection.contains(record.coordinates) {
                    archived.add(key, in: archive)
                }
                insert(record, at: key, size, read: reader, unless: page.refusals[key], seeing: &coverage)
            case .package(let record) where selection.contains(record.package):
                let (time, refusal) = (record.recordedAt, page.refusals[key])
                if ignored.mayCount(key, size: size, recordedAt: time, by: reader, unless: refusal) {
                    index.insert(record)
                }
            case .package, nil: break
            }
        }
        unsealed += own
        // Sealing sorts everything, so it waits until the index has grown by a sixteenth, which keeps the total cost
        // low.
        guard ranges.isDone || unsealed >= max(1_000, index.listed / 16) else { return false }
        index.seal()
        ranges.seal()
        unsealed = 0
        return true
    }

    private mutating func insert(
        _ record: ManifestRecord,
        at key: ObjectKey,
        _ size: Int64,
        read reader: RecordReader,
        unless refusal: IgnoredObjects.Refusal?,
        seeing coverage: inout SelectionCoverage
    ) {
        index.listed += 1
        plugins?.insert(record.coordinates.package)
        coverage.see(record.coordinates)
        guard selection.contains(record.coordinates) else { return }
        count += 1
        let time = record.recordedAt
        if ignored.mayCount(key, size: size, recordedAt: time, by: reader, unless: refusal) { index.insert(record) }
    }

    /// Whether everything is listed and the index is complete.
    package var isWhole: Bool { ranges.isDone && unsealed == 0 }

    /// Whether the index has every record under a package's prefix.
    package func covers(_ prefix: ObjectKey) -> Bool { ranges.covers(prefix) }

    /// Takes package prefixes as places where the listing may be split.
    package mutating func offer(_ prefixes: [ObjectKey]) { ranges.offer(prefixes) }

    /// Leaves out of `ignored` what an operator has settled.
    mutating func settle(_ keys: Set<ObjectKey>) { ignored.remove(retired: keys) }

    /// Reports the result of a complete listing, as `manifestsListed`.
    package func report(to observe: (RunEvent) -> Void) {
        observe(.manifestsListed(count))
    }
}
