import Synchronization

/// The places for assets in motion: each asset whose bytes are moved, or looked for in the store, takes one, whichever
/// version it is of. How many there are is for an `AdaptiveWidth` to say.
///
/// Whoever waits longest is next, unless there is a place that it cannot take and a later one can. Safe to use from
/// anywhere.
package final class TransferPlaces: Sendable {
    private struct State {
        var width: AdaptiveWidth
        /// Assets of all versions that have had no place yet.
        var waiting = 0
        /// How many ask for a place.
        var asking = 0
        /// Signs of overload that the width knows of.
        var overloads: Int
    }

    /// One place, while a task has it.
    private final class Taken: Sendable {
        let places: TransferPlaces
        let bytes: Int64
        private let admission: Mutex<AdaptiveWidth.Admission?>

        init(_ admission: AdaptiveWidth.Admission, for bytes: Int64, in places: TransferPlaces) {
            self.places = places
            self.bytes = bytes
            self.admission = Mutex(admission)
        }

        /// Does nothing if it is given back already.
        ///
        /// - Parameter moved: whether all its bytes went to the store.
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

    package init(
        _ width: AdaptiveWidth,
        seeing signs: PressureSigns = PressureSigns(),
        clock: any RunClock = SystemClock()
    ) {
        state = Monitor(State(width: width, overloads: signs.overloads()))
        self.signs = signs
        self.clock = clock
    }

    /// A fixed number of places, for any number of bytes.
    ///
    /// - Parameter limit: counts as 1 if it is lower.
    package convenience init(limit: Int) {
        self.init(AdaptiveWidth(.fixed(limit), ceiling: limit, grace: .seconds(1 << 40)))
    }

    /// How many places there are, at least 1.
    package var limit: Int { state.current.width.limit }

    /// How many places are taken.
    package var taken: Int { state.current.width.taken }

    /// The most that were taken at a time.
    package var mostTaken: Int { state.current.width.mostTaken }

    /// How long work waited, by what for.
    package var waited: [WidthBound: Duration] { state.current.width.waited(until: clock.now()) }

    /// How many pieces of work may run: one while the pacers that they need have a full queue, or enough assets wait for a
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

    /// A version was protected.
    package func versionEnded() {
        let (sincePause, isPaced) = (signs.sincePause(), signs.areAssetsPaced())
        state.change { $0.width.versionEnded(sincePause: sincePause, isPaced: isPaced) }
    }

    /// Does work on each item side by side, each in a place, and returns the outcomes in the items' order.
    ///
    /// The items are begun in their order, each as soon as it has a place; what is not begun costs no task. After an
    /// outcome that ends the work no further item is begun, and its outcome is nil.
    ///
    /// - Parameters:
    ///   - bytes: how many of an item's bytes will be in motion.
    ///   - moved: whether all of them went to the store.
    /// - Throws: what `work` throws, and `CancellationError` while it waits for a place; what runs is cancelled then.
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
                // Those that have ended keep their memory until they are taken in.
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

/// What can be seen of how much more the service, the store and this machine take.
package struct PressureSigns: Sendable {
    /// Whether further work would only wait for the pacers.
    package let isPaced: @Sendable () -> Bool
    /// Whether a request for another asset would wait for its rate.
    package let areAssetsPaced: @Sendable () -> Bool
    /// How often a host has shown that it has too much to do.
    package let overloads: @Sendable () -> Int
    /// How long ago the thread that moves bytes last had nothing to do; nil if that is not known.
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
