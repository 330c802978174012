import Synchronization

/// The places for assets in motion. Each asset whose bytes are being moved or looked up in the store takes one,
/// whichever version it belongs to; an `AdaptiveWidth` decides how many there are.
///
/// The longest waiter is next, unless a free place suits only a later one. Safe to use from any task.
package final class TransferPlaces: Sendable {
    private struct State {
        var width: AdaptiveWidth
        /// Assets of all versions that haven't had a place yet.
        var waiting = 0
        /// How many tasks are asking for a place.
        var asking = 0
        /// How many signs of overload the width has taken into account.
        var overloads: Int
    }

    /// One place that a task has taken.
    private final class Taken: Sendable {
        let places: TransferPlaces
        let bytes: Int64
        private let admission: Mutex<AdaptiveWidth.Admission?>

        init(_ admission: AdaptiveWidth.Admission, for bytes: Int64, in places: TransferPlaces) {
            self.places = places
            self.bytes = bytes
            self.admission = Mutex(admission)
        }

        /// Does nothing if the place was already given back.
        ///
        /// - Parameter moved: whether all of its bytes went to the store.
        func giveBack(moved: Bool) {
            let admission = admission.withLock { admission in
                defer { admission = nil }
                return admission
            }
            guard let admission else { return }
            let isPaced = moved && places.signs.areAssetsPaced()
            places.state.change { $0.width.give(admission, moved: moved, isPaced: isPaced, at: places.clock.now()) }
        }

        func takeAgain() async throws {
            let admission = try await places.take(bytes)
            self.admission.withLock { $0 = admission }
        }
    }

    @TaskLocal private static var own: Taken?

    private let state: Monitor<State>
    private let signs: PressureSigns
    private let clock: any RunClock
    /// Where a version's copy runs between its requests; nil for anywhere. On the thread that moves the bytes, no thread
    /// has to wake another for each request.
    let executor: (any TaskExecutor)?

    /// - Parameter executor: must not be one that a store's calls block.
    package init(
        _ width: AdaptiveWidth,
        seeing signs: PressureSigns = PressureSigns(),
        clock: any RunClock = SystemClock(),
        on executor: (any TaskExecutor)? = nil
    ) {
        state = Monitor(State(width: width, overloads: signs.overloads()))
        self.signs = signs
        self.clock = clock
        self.executor = executor
    }

    /// A fixed number of places, without a byte limit.
    ///
    /// - Parameter limit: values below 1 count as 1.
    package convenience init(limit: Int) {
        self.init(AdaptiveWidth(.fixed(limit), ceiling: limit, grace: .seconds(1 << 40)))
    }

    /// The current number of places, at least 1.
    package var limit: Int { state.current.width.limit }

    /// How many places are taken.
    package var taken: Int { state.current.width.taken }

    /// The most places that were taken at the same time.
    package var mostTaken: Int { state.current.width.mostTaken }

    /// How long work waited, by what it waited for.
    package var waited: [WidthBound: Duration] { state.current.width.waited(until: clock.now()) }

    /// How many pieces of work may run: just one while the pacers' queues are full or enough assets are waiting for a
    /// place.
    package var pieces: Int {
        let (isPaced, overloads, now) = (signs.isPaced(), signs.overloads(), clock.now())
        return state.note { state in
            if overloads > state.overloads {
                state.overloads = overloads
                state.width.trouble(at: now)
            }
            state.width.quotasBind(isPaced, at: now)
            return isPaced ? 1 : state.width.pieces(whileWaiting: state.waiting)
        }
    }

    /// Reports that a version was backed up.
    package func versionEnded() {
        let (sincePause, isPaced) = (signs.sincePause(), signs.areAssetsPaced())
        state.change { $0.width.versionEnded(sincePause: sincePause, isPaced: isPaced) }
    }

    /// Works on the items concurrently, each in a place, and returns the outcomes in the items' order.
    ///
    /// Items start in order, each as soon as it has a place; an item that hasn't started costs no task. After an
    /// outcome that ends the work, no further item starts; the outcomes of those are nil.
    ///
    /// - Parameters:
    ///   - bytes: how many of an item's bytes will be in motion.
    ///   - moved: whether all of them went to the store.
    /// - Throws: what `work` throws, or `CancellationError` while waiting for a place; running items are then
    ///   cancelled.
    package func forEach<Item: Sendable, Outcome: Sendable>(
        _ items: [Item],
        bytes: (Item) -> Int64 = { _ in 0 },
        moved: @escaping @Sendable (Outcome) -> Bool = { _ in false },
        endingWith ends: @escaping @Sendable (Outcome) -> Bool,
        _ work: @escaping @Sendable (Item) async throws -> Outcome
    ) async throws -> [Outcome?] {
        let progress = Monitor((ended: 0, isOver: false))
        return try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            var waiting = items.count
            state.note { state in
                state.waiting += items.count
                state.width.versionBegins(assets: items.count)
            }
            defer { state.note { $0.waiting -= waiting } }
            var outcomes = [Outcome?](repeating: nil, count: items.count)
            var takenIn = 0
            for (index, item) in items.enumerated() {
                let place = Taken(try await take(bytes(item)), for: bytes(item), in: self)
                waiting -= 1
                state.note { $0.waiting -= 1 }
                // Ended tasks use memory until their outcome is taken in.
                while takenIn < progress.current.ended, let (index, outcome) = try await group.next() {
                    outcomes[index] = outcome
                    takenIn += 1
                }
                guard !progress.current.isOver else {
                    place.giveBack(moved: false)
                    break
                }
                group.addTask {
                    defer { place.giveBack(moved: false) }
                    return try await Self.$own.withValue(place) {
                        let outcome = try await work(item)
                        place.giveBack(moved: moved(outcome))
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

    /// The same if no outcome ends the work.
    package func forEach<Item: Sendable, Outcome: Sendable>(
        _ items: [Item],
        _ work: @escaping @Sendable (Item) async throws -> Outcome
    ) async throws -> [Outcome] {
        try await forEach(items, endingWith: { _ in false }, work).compactMap(\.self)
    }

    /// Gives up the task's place, if it has one, while it waits, and takes one again afterwards. For anything that may
    /// take long and moves nothing, such as the pause before a retry.
    package static func withoutPlace(_ wait: () async throws -> Void) async throws {
        guard let own else { return try await wait() }
        own.giveBack(moved: false)
        try await wait()
        try await own.takeAgain()
    }

    private func take(_ bytes: Int64) async throws -> AdaptiveWidth.Admission {
        let admission = Mutex<AdaptiveWidth.Admission?>(nil)
        state.note { $0.asking += 1 }
        defer {
            state.note { state in
                state.asking -= 1
                if state.asking == 0 { state.width.nobodyWaits(at: clock.now()) }
            }
        }
        try await state.wait { [clock] state in
            guard let found = state.width.take(bytes, at: clock.now()) else { return false }
            admission.withLock { $0 = found }
            return true
        }
        guard let admission = admission.withLock({ $0 }) else { throw CancellationError() }
        return admission
    }
}

/// Signs of how much more load the service, the store and this machine can take.
package struct PressureSigns: Sendable {
    /// Whether further work would only wait for the pacers.
    package let isPaced: @Sendable () -> Bool
    /// Whether a request for another asset would be rate-limited.
    package let areAssetsPaced: @Sendable () -> Bool
    /// How many signs of overload hosts have shown.
    package let overloads: @Sendable () -> Int
    /// How long ago the thread that moves bytes was last idle; nil if unknown.
    package let sincePause: @Sendable () -> Duration?

    package init(
        isPaced: @escaping @Sendable () -> Bool = { false },
        areAssetsPaced: @escaping @Sendable () -> Bool = { false },
        overloads: @escaping @Sendable () -> Int = { 0 },
        sincePause: @escaping @Sendable () -> Duration? = { nil }
    ) {
        self.isPaced = isPaced
        self.areAssetsPaced = areAssetsPaced
        self.overloads = overloads
        self.sincePause = sincePause
    }
}
