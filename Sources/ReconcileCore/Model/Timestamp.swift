/// A moment in whole seconds, UTC, with the spellings that the backup uses.
///
/// It uses the proleptic Gregorian calendar without leap seconds, as POSIX time does.
package struct Timestamp: Hashable, Sendable, Comparable {
    /// Seconds since 1970-01-01T00:00:00Z.
    package let seconds: Int64

    package init(seconds: Int64) {
        self.seconds = seconds
    }

    /// Rounds down to the second. A moment outside the years 1 to 9999 becomes the first or last second of that range.
    package init(secondsSince1970 seconds: Double) {
        let (first, last) = (Self.secondsOfCalendar.lowerBound, Self.secondsOfCalendar.upperBound)
        // NaN fails the comparison and becomes `first`.
        let known = seconds > first ? (seconds < last ? seconds : last) : first
        self.seconds = Int64(known.rounded(.down))
    }

    /// The years 1 to 9999, which every spelling can represent, in seconds since 1970.
    static let secondsOfCalendar: ClosedRange<Double> = -62_135_596_800...253_402_300_799
    /// The first second of the year 1.
    static let earliest = Timestamp(secondsSince1970: secondsOfCalendar.lowerBound)

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.seconds < right.seconds }

    /// `20261122T083612Z`: the spelling in manifest keys; it sorts in time order.
    package var basic: String { spelled("yyyyMMddThhmmssZ") }

    /// `2026-11-22T08:36:12Z`: the spelling in manifests and reports (RFC 3339).
    package var extended: String { spelled("yyyy-MM-ddThh:mm:ssZ") }

    /// `20261122083612`: the spelling of `lastUpdated` in maven-metadata.xml.
    package var maven: String { spelled("yyyyMMddhhmmss") }

    /// `2026-11-22`: the name of the folder that has a day's run reports.
    package var day: String { spelled("yyyy-MM-dd") }

    /// Reads the basic spelling; nil for anything else, including an impossible date such as 30 February.
    package init?(basic text: some StringProtocol) {
        self.init(text.utf8, as: "yyyyMMddThhmmssZ")
    }

    /// Reads the extended spelling; nil for anything else.
    package init?(extended text: some StringProtocol) {
        self.init(text.utf8, as: "yyyy-MM-ddThh:mm:ssZ")
    }

    /// Reads the extended spelling up to the seconds and ignores the rest (`2026-11-22T08:36:12.000Z`).
    package init?(toSecondsOf text: some StringProtocol) {
        self.init(text.utf8.prefix(19), as: "yyyy-MM-ddThh:mm:ss")
    }

    /// Reads digits at the positions where `form` has a field's letter. Allocates nothing, because a listing has a time
    /// for each object.
    private init?(_ text: some Collection<UInt8>, as form: String) {
        guard text.count == form.utf8.count else { return nil }
        var values = SIMD8<Int64>()
        for (byte, place) in zip(text, form.utf8) {
            if let field = Self.field(place) {
                guard ASCII.isDigit(byte) else { return nil }
                values[field] = values[field] * 10 + Int64(byte - UInt8(ascii: "0"))
            } else if byte != place {
                return nil
            }
        }
        let (year, month, day) = (values[0], values[1], values[2])
        guard (1...12).contains(month), (1...31).contains(day), values[3] < 24, values[4] < 60, values[5] < 60
        else { return nil }
        let days = Self.daysSince1970(year: year, month: month, day: day)
        // An impossible date, such as 30 February, maps back to a different day.
        guard Self.civilDate(daysSince1970: days) == (year, month, day) else { return nil }
        seconds = days * 86_400 + values[3] * 3_600 + values[4] * 60 + values[5]
    }

    /// Years with more than four digits are written in full.
    private func spelled(_ form: String) -> String {
        let (date, time) = fields
        var values = SIMD8<Int64>(abs(date.year), date.month, date.day, time.hour, time.minute, time.second, 0, 0)
        var bytes = Array(form.utf8)
        for index in bytes.indices.reversed() {
            guard let field = Self.field(bytes[index]) else { continue }
            bytes[index] = UInt8(ascii: "0") + UInt8(values[field] % 10)
            values[field] /= 10
        }
        let rest = (date.year < 0 ? "-" : "") + (values[0] > 0 ? "\(values[0])" : "")
        return rest + String(decoding: bytes, as: UTF8.self)
    }

    private var fields:
        (date: (year: Int64, month: Int64, day: Int64), time: (hour: Int64, minute: Int64, second: Int64))
    {
        let days = Int64((Double(seconds) / 86_400).rounded(.down))
        let rest = seconds - days * 86_400
        return (Self.civilDate(daysSince1970: days), (rest / 3_600, rest / 60 % 60, rest % 60))
    }

    // Years are counted from March, which puts the leap day at the end of a year; an era is 400 years.
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

    /// The index of the field that a letter of a form stands for: year, month, day, hour, minute, second.
    private static func field(_ letter: UInt8) -> Int? {
        switch letter {
        case UInt8(ascii: "y"): 0
        case UInt8(ascii: "M"): 1
        case UInt8(ascii: "d"): 2
        case UInt8(ascii: "h"): 3
        case UInt8(ascii: "m"): 4
        case UInt8(ascii: "s"): 5
        default: nil
        }
    }
}
