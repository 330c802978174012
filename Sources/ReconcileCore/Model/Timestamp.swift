/// A moment in whole seconds, UTC, in the three spellings that the backup uses.
///
/// Calendar arithmetic is the proleptic Gregorian calendar's, without leap seconds, as in POSIX time.
package struct Timestamp: Hashable, Sendable, Comparable {
    /// Seconds since 1970-01-01T00:00:00Z.
    package let seconds: Int64

    package init(seconds: Int64) {
        self.seconds = seconds
    }

    /// The second of a moment; what lies outside of the years 1 to 9999 becomes the first or the last of theirs.
    package init(secondsSince1970 seconds: Double) {
        let (first, last) = (Self.secondsOfCalendar.lowerBound, Self.secondsOfCalendar.upperBound)
        // Comparisons put what is not a number at the beginning.
        let known = seconds > first ? (seconds < last ? seconds : last) : first
        self.seconds = Int64(known.rounded(.down))
    }

    /// The years 1 to 9999, which all spellings can say, in seconds since 1970.
    static let secondsOfCalendar: ClosedRange<Double> = -62_135_596_800...253_402_300_799
    /// The first second of the year 1.
    static let earliest = Timestamp(secondsSince1970: secondsOfCalendar.lowerBound)

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.seconds < right.seconds }

    /// `20261122T083612Z`: the spelling in manifest keys, whose order is time order.
    package var basic: String {
        let (date, time) = fields
        return "\(Self.digits(date.year, 4))\(Self.digits(date.month, 2))\(Self.digits(date.day, 2))T"
            + "\(Self.digits(time.hour, 2))\(Self.digits(time.minute, 2))\(Self.digits(time.second, 2))Z"
    }

    /// `2026-11-22T08:36:12Z`: the spelling in manifests and reports (RFC 3339).
    package var extended: String {
        let (date, time) = fields
        return "\(Self.digits(date.year, 4))-\(Self.digits(date.month, 2))-\(Self.digits(date.day, 2))T"
            + "\(Self.digits(time.hour, 2)):\(Self.digits(time.minute, 2)):\(Self.digits(time.second, 2))Z"
    }

    /// `20261122083612`: the spelling of lastUpdated in maven-metadata.xml.
    package var maven: String {
        basic.filter { $0.isNumber }
    }

    /// `2026-11-22`: the folder of a day's run reports.
    package var day: String { String(extended.prefix(10)) }

    /// Reads the basic spelling; nil for anything else, a 30 February included.
    package init?(basic text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
            let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[4..<6]),
            let day = Self.number(bytes[6..<8]), let hour = Self.number(bytes[9..<11]),
            let minute = Self.number(bytes[11..<13]), let second = Self.number(bytes[13..<15]),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        let days = Self.daysSince1970(year: year, month: month, day: day)
        // 30 February comes back as another day.
        guard Self.civilDate(daysSince1970: days) == (year, month, day) else { return nil }
        seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
    }

    /// Reads the extended spelling; nil for anything else.
    package init?(extended text: some StringProtocol) {
        let compact = String(text.filter { $0 != "-" && $0 != ":" })
        guard let parsed = Timestamp(basic: compact), parsed.extended.utf8.elementsEqual(text.utf8) else { return nil }
        self = parsed
    }

    private var fields:
        (date: (year: Int64, month: Int64, day: Int64), time: (hour: Int64, minute: Int64, second: Int64))
    {
        let days = Int64((Double(seconds) / 86_400).rounded(.down))
        let rest = seconds - days * 86_400
        return (Self.civilDate(daysSince1970: days), (rest / 3_600, rest / 60 % 60, rest % 60))
    }

    // Years are counted from March, so that the leap day is a year's last; an era is 400 years.
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civilDate(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch + (monthFromMarch < 10 ? 3 : -9)
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            guard ASCII.isDigit(digit) else { return nil }
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return value
    }

    private static func digits(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
