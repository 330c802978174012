package import AWSServices
package import ReconcileApp
import ReconcileCore

/// Where a role works: the domain, the bucket and the key, as far as they are known.
package struct PolicyPlace: Hashable, Sendable {
    /// The domain's; nil leaves it open, and the partition is then `aws`.
    package var region: String?
    /// The 12-digit account that owns the domain; nil leaves it open.
    package var owner: String?
    /// The domain that is asked, or restored to.
    package var domain: String
    /// Empty for every repository of the domain.
    package var repositories: [String] = []
    /// Nil for a backup that is in no bucket.
    package var bucket: String?
    /// In the bucket, without slashes at its ends; empty for its top.
    package var prefix = ""
    /// The domain that the backup is of.
    package var backedUp: String
    /// The ARN of the KMS key that encrypts the bucket; nil for S3's own keys.
    package var key: String?
    /// The ARN of the KMS key that signs records; nil where none does.
    package var signingKey: String?
    /// How objects are written, as far as it needs an additional permission.
    package var writing = S3WriteOptions()
    /// The ARN of a role that is assumed for the bucket; nil if the command's own role reaches it.
    package var backupRole: String?

    /// - Parameters:
    ///   - backup: a directory is no bucket.
    ///   - target: the domain that is asked or restored to, if it is not the one that the backup is of.
    package init(domain: String, backup: BackupLocation?, target: String? = nil) {
        self.domain = target ?? domain
        backedUp = domain
        guard case .bucket(let name, let prefix)? = backup else { return }
        (bucket, self.prefix) = (name, prefix)
    }

    /// The ARNs that permissions on a target are granted on.
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
        // S3 user guide, Configuring IAM policies for using access points. A policy takes no alias: then it is to be
        // filled in.
        let arn = (try? S3AccessPoint(arn: bucket))?.arn ?? "arn:\(partition):s3:REGION:ACCOUNT:accesspoint/NAME"
        return path.isEmpty ? arn : "\(arn)/object\(path)"
    }

    /// Whether the bucket is named by an access point to it, by ARN or alias.
    var isAccessPoint: Bool { bucket?.hasPrefix("arn:") ?? false || isAlias }

    /// Whether the bucket is named by the alias of an access point to it.
    var isAlias: Bool { bucket?.hasSuffix(S3AccessPoint.aliasSuffix) ?? false }

    /// The pattern of every key below a prefix of the backup.
    private func objects(_ folder: ObjectKey) -> String {
        Self.literal((prefix.isEmpty ? "" : prefix + "/") + folder.value) + "*"
    }

    /// Escapes text that a policy would interpret (IAM user guide, Policy elements: Variables and
    /// tags).
    private static func literal(_ text: String) -> String {
        text.map { "*?$".contains($0) ? "${\($0)}" : String($0) }.joined()
    }

    private var partition: String { AWSPartition.name(of: region ?? "") }
}
