import ReconcileApp
import ReconcileCore

/// How long ago something happened, by the time that a report gives.
struct Age {
    /// Nil if it is not a time; 0 if it is in the future.
    let seconds: Double?

    /// - Parameters:
    ///   - time: as reports have it, `2026-11-22T08:36:12Z`.
    ///   - now: seconds since 1970.
    init(of time: String, now: Double) {
        seconds = Timestamp(extended: time).map { max(0, now - Double($0.seconds)) }
    }

    var words: String { seconds.map { "\(Quantity.time(.seconds($0))) ago" } ?? "at an unknown time" }
}
