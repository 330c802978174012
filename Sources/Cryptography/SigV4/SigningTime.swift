package import FoundationEssentials

/// A moment as signatures write it, `20260115T120000Z`, and its day, `20260115`. Always UTC, whole seconds.
package struct SigningTime: Sendable, Hashable {
    /// The value of `X-Amz-Date`.
    package let stamp: String
    /// The day in the credential scope.
    package let day: String

    package init(_ date: Date) {
        let seconds = Int(date.timeIntervalSince1970.rounded(.down))
        let day = CivilDay(daysSince1970: Int((Double(seconds) / 86_400).rounded(.down)))
        let second = seconds - day.daysSince1970 * 86_400

        var text: [UInt8] = []
        text.reserveCapacity(16)
        func append(_ number: Int, width: Int) {
            var scale = width == 4 ? 1_000 : 10
            while scale > 0 {
                text.append(UInt8(ascii: "0") + UInt8(number / scale % 10))
                scale /= 10
            }
        }
        append(day.year, width: 4)
        append(day.month, width: 2)
        append(day.day, width: 2)
        text.append(UInt8(ascii: "T"))
        append(second / 3_600, width: 2)
        append(second / 60 % 60, width: 2)
        append(second % 60, width: 2)
        text.append(UInt8(ascii: "Z"))
        stamp = String(decoding: text, as: UTF8.self)
        self.day = String(decoding: text[..<8], as: UTF8.self)
    }

    /// Parses a stamp; nil unless it is a real date in exactly this form.
    package static func date(of stamp: String) -> Date? {
        let text = Array(stamp.utf8)
        guard text.count == 16, text[8] == UInt8(ascii: "T"), text[15] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for character in text[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) else { return nil }
                value = value * 10 + Int(character - UInt8(ascii: "0"))
            }
            return value
        }
        guard
            let year = number(0..<4), let month = number(4..<6), let day = number(6..<8),
            let hour = number(9..<11), let minute = number(11..<13), let second = number(13..<15),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        let civil = CivilDay(year: year, month: month, day: day)
        let date = Date(
            timeIntervalSince1970: Double(civil.daysSince1970 * 86_400 + hour * 3_600 + minute * 60 + second)
        )
        // An impossible date such as 30 February comes back as another day.
        return SigningTime(date).stamp == stamp ? date : nil
    }
}

/// A day of the proleptic Gregorian calendar. Computed with years that begin in March, so that a leap day comes last.
private struct CivilDay {
    let daysSince1970: Int
    let year: Int
    let month: Int
    let day: Int

    private static let daysBefore1970 = 719_468  // from 0000-03-01
    private static let daysInEra = 146_097  // 400 years

    init(daysSince1970 days: Int) {
        daysSince1970 = days
        let shifted = days + Self.daysBefore1970
        let era = (shifted >= 0 ? shifted : shifted - Self.daysInEra + 1) / Self.daysInEra
        let dayOfEra = shifted - era * Self.daysInEra
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    init(year: Int, month: Int, day: Int) {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        daysSince1970 = era * Self.daysInEra + dayOfEra - Self.daysBefore1970
        self.year = year
        self.month = month
        self.day = day
    }
}
