package import AWSServices
package import ArgumentParser
package import ReconcileApp
package import ReconcileCore

/// `reconcile sign`: states which records of a backup that was never signed count under --trust.
package struct Sign: HostedCommand {
    package static let examples = [
        "reconcile sign --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket --trust trust.json "
            + "--signing-key backup-key.pem",
        "reconcile sign --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket --trust trust.json "
            + "--signing-key backup-key.pem --accept-uncompared 'my-domain/manifests/*'",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "State which unsigned records of a backup count under --trust, after comparing them with the domain.",
        usage: usageLines(
            "reconcile sign --domain <name> --domain-owner <account> --backup <url> --trust <file> "
                + "--signing-key <arn|file> [options]"
        ),
        discussion: helpPage(
            examples: examples,
            """
            For a backup that has records and is to be signed from now on. It compares the newest record of each version \
            with the domain (state, revision and files; nothing is downloaded), and those of packages' origin controls and of \
            the domain's configuration, stores a signed statement of those that are the same, and prints what to put into the \
            trust file. Earlier records, and those of versions that the domain \
            no longer has, cannot be compared: they count only if --accept-uncompared names them. No record is written \
            over.

            Exit status: as for a run; 3 if records were left out, 6 if the domain contradicts one.
            """
        )
    )

    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "Required") package var domain: DomainFlags
    @OptionGroup(title: "How to sign and store it") package var storage: StorageFlags
    @OptionGroup(title: "What to state") package var stating: StatementFlags
    @OptionGroup(title: "Output") package var listing: ListingFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "AWS") package var maven: MavenFlags
    @OptionGroup(title: "Pace") package var pace: PaceFlags
    @OptionGroup(title: "Pace") package var rates: RateFlags
    @OptionGroup(title: "Logs") package var log: LogFlags

    package init() {}

    package func missing(in settings: AWSSettings) -> [String] {
        missing(of: backup, bucket, domain: domain, in: settings)
            + (backup.trusting.trust == nil ? ["--trust"] : [])
            + (storage.signing.signingKey == nil ? ["--signing-key"] : [])
    }

    package var operations: Set<ServiceOperation> { backup.operations(for: .sign, storage) }

    /// The result, and the backup it is for.
    package struct Found: Sendable {
        let made: StatementMaker.Made
        let place: ListingPlace
    }

    package func perform(on host: Host) async throws -> Found {
        try await aws.withAccess(
            on: host,
            for: operations,
            width: pace.width.pieces,
            limits: rates.limits,
            shards: 1
        ) { access in
            let open = try backup.open(access, bucket, storage: storage)
            let domain = try domain.open(access, maven, named: open.domain)
            try open.requireSigner()
            try open.requireIdentity(of: domain)
            guard let trust = open.trust else { throw UsageFailure("missing --trust") }
            let maker = StatementMaker(
                of: open.backup,
                bare: open.bare,
                under: trust,
                comparedWith: domain.source,
                domain.configuration,
                accepting: stating.acceptUncompared,
                recorder: Manifest.Recorder(door: "sign", version: ProgramVersion.current),
                width: min(pace.width.pieces, 16)
            )
            let made = try await host.supervisingThrowing(pace.budget) { [id = host.newRunID()] stop in
                try await maker.run(id: id, until: stop)
            }
            return Found(made: made, place: ListingPlace(open))
        }
    }

    package func render(_ found: Found, on host: Host) async -> ExitStatus {
        host.print(StatementListing(found.made, of: found.place), listing, exit: found.made.exit)
    }
}

/// Which records count without being compared.
package struct StatementFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Also state the record under this key, which cannot be compared with the domain. * matches any characters; "
                + "repeatable. Whoever could write to the bucket may have forged it: compare it with another copy first.",
            valueName: "key"
        )
    )
    package var acceptUncompared: [String] = []

    package init() {}
}
