package import FoundationEssentials

/// Converts dates to and from their form in HTTP headers: `Sun, 22 Nov 2026 08:36:12 GMT` (IMF-fixdate, RFC 9110,
/// 5.6.7). Whole seconds.
package enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The header's value for a date; the date must not be before 1970.
    package static func text(of date: Date) -> String {
        let stamp = SigningTime(date).stamp
        func part(_ from: Int, _ count: Int) -> Substring { stamp.dropFirst(from).prefix(count) }
        // 1 January 1970 was a Thursday.
        let day = days[Int(date.timeIntervalSince1970 / 86_400) % 7]
        let month = months[(Int(part(4, 2)) ?? 1) - 1]
        return "\(day), \(part(6, 2)) \(month) \(part(0, 4)) \(part(9, 2)):\(part(11, 2)):\(part(13, 2)) GMT"
    }

    /// Parses a header's value; nil unless it is a real date in exactly this form. Ignores the name of the day.
    package static func date(of text: String) -> Date? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 6, words[0].count == 4, words[0].last == ",", words[5] == "GMT",
            let month = months.firstIndex(of: String(words[2]))
        else { return nil }
        let time = words[4].split(separator: ":", omittingEmptySubsequences: false)
        guard time.count == 3 else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return SigningTime.date(of: "\(words[3])\(number)\(words[1])T\(time.joined())Z")
    }
}
