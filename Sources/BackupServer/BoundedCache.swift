import ReconcileCore
import Synchronization

/// Values that were costly to get, kept up to a total cost and for a time; each is got once for all who ask meanwhile.
///
/// What was asked for lately is kept: values are added to the newer of two halves, and a half that is full becomes the
/// older one, whose values are forgotten unless they are asked for again. A failure is not kept; where it is one that
/// may pass, the value of before is given for a while longer.
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
    }

    private let limit: Int
    private let timeToLive: Duration?
    private let clock: any RunClock
    private let freshness: Freshness
    private let cost: @Sendable (Value) -> Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: of the values' total cost.
    ///   - timeToLive: after which a value is got anew; nil for values that never change.
    ///   - freshness: told whether values could be got.
    init(
        limit: Int,
        timeToLive: Duration?,
        clock: any RunClock,
        freshness: Freshness = Freshness(),
        cost: @escaping @Sendable (Value) -> Int
    ) {
        self.limit = limit
        self.timeToLive = timeToLive
        self.clock = clock
        self.freshness = freshness
        self.cost = cost
    }

    /// The kept value, or what `load` gives; throws what `load` throws.
    ///
    /// Where `load` fails for something that may pass, a store that cannot be reached among it, a value whose time was over for less than an hour is given, and
    /// counts for five seconds more before it is got anew.
    func value(for key: Key, _ load: () async throws -> Value) async throws -> Value {
        if let entry = entry(for: key), entry.isValid(at: clock.now()) { return entry.value }
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
                freshness.isBehind = false
                return value
            } catch let failure as RemoteFailure where failure.isTransient || failure.kind == .unreachable {
                guard var before, clock.now() - before.gotAt < Self.patience else { throw failure }
                before.validUntil = validity(Self.pause)
                keep(before, key)
                freshness.isBehind = true
                return before.value
            }
        }
    }

    /// How old a value may become that cannot be got anew.
    private static var patience: Duration { .seconds(3600) }
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

/// Whether what caches of one store give may no longer be right: the last value that was to be got anew was not.
final class Freshness: Sendable {
    private let state = Mutex(false)

    var isBehind: Bool {
        get { state.withLock(\.self) }
        set { state.withLock { $0 = newValue } }
    }
}
