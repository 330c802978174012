/// What a piece of work runs with: a clock, the request counts, the stop signal, and an observer.
package struct RunContext<Event: Sendable>: Sendable {
    package let clock: any RunClock
    /// The adapters' request counts; the requests that the work adds appear in its report.
    package let ledger: RequestLedger
    /// Raised to end the work early; what has been done until then counts.
    package let stop: StopSignal
    /// Called with each event, from any task.
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
