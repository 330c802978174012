import ArgumentParser

/// What a command is given credentials for. One command has several where flags decide what it asks: `verify` and
/// `verify --repair` need different roles.
///
/// Each names its uses of the domain and of the backup. The operations that the command may send follow from them, and
/// from those what `reconcile policy` grants.
package enum Purpose: String, CaseIterable, ExpressibleByArgument, Sendable {
    case run
    case plan
    case drift
    case driftOffline = "drift-offline"
    case show
    case history
    case get
    case find
    case status
    case runs
    case verify
    case verifyAgainstDomain = "verify-against-domain"
    case acceptLoss = "accept-loss"
    case recordVerification = "record-verification"
    case sign
    case repair
    case restore
    case restoreDryRun = "restore-dry-run"
    case restoreConfiguration = "restore-configuration"
    case restoreConfigurationDryRun = "restore-configuration-dry-run"
    case serve
    case drill
    case drillIntoDomain = "drill-into-domain"

    package var domainUses: [DomainUse] {
        switch self {
        case .run: [.listing, .finding, .describing, .configuration, .reading]
        case .plan: [.listing, .finding, .describing, .reading]
        case .drift: [.listing, .finding, .describing, .configuration]
        case .verifyAgainstDomain: [.comparing]
        case .sign: [.naming, .comparing, .controls, .configuration]
        case .repair: [.describing, .controls, .reading]
        case .restore: [.listing, .describing, .controls, .upstreams, .reading, .publishing]
        case .restoreDryRun: [.listing, .describing, .controls, .upstreams]
        // Of one repository, so no upstreams are asked for; into an empty one, so no package has controls before.
        case .drillIntoDomain: [.listing, .describing, .reading, .publishing]
        case .restoreConfiguration: [.naming, .configuration, .configuring]
        case .restoreConfigurationDryRun: [.naming, .configuration]
        case .driftOffline, .show, .history, .get, .find, .status, .runs, .verify, .acceptLoss, .recordVerification,
            .serve, .drill:
            []
        }
    }

    /// Whether it writes what is signed where there is a signing key.
    package var signs: Bool { [.run, .repair, .acceptLoss, .sign, .drill, .drillIntoDomain].contains(self) }

    package var backupUses: [BackupUse] {
        switch self {
        case .run: [.reading, .versioning, .writing]
        case .repair: [.reading, .readingOlder, .versioning, .history, .writing]
        case .acceptLoss: [.reading, .readingOlder, .versioning, .history, .accepting]
        case .recordVerification: [.reading, .readingOlder, .versioning, .history, .recording]
        case .sign: [.reading, .stating]
        case .drill: [.reading, .readingOlder, .versioning, .drilling]
        case .drillIntoDomain: [.reading, .readingOlder, .drilling]
        case .verify, .verifyAgainstDomain: [.reading, .readingOlder, .versioning, .history]
        case .plan, .drift: [.reading, .versioning]
        case .restore, .restoreDryRun, .serve, .get: [.reading, .readingOlder]
        case .driftOffline, .restoreConfiguration, .restoreConfigurationDryRun, .show, .history, .find, .status,
            .runs:
            [.reading]
        }
    }
}
