/// What a piece of work runs with: the time, the counts of requests, the signal that ends it early, and its observer.
package struct RunContext<Event: Sendable>: Sendable {
    package let clock: any RunClock
    /// The counts that the adapters keep; what the work adds to them ends up in its report.
    package let ledger: RequestLedger
    /// Raised to end the work early; what it has done until then counts.
    package let stop: StopSignal
    /// Called with each thing that happens, from any task.
    package let observe: @Sendable (Event) -> Void

    package init(
        clock: any RunClock,
        ledger: RequestLedger,
        stop: StopSignal = StopSignal(),
        observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.clock = clock
        self.ledger = ledger
        self.stop = stop
        self.observe = observe
    }

    var now: Timestamp { clock.timestamp }
}
