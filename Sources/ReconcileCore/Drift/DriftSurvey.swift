/// Compares a domain with its backup, at present and over time, for `reconcile drift`; writes nothing on either side.
///
/// Listing costs as much as in a run. The manifests are listed again if there is a version to name: one with several
/// records, or one that has drifted. Then it sends one DescribePackageVersion per unprotected or missing version, and
/// one ListPackageVersionAssets per unprotected version with bytes recorded earlier. It reads one manifest per
/// consecutive revision of versions with several, and each record that a finding depends on. If the configuration is
/// recorded, it also lists the records, reads one, and reads the configuration. An unreliable record is a failure, and
/// the findings omit it.
package struct DriftSurvey: Sendable {
    package struct Options: Hashable, Sendable {
        package var selection = Selection()
        /// The number of concurrent requests, at least 1.
        package var width = 32
        package var deletionGuard = DeletionGuard()
        /// Changes recorded earlier are not reported; nil to report all.
        package var since: Timestamp?

        package init() {}
    }

    private let source: (any PackageSource)?
    private let configuration: (any ConfigurationSource)?
    private let backup: Backup
    private let options: Options

    /// - Parameters:
    ///   - source: with any retries already applied; nil to use the manifests alone.
    ///   - configuration: nil to skip the comparison.
    package init(
        source: (any PackageSource)?,
        configuration: (any ConfigurationSource)? = nil,
        backup: Backup,
        options: Options
    ) {
        self.source = source
        self.configuration = configuration
        self.backup = backup
        self.options = options
    }

    /// Surveys until the end, or until it is stopped or the task is cancelled; the report says which.
    package func run(id: String, in context: RunContext<RunEvent>) async -> DriftReport {
        let account = RunAccount(domain: backup.layout.domain, selection: options.selection, context: context)
        var findings = DriftFindings()
        var configuration: ConfigurationDrift?
        var records = DriftReport.Records()
        let report = await account.report(id: id) { tally in
            let repositories = try await survey(&tally, &findings, &records, context)
            configuration = try await compare(repositories, &tally, context)
        }
        return DriftReport(run: report, findings: findings, configuration: configuration, records: records)
    }

    /// Compares the configuration, unless the survey was ended early.
    private func compare(
        _ repositories: [String],
        _ tally: inout RunTally,
        _ context: RunContext<RunEvent>
    ) async throws -> ConfigurationDrift? {
        guard let configuration, options.selection.coversConfiguration, tally.fatal == nil, !tally.leftOver else {
            return nil
        }
        let comparison = ConfigurationComparison(source: configuration, backup: backup, width: min(options.width, 16))
        let found: ConfigurationComparison.Found
        do {
            found = try await comparison.compare(repositories, stop: context.stop)
        } catch {
            guard let failure = narrow(error, "the domain's configuration") else { throw error }
            tally.fail(ItemFailure(failure), context.observe)
            return nil
        }
        for failure in found.failures { tally.fail(ItemFailure(failure), context.observe) }
        if let warning = found.warning { tally.warn(warning, context.observe) }
        return found.drift
    }

    /// - Returns: the selected repositories of the domain.
    private func survey(
        _ tally: inout RunTally,
        _ findings: inout DriftFindings,
        _ records: inout DriftReport.Records,
        _ context: RunContext<RunEvent>
    ) async throws -> [String] {
        async let versioning = warningOfNoVersions()
        let listing = try await listing(&tally, context)
        records.listed = listing.index.listed
        if let warning = try await versioning { tally.warn(warning, context.observe) }
        if tally.fatal != nil || tally.leftOver { return listing.repositories }
        if source == nil || listing.tellsWhatIsGone {
            let place = source == nil ? "the backup of \(backup.layout.domain)" : "the domain \(backup.layout.domain)"
            if source == nil { await tally.coverage.look(around: backup) }
            try tally.requireCoverage(listing: place, at: backup.store.location, context.observe)
            let unseen = source == nil ? tally.coverage.unseenRepositories : []
            for warning in unseen { tally.warn(warning, context.observe) }
        }
        let questions = try await questions(listing, &tally, context)
        var work = IndependentWork<VersionDrift, Answer>(questions, stop: context.stop) { answer in
            switch answer {
            case .found: false
            case .failed(let failure): failure.endsRun
            case .interrupted: true
            }
        }
        await drive(&work, width: options.width) { await answer($0) }
        for outcome in work.outcomes {
            switch outcome {
            case .found(let found, let untrusted, let read):
                findings.add(found)
                records.read += read
                for failure in untrusted { tally.fail(failure, context.observe) }
            case .failed(let failure): tally.fail(failure, context.observe)
            case .interrupted: tally.leftOver = true
            }
        }
        if work.isCutShort { tally.leftOver = true }
        findings.sort()
        tally.report.versions.orphaned = findings.orphaned.count
        return listing.repositories
    }

    /// The warning that a run would give if changed bytes could not be kept. If the permission to ask is missing, the
    /// survey continues without the answer.
    private func warningOfNoVersions() async throws -> String? {
        guard source != nil else { return nil }
        do {
            return backup.store.warning(keepsVersions: try await backup.store.keepsVersions())
        } catch let failure as RemoteFailure where failure.kind == .denied || failure.kind == .forbidden {
            return "it is not known whether the backup's store keeps versions: \(failure)"
        }
    }

    // MARK: Listing

    private struct Listing {
        var repositories: [String] = []
        var index: ManifestIndex
        var drifted: [DriftSchedule.Drifted] = []
        /// Whether versions missing from the source's listing are really missing there.
        var tellsWhatIsGone = false
    }

    private func listing(
        _ tally: inout RunTally,
        _ context: RunContext<RunEvent>
    ) async throws -> Listing {
        let empty = options.deletionGuard.index(at: backup.clock)
        guard let source else {
            return Listing(index: try await options.selection.fill(empty, from: backup, &tally, in: context).index)
        }
        let repositories = try await options.selection.repositories(of: source, domain: backup.layout.domain)
        tally.report.repositories = repositories.count
        let manifests = try await options.selection.fill(empty, from: backup, &tally, in: context)
        var schedule = DriftSchedule(
            repositories: repositories,
            manifests: manifests,
            tally: tally,
            selection: options.selection,
            in: context
        )
        await drive(&schedule, width: options.width) { await list($0, source) }
        tally = schedule.tally
        for failure in await source.failures(among: schedule.vanished) { tally.fail(failure, context.observe) }
        return Listing(
            repositories: repositories,
            index: schedule.index,
            drifted: schedule.drifted,
            tellsWhatIsGone: schedule.listingComplete
        )
    }

    private func list(_ item: DriftSchedule.Item, _ source: any PackageSource) async -> DriftSchedule.Outcome {
        switch item {
        case .listPackages(let repository):
            do {
                return .packages(try await source.allPackages(in: repository).map(\.coordinates))
            } catch {
                return narrow(error, repository).map { .failed(ItemFailure($0, repository: repository)) }
                    ?? .interrupted
            }
        case .listVersions(let package):
            do {
                return .versions(package, try await source.listedVersions(of: package))
            } catch {
                return narrow(error, "\(package)").map { .unlisted(package, $0) } ?? .interrupted
            }
        }
    }

    // MARK: Naming versions

    /// Every version that there may be something to report about. The index has no names, so the manifests are listed
    /// once more.
    private func questions(
        _ listing: Listing,
        _ tally: inout RunTally,
        _ context: RunContext<RunEvent>
    ) async throws -> [VersionDrift] {
        var drifted = Dictionary(listing.drifted.map { ($0.version.exact, $0) }) { $1 }
        let census = listing.tellsWhatIsGone ? listing.index.census : [:]
        // Each missing version is described below, including withdrawn ones.
        let refusals = options.deletionGuard.refusals(
            census.mapValues(\.trustingWithdrawn),
            of: options.selection
        )
        for sentence in Set(refusals.values).sorted() {
            let warning = "a run would refuse this, so no version is checked individually: \(sentence)"
            tally.warn(warning, context.observe)
        }
        func isGone(_ version: VersionCoordinates) -> Bool {
            listing.tellsWhatIsGone && listing.index.isUnseen(version)
        }
        var questions: [VersionDrift] = []
        let isAnythingNamed =
            census.contains { $0.value.unseen > 0 } || listing.drifted.contains(where: \.isRecorded)
            || listing.index.hasHistories(since: options.since)
        if isAnythingNamed {
            let prefixes = options.selection.manifestPrefixes(in: backup.layout)
            let histories = try await backup.catalog.histories(under: prefixes) { version in
                if context.stop.reason != nil { throw CancellationError() }
                return options.selection.contains(version)
                    && (listing.index.hasHistory(version, since: options.since) || isGone(version)
                        || drifted[version.exact] != nil)
            } hiding: { _ in
                // Each hidden folder is already a failure.
            }
            for history in histories {
                let version = history.coordinates
                let atSource: VersionDrift.AtSource =
                    if let listed = drifted.removeValue(forKey: version.exact)?.listed {
                        .listed(listed)
                    } else if isGone(version) {
                        .gone(isConfirmed: refusals[ExactText(version.package.repository)] == nil)
                    } else {
                        .asRecorded
                    }
                questions.append(
                    VersionDrift(version: version, history: history, atSource: atSource, since: options.since)
                )
            }
        }
        return questions
            + drifted.values.map {
                VersionDrift(version: $0.version, history: nil, atSource: .listed($0.listed), since: options.since)
            }
    }

    // MARK: Details

    private enum Answer: Sendable {
        /// The findings, and the records that the reader rejects.
        case found(DriftFindings, [ItemFailure], read: Int)
        case failed(ItemFailure)
        /// The task was cancelled.
        case interrupted
    }

    private func answer(_ drift: VersionDrift) async -> Answer {
        do {
            let (findings, untrusted, read) = try await findings(of: drift)
            return .found(findings, untrusted, read: read)
        } catch {
            return narrow(error, "\(drift.version)").map { .failed(ItemFailure($0, version: drift.version)) }
                ?? .interrupted
        }
    }

    /// - Returns: also the number of records read.
    private func findings(
        of drift: VersionDrift
    ) async throws -> (DriftFindings, untrusted: [ItemFailure], read: Int) {
        var drift = drift
        var manifests: [ExactText: Manifest] = [:]
        var description: VersionDescription?
        if case .gone(isConfirmed: true) = drift.atSource {
            // The service's documentation is inconsistent on whether archived versions are listed.
            description = try await source?.describe(drift.version)
            if let description { drift = drift.found(description) }
        } else if let source, drift.unprotected(publishedTime: nil) != nil {
            description = try await source.describe(drift.version)
            if description == nil { drift = drift.gone }
        }
        var untrusted = try await prove(&drift, &manifests) { $0.cited }
        var listed: [Asset] = []
        if let source, drift.asksForAssets {
            do {
                listed = try await source.allAssets(of: drift.version)
            } catch let failure as RemoteFailure where failure.kind == .absent {
                // Deleted since its package was listed, or a real failure.
                guard try await source.describe(drift.version) == nil else { throw failure }
                drift = drift.gone
            }
        }
        var findings = DriftFindings()
        findings.orphaned = drift.orphaned.map { [$0] } ?? []
        findings.statusChanges = drift.statusChanges
        let publishedTime = description?.properties.publishedTime
        findings.unprotected = drift.unprotected(publishedTime: publishedTime).map { [$0] } ?? []
        untrusted += try await prove(&drift, &manifests) { $0.readings }
        let readings = drift.readings.compactMap { manifests[ExactText($0.fileName)] }
        findings.mutated = drift.mutated(manifests: readings, listed: listed)
        return (findings, untrusted, manifests.count + untrusted.count)
    }

    /// Reads some of a version's records, each once, and omits those that the reader rejects; returns their failures.
    private func prove(
        _ drift: inout VersionDrift,
        _ manifests: inout [ExactText: Manifest],
        _ records: (VersionDrift) -> [ManifestRecord]
    ) async throws -> [ItemFailure] {
        var untrusted: [ItemFailure] = []
        while let record = records(drift).first(where: { manifests[ExactText($0.fileName)] == nil }) {
            do {
                manifests[ExactText(record.fileName)] = try await backup.catalog.manifest(of: record)
            } catch let failure as RemoteFailure where failure.kind == .untrusted {
                untrusted.append(ItemFailure(failure, version: drift.version))
                drift = drift.without(record)
            }
        }
        return untrusted
    }

    private func narrow(_ error: any Error, _ target: String) -> RemoteFailure? {
        RemoteFailure.narrowing(error, operation: .drift, target: target)
    }
}
