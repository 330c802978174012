import Cryptography
import FoundationEssentials
import HTTPTransfer

/// How far a service's clock is ahead of this machine's, according to the `Date` header of its answer.
struct ClockSkew: Hashable, Sendable {
    /// Negative if the service's clock is behind.
    let seconds: Double

    /// Nil if the answer has no date.
    ///
    /// - Parameter now: this machine's clock when the answer arrived, in seconds since 1970.
    init?(_ head: HTTPResponseHead, at now: Double) {
        guard let date = head.headers["date"].flatMap(HTTPDate.date(of:)) else { return nil }
        seconds = date.timeIntervalSince1970 - now
    }

    /// Nil if the answer has no date, or if its date is within `tolerance` of this machine's clock.
    init?(noticeableIn head: HTTPResponseHead, at now: Double) {
        self.init(head, at: now)
        guard abs(seconds) > Self.tolerance else { return nil }
    }

    /// Seconds to add to this machine's clock to get the service's; 0 unless the answer shows a noticeable difference.
    static func offset(in head: HTTPResponseHead, at now: Double) -> Double {
        ClockSkew(noticeableIn: head, at: now)?.seconds ?? 0
    }

    /// Whether the difference may be why a signature was rejected: the services allow five minutes (S3 fifteen).
    var mayRefuseSignatures: Bool { abs(seconds) > 270 }

    /// Such as "this machine's clock is 20 minutes behind the service's".
    var words: String {
        let minutes = Int(min(abs(seconds) / 60, 1e9).rounded())
        func count(_ number: Int, _ unit: String) -> String { "\(number) \(unit)\(number == 1 ? "" : "s")" }
        let rest = minutes % 60 == 0 ? "" : " and \(count(minutes % 60, "minute"))"
        let amount = minutes < 120 ? count(minutes, "minute") : count(minutes / 60, "hour") + rest
        return "this machine's clock is \(amount) \(seconds > 0 ? "behind" : "ahead of") the service's"
    }

    /// In seconds; no service rejects a request whose time is off by less.
    static let tolerance = 60.0
}
