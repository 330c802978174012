/// Work that grows while it is done: a pure state machine that hands out items and takes in their outcomes.
package protocol WorkSchedule {
    associatedtype Item: Sendable
    associatedtype Outcome: Sendable

    /// The next item to start; nil when there is none for now. Asked again after every outcome.
    mutating func next() -> Item?

    /// Takes in what became of an item, which may add items.
    mutating func absorb(_ outcome: Outcome)
}

/// Performs a schedule with at most `width` items at once, and returns when nothing runs and nothing is left.
///
/// Seeds `width` items and starts one for each that ends; the width is looked at anew each time. Cancelling the task
/// cancels what runs; the outcomes are still taken in.
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
