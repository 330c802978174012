/// The paces of a run: one for each budget of the domain's service that has a limit, one for the reads and one for the
/// writes of a store, which have no limit until the store first refuses a request as "too fast". A pure value.
package struct RatePacers: Hashable, Sendable {
    fileprivate enum Pace: Hashable {
        case domain(RateClass)
        case store(isWrite: Bool)
    }

    /// The turns of one request, one in each queue that it waits in.
    package struct Turns: Sendable {
        fileprivate let turns: [(pace: Pace, turn: RatePacer.Turn)]
    }

    private var pacers: [Pace: RatePacer] = [.store(isWrite: false): RatePacer(), .store(isWrite: true): RatePacer()]

    /// - Parameters:
    ///   - limits: requests per second by class; a class without one is not limited.
    ///   - shards: how many runs share the limits; each takes an equal part.
    package init(limits: [RateClass: Double], shards: Int = 1) {
        for (rate, limit) in limits {
            pacers[.domain(rate)] = RatePacer(limit: limit / Double(max(1, shards)))
        }
    }

    private func paces(of operation: ServiceOperation) -> [Pace] {
        switch operation.kind {
        case .domain: operation.rates.map { .domain($0) }
        case .store: [.store(isWrite: operation.isWrite)]
        case .work: []
        }
    }

    /// Takes the next turn in every queue of an operation.
    package mutating func book(_ operation: ServiceOperation, at now: Duration) -> Turns {
        Turns(
            turns: paces(of: operation).compactMap { pace in
                guard let turn = pacers[pace]?.book(at: now) else { return nil }
                return (pace, turn)
            }
        )
    }

    /// How long it is until the last of the slots, as the rates are now; zero once all are due.
    package func wait(of turns: Turns, at now: Duration) -> Duration {
        turns.turns.reduce(.zero) { max($0, pacers[$1.pace]?.wait(of: $1.turn, at: now) ?? .zero) }
    }

    /// How long a request that is booked now would wait.
    package func queue(for operation: ServiceOperation, at now: Duration) -> Duration {
        paces(of: operation).reduce(.zero) { max($0, pacers[$1]?.queue(at: now) ?? .zero) }
    }

    /// A request was answered "too fast", which does not say by which of its budgets.
    package mutating func refuse(_ operation: ServiceOperation, at now: Duration, retryAfter: Duration?) {
        for pace in paces(of: operation) { pacers[pace]?.refuse(at: now, retryAfter: retryAfter) }
    }

    /// A request was answered in time.
    package mutating func accept(_ operation: ServiceOperation, at now: Duration) {
        for pace in paces(of: operation) { pacers[pace]?.accept(at: now) }
    }
}
