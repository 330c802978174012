package import AWSServices
package import ArgumentParser
package import ReconcileApp
package import ReconcileCore

/// `reconcile find`: finds files in the backup by name, hash or coordinates.
package struct Find: HostedCommand {
    package static let examples = [
        "reconcile find app-1.0.jar --domain my-domain --backup s3://my-bucket",
        "reconcile find '*-sources.jar' 'com.acme:*:1.0' --domain my-domain --backup s3://my-bucket",
        "reconcile find 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12 --domain my-domain --backup file:///srv/backup",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "Find files in the backup by name, hash or coordinates.",
        usage: usageLines("reconcile find <text> ... --domain <name> --backup <url> [options]"),
        discussion: helpPage(
            examples: examples,
            """
            Reads only the backup; the domain may no longer exist. A text is a hash if it is as many hexadecimal digits as \
            an MD5, SHA-1, SHA-256 or SHA-512 has; coordinates if it has a colon (group:artifact, group:artifact:version, \
            with * and ?); and otherwise part of a file's name, or with * or ? the whole of it. A file that matches any of \
            the texts is listed once. The newest record of each version is searched, or with --all-records every one. Coordinates \
            are quick; a name or a hash reads the record of every version, and --repository narrows that down.

            Exit status: as for a run; 3 if a manifest cannot be read, 8 if nothing is found.
            """
        )
    )

    @OptionGroup package var asked: AskedTexts
    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "What to search") package var scope: ScopeFlags
    @OptionGroup(title: "What to search") package var records: SearchedRecordFlags
    @OptionGroup(title: "What to search") package var listing: ListingFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "Pace") package var pace: PaceFlags
    @OptionGroup(title: "Logs") package var log: LogFlags

    package init() {}

    package func missing(in settings: AWSSettings) -> [String] { missing(of: backup, bucket, in: settings) }

    package var operations: Set<ServiceOperation> { backup.operations(for: .find) }

    /// The result, and the backup it is from.
    package struct Found: Sendable {
        let hits: BackupReview.Hits
        let place: ListingPlace
    }

    package func perform(on host: Host) async throws -> Found {
        try await aws.withAccess(on: host, for: operations, width: pace.width.pieces) { access in
            let open = try backup.open(access, bucket)
            let lookup = open.lookup(scope, pace)
            let (queries, all) = (asked.texts, records.allRecords)
            return Found(
                hits: try await host.supervisingThrowing(pace.budget) { stop in
                    try await lookup.hits(queries, ofAllRecords: all, stop: stop)
                },
                place: ListingPlace(open)
            )
        }
    }

    package func render(_ found: Found, on host: Host) async -> ExitStatus {
        host.print(HitListing(found.hits.assets, of: found.place), listing, unreadable: found.hits.failures)
    }
}

/// Which records of a version to search.
package struct SearchedRecordFlags: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: """
            Search the older records of each version too; a file that did not change is listed once, with its first record.
            """
    )
    package var allRecords = false

    package init() {}
}

/// The argument that says what to search for.
package struct AskedTexts: ParsableArguments {
    @Argument(
        help: ArgumentHelp("A file's name or part of it, a hash, or coordinates.", valueName: "text"),
        transform: spelled
    )
    package var texts: [AssetQuery]

    package init() {}
}

extension AssetQuery: Spelled {
    package init?(spelled text: String) { self.init(text) }

    package static let spelling = "part of a file's name, a hash, or coordinates such as group:artifact:version"

    package static func correction(of text: String) -> String? { withoutRepository(text) }
}
