package import AWSServices
package import ArgumentParser
package import ReconcileApp
package import ReconcileCore

/// `reconcile history`: lists every record of the given versions.
package struct History: HostedCommand {
    package static let examples = [
        "reconcile history com.acme:app:1.0 --domain my-domain --backup s3://my-bucket",
        "reconcile history com.acme:app --domain my-domain --backup file:///srv/backup --output json",
        "reconcile history --configuration --domain my-domain --backup s3://my-bucket",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "Show every record of a package or version, and what changed each time.",
        usage: usageLines(
            "reconcile history (<group:artifact[:version]> | --configuration) --domain <name> --backup <url> [options]"
        ),
        discussion: helpPage(
            examples: examples,
            """
            Reads only the backup; the domain may no longer exist. The oldest record comes first. Each shows when and \
            by what it was made, and what changed since the one before: assets added or removed, different bytes under \
            the same name (with both SHA-256 values), status changes, deletion and republication.

            --configuration lists the records of the domain's repositories, upstreams, policies, tags and package groups \
            instead, and what changed each time; changes that allow more than before are marked.

            Exit status: as for a run; 3 if a manifest cannot be read, 8 if nothing is recorded under the name.
            """
        )
    )

    @OptionGroup package var asked: AskedVersions
    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "What to list") package var scope: ScopeFlags
    @OptionGroup(title: "What to list") package var listing: ListingFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "Pace") package var pace: PaceFlags
    @OptionGroup(title: "Logs") package var log: LogFlags

    package init() {}

    package func validate() throws { try asked.validateChoice() }

    package func missing(in settings: AWSSettings) -> [String] {
        asked.missing + missing(of: backup, bucket, in: settings)
    }

    package var operations: Set<ServiceOperation> { backup.operations(for: .history) }

    /// The result, and the backup it is from.
    package struct Found: Sendable {
        enum Entries: Sendable {
            case versions(BackupReview.Found<HistoryEntry>)
            case configuration([BackupReview.ConfigurationEntry])
        }

        let entries: Entries
        let place: ListingPlace
    }

    package func perform(on host: Host) async throws -> Found {
        try await aws.withAccess(on: host, for: operations, width: pace.width.pieces) { access in
            let open = try backup.open(access, bucket)
            let lookup = open.lookup(scope, pace)
            let pattern = asked.pattern
            let entries = try await host.supervisingThrowing(pace.budget) { stop -> Found.Entries in
                guard let pattern else { return .configuration(try await lookup.configurationEntries(stop: stop)) }
                return .versions(try await lookup.entries(pattern, stop: stop))
            }
            return Found(entries: entries, place: ListingPlace(open))
        }
    }

    package func render(_ found: Found, on host: Host) async -> ExitStatus {
        switch found.entries {
        case .versions(let entries):
            let listing = HistoryListing(entries.elements, of: found.place)
            let failures = entries.elements.compactMap(\.failure) + entries.hidden
            return host.print(listing, self.listing, unreadable: failures)
        case .configuration(let entries):
            let listing = ConfigurationHistoryListing(entries, of: found.place)
            return host.print(listing, self.listing, unreadable: entries.compactMap(\.failure))
        }
    }
}
