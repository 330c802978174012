import Synchronization

/// The places for assets in motion: each asset whose bytes are moved, or looked for in the store, takes one, whichever
/// version it is of.
///
/// The limit may change at any time; where it falls below what is taken, nobody gets a place until enough are given back.
/// Whoever waits longest is next. Safe to use from anywhere.
package final class TransferPlaces: Sendable {
    private struct State {
        var limit: Int
        var taken = 0
    }

    /// One place, while a task has it.
    private final class Taken: Sendable {
        let places: TransferPlaces
        private let isTaken = Mutex(true)

        init(in places: TransferPlaces) {
            self.places = places
        }

        /// Does nothing if it is given back already.
        func giveBack() {
            let wasTaken = isTaken.withLock { isTaken in
                defer { isTaken = false }
                return isTaken
            }
            if wasTaken { places.state.change { $0.taken -= 1 } }
        }

        func takeAgain() async throws {
            try await places.take()
            isTaken.withLock { $0 = true }
        }
    }

    @TaskLocal private static var own: Taken?

    private let state: Monitor<State>

    /// - Parameter limit: counts as 1 if it is lower.
    package init(limit: Int) {
        state = Monitor(State(limit: max(1, limit)))
    }

    /// How many places there are, at least 1.
    package var limit: Int {
        get { state.current.limit }
        set { state.change { $0.limit = max(1, newValue) } }
    }

    /// How many places are taken.
    package var taken: Int { state.current.taken }

    /// Does work on each item side by side, each in a place, and returns the outcomes in the items' order.
    ///
    /// The items are begun in their order, each as soon as it has a place; what is not begun costs no task. After an
    /// outcome that ends the work no further item is begun, and its outcome is nil.
    ///
    /// - Throws: what `work` throws, and `CancellationError` while it waits for a place; what runs is cancelled then.
    package func forEach<Item: Sendable, Outcome: Sendable>(
        _ items: [Item],
        endingWith ends: @escaping @Sendable (Outcome) -> Bool,
        _ work: @escaping @Sendable (Item) async throws -> Outcome
    ) async throws -> [Outcome?] {
        let progress = Monitor((ended: 0, isOver: false))
        return try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            var outcomes = [Outcome?](repeating: nil, count: items.count)
            var takenIn = 0
            for (index, item) in items.enumerated() {
                try await take()
                let place = Taken(in: self)
                // Those that have ended keep their memory until they are taken in.
                while takenIn < progress.current.ended, let (index, outcome) = try await group.next() {
                    outcomes[index] = outcome
                    takenIn += 1
                }
                guard !progress.current.isOver else {
                    place.giveBack()
                    break
                }
                group.addTask {
                    defer { place.giveBack() }
                    return try await Self.$own.withValue(place) {
                        let outcome = try await work(item)
                        progress.change { progress in
                            progress.ended += 1
                            if ends(outcome) { progress.isOver = true }
                        }
                        return (index, outcome)
                    }
                }
            }
            while let (index, outcome) = try await group.next() { outcomes[index] = outcome }
            return outcomes
        }
    }

    /// The same where no outcome ends the work.
    package func forEach<Item: Sendable, Outcome: Sendable>(
        _ items: [Item],
        _ work: @escaping @Sendable (Item) async throws -> Outcome
    ) async throws -> [Outcome] {
        try await forEach(items, endingWith: { _ in false }, work).compactMap(\.self)
    }

    /// Waits without the place that the task has, if it has one, and takes one again afterwards: for what may take long
    /// and moves nothing, such as the pause before a retry.
    package static func withoutPlace(_ wait: () async throws -> Void) async throws {
        guard let own else { return try await wait() }
        own.giveBack()
        try await wait()
        try await own.takeAgain()
    }

    private func take() async throws {
        try await state.wait { state in
            guard state.taken < state.limit else { return false }
            state.taken += 1
            return true
        }
    }
}
