import ReconcileCore

/// What requests take, by their operations: dollars, and time at the service's default quotas.
extension [ServiceOperation: Int] {
    /// At list prices, US dollars.
    package var dollars: Double {
        reduce(0) { $0 + Double($1.value) * $1.key.dollars }
    }

    /// The same as text: two digits after the point, or four below ten cents.
    package var price: String {
        let digits = dollars < 0.1 ? 4 : 2
        let scale = digits == 4 ? 10_000 : 100
        let units = Int((dollars * Double(scale)).rounded())
        let fraction = String(units % scale)
        return "$\(units / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
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
