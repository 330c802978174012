package import Logging
package import ReconcileCore

/// A job with its backup open for reading, whether or not the domain it came from still exists.
package struct BackupSession: Sendable {
    package let settings: RunSettings
    let wiring: StoreWiring
    let console: Console
    package let logger: Logger
    package let clock: any RunClock

    package var store: any ObjectStore { wiring.store }

    package var layout: BackupLayout { BackupLayout(domain: settings.domain) }

    package var catalog: BackupCatalog { BackupCatalog(store: store, layout: layout) }
}
