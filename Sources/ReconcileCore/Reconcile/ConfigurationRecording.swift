/// Reads the domain's configuration in a run, and records it if it differs from the newest record.
package struct ConfigurationRecording: Sendable {
    private let source: any ConfigurationSource
    private let backup: Backup
    private let width: Int

    /// - Parameter width: the number of concurrent requests.
    package init(of source: any ConfigurationSource, in backup: Backup, width: Int) {
        (self.source, self.backup, self.width) = (source, backup, width)
    }

    /// Whether a run records the configuration. The first shard does it for all shards. A run with named repositories
    /// doesn't, because it doesn't know the others; a run that ended early leaves it to the next one.
    package static func isDue(after report: RunReport, of selection: Selection) -> Bool {
        selection.coversConfiguration && report.outcome != .failed && report.outcome != .deadline
    }

    /// The configuration and its records, as found when a run concludes.
    package struct Reading: Sendable {
        fileprivate let found: Result<ConfigurationReading.Found, any Error>
        fileprivate let records: Result<ConfigurationRecords, any Error>
    }

    /// Reads the configuration and lists its records, for a run that has just listed the domain's repositories.
    package func read(_ repositories: [String], stop: StopSignal) async -> Reading {
        let reading = ConfigurationReading(of: source, width: width, stop: stop)
        async let records = Self.result { [backup] in try await ConfigurationRecords.list(in: backup) }
        let found = await Self.result { try await reading.read(repositories: repositories) }
        return Reading(found: found, records: await records)
    }

    private static func result<Value>(_ work: () async throws -> Value) async -> Result<Value, any Error> {
        do {
            return .success(try await work())
        } catch {
            return .failure(error)
        }
    }

    /// Adds the configuration to the run's report, and stores a record if there is anything new.
    ///
    /// Parts that may not be read are unknown in the record, and one warning names the missing permissions. If reading
    /// fails for another reason, that is a warning and nothing is recorded: the packages are protected without it.
    ///
    /// - Returns: the records that were listed, without a new one; nil if the configuration could not be read.
    /// - Throws: a failure to store the record, or to list or read the earlier ones.
    @discardableResult
    package func conclude(_ reading: Reading, _ report: inout RunReport) async throws -> ConfigurationRecords? {
        let found: ConfigurationReading.Found
        do {
            found = try reading.found.get()
        } catch {
            guard let failure = RemoteFailure.narrowing(error, operation: .run, target: source.identity.name) else {
                return nil
            }
            report.warnings.append(
                "the domain's configuration could not be read, so this run did not record it: \(failure)"
            )
            return nil
        }
        if let warning = Self.warning(of: found.refusals) { report.warnings.append(warning) }
        let sha256 = backup.hashes.digest(found.configuration.canonicalBytes(), .sha256)
        let records = try reading.records.get()
        var account = RunReport.ConfigurationAccount(unknown: found.configuration.unknownParts)
        account.previous = records.listed.last?.key.value
        if !records.newestIs(found.configuration, sha256) {
            let (newest, failures) = try await records.newest()
            for failure in failures {
                report.warnings.append("a record of the domain's configuration was ignored: \(failure)")
            }
            account.previous = newest?.key.value
            account.changes = newest.map { found.configuration.changes(since: $0.configuration) } ?? []
            let isNew =
                newest.map { !account.changes.isEmpty || found.configuration.knowsMore(than: $0.configuration) } ?? true
            if isNew { account.key = try await records.add(found.configuration, sha256, after: newest).value }
            if let newest, let warning = Self.warning(of: account.changes, since: newest.recordedAt) {
                report.warnings.append(warning)
            }
        }
        report.configuration = account
        return records
    }

    private static func warning(of refusals: [RemoteFailure]) -> String? {
        guard !refusals.isEmpty else { return nil }
        let actions = Set(refusals.flatMap(\.operation.actions)).sorted().joined(separator: ", ")
        return
            "parts of the domain's configuration are not recorded, because the role may not read them. Allow \(actions): "
            + "reconcile policy --for run prints the role's policy. --no-record-configuration records none"
    }

    private static func warning(of changes: [ConfigurationChange], since time: Timestamp) -> String? {
        guard !changes.isEmpty else { return nil }
        // Changes that allow more come first.
        let sentences = (changes.filter(\.widens) + changes.filter { !$0.widens }).map(\.sentence)
        let shown = sentences.prefix(5).joined(separator: "; ")
        let more = sentences.count > 5 ? "; and \(sentences.count - 5) more" : ""
        return "the domain's configuration has changed since \(time.extended): \(shown)\(more). "
            + "reconcile history --configuration shows all changes"
    }
}
