/// The domain's configuration according to its records.
extension BackupReview {
    /// A record, and how it differs from the last readable one before it.
    package struct ConfigurationEntry: Sendable {
        package let key: ObjectKey
        package let recordedAt: Timestamp
        /// Empty for the first record.
        package let changes: [ConfigurationChange]
        /// Whether no record before it could be read.
        package let isFirst: Bool
        package let failure: RemoteFailure?
    }

    /// The newest readable configuration, and the failures of newer records.
    ///
    /// - Parameter moment: the time of interest; nil for the newest.
    /// - Throws: `absent` if nothing is recorded.
    package func configuration(
        asOf moment: Timestamp?
    ) async throws -> (found: ConfigurationRecords.Found?, failures: [RemoteFailure]) {
        let records = try await ConfigurationRecords.list(in: backup, asOf: moment)
        guard !records.listed.isEmpty else { throw absent(await wrongPlace() ?? noConfiguration(moment)) }
        return try await records.newest()
    }

    /// Every record of the configuration, oldest first.
    ///
    /// - Throws: `absent` if nothing is recorded.
    package func configurationEntries(stop: StopSignal) async throws -> [ConfigurationEntry] {
        let records = try await ConfigurationRecords.list(in: backup)
        guard !records.listed.isEmpty else { throw absent(await wrongPlace() ?? noConfiguration(nil)) }
        var entries: [ConfigurationEntry] = []
        var before: DomainConfiguration?
        for record in records.listed {
            if stop.reason != nil { throw CancellationError() }
            var (changes, failure): ([ConfigurationChange], RemoteFailure?) = ([], nil)
            let isFirst = before == nil
            do {
                let found = try await records.read(record).configuration
                changes = before.map { found.changes(since: $0) } ?? []
                before = found
            } catch let untrusted as RemoteFailure where untrusted.kind == .untrusted {
                failure = untrusted
            }
            entries.append(
                ConfigurationEntry(
                    key: record.key,
                    recordedAt: record.name.recordedAt,
                    changes: changes,
                    isFirst: isFirst,
                    failure: failure
                )
            )
        }
        return entries
    }

    private func noConfiguration(_ moment: Timestamp?) -> String {
        "no configuration of the domain \(backup.layout.domain) is recorded"
            + (moment.map { " up to \($0.extended)" } ?? "; a run records it, unless --no-record-configuration is set")
    }
}
