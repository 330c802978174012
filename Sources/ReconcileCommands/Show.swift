package import AWSServices
package import ArgumentParser
import Logging
package import ReconcileApp
package import ReconcileCore

/// `reconcile show`: what the backup holds of some versions.
package struct Show: HostedCommand {
    package static let examples = [
        "reconcile show com.acme:app --domain my-domain --backup s3://my-bucket",
        "reconcile show com.acme:app:1.0 --domain my-domain --backup s3://my-bucket --repository releases",
        "reconcile show 'com.acme.*:lib-*' --domain my-domain --backup file:///srv/backup --output json",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "List what the backup holds of a package or a version, and how to fetch it by hand.",
        usage: "reconcile show <group:artifact[:version]> --domain <name> --backup <url> [options]",
        discussion: helpPage(
            examples: examples,
            """
            Reads only the backup; the domain may no longer exist. A package is listed with its versions; for a \
            version, each asset is listed with its size, its SHA-256, and the command or path that fetches it. Every \
            repository that has the package is listed; --repository is quicker if the backup is large. The command names \
            the asset's S3 version, which takes s3:GetObjectVersion; without that permission, leave --version-id out and \
            compare the SHA-256.

            Exit status: as for a run; 3 if a manifest cannot be read, 8 if nothing is recorded under the name.
            """
        )
    )

    @OptionGroup package var asked: AskedVersions
    @OptionGroup(title: "Required") package var backup: BackupFlags
    @OptionGroup(title: "What to list") package var scope: ScopeFlags
    @OptionGroup(title: "What to list") package var listing: ListingFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "Pace") package var pace: PaceFlags
    @OptionGroup(title: "Logs") package var log: LogFlags

    package init() {}

    package func missing(in settings: AWSSettings) -> [String] { missing(of: backup, bucket, in: settings) }

    package var operations: Set<ServiceOperation> { backup.operations(for: .show) }

    /// What was found, and where.
    package struct Found: Sendable {
        let versions: [BackupReview.KeptVersion]
        let place: ListingPlace
        let backup: BackupLocation
    }

    package func perform(on host: Host) async throws -> Found {
        try await aws.withAccess(on: host, for: operations, width: pace.width.pieces) { access in
            let open = try backup.open(access, bucket)
            let lookup = open.lookup(scope, pace)
            let pattern = asked.pattern
            return Found(
                versions: try await host.supervisingThrowing(pace.budget) { try await lookup.kept(pattern, stop: $0) },
                place: ListingPlace(open),
                backup: open.location
            )
        }
    }

    package func render(_ found: Found, on host: Host) async -> ExitStatus {
        let listing = KeptListing(
            found.versions,
            of: found.place,
            listsAssets: asked.pattern.version != nil,
            from: found.backup
        )
        return host.print(listing, self.listing, unreadable: found.versions.flatMap(\.failures))
    }
}

/// The argument that says which versions are asked for.
package struct AskedVersions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The package, or one version of it; * matches any run of characters.",
            valueName: "group:artifact[:version]"
        ),
        transform: spelled
    )
    package var pattern: VersionPattern

    package init() {}
}

extension OpenBackup {
    /// What answers questions about recorded versions.
    func lookup(_ scope: ScopeFlags, _ pace: PaceFlags) -> BackupReview {
        BackupReview(of: backup, selection: scope.selection, width: pace.width.pieces)
    }
}

extension ListingPlace {
    init(_ backup: OpenBackup) {
        self.init(domain: backup.domain, backup: backup.store.location)
    }
}

extension Host {
    /// Prints a listing; `failures` where manifests could not be read.
    func print(_ listing: some Listing, _ flags: ListingFlags, unreadable: [RemoteFailure]) -> ExitStatus {
        let exit = print(listing, flags, exit: unreadable.isEmpty ? .converged : .failures)
        for failure in unreadable { logger.error("\(failure); run verify") }
        return exit
    }

    /// Prints a listing.
    func print(_ listing: some Listing, _ flags: ListingFlags, exit: ExitStatus) -> ExitStatus {
        print(exit: exit) { try OutputWriter(form: flags.output, environment: environment).text(listing) }
    }
}
