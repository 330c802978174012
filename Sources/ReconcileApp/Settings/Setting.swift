/// One setting of a run: the row from which flag, environment variable, file key, default and help are all derived.
///
/// `Setting.all`, with `ofRestore`, `ofVerify`, `ofDrift` and `ofServing` for what only they take, is the only place where a setting is defined.
/// A flag `--domain-owner` is `RECONCILE_DOMAIN_OWNER` in the environment and `domain-owner` in the file. A setting that may be given several times is divided by commas in
/// the environment and is a list in the file.
package struct Setting: Hashable, Sendable {
    /// How many values a setting takes.
    package enum Arity: Hashable, Sendable {
        /// Present or not; `true` or `false` in the environment and the file.
        case flag
        case single
        case repeatable
    }

    /// The name in the file, and the flag without its dashes.
    package let key: String
    package let arity: Arity
    /// What stands for the value in the help: `<n>`.
    package let valueName: String
    package let help: String
    /// What holds when nobody says otherwise; nil where that is nothing, or is said in the help.
    package let standard: String?

    init(_ key: String, _ arity: Arity, value: String = "", standard: String? = nil, _ help: String) {
        self.key = key
        self.arity = arity
        valueName = value
        self.standard = standard
        self.help = help
    }

    package var environmentName: String {
        "RECONCILE_" + key.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }
}

extension Setting {
    // What is backed up
    package static let domain = Setting("domain", .single, value: "name", "The CodeArtifact domain to back up.")
    package static let domainOwner = Setting(
        "domain-owner",
        .single,
        value: "account",
        "The 12-digit account that owns the domain."
    )
    package static let region = Setting(
        "region",
        .single,
        value: "region",
        "The domain's AWS region (otherwise AWS_REGION, AWS_DEFAULT_REGION, the profile's)."
    )
    package static let profile = Setting(
        "profile",
        .single,
        value: "name",
        "The AWS profile to take credentials from (otherwise the usual chain)."
    )
    package static let repository = Setting(
        "repository",
        .repeatable,
        value: "name",
        "Only this repository of the domain; repeatable. All of them when absent."
    )
    package static let package = Setting(
        "package",
        .repeatable,
        value: "group:artifact",
        "Only packages that match, such as 'com.acme.*:lib-*'; repeatable."
    )
    package static let exclude = Setting(
        "exclude",
        .repeatable,
        value: "group:artifact",
        "Leave packages that match; repeatable, and stronger than --package."
    )
    package static let origin = Setting(
        "origin",
        .single,
        value: "internal|all",
        standard: "all",
        "internal leaves versions that came from a public repository."
    )
    package static let shard = Setting(
        "shard",
        .single,
        value: "i/n",
        standard: "0/1",
        "Only the i-th of n equal parts of the packages, from 0; the API rates are divided by n."
    )

    // Where it is kept
    package static let backup = Setting(
        "backup",
        .single,
        value: "url",
        "Where the backup is: s3://bucket/prefix or file:///directory (otherwise s3://$DESTINATION_BUCKET)."
    )
    package static let backupRegion = Setting(
        "backup-region",
        .single,
        value: "region",
        "The bucket's region, where it is not the domain's."
    )
    package static let pathStyle = Setting(
        "path-style",
        .flag,
        "Name the bucket in the path, not in the host (always so with AWS_ENDPOINT_URL_S3 and for names with dots)."
    )
    package static let sse = Setting(
        "sse",
        .single,
        value: "AES256|aws:kms",
        "Server-side encryption to ask for; the bucket's own default when absent."
    )
    package static let kmsKeyID = Setting("kms-key-id", .single, value: "key", "The KMS key, with --sse aws:kms.")
    package static let storageClass = Setting(
        "storage-class",
        .single,
        value: "class",
        "The storage class of assets, such as STANDARD_IA; manifests stay in the bucket's default."
    )
    package static let expectedBucketOwner = Setting(
        "expected-bucket-owner",
        .single,
        value: "account",
        "Refuse a bucket that belongs to another account than this."
    )

    // How a run goes
    package static let width = Setting(
        "width",
        .single,
        value: "n",
        standard: "32",
        "Pieces of work at once, each with at most one asset in motion."
    )
    package static let metadata = Setting(
        "metadata",
        .single,
        value: "changed|always",
        standard: "changed",
        "Read and regenerate maven-metadata.xml for packages with drift, or for all."
    )
    package static let sidecars = Setting(
        "sidecars",
        .single,
        value: "none|sha1",
        standard: "none",
        "sha1 writes the .sha1 file of each asset beside it, for plain static hosting; verify then wants each there."
    )
    package static let deadline = Setting(
        "deadline",
        .single,
        value: "duration",
        "Stop cleanly after this time, such as 50m or 1h30m; the next run goes on."
    )
    package static let grace = Setting(
        "grace",
        .single,
        value: "duration",
        standard: "25s",
        "How long running copies may take to end after a signal or the deadline."
    )
    package static let allowMassDeletion = Setting(
        "allow-mass-deletion",
        .flag,
        "Record deletions even where the source lists less than half of what the backup knows."
    )
    package static let maxAttempts = Setting(
        "max-attempts",
        .single,
        value: "n",
        standard: "5",
        "How often one request is sent at most (otherwise AWS_MAX_ATTEMPTS)."
    )
    package static let rateListPackages = Setting(
        "rate-list-packages",
        .single,
        value: "per second",
        standard: "160",
        "ListPackages at most; the service's quota is 200."
    )
    package static let rateListPackageVersions = Setting(
        "rate-list-package-versions",
        .single,
        value: "per second",
        standard: "160",
        "ListPackageVersions at most; the service's quota is 200."
    )
    package static let rateListPackageVersionAssets = Setting(
        "rate-list-package-version-assets",
        .single,
        value: "per second",
        standard: "160",
        "ListPackageVersionAssets at most; the service's quota is 200."
    )
    package static let rateReads = Setting(
        "rate-reads",
        .single,
        value: "per second",
        standard: "640",
        "All reads of the account at most, assets too; the service's quota is 800."
    )

    // What it tells
    package static let report = Setting(
        "report",
        .single,
        value: "file",
        "Write the report there as well; - is standard output."
    )
    package static let metricsFile = Setting(
        "metrics-file",
        .single,
        value: "file",
        "Write the figures of a run or a verification there as Prometheus text, for the node exporter's textfile collector."
    )
    package static let metricsPush = Setting(
        "metrics-push",
        .single,
        value: "url",
        "Push the figures of a run or a verification to the Prometheus Pushgateway there, such as http://pushgateway:9091."
    )
    package static let logFormat = Setting(
        "log-format",
        .single,
        value: "auto|text|json",
        standard: "auto",
        "auto is text on a terminal and JSON lines elsewhere."
    )
    package static let logLevel = Setting(
        "log-level",
        .single,
        value: "level",
        standard: "info",
        "trace, debug, info, notice, warning, error or critical."
    )

    /// Of a restore and of reconcile-serve.
    package static let asOf = Setting(
        "as-of",
        .single,
        value: "time",
        "The state that the backup knew at this time, such as 2026-11-22T08:36:12Z, and not the newest one."
    )

    /// Every setting of a run, in the order of the help.
    package static let all: [Setting] = [
        .domain, .domainOwner, .region, .profile, .repository, .package, .exclude, .origin, .shard,
        .backup, .backupRegion, .pathStyle, .sse, .kmsKeyID, .storageClass, .expectedBucketOwner,
        .width, .metadata, .sidecars, .deadline, .grace, .allowMassDeletion, .maxAttempts,
        .rateListPackages, .rateListPackageVersions, .rateListPackageVersionAssets, .rateReads,
        .report, .metricsFile, .metricsPush, .logFormat, .logLevel,
    ]

    /// Every setting that a file may give.
    package static let known = all + ofRestore + ofVerify + ofDrift + ofServing.filter { !ofRestore.contains($0) }
}
