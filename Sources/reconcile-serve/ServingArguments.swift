import ArgumentParser
import ReconcileApp
import ReconcileCore

/// The flags of `reconcile-serve`: rows of the settings' table that concern a backup and how it is served.
struct ServingArguments: ParsableArguments {
    @Option(help: "A JSON file of settings, the one that reconcile takes.")
    var config: String?

    @Option(name: .setting(.listen), help: .setting(.listen)) var listen: String?
    @Option(name: .setting(.asOf), help: .setting(.asOf)) var asOf: String?
    @Option(name: .setting(.domain), help: .setting(.domain)) var domain: String?
    @Option(name: .setting(.backup), help: .setting(.backup)) var backup: String?
    @Option(name: .setting(.region), help: .setting(.region)) var region: String?
    @Option(name: .setting(.backupRegion), help: .setting(.backupRegion)) var backupRegion: String?
    @Option(name: .setting(.profile), help: .setting(.profile)) var profile: String?
    @Flag(name: .setting(.pathStyle), help: .setting(.pathStyle)) var pathStyle = false
    @Option(name: .setting(.expectedBucketOwner), help: .setting(.expectedBucketOwner))
    var expectedBucketOwner: String?
    @Option(name: .setting(.maxAttempts), help: .setting(.maxAttempts)) var maxAttempts: String?
    @Option(name: .setting(.grace), help: .setting(.grace)) var grace: String?
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
        let given: [(Setting, String?)] = [
            (.listen, listen), (.asOf, asOf), (.domain, domain), (.backup, backup), (.region, region),
            (.backupRegion, backupRegion), (.profile, profile), (.pathStyle, pathStyle ? "true" : nil),
            (.expectedBucketOwner, expectedBucketOwner), (.maxAttempts, maxAttempts), (.grace, grace),
            (.logFormat, logFormat), (.logLevel, logLevel),
        ]
        return [Setting: [String]](given: given)
    }
}

extension NameSpecification {
    fileprivate static func setting(_ setting: Setting) -> NameSpecification { .customLong(setting.key) }
}

extension ArgumentHelp {
    fileprivate static func setting(_ setting: Setting) -> ArgumentHelp {
        let standard = setting.standard.map { " (default: \($0))" } ?? ""
        return ArgumentHelp("\(setting.help)\(standard)", valueName: setting.valueName)
    }
}
