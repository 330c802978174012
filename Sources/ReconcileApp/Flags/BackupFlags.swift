package import AWSServices
package import ArgumentParser
import ReconcileCore

/// Which backup to open, and which of its records count. Its groups have their own sections on a help page.
package struct BackupFlags: ParsableArguments {
    @OptionGroup(title: "Required") package var place: BackupPlaceFlags
    @OptionGroup(title: "Trust") package var trusting: TrustFlags

    package init() {}

    package var domain: String? { place.domain }
    package var backup: BackupLocation? { place.backup }
}

/// The domain that the backup is for, and where the backup is stored.
package struct BackupPlaceFlags: ParsableArguments {
    @Option(help: ArgumentHelp("The CodeArtifact domain that is backed up.", valueName: "name"))
    package var domain: String?

    @Option(
        help: ArgumentHelp(
            "Where the backup is: s3://bucket/prefix or file:///directory; otherwise s3://$DESTINATION_BUCKET.",
            valueName: "url"
        ),
        transform: spelled
    )
    package var backup: BackupLocation?

    package init() {}
}

/// How to reach the bucket; not used for a directory.
package struct BucketFlags: ParsableArguments {
    @Option(help: ArgumentHelp("The bucket's region, if it is not the domain's.", valueName: "region"))
    package var backupRegion: String?

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: """
            Put the bucket's name into the path of the URL, not the host name. Always done with AWS_ENDPOINT_URL_S3 and for \
            bucket names that cannot be part of a host name.
            """
    )
    package var pathStyle = false

    @Option(
        help: ArgumentHelp("Refuse a bucket that belongs to any other account.", valueName: "account"),
        transform: spelled
    )
    package var expectedBucketOwner: AccountID?

    @Option(
        help: ArgumentHelp(
            "The AWS profile for the bucket alone; otherwise the credentials of the domain.",
            valueName: "name"
        ),
        completion: Completions.profiles
    )
    package var backupProfile: String?

    @OptionGroup package var role: BackupRoleFlags

    @Option(
        name: .customLong("backup-external-id"),
        help: ArgumentHelp("The external ID that the trust policy of --backup-role-arn requires.", valueName: "id"),
        transform: spelled
    )
    package var backupExternalID: ExternalID?

    package init() {}

    package func validate() throws {
        if backupExternalID != nil, backupRoleARN == nil {
            throw ValidationError("--backup-external-id requires --backup-role-arn")
        }
    }

    package var backupRoleARN: RoleARN? { role.backupRoleARN }
}

/// The role to assume for the bucket.
package struct BackupRoleFlags: ParsableArguments {
    @Option(
        name: .customLong("backup-role-arn"),
        help: ArgumentHelp(
            "A role to assume for the bucket alone, with the credentials of --backup-profile or of the domain.",
            valueName: "arn"
        ),
        transform: spelled
    )
    package var backupRoleARN: RoleARN?

    package init() {}
}

/// The external ID that a role's trust policy may require of the caller (STS API Reference, AssumeRole).
package struct ExternalID: Spelled, Hashable, CustomStringConvertible {
    package let description: String

    package init?(spelled text: String) {
        guard (2...1_224).contains(text.utf8.count),
            text.utf8.allSatisfy({ ASCII.isLetterOrDigit($0) || "_+=,.@:/-".utf8.contains($0) })
        else { return nil }
        description = text
    }

    package static let spelling = "2 to 1224 letters, digits and any of _+=,.@:/-"
}

/// The ARN of an IAM role.
package struct RoleARN: Spelled, Hashable, CustomStringConvertible {
    package let description: String

    package init?(spelled text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[2] == "iam", parts[3].isEmpty,
            AccountID(spelled: String(parts[4])) != nil, parts[5].hasPrefix("role/"), parts[5].utf8.count > 5,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        description = text
    }

    package static let spelling = "arn:aws:iam::111122223333:role/name"
}

/// A second place to keep each run's checkpoint.
package struct WitnessFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A second place for each run's checkpoint, s3://bucket/prefix or file:///directory.",
            valueName: "url"
        ),
        transform: spelled
    )
    package var witness: BackupLocation?

    package init() {}
}

/// How S3 stores the objects that are written.
package struct StorageFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("Server-side encryption to ask for; otherwise the bucket's default.", valueName: "method")
    )
    package var sse: ServerSideEncryption?

    @Option(name: .customLong("kms-key-id"), help: ArgumentHelp("The KMS key, with --sse aws:kms.", valueName: "key"))
    package var kmsKeyID: String?

    @Option(
        help: ArgumentHelp(
            "The storage class of assets, one that can be read at once; manifests use the bucket's default.",
            valueName: "class"
        )
    )
    package var storageClass: StorageClass?

    @OptionGroup package var sharing: ObjectRightsFlags
    @OptionGroup(title: "Trust") package var signing: SigningFlags

    package init() {}

    package func validate() throws {
        if kmsKeyID != nil, sse != .kms { throw ValidationError("--kms-key-id requires --sse aws:kms") }
    }

    /// The options in the form that the store takes.
    package var options: S3WriteOptions {
        var options = sharing.options
        switch sse {
        case .aes256: options.encryption = .aes256
        case .kms: options.encryption = .kms(keyID: kmsKeyID)
        case nil: break
        }
        options.storageClass = storageClass?.rawValue
        return options
    }
}

/// The write options that require additional permissions; `policy` takes these flags too.
package struct ObjectRightsFlags: ParsableArguments {
    @Option(
        name: .customLong("acl"),
        help: ArgumentHelp(
            "The canned ACL of every object, such as bucket-owner-full-control for a bucket of another account.",
            valueName: "name"
        )
    )
    package var cannedACL: CannedACL?

    package init() {}

    /// The options in the form that the store takes.
    package var options: S3WriteOptions {
        var options = S3WriteOptions()
        options.cannedACL = cannedACL?.rawValue
        return options
    }
}

/// The S3 storage classes whose objects can be read immediately; use lifecycle rules for the archive classes.
package enum StorageClass: String, ExpressibleByArgument, CaseIterable, Sendable {
    case standard = "STANDARD"
    case standardIA = "STANDARD_IA"
    case oneZoneIA = "ONEZONE_IA"
    case intelligentTiering = "INTELLIGENT_TIERING"
    case glacierIR = "GLACIER_IR"
    case reducedRedundancy = "REDUCED_REDUNDANCY"
}

/// The canned ACLs of S3, except those that let the public or any AWS account read.
package enum CannedACL: String, ExpressibleByArgument, CaseIterable, Sendable {
    case bucketOwnerFullControl = "bucket-owner-full-control"
    case bucketOwnerRead = "bucket-owner-read"
    case awsExecRead = "aws-exec-read"
    case `private`
}

/// The kinds of server-side encryption that an S3 request can ask for.
package enum ServerSideEncryption: String, ExpressibleByArgument, CaseIterable, Sendable {
    case aes256 = "AES256"
    case kms = "aws:kms"
}
