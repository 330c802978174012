package import AWSServices
package import ArgumentParser
import Logging
package import ReconcileApp
package import ReconcileCore

/// `reconcile trust`: prints the trust file for a domain's signing key.
package struct Trust: HostedCommand {
    package static let examples = [
        "reconcile trust --signing-key arn:aws:kms:eu-west-1:111122223333:key/ID --domain my-domain "
            + "--domain-owner 111122223333 --region eu-west-1 > trust.json",
        "reconcile trust --signing-key backup-key.pem --domain my-domain --domain-owner 111122223333 "
            + "--region eu-west-1 > trust.json",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "Print the trust file of a signing key, for --trust.",
        usage: usageLines(
            "reconcile trust --signing-key <arn|file> --domain <name> --domain-owner <account> --region <name>"
        ),
        discussion: helpPage(
            examples: examples,
            """
            Asks KMS for the public key of a KMS key, which takes kms:GetPublicKey; of a file it takes the public part and \
            contacts nothing. Keep the trust file where whoever reads the backup can get it and whoever writes to the \
            bucket cannot change it. It holds no secret. Use one key for one domain, and for nothing else. To make one: \
            aws kms create-key --key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY, or openssl ecparam -name prime256v1 \
            -genkey -noout.
            """
        )
    )

    @OptionGroup package var subject: TrustSubject
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "Logs") package var log: LogFlags

    package init() {}

    package func missing(in settings: AWSSettings) -> [String] {
        var missing: [String] = []
        if subject.signingKey == nil { missing.append("--signing-key") }
        if subject.domain == nil { missing.append("--domain") }
        if subject.domainOwner == nil { missing.append("--domain-owner") }
        if (aws.region ?? settings.region) == nil { missing.append("--region (or AWS_REGION)") }
        return missing
    }

    package var operations: Set<ServiceOperation> { [KMSOperations.getPublicKey] }

    package func perform(on host: Host) async throws -> TrustFile {
        guard let key = subject.signingKey, let domain = subject.domain, let owner = subject.domainOwner,
            let region = aws.region ?? host.aws.region
        else { throw UsageFailure("missing --signing-key") }
        let identity = RunCertificate.Identity(owner: owner.description, region: region, domain: domain)
        guard RunCertificate.Identity(identity.description) == identity else {
            throw UsageFailure("\(identity) cannot be a domain: write its name, and a region such as eu-west-1")
        }
        let point = try await point(of: key, on: host)
        return TrustFile(identity: identity, keys: [TrustFile.Key(point: point, from: nil, until: nil)])
    }

    private func point(of key: String, on host: Host) async throws -> [UInt8] {
        guard let arn = try SigningFlags.arn(key) else {
            return try SigningFlags.key(in: key) { host.logger.warning("\($0)") }.point
        }
        return try await aws.withAccess(on: host, for: operations) { access in
            let key = try access.key(arn)
            let found = try await access.policy.run { try await key.publicKey() }
            guard let point = found.point, found.refusal == nil else {
                throw InvalidSettings("--signing-key: \(arn) \(found.refusal ?? "has no public key")")
            }
            return point
        }
    }

    package func render(_ file: TrustFile, on host: Host) async -> ExitStatus {
        host.print { String(decoding: file.document, as: UTF8.self) }
    }
}

/// The key in the trust file, and the domain that it is for.
package struct TrustSubject: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The P-256 key that signs: the ARN of a KMS key, or a file with a private key in PEM, not encrypted.",
            valueName: "arn|file"
        ),
        completion: .file()
    )
    package var signingKey: String?

    @Option(help: ArgumentHelp("The CodeArtifact domain that is backed up.", valueName: "name"))
    package var domain: String?

    @Option(
        help: ArgumentHelp("The 12-digit account that owns the domain.", valueName: "account"),
        transform: spelled
    )
    package var domainOwner: AccountID?

    package init() {}
}
