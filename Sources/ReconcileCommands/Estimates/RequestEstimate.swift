import ReconcileApp
package import ReconcileCore

/// What requests take, by their operations: dollars, and time at the service's default quotas.
extension [ServiceOperation: Int] {
    /// At list prices, US dollars.
    package var dollars: Double {
        reduce(0) { $0 + Double($1.value) * $1.key.dollars }
    }

    /// The same as text.
    package var price: String { Dollars(dollars).description }

    /// The shortest time that the service's default quotas allow: what the slowest of them takes.
    package var minimumMinutes: Double { minimumMinutes(at: [:]) }

    /// The same at these requests a second, by class, and at the quotas of the others.
    package func minimumMinutes(at limits: [RateClass: Double]) -> Double {
        var drawn: [RateClass: Int] = [:]
        for (operation, count) in self {
            for rate in operation.rates { drawn[rate, default: 0] += count }
        }
        return drawn.map { Double($1) / (limits[$0] ?? $0.serviceQuota) }.reduce(0, Swift.max) / 60
    }
}

/// A minimum time, as a person reads it.
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
