import ReconcileApp
package import ReconcileCore

/// Estimates of what requests cost in US dollars, and how long they take.
extension [ServiceOperation: Int] {
    /// The cost at list prices, in US dollars.
    package var dollars: Double {
        reduce(0) { $0 + Double($1.value) * $1.key.dollars }
    }

    /// The cost as text.
    package var price: String { Dollars(dollars).description }

    /// The shortest time that the service's default quotas allow, which the slowest kind of request determines.
    package var minimumMinutes: Double { minimumMinutes(at: [:]) }

    /// The shortest time at these limits, in requests per second by class, and at the default quotas for other classes.
    package func minimumMinutes(at limits: [RateClass: Double]) -> Double {
        var drawn: [RateClass: Int] = [:]
        for (operation, count) in self {
            for rate in operation.rates { drawn[rate, default: 0] += count }
        }
        return drawn.map { Double($1) / (limits[$0] ?? $0.serviceQuota) }.reduce(0, Swift.max) / 60
    }
}

/// A minimum time, formatted for a person.
struct LeastTime: CustomStringConvertible {
    private let minutes: Double

    init(minutes: Double) {
        self.minutes = minutes
    }

    var description: String {
        if minutes < 1 { return "under a minute" }
        if minutes < 120 { return "at least \(Quantity.tenths(minutes)) minutes" }
        if minutes < 2_880 { return "at least \(Quantity.tenths(minutes / 60)) hours" }
        return "at least \(Quantity.tenths(minutes / 1_440)) days"
    }
}
