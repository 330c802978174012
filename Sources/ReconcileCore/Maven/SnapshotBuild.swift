/// The parsed version string of one snapshot build: `1.0-20210728.194552-1` is a build of `1.0-SNAPSHOT`.
///
/// A release may have a version of this form too. Whether a version really is a build also depends on its status and on
/// whether the `-SNAPSHOT` version exists next to it.
package struct SnapshotBuild: Hashable, Sendable {
    /// The base version: `1.0`.
    package let base: String
    /// UTC, `yyyyMMdd.HHmmss`.
    package let timestamp: String
    package let buildNumber: Int

    /// Nil when the version is not of the form `base-yyyyMMdd.HHmmss-number`, or the number exceeds `Int`.
    package init?(_ version: String) {
        // Parsed from the end, because the base may contain hyphens.
        let bytes = version.utf8
        guard let second = bytes.lastIndex(of: UInt8(ascii: "-")),
            let first = bytes[..<second].lastIndex(of: UInt8(ascii: "-")),
            let build = SnapshotBuild(
                base: String(version[..<first]),
                timestamp: version[bytes.index(after: first)..<second],
                number: version[bytes.index(after: second)...]
            )
        else { return nil }
        self = build
    }

    /// Nil if a part is malformed.
    init?(base: String, timestamp: Substring, number: Substring) {
        guard !base.isEmpty, Self.isTimestamp(timestamp), !number.isEmpty, number.utf8.allSatisfy(ASCII.isDigit),
            let buildNumber = Int(number)
        else { return nil }
        self.base = base
        self.timestamp = String(timestamp)
        self.buildNumber = buildNumber
    }

    /// The version whose directory has the files of this build and of all other builds of the same snapshot:
    /// `1.0-SNAPSHOT`.
    package var snapshotVersion: String { VersionName(snapshotOf: base).value }

    /// The timestamp in the form of `updated` and `lastUpdated` in metadata: `yyyyMMddHHmmss`.
    package var updated: String { timestamp.filter { $0 != "." } }

    /// Whether a text has the form `yyyyMMdd.HHmmss`.
    static func isTimestamp(_ text: Substring) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 6] && parts.joined().allSatisfy(ASCII.isDigit)
    }
}

extension SnapshotBuild: Comparable {
    /// Orders by time, then by number. Meant for builds of one snapshot.
    package static func < (left: SnapshotBuild, right: SnapshotBuild) -> Bool {
        (left.timestamp, left.buildNumber, left.base) < (right.timestamp, right.buildNumber, right.base)
    }
}
