import ReconcileCore
import Synchronization

/// Values that were costly to get, kept up to a total cost and for a time; each is got once for all who ask meanwhile.
///
/// What was asked for lately is kept: values are added to the newer of two halves, and a half that is full becomes the
/// older one, whose values are forgotten unless they are asked for again. A failure is not kept; where it is one that
/// may pass, or no answer comes, the value of before is given for a while longer.
final class BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let cost: Int
        /// On the clock's steady reading.
        let gotAt: Duration
        /// The same; nil for ever.
        var validUntil: Duration?

        func isValid(at now: Duration) -> Bool { validUntil.map { now < $0 } ?? true }
    }

    private struct Flight {
        let single = SingleFlight<Value>()
        var passengers = 0
    }

    private struct State {
        var newer: [Key: Entry] = [:]
        var older: [Key: Entry] = [:]
        var newerCost = 0
        var flights: [Key: Flight] = [:]
        var renewals: [Key: Renewal<Value>] = [:]
    }

    private let limit: Int
    private let timeToLive: Duration?
    private let clock: any RunClock
    private let freshness: Freshness
    private let patience: Duration?
    private let cost: @Sendable (Value) -> Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: of the values' total cost.
    ///   - timeToLive: after which a value is got anew; nil for values that never change.
    ///   - freshness: told whether values could be got.
    ///   - patience: how long a caller waits for a refresh before it gets the stale value, in real time; nil: until the
    ///     refresh ends.
    init(
        limit: Int,
        timeToLive: Duration?,
        clock: any RunClock,
        freshness: Freshness = Freshness(),
        patience: Duration? = nil,
        cost: @escaping @Sendable (Value) -> Int
    ) {
        self.limit = limit
        self.timeToLive = timeToLive
        self.clock = clock
        self.freshness = freshness
        self.patience = patience
        self.cost = cost
    }

    /// The kept value, or what `load` gives; throws what `load` throws.
    ///
    /// If `load` fails in a way that may pass, or the store cannot be reached, the stale value is returned if it is
    /// less than an hour old, and is used for five more seconds before the next attempt. If `load` takes longer than
    /// the cache's patience, it continues in the background, and callers get such a stale value at once until it ends.
    func value(for key: Key, _ load: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let before = entry(for: key)
        if let before, before.isValid(at: clock.now()) { return before.value }
        guard let patience, let before, isYoung(before) else { return try await got(key, load) }
        return try await value(for: key, within: patience, load) ?? before.value
    }

    /// The valid value, or what `load` gives; nil, while `load` continues in the background, if that takes longer than
    /// `patience` (this call's, not the cache's), and at once if such a `load` is late already. Throws
    /// `CancellationError` as soon as the caller is cancelled.
    func value(
        for key: Key,
        within patience: Duration,
        _ load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        if let entry = entry(for: key), entry.isValid(at: clock.now()) { return entry.value }
        return try await renewal(of: key, load).outcome(within: patience)?.get()
    }

    /// The one that is going on, or a new one.
    private func renewal(of key: Key, _ load: @escaping @Sendable () async throws -> Value) -> Renewal<Value> {
        let (renewal, isNew) = state.withLock { state in
            if let renewal = state.renewals[key] { return (renewal, false) }
            let renewal = Renewal<Value>(freshness)
            state.renewals[key] = renewal
            return (renewal, true)
        }
        guard isNew else { return renewal }
        Task {
            let outcome: Result<Value, any Error>
            do { outcome = .success(try await got(key, load)) } catch { outcome = .failure(error) }
            state.withLock { $0.renewals[key] = nil }
            renewal.end(outcome)
        }
        return renewal
    }

    private func isYoung(_ entry: Entry) -> Bool { clock.now() - entry.gotAt < Self.longest }

    private func got(_ key: Key, _ load: () async throws -> Value) async throws -> Value {
        let flight = state.withLock { state in
            state.flights[key, default: Flight()].passengers += 1
            return state.flights[key, default: Flight()].single
        }
        defer {
            state.withLock { state in
                state.flights[key]?.passengers -= 1
                if state.flights[key]?.passengers == 0 { state.flights[key] = nil }
            }
        }
        return try await flight.run {
            // Who came too late for one flight leads the next.
            let before = entry(for: key)
            if let before, before.isValid(at: clock.now()) { return before.value }
            do {
                let value = try await load()
                keep(Entry(value: value, cost: cost(value), gotAt: clock.now(), validUntil: validity(timeToLive)), key)
                freshness.note(hasFailed: false)
                return value
            } catch let failure as RemoteFailure where failure.isTransient || failure.kind == .unreachable {
                guard var before, isYoung(before) else { throw failure }
                before.validUntil = validity(Self.pause)
                keep(before, key)
                freshness.note(hasFailed: true)
                return before.value
            }
        }
    }

    /// How old a value may become that cannot be got anew.
    private static var longest: Duration { .seconds(3600) }
    /// After which it is tried again.
    private static var pause: Duration { .seconds(5) }

    /// The kept value, however old, without getting anything; nil where none is kept.
    func kept(for key: Key) -> (value: Value, age: Duration, isValid: Bool)? {
        let now = clock.now()
        return entry(for: key).map { ($0.value, now - $0.gotAt, $0.isValid(at: now)) }
    }

    /// What is kept now, in the unit of the limit.
    var totalCost: Int {
        state.withLock { state in state.newerCost + state.older.values.reduce(0) { $0 + $1.cost } }
    }

    /// What is kept, valid or not.
    private func entry(for key: Key) -> Entry? {
        state.withLock { state in
            if let entry = state.newer[key] { return entry }
            guard let entry = state.older.removeValue(forKey: key) else { return nil }
            add(entry, key, &state)
            return entry
        }
    }

    private func validity(_ time: Duration?) -> Duration? { time.map { clock.now() + $0 } }

    private func keep(_ entry: Entry, _ key: Key) {
        state.withLock { add(entry, key, &$0) }
    }

    private func add(_ entry: Entry, _ key: Key, _ state: inout State) {
        if state.newerCost + entry.cost > limit / 2 {
            (state.older, state.newer, state.newerCost) = (state.newer, [:], 0)
        }
        // What alone is more than a half would push out everything and then itself.
        guard entry.cost <= limit / 2 else { return }
        state.older[key] = nil
        state.newerCost += entry.cost - (state.newer.updateValue(entry, forKey: key)?.cost ?? 0)
    }
}

/// A load of a value in a task of its own: callers may stop waiting for it, and it continues.
private final class Renewal<Value: Sendable>: Sendable {
    private enum State: Sendable {
        case going
        /// Somebody has waited for long enough, so that nobody else has to.
        case late
        case ended(Result<Value, any Error>)

        var outcome: Result<Value, any Error>? { if case .ended(let outcome) = self { outcome } else { nil } }
    }

    private let state = Monitor(State.going)
    private let freshness: Freshness

    /// - Parameter freshness: told while it is late.
    init(_ freshness: Freshness) {
        self.freshness = freshness
    }

    func end(_ outcome: Result<Value, any Error>) {
        state.change { [freshness] state in
            if case .late = state { freshness.note(late: -1) }
            state = .ended(outcome)
        }
    }

    /// Nil if it takes longer; throws `CancellationError` as soon as the caller is cancelled.
    func outcome(within patience: Duration) async throws -> Result<Value, any Error>? {
        if case .late = state.current { return nil }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [state] in try await state.wait { $0.outcome != nil } }
            group.addTask { try await Task.sleep(for: patience) }
            try await group.next()
            group.cancelAll()
        }
        return state.change { [freshness] state in
            if case .going = state {
                state = .late
                freshness.note(late: 1)
            }
            return state.outcome
        }
    }
}

/// Whether what caches of one store give may no longer be right: the last value that was to be got anew was not, or one is
/// late.
final class Freshness: Sendable {
    private let state = Mutex((hasFailed: false, late: 0))

    var isBehind: Bool { state.withLock { $0.hasFailed || $0.late > 0 } }

    func note(hasFailed: Bool) { state.withLock { $0.hasFailed = hasFailed } }

    /// - Parameter difference: of how many are late.
    func note(late difference: Int) { state.withLock { $0.late += difference } }
}
