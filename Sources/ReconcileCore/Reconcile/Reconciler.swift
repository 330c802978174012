/// One run: brings the backup to the state of the domain, and accounts for it.
///
/// Stateless: everything it knows is read from the source and the store. Any number of runs, shards and event writers
/// may work on one backup at once; no lock is taken and nothing is ever deleted.
package struct Reconciler: Sendable {
    /// What is done with the records that a run lists, once the newest checkpoint before it has been read.
    package struct Evidence: Sendable {
        /// Takes in all of them.
        package let digester: RecordDigester?
        /// Which of them count; nil for all.
        package let proof: RecordProof?

        package init(digester: RecordDigester? = nil, proof: RecordProof? = nil) {
            (self.digester, self.proof) = (digester, proof)
        }
    }

    let source: any PackageSource
    let backup: Backup
    let options: Options
    let recorder: Manifest.Recorder
    let places: TransferPlaces
    private let evidence: Evidence
    private let acceptsLoss: VersionCopier.LossQuestion
    private let retired: RetirementQuestion

    /// Asked where objects under the keys of records do not count: which records a repair has retired.
    package typealias RetirementQuestion = @Sendable () async throws -> Set<ObjectKey>

    /// - Parameters:
    ///   - source: already retrying; the reconciler repeats no request, though a version that changes is copied a second
    ///     time.
    ///   - places: those of the assets in motion, and how many pieces of work run at once; nil for as many as the options'
    ///     width.
    ///   - evidence: what is done with the records that this run lists; see `Evidence`.
    ///   - acceptsLoss: as `VersionCopier` asks it.
    ///   - retired: of which records that do not count nobody is warned.
    package init(
        source: any PackageSource,
        backup: Backup,
        options: Options,
        recorder: Manifest.Recorder,
        places: TransferPlaces? = nil,
        evidence: Evidence = Evidence(),
        acceptsLoss: @escaping VersionCopier.LossQuestion = { _ in false },
        retired: @escaping RetirementQuestion = { [] }
    ) {
        self.source = source
        self.backup = backup
        self.options = options
        self.recorder = recorder
        self.places = places ?? TransferPlaces(limit: options.width.pieces)
        self.evidence = evidence
        self.acceptsLoss = acceptsLoss
        self.retired = retired
    }

    /// Runs to the end, or until it is stopped or the task is cancelled; the report says which.
    ///
    /// The report is returned, not stored: callers use `RunReport.store`, so that a cancelled run is accounted for too.
    package func run(id: String, in context: RunContext<RunEvent>) async -> RunReport {
        var report = await account(in: context).report(id: id) { tally in
            try await reconcile(&tally, context)
            try await readBack(&tally, context)
        }
        report.concurrency = RunReport.Concurrency(most: places.mostTaken, waited: places.waited)
        return report
    }

    func account(in context: RunContext<RunEvent>) -> RunAccount {
        RunAccount(
            domain: backup.layout.domain,
            selection: options.selection,
            context: context,
            backup: backup.store.location
        )
    }

    private func warnOfNoVersions(_ keepsVersions: Bool?, _ tally: inout RunTally, _ context: RunContext<RunEvent>) {
        if let warning = backup.store.warning(keepsVersions: keepsVersions) { tally.warn(warning, context.observe) }
    }

    /// Warns of objects that do not count as records, but for those under a key that a repair has retired: if there are any,
    /// one list and a GET for each repair. Whether the bytes are still those that were retired is for verify to say.
    func warn(of ignored: IgnoredObjects, _ tally: inout RunTally, _ context: RunContext<RunEvent>) async {
        guard !ignored.isEmpty else { return }
        var ignored = ignored
        ignored.remove(retired: (try? await retired()) ?? [])
        if let warning = ignored.warning { tally.warn(warning, context.observe) }
    }

    private func reconcile(_ tally: inout RunTally, _ context: RunContext<RunEvent>) async throws {
        async let listed = source.allRepositories(
            operation: source.operations.listRepositories,
            target: backup.layout.domain
        )
        async let versioning = backup.store.keepsVersions()
        let plugins = PluginGroups()
        let repositories = try await selected(among: listed, &tally)
        context.observe(.repositoriesListed(repositories))
        let keepsVersions = try await versioning
        warnOfNoVersions(keepsVersions, &tally, context)
        if backup.store.operations.takesCasesForOne {
            tally.warn(
                "the file system of \(backup.store.location) ignores case: of two names that differ only in case the "
                    + "second cannot be stored, and its version fails; keep the backup on one that distinguishes them",
                context.observe
            )
        }
        let copier = copier(keepsVersions: keepsVersions, plugins: plugins)
        tally.report.repositories = repositories.count

        var schedule = ReconcileSchedule(
            repositories: repositories,
            of: source.operations,
            manifests: ManifestListing(
                of: options.selection,
                in: backup,
                plugins: plugins,
                digester: evidence.digester,
                index: options.deletionGuard.index(at: backup.clock)
            ),
            in: backup.layout,
            tally: tally,
            options: options,
            proof: evidence.proof,
            in: context
        )
        // Read before each item, since `places` adapts to the service.
        await drive(&schedule, width: places.pieces) { item in
            await perform(item, copier)
        }
        tally = schedule.tally
        await requireGone(&schedule, &tally, context)
        // Only what was written shows it if the store does not say.
        if keepsVersions == nil { warnOfNoVersions(try await backup.store.keepsVersions(), &tally, context) }
        tally.progress.listingComplete = !tally.leftOver || schedule.listingComplete

        guard schedule.manifests.isWhole else { return }
        await warn(of: schedule.manifests.ignored, &tally, context)
        if let warning = schedule.manifests.archived.warning { tally.warn(warning, context.observe) }
        let index = schedule.manifests.index
        let census = index.census
        // What a broken listing did not show may be there all the same.
        tally.report.versions.orphaned += census.values.reduce(0) {
            $0 + $1.deleted + (schedule.listingComplete ? $1.unseen : 0)
        }
        guard schedule.listingComplete, tally.fatal == nil, !tally.leftOver else { return }
        try requireCoverage(&tally, context)
        try await recordWhatIsGone(from: index, census, by: copier, &tally, in: context)
    }

    /// Reports packages whose versions were not found although the source still lists them.
    private func requireGone(
        _ schedule: inout ReconcileSchedule,
        _ tally: inout RunTally,
        _ context: RunContext<RunEvent>
    ) async {
        guard tally.fatal == nil, !tally.leftOver else { return }
        for failure in await source.failures(among: schedule.vanished) {
            schedule.listingComplete = false
            tally.fail(failure, context.observe)
        }
    }

    /// - Parameters: as `VersionCopier` takes them.
    func copier(keepsVersions: Bool?, plugins: PluginGroups? = nil) -> VersionCopier {
        VersionCopier(
            source: source,
            backup: backup,
            places: places,
            recorder: recorder,
            keepsVersions: keepsVersions,
            options: options.copying,
            plugins: plugins,
            acceptsLoss: acceptsLoss
        )
    }

    // MARK: Performing

    private func perform(
        _ item: ReconcileSchedule.Item,
        _ copier: VersionCopier
    ) async -> ReconcileSchedule.Outcome {
        switch item {
        case .openPackage(let package, let number, let directories, let round):
            guard let found = await open(package, directories, for: round) else { return .interrupted }
            return .opened(number: number, found)
        case .copy(let drift, let number, let round):
            let outcome = await withTaskExecutorPreference(places.executor) {
                await copier.copy(
                    drift.coordinates,
                    listed: drift.listed,
                    newestRecord: drift.newestRecord,
                    in: round
                )
            }
            if case .committed = outcome { places.versionEnded() }
            return .copied(drift, number: number, outcome)
        case .closePackage(let package, let number, let round):
            guard let closed = await close(package, round, copier) else { return .interrupted }
            return .closed(number: number, closed)
        case .listManifests(let request):
            return await list(request)
        case .listPackages(let repository, let token, let trail):
            return await listPackages(in: repository, after: token, trail)
        case .listVersions(let package, let number, let token, let trail):
            return await listVersions(of: package, number, after: token, trail)
        case .recordControls(let package, let controls, let newest):
            return await record(controls, of: package, after: newest)
        }
    }

    @inline(never)
    private func list(_ request: ManifestRanges.Request) async -> ReconcileSchedule.Outcome {
        let page = await result(of: backup.layout.domain) {
            try await ManifestListing.page(request, of: backup, proving: evidence.proof)
        }
        guard let page else { return .interrupted }
        return .manifests(request, page.mapError { ItemFailure($0) })
    }

    @inline(never)
    private func listPackages(
        in repository: String,
        after token: PageToken?,
        _ trail: PageTrail
    ) async -> ReconcileSchedule.Outcome {
        let page = await result(of: repository) { try await source.packages(in: repository, after: token) }
        guard let page else { return .interrupted }
        return .packages(
            repository: repository,
            trail: trail,
            page.mapError { ItemFailure($0, repository: repository) }
        )
    }

    @inline(never)
    private func listVersions(
        of package: PackageCoordinates,
        _ number: Int,
        after token: PageToken?,
        _ trail: PageTrail
    ) async -> ReconcileSchedule.Outcome {
        let page = await result(of: "\(package)") { try await source.versions(of: package, after: token) }
        guard let page else { return .interrupted }
        return .versions(
            number: number,
            trail: trail,
            page.mapError { ItemFailure($0.kind == .absent ? $0.ofListedPackage : $0, package: package) }
        )
    }

    @inline(never)
    private func record(
        _ controls: OriginControls,
        of package: PackageCoordinates,
        after newest: ManifestIndex.OwnRecord?
    ) async -> ReconcileSchedule.Outcome {
        let record = await result(of: "\(package)") {
            var earlier = PreviousRecord.first
            if let newest {
                let record = newest.controls.map {
                    PackageRecord(package: package, recordedAt: newest.time, originControls: $0)
                }
                earlier = try await backup.nameOfEarlierRecord(of: package, newest: record)
            }
            let time = backup.clock.recordTime(after: newest?.time)
            return try await backup.record(controls, of: package, after: earlier, at: time, by: recorder)
        }
        guard let record else { return .interrupted }
        if case .failure(let failure) = record, failure.isOfSigningLater { return .unsigned(failure) }
        return .recordedControls(record.mapError { ItemFailure($0, package: package) })
    }

    /// What a piece of work comes to; nil when cancelled.
    private func result<Value>(
        of target: @autoclosure () -> String,
        _ work: () async throws -> Value
    ) async -> Result<Value, RemoteFailure>? {
        do {
            return .success(try await work())
        } catch {
            return narrow(error, target()).map { .failure($0) }
        }
    }

    /// Nil when cancelled.
    @inline(never)
    private func open(
        _ package: PackageCoordinates,
        _ directories: Set<ExactText>,
        for round: PackageRound
    ) async -> ReconcileSchedule.OpenedPackage? {
        var found = ReconcileSchedule.OpenedPackage()
        async let metadata = source.metadata(of: package)
        do {
            let contents = directories.isEmpty ? [:] : try await objects(of: package, in: directories)
            round.open(.success(contents))
        } catch {
            round.open(.failure(error))
            guard let failure = narrow(error, "\(package)") else { return nil }
            found.storeFailure = ItemFailure(failure, package: package)
        }
        do {
            found.metadata = try await metadata
        } catch {
            guard let failure = narrow(error, "\(package)") else { return nil }
            found.metadataFailure = ItemFailure(failure, package: package)
        }
        return found
    }

    /// What the store holds in some directories of a package's path.
    private func objects(
        of package: PackageCoordinates,
        in directories: Set<ExactText>
    ) async throws -> [ObjectKey: StoredObject] {
        var found: [ObjectKey: StoredObject] = [:]
        let prefix = backup.layout.packagePrefix(package)
        try await backup.store.forEachObject(under: prefix) { object in
            // Packages whose group begins with this one's path are under the same prefix.
            let rest = object.key.value.utf8.dropFirst(prefix.value.utf8.count)
            let parts = rest.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            guard parts.count == 2, directories.contains(ExactText(String(Substring(parts[0])))) else { return }
            found[object.key] = object
        }
        return found
    }

    func narrow(_ error: any Error, _ target: String) -> RemoteFailure? {
        RemoteFailure.narrowing(error, operation: .run, target: target)
    }
}
