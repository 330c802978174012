import AWSServices
package import ArgumentParser
import ReconcileCore

/// Which backup: the domain that it is of, and where it is kept.
package struct BackupFlags: ParsableArguments {
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

/// How the bucket is reached; a directory needs none of it.
package struct BucketFlags: ParsableArguments {
    @Option(help: ArgumentHelp("The bucket's region, if it is not the domain's.", valueName: "region"))
    package var backupRegion: String?

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help:
            "Name the bucket in the path instead of the host; always so with AWS_ENDPOINT_URL_S3 and for names with dots."
    )
    package var pathStyle = false

    @Option(
        help: ArgumentHelp("Refuse a bucket that belongs to any other account.", valueName: "account"),
        transform: spelled
    )
    package var expectedBucketOwner: AccountID?

    package init() {}
}

/// How S3 stores what is written.
package struct StorageFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("Server-side encryption to ask for; otherwise the bucket's default.", valueName: "method")
    )
    package var sse: ServerSideEncryption?

    @Option(name: .customLong("kms-key-id"), help: ArgumentHelp("The KMS key, with --sse aws:kms.", valueName: "key"))
    package var kmsKeyID: String?

    @Option(
        help: ArgumentHelp(
            "The storage class of assets, such as STANDARD_IA; manifests use the bucket's default.",
            valueName: "class"
        )
    )
    package var storageClass: String?

    package init() {}

    package func validate() throws {
        if kmsKeyID != nil, sse != .kms { throw ValidationError("--kms-key-id requires --sse aws:kms") }
    }

    /// What S3 is asked for.
    var encryption: S3Location.Encryption {
        switch sse {
        case .aes256: .aes256
        case .kms: .kms(keyID: kmsKeyID)
        case nil: .bucketDefault
        }
    }
}

/// The kinds of server-side encryption that S3 can be asked for.
package enum ServerSideEncryption: String, ExpressibleByArgument, CaseIterable, Sendable {
    case aes256 = "AES256"
    case kms = "aws:kms"
}
