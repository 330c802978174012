/// How many versions of a backup a drill restores: a share or a number.
package enum DrillSample: Hashable, Sendable, CustomStringConvertible {
    /// In 0...1.
    case share(Double)
    case count(Int)

    /// The minimum number of versions to draw, or all if there are fewer.
    package static let least = 20

    /// Parses `2%`, from 0.1 to 100, or a number of versions; nil for anything else.
    package init?(_ text: String) {
        if text.last == "%" {
            guard let percent = Double(text.dropLast()), (0.1...100).contains(percent) else { return nil }
            self = .share(percent / 100)
        } else {
            guard let count = Int(text), (1...100_000).contains(count) else { return nil }
            self = .count(count)
        }
    }

    package var description: String {
        switch self {
        case .share(let share):
            let percent = (share * 1_000).rounded() / 10
            return percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
        case .count(let count): return "\(count)"
        }
    }
}

/// Draws the versions of a drill from a backup's records: different ones each day, but the same ones if a day's drill
/// is repeated on the same records.
///
/// A version's lot is a hash of the day and its coordinates. Versions with a lot below the share are drawn, plus those
/// with the lowest lots until there are enough. In addition, it draws a few versions of each kind that clients resolve
/// in a special way, if the backup has any: snapshots, Maven plugins, and packages named like a parent or a BOM.
/// Versions that clients cannot use are never drawn. Add records in listing order, with the records of a version
/// together. Memory grows only with what is drawn.
package struct DrillDraw: Sendable {
    /// The minimum number of versions to draw of each kind.
    package static let ofEachKind = 3

    /// Versions that a build resolves differently from a release.
    package enum Kind: CaseIterable, Sendable {
        case snapshot
        case plugin
        case shared

        /// Whether a version is of this kind, judging by its coordinates.
        package func includes(_ version: VersionCoordinates) -> Bool {
            switch self {
            case .snapshot: return version.isSnapshot || SnapshotBuild(version.version) != nil
            case .plugin: return version.package.isPlugin
            case .shared:
                let words = version.package.name.lowercased().split { !$0.isLetter }
                return words.contains { $0 == "parent" || $0 == "bom" || $0 == "dependencies" }
            }
        }
    }

    private struct Lot: Sendable {
        let number: UInt64
        let record: ManifestRecord
    }

    private let day: String
    private let threshold: UInt64
    private let least: Int
    private var drawn: [Lot] = []
    /// Sorted by number.
    private var lowest: [Lot] = []
    private var ofKind: [Kind: [Lot]] = [:]
    private var current: ManifestRecord?
    /// The number of versions that clients can use.
    private(set) package var available = 0
    /// The time of the newest record of any version.
    private(set) package var newestRecord: Timestamp?

    /// - Parameter day: such as `2026-11-22`.
    package init(_ sample: DrillSample, day: String) {
        self.day = day
        switch sample {
        case .share(let share):
            threshold = share >= 1 ? .max : UInt64(share * Double(1 << 53 as UInt64)) << 11
            least = DrillSample.least
        case .count(let count):
            threshold = 0
            least = max(count, DrillSample.least)
        }
    }

    /// Takes a record of a version that must not be drawn; only its time counts.
    package mutating func pass(_ record: ManifestRecord) {
        newestRecord = max(newestRecord ?? record.recordedAt, record.recordedAt)
    }

    package mutating func add(_ record: ManifestRecord) {
        pass(record)
        guard let before = current, before.coordinates.exact == record.coordinates.exact else {
            settle()
            current = record
            return
        }
        if before.isOlder(than: record) { current = record }
    }

    /// The newest record of each drawn version, sorted by coordinates.
    package mutating func versions() -> [ManifestRecord] {
        settle()
        current = nil
        var found: [[ExactText]: ManifestRecord] = [:]
        let missing = max(0, least - drawn.count)
        let lots = drawn + lowest.prefix(missing) + ofKind.values.joined()
        for lot in lots { found[lot.record.coordinates.exact] = lot.record }
        return found.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    }

    /// Draws or drops a version once all of its records have been seen.
    private mutating func settle() {
        guard let record = current, record.status.isDownloadable else { return }
        available += 1
        var hash = SeededHash(seed: 0)
        hash.combine(day)
        for part in record.coordinates.exact { hash.combine(part.value) }
        let lot = Lot(number: hash.value, record: record)
        if lot.number < threshold || threshold == .max {
            drawn.append(lot)
        } else {
            Self.keep(lot, in: &lowest, atMost: least)
        }
        for kind in Kind.allCases where kind.includes(record.coordinates) {
            Self.keep(lot, in: &ofKind[kind, default: []], atMost: Self.ofEachKind)
        }
    }

    private static func keep(_ lot: Lot, in lots: inout [Lot], atMost limit: Int) {
        if lots.count == limit, let last = lots.last, last.number <= lot.number { return }
        let place = lots.firstIndex { $0.number > lot.number } ?? lots.count
        lots.insert(lot, at: place)
        if lots.count > limit { lots.removeLast() }
    }
}
