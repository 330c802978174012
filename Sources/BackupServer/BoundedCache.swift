import ReconcileCore
import Synchronization

/// Values that were costly to get, kept up to a total cost and for a time; each is got once for all who ask meanwhile.
///
/// What was asked for lately is kept: values are added to the newer of two halves, and a half that is full becomes the
/// older one, whose values are forgotten unless they are asked for again. A failure is not kept.
final class BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let cost: Int
        /// On the clock's steady reading; nil for ever.
        let validUntil: Duration?

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
    private let cost: @Sendable (Value) -> Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: of the values' total cost.
    ///   - timeToLive: after which a value is got anew; nil for values that never change.
    init(
        limit: Int,
        timeToLive: Duration?,
        clock: any RunClock,
        cost: @escaping @Sendable (Value) -> Int
    ) {
        self.limit = limit
        self.timeToLive = timeToLive
        self.clock = clock
        self.cost = cost
    }

    /// The kept value, or what `load` gives; throws what `load` throws.
    func value(for key: Key, _ load: () async throws -> Value) async throws -> Value {
        if let value = kept(key) { return value }
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
            if let value = kept(key) { return value }
            let value = try await load()
            keep(value, for: key)
            return value
        }
    }

    /// What is kept now, in the unit of the limit.
    var totalCost: Int {
        state.withLock { state in state.newerCost + state.older.values.reduce(0) { $0 + $1.cost } }
    }

    private func kept(_ key: Key) -> Value? {
        let now = clock.now()
        return state.withLock { state in
            if let entry = state.newer[key] { return entry.isValid(at: now) ? entry.value : nil }
            guard let entry = state.older.removeValue(forKey: key), entry.isValid(at: now) else { return nil }
            add(entry, key, &state)
            return entry.value
        }
    }

    private func keep(_ value: Value, for key: Key) {
        let entry = Entry(value: value, cost: cost(value), validUntil: timeToLive.map { clock.now() + $0 })
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
