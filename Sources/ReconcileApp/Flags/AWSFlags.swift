package import AWSServices
package import ArgumentParser

/// The region, the credentials and the retries of requests to AWS.
package struct AWSFlags: ParsableArguments {
    private static let standardAttempts = 5

    @Option(
        help: ArgumentHelp(
            "The domain's AWS region; otherwise AWS_REGION, AWS_DEFAULT_REGION or the profile's.",
            valueName: "region"
        )
    )
    package var region: String?

    @Option(
        help: ArgumentHelp("The AWS profile to take credentials from; otherwise the usual chain.", valueName: "name"),
        completion: Completions.profiles
    )
    package var profile: String?

    @Option(
        help: ArgumentHelp(
            "Maximum attempts per request; otherwise AWS_MAX_ATTEMPTS. (default: \(AWSFlags.standardAttempts))",
            valueName: "n"
        ),
        transform: whole(in: 1...100)
    )
    package var maxAttempts = AWSFlags.standardAttempts

    package init() {}
}

extension AWSFlags {
    /// Returns the long names, such as `domain-owner`, of required settings that were not given: those for opening the
    /// backup and, if `domain` is not nil, the domain.
    package func missing(
        of backup: BackupFlags,
        _ bucket: BucketFlags,
        domain: DomainFlags? = nil,
        in settings: AWSSettings
    ) -> [String] {
        var missing: [String] = []
        if backup.domain?.isEmpty ?? true { missing.append("domain") }
        if let domain, domain.domainOwner == nil { missing.append("domain-owner") }
        if backup.backup == nil { missing.append("backup") }
        let isInBucket = if case .bucket = backup.backup { true } else { false }
        let needsRegion = domain != nil || (isInBucket && bucket.backupRegion == nil)
        if needsRegion, (region ?? settings.region)?.isEmpty ?? true { missing.append("region") }
        return missing
    }
}
