package import AWSServices
package import ReconcileApp
import ReconcileCore

/// Where a role works: the domain, the bucket and the keys, as far as they are known.
package struct PolicyPlace: Hashable, Sendable {
    /// The domain's region; if nil, it is left open and the partition is `aws`.
    package var region: String?
    /// The 12-digit account that owns the domain; if nil, it is left open.
    package var owner: String?
    /// The domain that the role reads or restores to.
    package var domain: String
    /// The repositories; empty for all repositories of the domain.
    package var repositories: [String] = []
    /// The bucket; nil if the backup is not in one.
    package var bucket: String?
    /// The prefix in the bucket, without slashes at its ends; empty for the top of the bucket.
    package var prefix = ""
    /// The domain that was backed up.
    package var backedUp: String
    /// The ARN of the KMS key that encrypts the bucket; nil for S3's own keys.
    package var key: String?
    /// The ARN of the KMS key that signs records; nil if no KMS key does.
    package var signingKey: String?
    /// The write options that require additional permissions.
    package var writing = S3WriteOptions()
    /// The ARN of the role that is assumed for the bucket; nil if the command's own role accesses it.
    package var backupRole: String?

    /// - Parameters:
    ///   - backup: the backup's location; a directory does not set a bucket.
    ///   - target: the domain that the role reads or restores to, if it is not the one that was backed up.
    package init(domain: String, backup: BackupLocation?, target: String? = nil) {
        self.domain = target ?? domain
        backedUp = domain
        guard case .bucket(let name, let prefix)? = backup else { return }
        (bucket, self.prefix) = (name, prefix)
    }

    /// Returns the ARNs of a target's resources.
    func resources(of target: Permission.Target) -> [String] {
        switch target {
        case .domain: [codeArtifact("domain/\(domain)")]
        case .repository: each { codeArtifact("repository/\(domain)/\($0)") }
        case .package: each { codeArtifact("package/\(domain)/\($0)/maven/*/*") }
        case .packageGroup: [codeArtifact("package-group/\(domain)/*")]
        case .account, .bearerToken: ["*"]
        case .signingKey: signingKey.map { [$0] } ?? []
        case .backupRole: backupRole.map { [$0] } ?? []
        case .bucket: [s3("")]
        case .objects: [s3("/" + objects(BackupLayout(domain: backedUp).prefix))]
        case .losses: [s3("/" + objects(BackupLayout(domain: backedUp).lossesPrefix))]
        case .verifications: [s3("/" + objects(BackupLayout(domain: backedUp).verificationsPrefix))]
        case .statements: [s3("/" + objects(BackupLayout(domain: backedUp).statementsPrefix))]
        case .drills: [s3("/" + objects(BackupLayout(domain: backedUp).drillsPrefix))]
        case .key: key.map { [$0] } ?? []
        }
    }

    private func each(_ arn: (String) -> String) -> [String] {
        repositories.isEmpty ? [arn("*")] : repositories.map(arn)
    }

    private func codeArtifact(_ resource: String) -> String {
        "arn:\(partition):codeartifact:\(region ?? "*"):\(owner ?? "*"):\(resource)"
    }

    private func s3(_ path: String) -> String {
        guard let bucket, isAccessPoint else { return "arn:\(partition):s3:::\(bucket ?? "*")\(path)" }
        // S3 user guide, Configuring IAM policies for using access points. A policy cannot name an alias, so the ARN is
        // a template for the reader to fill in.
        let arn = (try? S3AccessPoint(arn: bucket))?.arn ?? "arn:\(partition):s3:REGION:ACCOUNT:accesspoint/NAME"
        return path.isEmpty ? arn : "\(arn)/object\(path)"
    }

    /// Whether the bucket is named by an access point, as an ARN or an alias.
    var isAccessPoint: Bool { bucket?.hasPrefix("arn:") ?? false || isAlias }

    /// Whether the bucket is named by the alias of an access point.
    var isAlias: Bool { bucket?.hasSuffix(S3AccessPoint.aliasSuffix) ?? false }

    /// Returns the pattern of all keys below a prefix of the backup.
    private func objects(_ folder: ObjectKey) -> String {
        Self.literal((prefix.isEmpty ? "" : prefix + "/") + folder.value) + "*"
    }

    /// Escapes characters that have a meaning in a policy (IAM user guide, Policy elements: Variables and tags).
    private static func literal(_ text: String) -> String {
        text.map { "*?$".contains($0) ? "${\($0)}" : String($0) }.joined()
    }

    private var partition: String { AWSPartition.name(of: region ?? "") }
}
