/// One restore: republishes to a domain what the backup has and the domain lacks, and accounts for it.
///
/// Stateless, as a run is: what is left to do is found by comparing the manifests with what the
/// domain lists, so a restore that was stopped or killed is simply run again. Nothing is
/// overwritten or deleted: other bytes under a name are reported. In the report, `listed` are the
/// versions that should be there, `inSync` those that the domain has, `missing` and `stale` those
/// it lacks or has unfinished, `copied` those that were restored and compared, `skipped` those that
/// the selection's origin leaves out.
package struct Restorer: Sendable {
    package struct Options: Hashable, Sendable {
        package var selection = Selection()
        package var choice = RestoreChoice()
        /// Packages in work at once, and assets in motion; at least 1.
        package var width = 32
        /// The one repository that everything goes to; each to its own when nil.
        package var repository: String?
        /// Whether the backup is of the very domain that is restored, so that equal revisions are equal versions.
        package var isSameDomain = true
        /// Whether to restore the bytes that were recorded first, if later records name others.
        package var givesFirst = false
        /// Whether a package's record may open it to upstream repositories, if it is proved or accepted.
        package var allowsUpstream = false
        /// Digests of the records that may do so although no trust file proves them (`OpeningRecords`).
        package var accepted: Set<String> = []
        /// Whether a version that the domain lists with its recorded status counts as restored,
        /// without a closer look.
        package var isIncremental = false
        /// The versions that come back first; nil for all alike.
        package var needed: NeededVersions?
        /// Whether the others come back too, after those.
        package var restoresRest = false
        /// Whether anything is written; if not, the report's `missing` and `stale` are what would
        /// be restored.
        package var writes = true

        package init() {}
    }

    let backup: Backup
    let domain: any PackageSource
    let destination: any PackageDestination
    let options: Options
    let places: TransferPlaces
    let counted: CensusReader?

    /// - Parameters:
    ///   - backup: read, never written.
    ///   - domain: what is there; retried as wished, like `destination`, which must be of the same domain.
    ///   - counted: what the listed records are compared with; nil for nothing.
    ///   - places: those of the assets in motion, and how many packages are in work at once; nil for as many as the
    ///     options' width.
    package init(
        backup: Backup,
        domain: any PackageSource,
        destination: any PackageDestination,
        options: Options,
        places: TransferPlaces? = nil,
        counted: CensusReader? = nil
    ) {
        self.backup = backup
        self.domain = domain
        self.destination = destination
        self.options = options
        self.places = places ?? TransferPlaces(limit: options.width)
        self.counted = counted
    }

    /// Runs to the end, or until it is stopped or the task is cancelled; the report says which.
    package func run(id: String, in context: RunContext<RunEvent>) async -> RestoreReport {
        let account = RunAccount(domain: backup.layout.domain, selection: options.selection, context: context)
        var findings = RestoreFindings()
        var (disagrees, lacksDestination) = (false, false)
        let report = await account.report(id: id) { tally in
            defer { disagrees = tally.failedOperations.contains(VersionRestorer.comparison) }
            do {
                try await restore(&tally, &findings, context)
            } catch let failure as RemoteFailure where failure.kind == .absent {
                lacksDestination = failure.operation.kind == .domain
                throw failure
            }
        }
        return RestoreReport(
            run: report,
            findings: findings,
            disagrees: disagrees,
            lacksDestination: lacksDestination
        )
    }

    private func restore(
        _ tally: inout RunTally,
        _ findings: inout RestoreFindings,
        _ context: RunContext<RunEvent>
    ) async throws {
        let newest = try await newestCheckpoint(context)
        let cuts = cuts(newest)
        let digester = cuts.digester(of: backup)
        var census = try await census(&tally, context)
        let recorded = try await recorded(by: digester, &census, &tally, context)
        if recorded.isShown, let census { fail(of: census.losses, &tally, context) }
        let packages = recorded.packages
        guard !packages.isEmpty else {
            await tally.coverage.look(around: backup)
            return try await requireRestorable(findings.withheld, &tally, context)
        }
        warn(ofOld: newest, &tally, context)
        // What is not shown is a failure already.
        let agrees = recorded.isWhole ? try await compare(digester, with: cuts, &tally, context) : digester == nil
        let openings = recorded.openings.proved(backup.trust != nil && agrees)
        tally.report.packages = packages.values.reduce(0) { $0 + $1.count }
        let repositories = try await orderedRepositories(packages, &tally, context.observe)
        tally.report.repositories = repositories.count
        tally.progress.packagesListed = tally.report.packages
        tally.progress.allPackagesListed = true
        tally.progress.listingComplete = true
        var unfinished: Set<PackageCoordinates> = []
        for part in options.parts {
            for repository in repositories {
                let all = packages[repository] ?? []
                var schedule = RestoreSchedule(
                    packages: part == .needed ? all.filter { options.needed?.contains($0) ?? true } : all,
                    tally: tally,
                    findings: findings,
                    namesVersions: !options.writes,
                    countsPackages: part == options.parts.last,
                    in: context
                )
                let before = unfinished
                await drive(&schedule, width: places.limit) { package in
                    await restore(package, part, openings, mayClose: !before.contains(package), context)
                }
                (tally, findings) = (schedule.tally, schedule.findings)
                unfinished.formUnion(schedule.unfinished)
                for (group, plugins) in schedule.plugins.sorted(by: { $0.key < $1.key }) {
                    let present = Set(all.lazy.filter { ExactText($0.namespace) == group }.map { ExactText($0.name) })
                    let entries = plugins.entries(having: present)
                    let warning = await publish(entries, ofGroup: group.value, in: options.repository ?? repository)
                    if let warning { tally.warn(warning, context.observe) }
                }
                if tally.fatal != nil || tally.leftOver { return }
            }
        }
        if let sentence = findings.leftOpen.sentence { tally.warn(sentence, context.observe) }
        try await requireRestorable(findings.withheld, &tally, context)
    }

    /// Whether anything of what was asked for can come back at all.
    private func requireRestorable(
        _ withheld: WithheldVersions,
        _ tally: inout RunTally,
        _ context: RunContext<RunEvent>
    ) async throws {
        try tally.requireCoverage(
            listing: "the backup of \(backup.layout.domain)",
            at: backup.store.location,
            context.observe
        )
        for warning in tally.coverage.idleExclusions { tally.warn(warning, context.observe) }
        if tally.report.versions.listed == 0, let moment = options.choice.asOf, !options.selection.mayBeEmpty {
            try await options.selection.requireRecord(in: backup, asOf: moment, operation: .restore, stop: context.stop)
        }
        guard let sentence = withheld.sentence else { return }
        if tally.report.versions.listed == 0, !options.selection.mayBeEmpty {
            throw RemoteFailure(.absent, operation: .restore, target: backup.store.location, message: sentence)
        }
        tally.warn(sentence, context.observe)
    }

    // MARK: What is to be restored

    /// The repositories to restore, in order; those that the domain lacks are reported, each once.
    private func orderedRepositories(
        _ packages: [String: [PackageCoordinates]],
        _ tally: inout RunTally,
        _ observe: @escaping @Sendable (RunEvent) -> Void
    ) async throws -> [String] {
        let held = Set(try await domain.allRepositories().map(ExactText.init))
        func lacks(_ repository: String) -> RemoteFailure {
            RemoteFailure(
                .absent,
                operation: domain.operations.listRepositories,
                target: repository,
                message: "the domain has no such repository, and a restore creates none; create it, then run this again"
            )
        }
        if let repository = options.repository {
            guard held.contains(ExactText(repository)) else { throw lacks(repository) }
            return packages.keys.sorted()
        }
        let present = packages.keys.filter { held.contains(ExactText($0)) }
        for repository in packages.keys.sorted() where !held.contains(ExactText(repository)) {
            guard !present.isEmpty else { throw lacks(repository) }
            tally.fail(ItemFailure(lacks(repository), repository: repository), observe)
        }
        guard present.count > 1 else { return Array(present) }
        var upstreams: [String: [String]] = [:]
        var waiting = Array(present)
        while let repository = waiting.popLast() {
            guard upstreams[repository] == nil else { continue }
            upstreams[repository] = try await destination.upstreams(of: repository)
            waiting += upstreams[repository] ?? []
        }
        return RepositoryOrder.downstreamFirst(Array(present), upstreams: upstreams)
    }

    // MARK: One package

    /// - Parameter mayClose: whether its origin controls may block publishing at the end, because
    ///   no part of it has failed.
    private func restore(
        _ package: PackageCoordinates,
        _ part: RestorePart,
        _ openings: OpeningRecords,
        mayClose: Bool,
        _ context: RunContext<RunEvent>
    ) async -> RestoreSchedule.Outcome {
        let target = PackageCoordinates(
            repository: options.repository ?? package.repository,
            namespace: package.namespace,
            name: package.name
        )
        var outcome = RestoreSchedule.Outcome(package: package)
        do {
            let history = try await backup.catalog.history(of: package)
            outcome.recorded = history.versions.map(\.coordinates)
            let selected = history.versions.filter { options.selection.contains($0.coordinates) }
            let own = selected.filter { options.takes($0.coordinates, in: part) }
            let isLast = part != .needed || own.count == selected.count
            let histories = try await settled(own, &outcome)
            let records = histories.compactMap(options.choice.record(of:))
            outcome.withheld = histories.compactMap(options.choice.withheld(from:))
            outcome.revived = histories.compactMap(options.choice.revived(from:))
            guard !records.isEmpty else { return outcome }
            let listed = try await domain.allVersions(of: target)
            let groups = pending(RestoreOrder(records).groups, of: target, listed: listed, &outcome)
            guard !groups.isEmpty || !options.isIncremental || !history.own(asOf: options.choice.asOf).isEmpty else {
                return outcome
            }
            let controls = try await controls(
                of: target,
                history,
                listed: listed,
                wanted: selected.compactMap(options.choice.record(of:)),
                isTold: isLast || !options.restoresRest,
                openings,
                &outcome
            )
            let first = FirstControls(controls.first)
            let restorer = VersionRestorer(
                backup: backup,
                domain: domain,
                destination: destination,
                options: options,
                places: places,
                clock: context.clock,
                target: target,
                histories: Dictionary(histories.map { (ExactText($0.coordinates.version), $0) }) { $1 },
                listed: listed,
                controls: first
            )
            outcome.isLeft = try await restorer.restore(groups, until: context.stop, &outcome.versions)
            if controls.first != nil, !first.arePending { outcome.controlsSet += 1 }
            guard let last = controls.last, !first.arePending else { return outcome }
            try await close(target, with: last, isLast: isLast, mayClose: mayClose, &outcome)
        } catch {
            if let failure = RemoteFailure.narrowing(error, operation: .restore, target: "\(target)") {
                outcome.failure = ItemFailure(failure, package: target)
            } else {
                outcome.isLeft = true
            }
        }
        return outcome
    }

    /// Gives a package its final origin controls, if no part of it is left that they would keep
    /// out.
    private func close(
        _ target: PackageCoordinates,
        with last: OriginControls,
        isLast: Bool,
        mayClose: Bool,
        _ outcome: inout RestoreSchedule.Outcome
    ) async throws {
        let isFailed = outcome.versions.contains(where: \.isFailed)
        guard isLast else {
            outcome.staysOpen = !options.restoresRest
            outcome.isUnfinished = isFailed
            return
        }
        if outcome.isLeft || isFailed || !mayClose {
            outcome.warnings.append(
                "\(target) still allows publishing, because part of it was not restored; its origin controls become "
                    + "\(last) again after a restore of it without failures"
            )
            return
        }
        if options.writes { try await destination.setOriginControls(last, of: target) }
        outcome.controlsSet += 1
    }

    /// The histories without records that say that a version is gone and do not pass the reader: a
    /// version stays gone only if a proved record says so.
    ///
    /// One GET for each version that does not come back; what a version is restored from is proved when it is opened.
    private func settled(
        _ histories: [VersionHistory],
        _ outcome: inout RestoreSchedule.Outcome
    ) async throws -> [VersionHistory] {
        var settled: [VersionHistory] = []
        for history in histories {
            var rest: VersionHistory? = history
            while let known = rest, options.choice.record(of: known) == nil,
                let newest = options.choice.newest(of: known)
            {
                do {
                    _ = try await backup.catalog.manifest(of: newest)
                    break
                } catch let failure as RemoteFailure where failure.kind == .untrusted {
                    outcome.untrusted.append(ItemFailure(failure, version: newest.coordinates))
                    rest = known.without(newest)
                }
            }
            if let rest { settled.append(rest) }
        }
        return settled
    }
}
