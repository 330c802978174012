import ArgumentParser
import FoundationEssentials
import ReconcileApp
import ReconcileCore

/// The flags of every subcommand: each row of `Setting.all` once, its name and help taken from there.
struct SettingArguments: JobArguments {
    @Option(help: "A JSON file of settings, such as {\"domain\": \"my-domain\", \"width\": 16}.")
    var config: String?

    @Option(name: .setting(.domain), help: .setting(.domain)) var domain: String?
    @Option(name: .setting(.domainOwner), help: .setting(.domainOwner)) var domainOwner: String?
    @Option(name: .setting(.region), help: .setting(.region)) var region: String?
    @Option(name: .setting(.profile), help: .setting(.profile)) var profile: String?
    @Option(name: .setting(.repository), help: .setting(.repository)) var repository: [String] = []
    @Option(name: .setting(.package), help: .setting(.package)) var package: [String] = []
    @Option(name: .setting(.exclude), help: .setting(.exclude)) var exclude: [String] = []
    @Option(name: .setting(.origin), help: .setting(.origin), completion: .list(["internal", "all"]))
    var origin: String?
    @Option(name: .setting(.shard), help: .setting(.shard)) var shard: String?

    @Option(name: .setting(.backup), help: .setting(.backup)) var backup: String?
    @Option(name: .setting(.backupRegion), help: .setting(.backupRegion)) var backupRegion: String?
    @Flag(name: .setting(.pathStyle), help: .setting(.pathStyle)) var pathStyle = false
    @Option(name: .setting(.sse), help: .setting(.sse), completion: .list(["AES256", "aws:kms"])) var sse: String?
    @Option(name: .setting(.kmsKeyID), help: .setting(.kmsKeyID)) var kmsKeyID: String?
    @Option(name: .setting(.storageClass), help: .setting(.storageClass)) var storageClass: String?
    @Option(name: .setting(.expectedBucketOwner), help: .setting(.expectedBucketOwner))
    var expectedBucketOwner: String?

    @Option(name: .setting(.width), help: .setting(.width)) var width: String?
    @Option(name: .setting(.metadata), help: .setting(.metadata), completion: .list(["changed", "always"]))
    var metadata: String?
    @Option(name: .setting(.sidecars), help: .setting(.sidecars), completion: .list(["none", "sha1"]))
    var sidecars: String?
    @Option(name: .setting(.deadline), help: .setting(.deadline)) var deadline: String?
    @Option(name: .setting(.grace), help: .setting(.grace)) var grace: String?
    @Flag(name: .setting(.allowMassDeletion), help: .setting(.allowMassDeletion)) var allowMassDeletion = false
    @Option(name: .setting(.maxAttempts), help: .setting(.maxAttempts)) var maxAttempts: String?
    @Option(name: .setting(.rateListPackages), help: .setting(.rateListPackages)) var rateListPackages: String?
    @Option(name: .setting(.rateListPackageVersions), help: .setting(.rateListPackageVersions))
    var rateListPackageVersions: String?
    @Option(name: .setting(.rateListPackageVersionAssets), help: .setting(.rateListPackageVersionAssets))
    var rateListPackageVersionAssets: String?
    @Option(name: .setting(.rateReads), help: .setting(.rateReads)) var rateReads: String?

    @Option(name: .setting(.report), help: .setting(.report), completion: .file()) var report: String?
    @Option(name: .setting(.metricsFile), help: .setting(.metricsFile), completion: .file()) var metricsFile: String?
    @Option(name: .setting(.metricsPush), help: .setting(.metricsPush)) var metricsPush: String?
    @Option(name: .setting(.logFormat), help: .setting(.logFormat), completion: .list(["auto", "text", "json"]))
    var logFormat: String?
    @Option(
        name: .setting(.logLevel),
        help: .setting(.logLevel),
        completion: .list(["trace", "debug", "info", "notice", "warning", "error", "critical"])
    )
    var logLevel: String?

    /// What was given, by setting.
    var flags: [Setting: [String]] {
        let singles: [(Setting, String?)] = [
            (.domain, domain), (.domainOwner, domainOwner), (.region, region), (.profile, profile),
            (.origin, origin), (.shard, shard), (.backup, backup), (.backupRegion, backupRegion),
            (.pathStyle, pathStyle ? "true" : nil), (.sse, sse), (.kmsKeyID, kmsKeyID),
            (.storageClass, storageClass), (.expectedBucketOwner, expectedBucketOwner), (.width, width),
            (.metadata, metadata), (.sidecars, sidecars), (.deadline, deadline), (.grace, grace),
            (.allowMassDeletion, allowMassDeletion ? "true" : nil), (.maxAttempts, maxAttempts),
            (.rateListPackages, rateListPackages), (.rateListPackageVersions, rateListPackageVersions),
            (.rateListPackageVersionAssets, rateListPackageVersionAssets), (.rateReads, rateReads),
            (.report, report), (.metricsFile, metricsFile), (.metricsPush, metricsPush), (.logFormat, logFormat),
            (.logLevel, logLevel),
        ]
        return [Setting: [String]](
            given: singles,
            lists: [(.repository, repository), (.package, package), (.exclude, exclude)]
        )
    }
}

extension NameSpecification {
    static func setting(_ setting: Setting) -> NameSpecification { .customLong(setting.key) }
}

extension ArgumentHelp {
    static func setting(_ setting: Setting) -> ArgumentHelp {
        let standard = setting.standard.map { " (default: \($0))" } ?? ""
        return ArgumentHelp("\(setting.help)\(standard)", valueName: setting.valueName)
    }
}
