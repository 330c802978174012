/// The run as a pure state machine: compares what the source lists with what the manifests say and hands out the
/// work that follows, the deepest first, so that little is ever waiting. Packages are taken in the run's order.
///
/// A package is listed ahead (`unbegun`), is in work from its first list of versions on (`open`), is opened if something
/// of it is to be copied (`opens`; `held` until all manifests are listed), and closed after its copies (`copies`,
/// `closes`).
///
/// It does no I/O: items go out, outcomes come back. After `drive` has returned, `listingComplete` says whether
/// deletions may be looked for.
struct ReconcileSchedule: WorkSchedule {
    /// One piece of work, one or a few requests.
    enum Item: Sendable {
        case listManifests(ManifestRanges.Request)
        case listPackages(repository: String, after: PageToken?, trail: PageTrail)
        case listVersions(PackageCoordinates, number: Int, after: PageToken?, trail: PageTrail)
        /// Records the origin controls of a package.
        case recordControls(PackageCoordinates, OriginControls, newest: ManifestIndex.OwnRecord?)
        /// Reads a package's metadata, and where versions are to be copied what the backup holds under its path, for the
        /// round.
        case openPackage(PackageCoordinates, number: Int, directories: Set<ExactText>, PackageRound)
        /// Copies one version; one of a package's publishes the package's metadata.
        case copy(Drift, number: Int, PackageRound)
        /// Publishes the package's metadata and reads back what its copies have stored if no copy got that far, or if it is
        /// always published.
        case closePackage(PackageCoordinates, number: Int, PackageRound?)
    }

    /// What became of an item.
    enum Outcome: Sendable {
        case manifests(ManifestRanges.Request, Result<ManifestListing.Page, ItemFailure>)
        case packages(repository: String, trail: PageTrail, Result<Page<ListedPackage>, ItemFailure>)
        case versions(number: Int, trail: PageTrail, Result<Page<ListedVersion>, ItemFailure>)
        case recordedControls(Result<PackageRecord, ItemFailure>)
        /// What was to be recorded cannot be signed now.
        case unsigned(RemoteFailure)
        case opened(number: Int, OpenedPackage)
        case copied(Drift, number: Int, CopyOutcome)
        case closed(number: Int, ClosedPackage)
        /// The task was cancelled.
        case interrupted
    }

    /// What opening a package found.
    struct OpenedPackage: Sendable {
        var metadata: MavenMetadata?
        /// The metadata could not be read: reported, and the copies go on.
        var metadataFailure: ItemFailure?
        /// The backup could not be listed: the package's copies fail.
        var storeFailure: ItemFailure?
    }

    /// What came of closing a package.
    struct ClosedPackage: Sendable {
        /// The metadata could not be published, or nothing could be read back.
        var failure: ItemFailure?
        /// Versions that the store has lost something of.
        var lost: [ItemFailure] = []
        var documents = VersionCopier.DocumentsFound()
    }

    /// A version to be brought into the backup.
    struct Drift: Hashable, Sendable {
        let coordinates: VersionCoordinates
        let listed: ListedVersion
        let newestRecord: Timestamp?
        /// How it was counted when it was listed.
        let match: ManifestIndex.Match
    }

    /// A package in work; forgotten when its last item is done.
    struct OpenPackage {
        let coordinates: PackageCoordinates
        let controls: OriginControls?
        /// Whether any version of it is to be in the backup.
        var isKept = false
        /// Those that are listed as published; once the source's document has been read, those that it lacks.
        var published: [String] = []
        var drifts: [Drift] = []
        /// Copies that are waiting or running, and the opening until it is done.
        var outstanding = 0
        /// Shared by its copies; nil until all versions are listed.
        var round: PackageRound?
        /// The backup could not be listed.
        var isBroken = false
    }

    var manifests: ManifestListing
    var tally: RunTally
    let operations: SourceOperations
    let options: Reconciler.Options
    let layout: BackupLayout
    let proof: RecordProof?
    /// When the listing of the source began.
    private let began: Timestamp
    private let stop: StopSignal
    let observe: @Sendable (RunEvent) -> Void

    var open: [Int: OpenPackage] = [:]
    var nextNumber = 0
    let order: RunOrder
    var packageLists: [Item] = []
    /// Packages whose manifests are not all listed yet.
    var waiting: [(prefix: ObjectKey, rank: UInt64, list: Item)] = []
    /// Packages that are not begun, the next one last. They are listed ahead of the work, so that the run's order is not
    /// the listing's.
    var unbegun: [(rank: UInt64, list: Item)] = []
    /// Further pages of packages that have been begun.
    var versionLists: [Item] = []
    private var records: [Item] = []
    var opens: [Item] = []
    /// Packages to be opened that were compared before all manifests were listed, the next one last.
    private var held: [(rank: UInt64, open: Item)] = []
    private var copies: [Item] = []
    private var closes: [Item] = []
    var packageListsRunning = 0
    var versionListsRunning = 0
    var vanished: VanishedPackages = []
    /// Whether every listing was read to its end.
    var listingComplete = true

    init(
        repositories: [String],
        of operations: SourceOperations,
        manifests: ManifestListing,
        in layout: BackupLayout,
        tally: RunTally,
        options: Reconciler.Options,
        proof: RecordProof? = nil,
        in context: RunContext<RunEvent>
    ) {
        self.operations = operations
        self.manifests = manifests
        self.layout = layout
        self.tally = tally
        self.options = options
        self.proof = proof
        began = context.now
        stop = context.stop
        observe = context.observe
        let order = RunOrder(of: tally.report.runID)
        self.order = order
        packageLists = repositories.sorted { order.rank(of: $0) > order.rank(of: $1) }.map { repository in
            let trail = PageTrail(operation: operations.listPackages, target: repository)
            return .listPackages(repository: repository, after: nil, trail: trail)
        }
    }

    // MARK: Handing out

    mutating func next() -> Item? {
        if tally.fatal != nil || tally.interrupted { return windDown() }
        // Short, and what it repairs would look in sync to the next run.
        if let item = closes.popLast() { return item }
        if stop.reason != nil { return windDown() }
        // A document may depend on a manifest of the last page, and nothing is written on what half a listing says.
        guard manifests.isWhole else { return nextListing() }
        takeUpHeld()
        if let item = records.popLast() { return item }
        if let item = copies.popLast() { return item }
        if let item = opens.popLast() {
            startCopies(of: item)
            return item
        }
        return nextListing()
    }

    private mutating func windDown() -> Item? {
        if !manifests.isWhole || packageLists.count + waiting.count + unbegun.count + versionLists.count > 0 {
            listingComplete = false
        }
        if !manifests.isWhole || !open.isEmpty || !packageLists.isEmpty || !records.isEmpty { tally.leftOver = true }
        return nil
    }

    /// Keeps back what was found to need work while the manifests were listed, once they all are: it takes its turn in the
    /// run's order.
    mutating func hold() {
        held = opens.compactMap { open in
            guard case .openPackage(let package, _, _, _) = open else { return nil }
            return (order.rank(of: package), open)
        }
        held.sort { $0.rank > $1.rank }
        opens = []
    }

    private mutating func takeUpHeld() {
        guard let next = held.last, records.isEmpty, copies.isEmpty, opens.isEmpty, versionLists.isEmpty,
            packageLists.isEmpty || isFarAhead, unbegun.last.map({ next.rank <= $0.rank }) ?? true
        else { return }
        opens.append(held.removeLast().open)
    }

    // MARK: Taking in

    mutating func absorb(_ outcome: Outcome) {
        switch outcome {
        case .manifests(let request, let result):
            absorbManifests(request, result)
        case .packages(let repository, let trail, let result):
            absorbPackages(repository, trail, result)
        case .versions(let number, let trail, let result):
            absorbVersions(number, trail, result)
        case .recordedControls(.success(let record)):
            tally.committed.insert(record)
        case .recordedControls(.failure(let failure)):
            tally.fail(failure, observe)
        case .unsigned(let failure):
            tally.leaveUnsigned(failure, observe)
        case .opened(let number, let found):
            absorbOpened(number, found)
        case .copied(let drift, let number, let outcome):
            tally.absorb(outcome, of: drift.coordinates, listedAs: drift.match, observe)
            if case .committed(let summary) = outcome, summary.manifest.status != .published {
                open[number]?.published.removeAll { $0 == drift.coordinates.version }
            }
            tally.remember(outcome, isNew: drift.newestRecord == nil)
            settle(1, of: number)
        case .closed(let number, let closed):
            if let failure = closed.failure { tally.fail(failure, observe) }
            for failure in closed.lost { tally.lose(failure, observe) }
            for record in closed.documents.recorded { tally.committed.insert(record, isNew: false, size: nil) }
            for warning in closed.documents.warnings { tally.warn(warning, observe) }
            open[number] = nil
        case .interrupted:
            tally.interrupted = true
            tally.leftOver = true
            listingComplete = false
        }
        tally.progress.allPackagesListed = packageLists.isEmpty && packageListsRunning == 0
        tally.progress.listingComplete =
            tally.progress.allPackagesListed && waiting.isEmpty && unbegun.isEmpty && versionLists.isEmpty
            && versionListsRunning == 0
        observe(.progress(tally.progress))
    }

    mutating func finishListing(_ number: Int, _ package: OpenPackage) {
        var package = package
        tally.progress.packagesDone += 1
        let newest = manifests.index.newestRecord(of: package.coordinates)
        // What was recorded since may be newer than what the listing says.
        if package.isKept, let controls = package.controls, newest.map({ $0.time <= began }) ?? true,
            !manifests.index.isRecorded(controls, of: package.coordinates)
        {
            records.append(.recordControls(package.coordinates, controls, newest: newest))
        }
        guard options.metadataAlways || !package.drifts.isEmpty else {
            open[number] = nil
            return
        }
        // A snapshot's document names files of builds, which must be recorded first.
        let (others, snapshots) = (
            package.drifts.filter { !$0.coordinates.isSnapshot }, package.drifts.filter(\.coordinates.isSnapshot)
        )
        package.drifts = others + snapshots
        let round = PackageRound(of: package.drifts.map(\.coordinates))
        package.round = round
        package.outstanding = package.drifts.count + 1
        open[number] = package
        var directories: Set<ExactText> = []
        for drift in package.drifts {
            directories.formUnion(BackupLayout.directories(of: drift.coordinates.version))
        }
        opens.append(.openPackage(package.coordinates, number: number, directories: directories, round))
    }

    /// The copies go on beside the opening as far as they can.
    private mutating func startCopies(of opening: Item) {
        guard case .openPackage(_, let number, _, let round) = opening, let package = open[number] else { return }
        // The first is started first.
        copies += package.drifts.reversed().map { .copy($0, number: number, round) }
    }

    private mutating func absorbOpened(_ number: Int, _ found: OpenedPackage) {
        guard var package = open[number] else { return }
        if let failure = found.metadataFailure { tally.fail(failure, observe) }
        if let metadata = found.metadata {
            let named = Set(metadata.versions.map(ExactText.init))
            package.published.removeAll { named.contains(ExactText($0)) }
        } else {
            package.published = []
        }
        package.isBroken = found.storeFailure != nil
        open[number] = package
        var settled = 1
        if let failure = found.storeFailure {
            // Those that run fail by themselves.
            var others: [Item] = []
            for item in copies {
                guard case .copy(let drift, number, _) = item else {
                    others.append(item)
                    continue
                }
                tally.fail(failure, observe, version: drift.coordinates)
                settled += 1
            }
            copies = others
        }
        settle(settled, of: number)
    }

    /// Part of what was to be done about a package is done.
    private mutating func settle(_ count: Int, of number: Int) {
        guard var package = open[number] else { return }
        package.outstanding -= count
        open[number] = package
        guard package.outstanding == 0 else { return }
        // Those that have been deleted since they were listed are no longer among them.
        for version in package.published {
            tally.warn(
                "\(package.coordinates):\(version) is published but the source's maven-metadata.xml lacks it",
                observe
            )
        }
        if package.isBroken || (package.round?.isPublished == true && !options.metadataAlways) {
            open[number] = nil
        } else {
            // Versions that were committed before, also by a run that was killed, are not to wait for one that was not.
            closes.append(.closePackage(package.coordinates, number: number, package.round))
        }
    }
}

extension Reconciler {
    /// What a run covers, and how it goes about it.
    package struct Options: Hashable, Sendable {
        package var selection = Selection()
        /// Pieces of work at once, and assets in motion; at least 1.
        package var width = Width.auto
        /// Whether metadata is read and regenerated for every package, not only for those with drift.
        package var metadataAlways = false
        package var copying = VersionCopier.Options()
        package var deletionGuard = DeletionGuard()
        /// Whether whoever starts the run also records the domain's configuration.
        package var recordsConfiguration = true
        /// Whether a backup that was never signed is to be signed from this run on.
        package var beginsSigning = false

        package init() {}
    }
}
