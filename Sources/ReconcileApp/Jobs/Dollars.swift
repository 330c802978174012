/// An amount as a person reads it: `nothing`, `under $0.01`, `$0.27`, `$180`.
package struct Dollars: CustomStringConvertible {
    private let amount: Double

    package init(_ amount: Double) {
        self.amount = amount
    }

    package var description: String {
        if amount <= 0 { return "nothing" }
        if amount < 0.01 { return "under $0.01" }
        if amount >= 99.5 { return "$\(Int(min(amount, 1e15).rounded()))" }
        let cents = Int((amount * 100).rounded())
        return "$\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)"
    }
}
