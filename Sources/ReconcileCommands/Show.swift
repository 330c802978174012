package import AWSServices
package import ArgumentParser
import Logging
package import ReconcileApp
package import ReconcileCore

/// `reconcile show`: lists what the backup has of the given versions.
package struct Show: HostedCommand {
    package static let examples = [
        "reconcile show com.acme:app --domain my-domain --backup s3://my-bucket",
        "reconcile show com.acme:app:1.0 --domain my-domain --backup s3://my-bucket --repository releases",
        "reconcile show 'com.acme.*:lib-*' --domain my-domain --backup file:///srv/backup --output json",
        "reconcile show --configuration --domain my-domain --backup s3://my-bucket --as-of yesterday",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "List what the backup has of a package or a version, and how to fetch it by hand.",
        usage: usageLines(
            "reconcile show (<group:artifact[:version]> | --configuration) --domain <name> --backup <url> [options]"
        ),
        discussion: helpPage(
            examples: examples,
            """
            Reads only the backup; the domain may no longer exist. A package is listed with its versions; for a \
            version, each asset is listed with its size, its SHA-256, and the command or path that fetches it. Every \
            repository that has the package is listed; --repository is quicker if the backup is large. The command names \
            the asset's S3 version, so it needs s3:GetObjectVersion; without that permission, leave --version-id out and \
            compare the SHA-256.

            --configuration shows the domain's repositories, upstreams, policies, tags and package groups instead, as they \
            were last recorded, or at the time of --as-of.

            Exit status: as for a run; 3 if a manifest cannot be read, 8 if nothing is recorded under the name.
            """
        )
    )

    @OptionGroup package var asked: AskedVersions
    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "What to list") package var scope: ScopeFlags
    @OptionGroup(title: "What to list") package var moment: AsOfFlags
    @OptionGroup(title: "What to list") package var listing: ListingFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "Pace") package var pace: PaceFlags
    @OptionGroup(title: "Logs") package var log: LogFlags

    package init() {}

    package func validate() throws {
        try asked.validateChoice()
        guard moment.asOf == nil || asked.configuration else {
            throw ValidationError("--as-of goes with --configuration; history shows the earlier records of a version")
        }
    }

    package func missing(in settings: AWSSettings) -> [String] {
        asked.missing + missing(of: backup, bucket, in: settings)
    }

    package var operations: Set<ServiceOperation> { backup.operations(for: .show) }

    /// The result, and the backup it is from.
    package struct Found: Sendable {
        enum Kept: Sendable {
            /// - Parameter moved: assets whose recorded S3 version belongs to another bucket.
            case versions(BackupReview.Found<BackupReview.KeptVersion>, moved: Set<ObjectKey>)
            /// Nil if no record of the configuration can be read.
            case configuration(ConfigurationRecords.Found?, failures: [RemoteFailure])
        }

        let kept: Kept
        let place: ListingPlace
        let backup: BackupLocation
    }

    package func perform(on host: Host) async throws -> Found {
        try await aws.withAccess(on: host, for: operations, width: pace.width.pieces) { access in
            let open = try backup.open(access, bucket)
            let lookup = open.lookup(scope, pace)
            let (pattern, asOf) = (asked.pattern, moment.asOf?.time)
            let kept = try await host.supervisingThrowing(pace.budget) { stop -> Found.Kept in
                if let pattern {
                    let versions = try await lookup.kept(pattern, stop: stop)
                    let moved = pattern.version == nil ? [] : try await lookup.moved(versions.elements, stop: stop)
                    return .versions(versions, moved: moved)
                }
                let (found, failures) = try await lookup.configuration(asOf: asOf)
                return .configuration(found, failures: failures)
            }
            return Found(kept: kept, place: ListingPlace(open), backup: open.location)
        }
    }

    package func render(_ found: Found, on host: Host) async -> ExitStatus {
        switch found.kept {
        case .versions(let kept, let moved):
            let versions = kept.elements
            let listing = KeptListing(
                versions,
                of: found.place,
                listsAssets: asked.pattern?.version != nil,
                from: found.backup,
                moved: moved
            )
            let failures = versions.flatMap(\.failures) + kept.hidden
            return host.print(listing, self.listing, unreadable: failures)
        case .configuration(let configuration?, let failures):
            let listing = ConfigurationListing(configuration, of: found.place)
            return host.print(listing, self.listing, unreadable: failures)
        case .configuration(nil, let failures):
            for failure in failures { host.logger.error("\(failure)") }
            return .failures
        }
    }
}

/// What to show: versions, or the domain's configuration.
package struct AskedVersions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The package, or one version of it; * matches any run of characters.",
            valueName: "group:artifact[:version]"
        ),
        transform: spelled
    )
    package var pattern: VersionPattern?

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "The domain's configuration instead of a package."
    )
    package var configuration = false

    package init() {}

    func validateChoice() throws {
        guard pattern == nil || !configuration else {
            throw ValidationError("name a package or give --configuration, not both")
        }
    }

    /// The arguments that are missing if neither is given.
    var missing: [String] { pattern == nil && !configuration ? ["<group:artifact[:version]> or --configuration"] : [] }
}

extension OpenBackup {
    /// Creates a review of the recorded versions in a scope.
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
    /// Prints a listing; `unreadable` are the manifests that could not be read.
    func print(_ listing: some Listing, _ flags: ListingFlags, unreadable: [RemoteFailure]) -> ExitStatus {
        let exit = print(listing, flags, exit: unreadable.isEmpty ? .converged : .failures)
        for failure in unreadable { logger.error("\(failure); run verify") }
        return exit
    }

    /// Prints a report if JSON was requested with --output, unless --report prints it already. A report is not a
    /// listing: a person gets its summary, and a file its document.
    func print(
        report document: () throws -> [UInt8],
        _ flags: ListingFlags,
        _ reporting: ReportFlags,
        exit: ExitStatus
    ) -> ExitStatus {
        guard flags.output == .json, reporting.report != "-" else { return exit }
        return print(exit: exit) { String(decoding: try document(), as: UTF8.self) }
    }

    /// Prints a listing.
    func print(_ listing: some Listing, _ flags: ListingFlags, exit: ExitStatus) -> ExitStatus {
        print(exit: exit) { try OutputWriter(form: flags.output, environment: environment).text(listing) }
    }
}
