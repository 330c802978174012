package import AWSServices
package import ArgumentParser
import Logging
package import ReconcileApp
package import ReconcileCore

/// `reconcile policy`: prints the IAM policy for the role that runs a command.
package struct Policy: HostedCommand {
    package static let examples = [
        "reconcile policy --for run --domain my-domain --domain-owner 111122223333 --region eu-west-1 --bucket my-bucket",
        "reconcile policy --for verify --domain my-domain --bucket my-bucket --prefix backups",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "Print the IAM policy that a command's role needs.",
        usage: usageLines("reconcile policy --for <command> --domain <name> --bucket <name> [options]"),
        discussion: helpPage(
            examples: examples,
            """
            Prints a policy with exactly the permissions that the command needs, made from the operations that it may \
            send. It contacts nothing. Whatever is not given, such as --domain-owner, is left open with *.

            \(purposes)

            For a domain of another account, the domain's and each repository's own policy must allow the role too: \
            --domain-policy and --repository-policy print them. With --backup-role-arn, that role reaches the bucket: its \
            own policy is the one that --backup-role-policy prints.
            """
        )
    )

    private static let purposes = """
        The role for run is also that of the Lambda functions; serve and drill are commands of reconcile-serve. Some forms of \
        a command need a different role, so each has its own name: repair (verify --repair), verify-against-domain (verify \
        --against-domain), accept-loss (verify --accept-loss), record-verification (verify --record), drift-offline (drift \
        --offline), restore-dry-run (restore --dry-run), restore-configuration (restore --configuration), \
        restore-configuration-dry-run, drill-into-domain (reconcile-serve drill --into-domain).
        """

    @OptionGroup(title: "Required") package var purpose: PurposeFlags
    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "The domain") package var domain: DomainFlags
    @OptionGroup(title: "The domain") package var repositories: RepositoryFlags
    @OptionGroup(title: "The domain") package var target: TargetFlags
    @OptionGroup(title: "The domain") package var holder: PolicyHolderFlags
    @OptionGroup(title: "The bucket") package var bucket: PolicyBucketFlags
    @OptionGroup(title: "Trust") package var signing: SigningFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "Logs") package var log: LogFlags

    package init() {}

    package func missing(in settings: AWSSettings) -> [String] {
        var missing: [String] = []
        if purpose.purpose == nil { missing.append("--for") }
        if backup.domain?.isEmpty ?? true { missing.append("--domain") }
        if location == nil, holder.holder == .role { missing.append("--bucket") }
        return missing
    }

    package var operations: Set<ServiceOperation> { [] }

    private var location: BackupLocation? { bucket.location(or: backup.backup) }

    package func perform(on host: Host) async throws -> PolicyDocument {
        guard let purpose = purpose.purpose, let name = backup.domain else { throw UsageFailure("missing --for") }
        var place = PolicyPlace(domain: name, backup: location, target: target.toDomain)
        place.region = aws.region ?? host.aws.region
        place.owner = domain.domainOwner?.description
        place.repositories = repositories.repository
        place.key = bucket.kmsKey?.description
        place.signingKey = try signing.signingKey.flatMap(SigningFlags.arn)?.description
        place.writing = bucket.sharing.options
        place.backupRole = bucket.role.backupRoleARN?.description
        try check(place, on: host)
        if holder.holder == .backupRole, place.backupRole == nil {
            throw UsageFailure("--backup-role-policy requires --backup-role-arn")
        }
        if holder.holder == .role, !purpose.domainUses.isEmpty, place.owner == nil || place.region == nil {
            let open = [place.owner == nil ? "--domain-owner" : nil, place.region == nil ? "--region" : nil]
            host.logger.notice(
                "without \(open.compactMap(\.self).formattedList) the policy covers every domain named \(place.domain)"
            )
        }
        return PolicyDocument(purpose.permissions(at: place), of: holder.holder)
    }

    /// Refuses a bucket that a policy cannot name, and says what else an access point requires.
    private func check(_ place: PolicyPlace, on host: Host) throws {
        if place.isAlias, let alias = place.bucket {
            throw UsageFailure(
                "\(alias) is the alias of an access point, which no policy takes: give the access point's ARN, --bucket "
                    + "arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME. This lists them: aws s3control list-access-points "
                    + "--account-id ACCOUNT"
            )
        }
        guard let bucket = place.bucket, try S3AccessPoint(arn: bucket) != nil else { return }
        host.logger.notice(
            """
            the bucket's own policy must allow the same, or leave it to its access points (S3 user guide, Delegating \
            access control to access points)
            """
        )
    }

    package func render(_ policy: PolicyDocument, on host: Host) async -> ExitStatus {
        host.print { String(decoding: try StableJSON.page(policy), as: UTF8.self) }
    }
}

/// What the role is for.
package struct PurposeFlags: ParsableArguments {
    @Option(name: .customLong("for"), help: ArgumentHelp("What the role is for.", valueName: "command"))
    package var purpose: Purpose?

    package init() {}
}

/// Whose policy to print.
package struct PolicyHolderFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("Print what the domain's policy must grant this role of another account.", valueName: "arn")
    )
    package var domainPolicy: String?

    @Option(
        help: ArgumentHelp("Print what a repository's policy must grant that role.", valueName: "arn")
    )
    package var repositoryPolicy: String?

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Print the policy of the role that --backup-role-arn names, not of the role that assumes it."
    )
    package var backupRolePolicy = false

    package init() {}

    package func validate() throws {
        guard [domainPolicy != nil, repositoryPolicy != nil, backupRolePolicy].count(where: \.self) <= 1 else {
            throw ValidationError("--domain-policy, --repository-policy and --backup-role-policy exclude one another")
        }
        for arn in [domainPolicy, repositoryPolicy].compactMap(\.self) where !arn.hasPrefix("arn:") {
            throw ValidationError("\"\(arn)\" is not a role's ARN, such as arn:aws:iam::444455556666:role/backup")
        }
    }

    /// Read only after `validate`.
    var holder: PolicyDocument.Holder {
        if let domainPolicy { return .domain(principal: domainPolicy) }
        if let repositoryPolicy { return .repository(principal: repositoryPolicy) }
        return backupRolePolicy ? .backupRole : .role
    }
}

/// The bucket that the policy names.
package struct PolicyBucketFlags: ParsableArguments {
    @Option(help: ArgumentHelp("The backup's bucket; otherwise the one that --backup names.", valueName: "name"))
    package var bucket: String?

    @Option(help: ArgumentHelp("The backup's prefix, with --bucket.", valueName: "prefix"))
    package var prefix: String?

    @Option(
        help: ArgumentHelp("The KMS key that encrypts the bucket, if it is not S3's own.", valueName: "arn"),
        transform: spelled
    )
    package var kmsKey: KeyARN?

    @OptionGroup package var sharing: ObjectRightsFlags
    @OptionGroup package var role: BackupRoleFlags

    package init() {}

    package func validate() throws {
        if prefix != nil, bucket == nil { throw ValidationError("--prefix requires --bucket") }
        if let bucket, named(bucket) == nil {
            throw ValidationError("--bucket: \"\(bucket)\" is not a bucket name")
        }
    }

    /// Returns the bucket named here; otherwise the backup's location.
    func location(or backup: BackupLocation?) -> BackupLocation? { bucket.flatMap(named) ?? backup }

    private func named(_ bucket: String) -> BackupLocation? {
        BackupLocation("s3://\(bucket)/\(prefix ?? "")").flatMap { location in
            if case .bucket(bucket, _) = location { location } else { nil }
        }
    }
}

/// The ARN of a KMS key. An alias is refused, because a policy that names one grants nothing.
package struct KeyARN: Spelled, Hashable, CustomStringConvertible {
    package let description: String

    package init?(spelled text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "kms", parts[5].hasPrefix("key/") else { return nil }
        description = text
    }

    package static let spelling = "the key's ARN, such as arn:aws:kms:eu-west-1:111122223333:key/ID; not an alias"
}
