/// Formats quantities for people.
package enum Quantity {
    /// `812 B`, `4.2 KiB`, `1.3 GiB`: powers of 1024 (IEC 80000-13).
    package static func bytes(_ count: Int64) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count)
        var unit = 0
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        while value >= 1023.95, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(tenths(value)) \(units[unit])"
    }

    /// `12s`, `4m10s`, `2h05m`, and `3d04h` for two days or more.
    package static func time(_ duration: Duration) -> String {
        let seconds = Int(duration.inSeconds.rounded())
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3_600 { return "\(seconds / 60)m\(twoDigits(seconds % 60))s" }
        let hours = seconds / 3_600
        return hours < 48
            ? "\(hours)h\(twoDigits(seconds / 60 % 60))m" : "\(hours / 24)d\(twoDigits(hours % 24))h"
    }

    /// Rounded to one decimal place.
    package static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// `1 version`, `3 versions`.
    package static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// The counts that aren't zero, in one row; nil if all are zero.
    package static func row(_ counts: [(name: String, count: Int)]) -> String? {
        let words = counts.filter { $0.count > 0 }.map { "\($0.name) \($0.count)" }
        return words.isEmpty ? nil : words.joined(separator: "  ")
    }

    /// Counts by name, one row each, sorted by name and aligned.
    package static func table(_ counts: [String: Int]) -> [String] {
        let width = counts.keys.map(\.count).max() ?? 0
        return counts.sorted { $0.key < $1.key }.map { name, count in
            "\(name)\(String(repeating: " ", count: width - name.count))  \(count)"
        }
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
