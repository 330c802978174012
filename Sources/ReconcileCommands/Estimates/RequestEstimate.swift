import ReconcileCore

/// What requests take, by their operations: dollars, and time at the service's default quotas.
extension [ServiceOperation: Int] {
    /// At list prices, US dollars.
    package var dollars: Double {
        reduce(0) { $0 + Double($1.value) * $1.key.dollars }
    }

    /// The shortest time that the service's default quotas allow: what the slowest of them takes.
    package var minimumMinutes: Double {
        var drawn: [RateClass: Int] = [:]
        for (operation, count) in self {
            for rate in operation.rates { drawn[rate, default: 0] += count }
        }
        return drawn.map { Double($1) / $0.serviceQuota }.reduce(0, Swift.max) / 60
    }
}
