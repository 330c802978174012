/// Work that may grow as it is done: a pure state machine that hands out items and takes in their outcomes.
package protocol WorkSchedule {
    associatedtype Item: Sendable
    associatedtype Outcome: Sendable

    /// The next item to start; nil if there is none at the moment. Asked again after every outcome.
    mutating func next() -> Item?

    /// Takes in the outcome of an item; this may add items.
    mutating func absorb(_ outcome: Outcome)
}

/// Performs a schedule with at most `width` items at once; returns when nothing is running and `next()` returns nil.
///
/// Starts `width` items, then one for each that ends; `width` is evaluated again each time. Cancelling the task cancels
/// the running items; their outcomes are still taken in.
package func drive<Schedule: WorkSchedule>(
    _ schedule: inout Schedule,
    width: @autoclosure () -> Int,
    perform: @escaping @Sendable (Schedule.Item) async -> Schedule.Outcome
) async {
    await withTaskGroup(of: Schedule.Outcome.self) { group in
        var running = 0
        while true {
            while running < max(1, width()), let item = schedule.next() {
                group.addTask { await perform(item) }
                running += 1
            }
            guard running > 0, let outcome = await group.next() else { return }
            running -= 1
            schedule.absorb(outcome)
        }
    }
}
