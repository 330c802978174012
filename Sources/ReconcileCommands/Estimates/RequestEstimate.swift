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

/// An amount as a person reads it: `nothing`, `under $0.01`, `$0.27`, `$180`.
struct Dollars: CustomStringConvertible {
    private let amount: Double

    init(_ amount: Double) {
        self.amount = amount
    }

    var description: String {
        if amount <= 0 { return "nothing" }
        if amount < 0.01 { return "under $0.01" }
        if amount >= 99.5 { return "$\(Int(min(amount, 1e15).rounded()))" }
        let cents = Int((amount * 100).rounded())
        return "$\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)"
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
