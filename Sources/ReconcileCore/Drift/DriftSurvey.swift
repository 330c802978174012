/// Compares a domain with its backup now and over time, for `reconcile drift`; writes nothing on either side.
///
/// Listing costs what a run's does. The manifests are listed a second time where anything is to be named: a version
/// with more than one record, or one that drifted from a record. Beside that it asks, of each version that is
/// unprotected or gone, one DescribePackageVersion; of each that has a record and other bytes now, one
/// ListPackageVersionAssets; and it reads one manifest of each revision in a row of versions that had more than one, and
/// each record that a finding rests on. Where the configuration is recorded, one list and one read of its records, and
/// what `ConfigurationReading` asks. One that cannot be relied on is a failure, and the findings are those without it.
package struct DriftSurvey: Sendable {
    package struct Options: Hashable, Sendable {
        package var selection = Selection()
        /// Requests at once, at least 1.
        package var width = 32
        package var deletionGuard = DeletionGuard()
        /// What was recorded earlier is not reported; nil for everything.
        package var since: Timestamp?

        package init() {}
    }

    private let source: (any PackageSource)?
    private let configuration: (any ConfigurationSource)?
    private let backup: Backup
    private let options: Options

    /// - Parameters:
    ///   - source: retried as wished; nil for what the manifests alone know.
    ///   - configuration: nil where it is not compared.
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

    /// Surveys to the end, or until it is stopped or the task is cancelled; the report says which.
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

    /// Compares the configuration, unless something ended the survey.
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

    /// What a run would warn of: changed bytes could not be kept. A survey does without the answer if the right to ask is
    /// missing.
    private func warningOfNoVersions() async throws -> String? {
        guard source != nil else { return nil }
        do {
            return backup.store.warning(keepsVersions: try await backup.store.keepsVersions())
        } catch let failure as RemoteFailure where failure.kind == .denied || failure.kind == .forbidden {
            return "it is not known whether the backup's store keeps versions: \(failure)"
        }
    }

    // MARK: Listing

    /// What both listings say together.
    private struct Listing {
        var repositories: [String] = []
        var index: ManifestIndex
        var drifted: [DriftSchedule.Drifted] = []
        /// Whether what the source does not list is not there.
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
                return .versions(package, Array(try await source.allVersions(of: package).values))
            } catch {
                return narrow(error, "\(package)").map { .failed(ItemFailure($0, package: package)) } ?? .interrupted
            }
        }
    }

    // MARK: Naming

    /// Each version that there may be something to report of. The index holds no names, so the manifests are listed
    /// once more.
    private func questions(
        _ listing: Listing,
        _ tally: inout RunTally,
        _ context: RunContext<RunEvent>
    ) async throws -> [VersionDrift] {
        var drifted = Dictionary(listing.drifted.map { ($0.version.exact, $0) }) { $1 }
        let census = listing.tellsWhatIsGone ? listing.index.census : [:]
        // Each version that is gone is asked for below, the withdrawn ones too.
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
                // Each is a failure already.
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

    // MARK: Asking

    private enum Answer: Sendable {
        /// What was found, and the records that do not pass the reader.
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

    /// - Returns: also how many records were read.
    private func findings(
        of drift: VersionDrift
    ) async throws -> (DriftFindings, untrusted: [ItemFailure], read: Int) {
        var drift = drift
        var manifests: [ExactText: Manifest] = [:]
        var description: VersionDescription?
        if case .gone(isConfirmed: true) = drift.atSource {
            // The service's documents disagree on whether archived versions are listed.
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
                // Deleted since its package was listed, or a failure.
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

    /// Reads some of a version's records, each once, and leaves out those that do not pass the reader; returns why.
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

/// The account of a survey, and what it found.
package struct DriftReport: Hashable, Sendable {
    /// `missing` and `stale` as a run would count them; nothing is copied.
    package let run: RunReport
    package let findings: DriftFindings
    /// Nil where it was not compared, or nothing of it is recorded.
    package let configuration: ConfigurationDrift?
    package let records: Records

    /// How far the backup's records were looked at.
    package struct Records: Hashable, Sendable {
        /// Those of which the key and the size were looked at.
        package var listed = 0
        /// Those that were read; of the others, what they say is not known.
        package var read = 0

        package init(listed: Int = 0, read: Int = 0) { (self.listed, self.read) = (listed, read) }
    }

    package init(
        run: RunReport,
        findings: DriftFindings,
        configuration: ConfigurationDrift? = nil,
        records: Records = Records()
    ) {
        (self.run, self.findings, self.configuration, self.records) = (run, findings, configuration, records)
    }

    /// Whether nothing differs that was looked at.
    package var isEmpty: Bool { findings.isEmpty && configuration?.changes.isEmpty ?? true }

    /// Drift where there is any and all was looked at.
    package var exit: ExitStatus { run.exit == .converged && !isEmpty ? .drift : run.exit }
}
