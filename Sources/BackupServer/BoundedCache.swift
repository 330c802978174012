import ReconcileCore
import Synchronization

/// A cache of values that are costly to load, bounded by a total cost and a time to live. Callers who ask for a value
/// while it is being loaded share one load.
///
/// Each load has its own task and continues when its callers have left, for those who ask again. At most
/// `unawaited` loads run without a caller; beyond that, a load is cancelled when its last caller leaves.
///
/// Eviction is by use: values are added to the newer of two generations. When that is full it becomes the older one,
/// whose values are dropped unless they are asked for again. Failures are not cached. After a failure that may pass, or
/// while no answer comes, the stale value is used for a while longer.
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

    private struct Loading {
        let load: Load<Value>
        let task: Task<Void, Never>
        /// Callers who have not left.
        var waiting: Int
    }

    private struct State {
        var newer: [Key: Entry] = [:]
        var older: [Key: Entry] = [:]
        var newerCost = 0
        var loading: [Key: Loading] = [:]
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

    /// The kept value, or what `load` gives; throws what `load` throws, and `CancellationError` as soon as the caller is
    /// cancelled.
    ///
    /// If `load` fails in a way that may pass, or the store cannot be reached, the stale value is returned if it is
    /// less than an hour old, and is used for five more seconds before the next attempt. If `load` takes longer than
    /// the cache's patience, it continues in the background, and callers get such a stale value at once until it ends.
    func value(for key: Key, _ load: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let before = entry(for: key)
        if let before, before.isValid(at: clock.now()) { return before.value }
        guard let patience, let before, isYoung(before) else {
            return try await loading(key, load) { try await $0.outcome() }
        }
        return try await value(for: key, within: patience, load) ?? before.value
    }

    /// The valid value, or what `load` gives; nil, while `load` continues in the background, if that takes longer than
    /// `patience` (this call's, not the cache's), and at once if such a `load` is late already. Throws as `value` does.
    func value(
        for key: Key,
        within patience: Duration,
        _ load: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        if let entry = entry(for: key), entry.isValid(at: clock.now()) { return entry.value }
        return try await loading(key, load) { try await $0.outcome(within: patience) }
    }

    /// Waits as `wait` does for the load that is going on, or for a new one.
    private func loading<Outcome>(
        _ key: Key,
        _ load: @escaping @Sendable () async throws -> Value,
        _ wait: (Load<Value>) async throws -> Outcome
    ) async throws -> Outcome {
        let current = join(key, load)
        defer { leave(key, current) }
        return try await wait(current)
    }

    private func join(_ key: Key, _ load: @escaping @Sendable () async throws -> Value) -> Load<Value> {
        state.withLock { state in
            if let loading = state.loading[key] {
                state.loading[key]?.waiting += 1
                return loading.load
            }
            let new = Load<Value>(freshness)
            let task = Task {
                let outcome: Result<Value, any Error>
                do { outcome = .success(try await got(key, load)) } catch { outcome = .failure(error) }
                _ = remove(key, new)
                new.end(outcome)
            }
            state.loading[key] = Loading(load: new, task: task, waiting: 1)
            return new
        }
    }

    private func leave(_ key: Key, _ load: Load<Value>) {
        let isOneTooMany = state.withLock { state in
            guard state.loading[key]?.load === load else { return false }
            state.loading[key]?.waiting -= 1
            return state.loading[key]?.waiting == 0
                && state.loading.values.count { $0.waiting == 0 } > Self.unawaited
        }
        if isOneTooMany { remove(key, load)?.cancel() }
    }

    /// Forgets a load, and returns its task; nil if another one has its place, or none.
    private func remove(_ key: Key, _ load: Load<Value>) -> Task<Void, Never>? {
        state.withLock { state in
            guard state.loading[key]?.load === load else { return nil }
            return state.loading.removeValue(forKey: key)?.task
        }
    }

    /// Values that are got although nobody waits for them any more, at most.
    static var unawaited: Int { 32 }

    private func isYoung(_ entry: Entry) -> Bool { clock.now() - entry.gotAt < Self.longest }

    private func got(_ key: Key, _ load: () async throws -> Value) async throws -> Value {
        // It may have come since it was asked for.
        if let before = entry(for: key), before.isValid(at: clock.now()) { return before.value }
        do {
            let value = try await load()
            keep(value, for: key)
            freshness.note(hasFailed: false)
            return value
        } catch  where Self.mayPass(error) {
            guard var before = entry(for: key), isYoung(before) else { throw error }
            before.validUntil = validity(Self.pause)
            keep(before, key)
            freshness.note(hasFailed: true)
            return before.value
        }
    }

    private static func mayPass(_ error: any Error) -> Bool {
        if let failure = error as? RemoteFailure { return failure.isTransient || failure.kind == .unreachable }
        // Cancelled for others that are got for nobody: the store is too slow.
        return error is CancellationError
    }

    /// How old a value may become that cannot be got anew.
    private static var longest: Duration { .seconds(3600) }
    /// After which it is tried again.
    private static var pause: Duration { .seconds(5) }

    /// Keeps a value that was got otherwise, instead of what is kept.
    func keep(_ value: Value, for key: Key) {
        keep(Entry(value: value, cost: cost(value), gotAt: clock.now(), validUntil: validity(timeToLive)), key)
    }

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

/// A load of a value, for those who wait for its end.
private final class Load<Value: Sendable>: Sendable {
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

    func outcome() async throws -> Value {
        try await state.wait { $0.outcome != nil }
        guard let outcome = state.current.outcome else { throw CancellationError() }
        return try outcome.get()
    }

    /// Nil if it takes longer.
    func outcome(within patience: Duration) async throws -> Value? {
        if case .late = state.current { return nil }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [state] in try await state.wait { $0.outcome != nil } }
            group.addTask { try await Task.sleep(for: patience) }
            try await group.next()
            group.cancelAll()
        }
        return try state.change { [freshness] state in
            if case .going = state {
                state = .late
                freshness.note(late: 1)
            }
            return state.outcome
        }?.get()
    }
}

/// Whether the caches of one store may be giving stale values: the last refresh failed, or one is overdue.
final class Freshness: Sendable {
    private let state = Mutex((hasFailed: false, late: 0))

    var isBehind: Bool { state.withLock { $0.hasFailed || $0.late > 0 } }

    func note(hasFailed: Bool) { state.withLock { $0.hasFailed = hasFailed } }

    /// - Parameter difference: of the number of overdue refreshes.
    func note(late difference: Int) { state.withLock { $0.late += difference } }
}
