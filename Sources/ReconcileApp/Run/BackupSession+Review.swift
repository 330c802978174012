import Logging
import ReconcileCore

extension BackupSession {
    /// Prints what is kept; `failures` where a manifest could not be read.
    func show(_ pattern: VersionPattern, _ writer: OutputWriter) async throws -> ExitStatus {
        let backupReview = backupReview
        let kept = try await untilStopped { try await backupReview.kept(pattern, stop: $0) }
        try writer.write(KeptListing(kept, of: place, listsAssets: pattern.version != nil, from: settings.backup))
        return tell(kept.compactMap(\.failure))
    }

    /// Prints every record; `failures` where a manifest could not be read.
    func history(_ pattern: VersionPattern, _ writer: OutputWriter) async throws -> ExitStatus {
        let backupReview = backupReview
        let entries = try await untilStopped { try await backupReview.entries(pattern, stop: $0) }
        try writer.write(HistoryListing(entries, of: place))
        return tell(entries.compactMap(\.failure))
    }

    /// Prints what differs and has differed, and writes the document where `--report` says; nothing else is written.
    ///
    /// - Parameter source: nil for what the manifests alone know.
    func drift(
        _ review: ReviewSettings,
        _ writer: OutputWriter,
        source: (any PackageSource)?
    ) async throws -> ExitStatus {
        var options = DriftSurvey.Options()
        options.selection = settings.reconcile.selection
        options.width = settings.reconcile.width
        options.deletionGuard = settings.reconcile.deletionGuard
        options.since = review.since
        let backup = Backup(store: store, layout: layout, hashes: Wiring.hashes)
        let survey = DriftSurvey(source: source, backup: backup, options: options)
        let narrator = RunNarrator(logger: logger, console: console, clock: clock)
        let report = await supervising { stop in
            let context = RunContext(clock: clock, ledger: wiring.ledger, stop: stop, observe: narrator.tell)
            return await survey.run(id: "drift", in: context)
        }
        narrator.end()
        let listing = DriftListing(
            report,
            of: place,
            since: review.since,
            isOffline: source == nil,
            now: clock.secondsSince1970()
        )
        // That is the document itself, and once is enough.
        if settings.reportFile != "-" { try writer.write(listing) }
        var exit = report.exit
        do {
            if let file = settings.reportFile { try JobSession.write(Array(OutputWriter.json(listing).utf8), to: file) }
        } catch {
            logger.error("the report could not be written to \(settings.reportFile ?? ""): \(error)")
            if exit == .converged || exit == .drift { exit = .refused }
        }
        if exit == .unavailable, source != nil {
            logger.notice("--offline says what the manifests alone know, without asking the domain")
        }
        return exit
    }

    private var place: ListingPlace { ListingPlace(domain: settings.domain, backup: store.location) }

    private var backupReview: BackupReview {
        BackupReview(
            of: Backup(store: store, layout: layout, hashes: Wiring.hashes),
            selection: settings.reconcile.selection,
            width: settings.reconcile.width
        )
    }

    private func tell(_ failures: [RemoteFailure]) -> ExitStatus {
        for failure in failures { logger.error("\(failure); run verify") }
        return failures.isEmpty ? .converged : .failures
    }

    private func untilStopped<Value: Sendable>(
        _ work: @escaping @Sendable (StopSignal) async throws -> Value
    ) async throws -> Value {
        let result = await supervising { stop -> Result<Value, any Error> in
            do {
                return .success(try await work(stop))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
