/// How a domain's configuration differs from its newest record: changes that no run has recorded yet.
package struct ConfigurationDrift: Hashable, Sendable {
    /// The record it was compared with.
    package let key: ObjectKey
    package let recordedAt: Timestamp
    package let changes: [ConfigurationChange]
    /// Parts that could not be read, so they were not compared.
    package let unknown: [String]

    package init(key: ObjectKey, recordedAt: Timestamp, changes: [ConfigurationChange], unknown: [String]) {
        (self.key, self.recordedAt, self.changes, self.unknown) = (key, recordedAt, changes, unknown)
    }
}

/// Compares the configuration of a domain with its newest record.
struct ConfigurationComparison: Sendable {
    struct Found: Sendable {
        /// Nil if there is no record to compare with.
        var drift: ConfigurationDrift?
        /// Failures of newer records that are not reliable.
        var failures: [RemoteFailure] = []
        /// The missing permissions, as a sentence.
        var warning: String?
    }

    let source: any ConfigurationSource
    let backup: Backup
    /// The number of concurrent requests.
    let width: Int

    /// Lists the records first; if there are none, nothing is requested from the domain.
    ///
    /// - Throws: a failure to read the record or the configuration, other than a missing permission;
    ///   `CancellationError` if stopped.
    func compare(_ repositories: [String], stop: StopSignal) async throws -> Found {
        let records = try await ConfigurationRecords.list(in: backup)
        guard !records.listed.isEmpty else { return Found() }
        let (newest, failures) = try await records.newest()
        guard let newest else { return Found(failures: failures) }
        let now = try await ConfigurationReading(of: source, width: width, stop: stop).read(repositories: repositories)
        return Found(
            drift: ConfigurationDrift(
                key: newest.key,
                recordedAt: newest.recordedAt,
                changes: now.configuration.changes(since: newest.configuration),
                unknown: now.configuration.unknownParts
            ),
            failures: failures,
            warning: Self.warning(of: now.refusals)
        )
    }

    private static func warning(of refusals: [RemoteFailure]) -> String? {
        guard !refusals.isEmpty else { return nil }
        let actions = Set(refusals.flatMap(\.operation.actions)).sorted().joined(separator: ", ")
        return
            "parts of the domain's configuration were not compared, because the role may not read them. Allow \(actions): "
            + "reconcile policy --for drift prints the role's policy"
    }
}
