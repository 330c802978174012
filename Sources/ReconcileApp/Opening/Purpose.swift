import ArgumentParser

/// What a command needs credentials for. A command has several purposes if flags decide what it does: `verify` and
/// `verify --repair` need different roles.
///
/// Each purpose lists its uses of the domain and of the backup. These determine the operations that the command may
/// send, and so what `reconcile policy` grants.
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
        // Only one repository, so upstreams are not read; it is empty, so no package has origin controls yet.
        case .drillIntoDomain: [.listing, .describing, .reading, .publishing]
        case .restoreConfiguration: [.naming, .configuration, .configuring]
        case .restoreConfigurationDryRun: [.naming, .configuration]
        case .driftOffline, .show, .history, .get, .find, .status, .runs, .verify, .acceptLoss, .recordVerification,
            .serve, .drill:
            []
        }
    }

    /// Whether it writes records that are signed if there is a signing key.
    package var signs: Bool {
        [.run, .repair, .acceptLoss, .recordVerification, .sign, .drill, .drillIntoDomain].contains(self)
    }

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
