/// Compares the source's listing with the index of manifests: a pure state machine that writes nothing and requests
/// only the listings that a run would.
struct DriftSchedule: WorkSchedule {
    enum Item: Sendable {
        case listPackages(repository: String)
        case listVersions(PackageCoordinates)
    }

    enum Outcome: Sendable {
        case packages([PackageCoordinates])
        case versions(PackageCoordinates, [ListedVersion])
        /// The versions of a package could not be listed.
        case unlisted(PackageCoordinates, RemoteFailure)
        case failed(ItemFailure)
        /// The task was cancelled.
        case interrupted
    }

    /// A version whose listed state differs from its record.
    struct Drifted: Sendable {
        let version: VersionCoordinates
        let listed: ListedVersion
        /// Whether the version has any record.
        let isRecorded: Bool
    }

    private(set) var index: ManifestIndex
    private(set) var tally: RunTally
    private(set) var drifted: [Drifted] = []
    private(set) var vanished: VanishedPackages = []
    /// Whether every listing has been read completely.
    private(set) var listingComplete = true
    private var waiting: [Item]
    /// How many repositories' packages haven't been listed yet.
    private var unlisted: Int
    /// Records that the index may lack.
    private let hidden: HiddenRecords
    private let selection: Selection
    private let stop: StopSignal
    private let observe: @Sendable (RunEvent) -> Void

    init(
        repositories: [String],
        manifests: ManifestListing,
        tally: RunTally,
        selection: Selection,
        in context: RunContext<RunEvent>
    ) {
        waiting = repositories.reversed().map(Item.listPackages)
        unlisted = repositories.count
        index = manifests.index
        hidden = manifests.hidden
        self.tally = tally
        self.selection = selection
        stop = context.stop
        observe = context.observe
    }

    mutating func next() -> Item? {
        guard !waiting.isEmpty else { return nil }
        if tally.fatal != nil || tally.interrupted || stop.reason != nil {
            listingComplete = false
            tally.leftOver = true
            return nil
        }
        return waiting.removeLast()
    }

    mutating func absorb(_ outcome: Outcome) {
        switch outcome {
        case .packages(let packages):
            unlisted -= 1
            tally.progress.allPackagesListed = unlisted == 0
            for package in packages { tally.coverage.see(package) }
            let selected = packages.filter(selection.contains)
            tally.report.packages += selected.count
            tally.progress.packagesListed += selected.count
            waiting += selected.reversed().map(Item.listVersions)
        case .versions(let package, let rows):
            tally.progress.packagesDone += 1
            for row in rows { compare(row, of: package) }
        case .unlisted(let package, let failure) where failure.kind == .absent:
            tally.progress.packagesDone += 1
            vanished.append((package, ItemFailure(failure.ofListedPackage, package: package)))
        case .unlisted(let package, let failure):
            listingComplete = false
            tally.fail(ItemFailure(failure, package: package), observe)
        case .failed(let failure):
            listingComplete = false
            tally.fail(failure, observe)
        case .interrupted:
            listingComplete = false
            tally.interrupted = true
            tally.leftOver = true
        }
        observe(.progress(tally.progress))
    }

    private mutating func compare(_ row: ListedVersion, of package: PackageCoordinates) {
        let version = VersionCoordinates(package: package, version: row.version)
        tally.coverage.see(version)
        guard selection.contains(version) else { return }
        let match = index.match(version, revision: row.revision, status: row.status)
        let isRecorded = index.newestRecord(of: version) != nil
        tally.report.versions.listed += 1
        tally.progress.versionsListed += 1
        // A version that was never finished says nothing; one that has become unfinished again has changed.
        if !selection.contains(origin: row.origin) || row.status == .unfinished && match == .missing
            || hidden.hides(version)
        {
            tally.report.versions.skipped += 1
            return
        }
        tally.count(match)
        if match == .inSync { return }
        drifted.append(Drifted(version: version, listed: row, isRecorded: isRecorded))
    }
}
