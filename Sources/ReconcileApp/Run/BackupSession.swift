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

    /// Does work until it ends, or the settings' deadline or a signal cuts it short.
    func supervising<Value: Sendable>(
        _ work: @escaping @Sendable (StopSignal) async -> Value
    ) async -> Value {
        let stop = StopSignal()
        return await supervised(
            RunBudget(deadline: settings.deadline, grace: settings.grace),
            endsOnSignal: true,
            stop: stop,
            clock: clock,
            logger: logger
        ) {
            await work(stop)
        }
    }
}
