/// The pacers of a run, as a pure value: one for each limited rate class of the domain's service, one for reads and one
/// for writes of the store. The store's have no limit until it first throttles a request.
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
    ///   - limits: requests per second by class; a class that is absent is not limited.
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

    /// The time until the last of the slots at the current rates; zero once all are due.
    package func wait(of turns: Turns, at now: Duration) -> Duration {
        turns.turns.reduce(.zero) { max($0, pacers[$1.pace]?.wait(of: $1.turn, at: now) ?? .zero) }
    }

    /// How long a request would wait if it were booked at this moment.
    package func queue(for operation: ServiceOperation, at now: Duration) -> Duration {
        paces(of: operation).reduce(.zero) { max($0, pacers[$1]?.queue(at: now) ?? .zero) }
    }

    /// Reports that a request was throttled. The answer doesn't say by which budget, so all of them slow down.
    package mutating func refuse(_ operation: ServiceOperation, at now: Duration, retryAfter: Duration?) {
        for pace in paces(of: operation) { pacers[pace]?.refuse(at: now, retryAfter: retryAfter) }
    }

    /// Reports that a request was answered in time.
    package mutating func accept(_ operation: ServiceOperation, at now: Duration) {
        for pace in paces(of: operation) { pacers[pace]?.accept(at: now) }
    }
}
