/// What a verification does next: a pure state machine. Packages go before the next page of a listing, so few wait.
struct VerifySchedule: WorkSchedule {
    enum Item: Sendable {
        case list(ObjectKey, PageToken?)
        /// The same of records, with what was under their keys before.
        case listVersions(ObjectKey, PageToken?)
        case look(PackageCoordinates)
        /// The document of a folder whose group has Maven plugins.
        case lookAtDocument(in: DocumentFolder)
        /// A key that belongs to no package, seen once: is it still there?
        case confirm(BackupFault)
    }

    indirect enum Outcome: Sendable {
        /// Of a look at a package.
        case of(PackageCoordinates, Outcome)
        case listed(Page<StoredObject>)
        case listedVersions(Page<StoredVersion>)
        /// The store does not show versions; with the reason, if there may be some.
        case versionsUnseen(String?)
        case looked(PackageLook.Outcome)
        /// A place could not be looked at.
        case refused(BackupFault)
        case confirmed(BackupFault?)
        case failed(RemoteFailure)
        case interrupted
    }

    private(set) var report: VerifyReport
    private let options: Verifier.Options
    private let layout: BackupLayout
    private let stop: StopSignal
    private let watch: VerifyWatch
    private var waiting: [Item] = []
    private var inWork = RecordsInWork()
    /// What is still to be listed, the next one last.
    private var prefixes: [ObjectKey]
    private var token: PageToken?
    private var trail: PageTrail
    private var isListing = false
    private var folders = LookedAtFolders()
    private var failure: RemoteFailure?
    private var isLeft = false
    private(set) var notes = VersionNotes()
    /// Some place could not be looked at, so that its versions are not counted.
    private var hidesSome = false
    /// Folders of records that the store refuses to show.
    private var hidden: [HiddenFolder] = []
    /// Whether it shows any record; if none, the verification fails.
    private var seesRecords = false
    private var coverage: SelectionCoverage
    private let location: String
    private let losses: AcceptedLosses
    private(set) var counts: EarlierCounts?
    private let checkpoints: CheckpointComparison?
    private let contents: ContentsComparison
    /// What this verification accepts as lost.
    private(set) var accepted: [BackupFault] = []
    /// Faults that were accepted before, as long as their keys have the bytes of then.
    private(set) var excused: [ExcusedFault] = []
    private var openNames: Set<String>
    /// Whether the store keeps older bytes, and shows them.
    private(set) var seesVersions: Bool
    /// Records that were written over or hidden.
    private(set) var replaced = ReplacedRecords()

    /// - Parameters:
    ///   - losses: what was accepted before.
    ///   - counts: how many versions earlier runs counted; nil to compare with none.
    ///   - checkpoints: what the records are compared with; nil if they are not.
    ///   - contents: takes in what they say.
    ///   - seesVersions: whether the store keeps versions, so that records are listed with theirs.
    init(
        report: VerifyReport,
        losses: AcceptedLosses,
        counts: EarlierCounts?,
        checkpoints: CheckpointComparison?,
        options: Verifier.Options,
        contents: ContentsComparison,
        seesVersions: Bool,
        layout: BackupLayout,
        at location: String,
        watch: VerifyWatch
    ) {
        self.report = report
        self.losses = losses
        self.counts = counts
        self.checkpoints = checkpoints
        self.options = options
        self.contents = contents
        self.seesVersions = seesVersions
        openNames = Set(options.acceptance?.names ?? [])
        self.layout = layout
        self.location = location
        coverage = SelectionCoverage(of: options.selection)
        stop = watch.stop
        self.watch = watch
        let repositories = options.selection.repositories
        let bytes = repositories.isEmpty ? [layout.bytesPrefix()] : repositories.map { layout.bytesPrefix(of: $0) }
        // All manifests first: only then is it known what belongs to no package.
        prefixes = (options.depth >= .objects ? bytes : []) + options.selection.manifestPrefixes(in: layout)
        trail = PageTrail(operation: .list, target: layout.domain)
    }

    mutating func next() -> Item? {
        guard failure == nil, !isLeft else { return nil }
        guard stop.reason == nil else {
            if isListing || !waiting.isEmpty || !prefixes.isEmpty { isLeft = true }
            return nil
        }
        if case .look(let package) = waiting.last, !inWork.begin(folder(of: package)) { return nil }
        if let item = waiting.popLast() { return item }
        guard !isListing, let prefix = prefixes.last else { return nil }
        isListing = true
        return seesVersions && isOfManifests(prefix) ? .listVersions(prefix, token) : .list(prefix, token)
    }

    mutating func absorb(_ outcome: Outcome) {
        switch outcome {
        case .of(let package, let outcome):
            inWork.end(folder(of: package))
            absorb(outcome)
        case .listed(let page):
            isListing = false
            absorb(page)
        case .listedVersions(let page):
            isListing = false
            replaced.add(page.elements, of: options.selection, in: layout)
            let newest = page.elements.filter { $0.isNewest && !$0.isDeleteMarker }
            absorb(Page(newest.map(\.object), next: page.next))
        case .versionsUnseen(let reason):
            isListing = false
            seesVersions = false
            if let reason { report.warnings = (report.warnings ?? []) + [Self.unseen(reason)] }
        case .looked(let look):
            report.looked.add(look.counts)
            contents.add(look.contents)
            notes.add(look.notes)
            if let folder = look.shared { openDocument(in: folder) }
            report.unsettled += look.unsettled
            for fault in look.faults { add(fault) }
            watch.looked(at: report.looked, faults: report.faults.values.reduce(0, +))
        case .refused(let fault): refuse(fault)
        case .confirmed(let fault):
            if let fault { add(fault) }
        case .failed(let failure):
            // A missing permission, or a host that cannot be reached, explains whatever else failed.
            self.failure = VerifyReport.explaining.contains(failure.kind) ? failure : self.failure ?? failure
        case .interrupted:
            isLeft = true
        }
    }

    /// Whether something ended it.
    var hasFailed: Bool { failure != nil }

    private mutating func refuse(_ fault: BackupFault) {
        hidesSome = true
        if fault.place.package != nil { report.looked.packages += 1 }
        add(fault)
    }

    /// A folder that the store refuses to show is a fault of its place, unless that is not selected, or its own look has met
    /// it.
    private mutating func refuse(_ folder: HiddenFolder) {
        let isOfRecords = isOfManifests(folder.prefix)
        let package = isOfRecords ? layout.package(ofRecordsIn: folder.prefix) : nil
        if let package, !options.selection.contains(package) || folders.cover(layout.packagePrefix(package)) { return }
        refuse(.unseen(folder.failure, of: package.map { Place($0) } ?? Place(), at: folder.prefix))
    }

    private static func unseen(_ reason: String) -> String {
        "records that were written over, or hidden by a delete marker, are not seen. \(reason)"
    }

    private mutating func add(_ fault: BackupFault) {
        if fault.mending == .mended { return report.add(fault) }
        guard let loss = losses.loss(of: fault) else { return addUnaccepted(fault) }
        guard !loss.coversWhatever, fault.kind.isOfRecord || fault.kind.isOfBytes else { return }
        excused.append(ExcusedFault(fault, by: loss))
    }

    /// Takes in a fault that nobody has accepted before, or of other bytes than there are now.
    mutating func addUnaccepted(_ fault: BackupFault) {
        if fault.isNote, !options.isStrict { return report.note(fault) }
        let names = options.acceptance?.names(meaning: fault) ?? []
        openNames.subtract(names)
        // What is gone elsewhere would be accepted unseen.
        let isOfMore = fault.kind == .lostVersions && !options.selection.isWhole
        if names.isEmpty || isOfMore { report.add(fault) } else { accepted.append(fault) }
    }

    /// Adds what is known only when everything has been checked. Call it once, when nothing is running.
    mutating func conclude() {
        report.add(losses.losses)
        if seesRecords { for folder in hidden { refuse(folder) } }
        guard failure == nil, !isLeft else { return }
        compareRecords()
        compareContents()
        let lost = hidesSome ? nil : counts?.lost(finding: report.looked.versions)
        if let fault = lost?.fault(in: layout, isWhole: options.selection.isWhole) { add(fault) }
        guard let acceptance = options.acceptance else { return }
        for loss in losses.losses { openNames.subtract(acceptance.names(meaning: loss.key, loss.versionID)) }
        if !openNames.isEmpty {
            let names = acceptance.names.filter(openNames.contains).joined(separator: ", ")
            failure = RemoteFailure(
                .absent,
                operation: .verify,
                target: location,
                message: "--accept-loss: no fault was found under \(names), so nothing was accepted there"
            )
        }
    }

    /// Compares and reports the digest of what the records say, if all were read.
    private mutating func compareContents() {
        guard failure == nil, !isLeft, !hidesSome else { return }
        let (faults, account) = contents.concluded()
        for fault in faults { add(fault) }
        report.contents = account
    }

    /// One shard does it for all: each lists all records. What is wrong with checkpoints themselves is reported also where
    /// some records are hidden.
    private mutating func compareRecords() {
        guard let checkpoints, options.selection.shard.index == 0 else { return }
        // A digest of some of the records would contradict that of all.
        if hidden.isEmpty { checkpoints.digester.finish() }
        let (faults, account) = checkpoints.concluded()
        for fault in faults { add(fault) }
        if !checkpoints.warnings.isEmpty { report.warnings = (report.warnings ?? []) + checkpoints.warnings }
        report.checkpoint = account
    }

    /// Takes in that losses accepted now are on record.
    mutating func recorded(_ record: LossRecord) { report.add(record.losses) }

    /// Takes in that losses accepted now could not be recorded, so that they remain faults.
    mutating func notRecorded(_ faults: some Sequence<BackupFault>) {
        for fault in faults { report.add(fault) }
    }

    private mutating func absorb(_ page: Page<StoredObject>) {
        guard let prefix = prefixes.last else { return }
        let isOfManifests = isOfManifests(prefix)
        var records: [RecordDigester.Listed] = []
        for object in page.elements {
            if !isOfManifests {
                absorb(object: object)
            } else if let time = absorb(manifest: object.key) {
                records.append((object.key, time))
            }
        }
        checkpoints?.digester.add(records, from: 0)
        for folder in page.hidden {
            if isOfManifests { hidden.append(folder) } else if !folders.cover(folder.prefix) { refuse(folder) }
        }
        token = page.next
        do throws(RemoteFailure) {
            if let token { try trail.follow(token, after: page.elements.count) }
        } catch {
            failure = failure ?? error
        }
        if token == nil {
            prefixes.removeLast()
            trail = PageTrail(operation: .list, target: layout.domain)
            if isOfManifests, prefixes.allSatisfy({ !self.isOfManifests($0) }), !seesRecords {
                failure = failure ?? hidden.first?.failure
            }
        }
    }

    private func isOfManifests(_ prefix: ObjectKey) -> Bool {
        prefix.value.utf8.starts(with: layout.manifestsPrefix.value.utf8)
    }

    /// - Returns: the time of the record that the key names; nil for any other key.
    private mutating func absorb(manifest key: ObjectKey) -> Timestamp? {
        let version = layout.record(at: key)
        if let version {
            coverage.see(version.coordinates)
            counts?.see(version)
        }
        let own = version == nil ? layout.packageRecord(at: key) : nil
        let package = version?.coordinates.package ?? own?.package
        // Objects alone are not a backup: without a record nothing can be restored.
        if let package { coverage.see(package) }
        guard let package else {
            // It belongs to no package, so the first shard reports it.
            guard options.selection.include.isEmpty, options.selection.shard.index == 0 else { return nil }
            let message = "this key is not a manifest's. If it was renamed, rename it back; otherwise delete it"
            waiting.append(.confirm(BackupFault(.misplacedManifest, at: key, message)))
            return nil
        }
        seesRecords = true
        let folder = self.folder(of: package)
        open(package, folder: folder)
        inWork.see(folder)
        if package.isPlugin {
            let group = DocumentFolder(ofGroup: package.namespace, in: package.repository)
            folders.insert(groupWithDocument: layout.metadataKey(in: group))
            if options.selection.contains(package) { openDocument(in: group) }
        }
        return version?.recordedAt ?? own?.recordedAt
    }

    private mutating func openDocument(in folder: DocumentFolder) {
        guard folders.insert(document: layout.metadataKey(in: folder)) else { return }
        waiting.append(.lookAtDocument(in: folder))
    }

    private mutating func absorb(object: StoredObject) {
        let parts = object.key.value.split(separator: "/", omittingEmptySubsequences: false)
        let directory = parts.dropLast().map { $0 + "/" }.joined()
        let folder = parts.dropLast(2).map { $0 + "/" }.joined()
        let name = parts.last.map(String.init) ?? ""
        guard !folders.isOfPackage(folder) else { return }
        if MavenMetadata.isDocumentFile(name), folders.isOfPackage(directory) || folders.isOfGroup(directory) { return }
        if let package = layout.package(atFolder: folder) {
            open(package, folder: LookedAtFolders.hash(folder))
        } else if options.selection.include.isEmpty, options.selection.shard.index == 0 {
            var fault = BackupFault(.stray, at: object.key, "this key is not an asset's key; the object can be deleted")
            fault.isNote = true
            waiting.append(.confirm(fault))
        }
    }

    private mutating func open(_ package: PackageCoordinates, folder: UInt64) {
        guard folders.insert(package: folder), options.selection.contains(package) else { return }
        inWork.add(folder)
        waiting.append(.look(package))
    }

    private func folder(of package: PackageCoordinates) -> UInt64 {
        LookedAtFolders.hash(layout.packagePrefix(package).value)
    }

    /// Looks for what is there instead, if there is nothing to verify.
    mutating func look(around backup: Backup) async {
        if failure == nil, !isLeft { await coverage.look(around: backup) }
    }

    /// The report at the end.
    func finished(_ counts: RequestLedger.Counts, at time: Timestamp) -> VerifyReport {
        var report = report
        report.finishedAt = time.extended
        report.requests = counts.requests
        report.retries = counts.retries
        report.throttled = counts.throttled
        let failure =
            failure ?? (isLeft ? nil : coverage.failure(listing: "the backup of \(layout.domain)", at: location))
        if failure == nil, !isLeft {
            let unseen = coverage.unmatched + coverage.unseenRepositories
            if !unseen.isEmpty { report.warnings = (report.warnings ?? []) + unseen }
        }
        report.conclude(failure, stopped: isLeft ? stop.ending : nil)
        return report
    }
}
