import ReconcileApp
import ReconcileCore

/// How long ago something happened, from a time in a report.
struct Age {
    /// Nil if the text is not a time; 0 for a time in the future.
    let seconds: Double?

    /// - Parameters:
    ///   - time: a time as in reports, such as `2026-11-22T08:36:12Z`.
    ///   - now: seconds since 1970.
    init(of time: String, now: Double) {
        seconds = Timestamp(extended: time).map { max(0, now - Double($0.seconds)) }
    }

    var words: String { seconds.map { "\(Quantity.time(.seconds($0))) ago" } ?? "at an unknown time" }
}
