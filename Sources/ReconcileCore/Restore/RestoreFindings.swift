/// What a restore found to do, and what it leaves as it is.
package struct RestoreFindings: Sendable {
    package var writes = RestoreWrites()
    /// In a dry run, every version that a restore would publish or complete.
    package var planned: [PlannedVersion] = []
    /// Selected versions that were deleted or disposed of, and stay so.
    package var withheld = WithheldVersions()
    /// What the domain lacks in the end.
    package var behind = Behind()
    /// Packages that still allow publishing although they are to block it, because only part of them was to come back.
    package var leftOpen = LeftOpen()

    package init() {}
}

/// A version that a restore would publish or complete.
package struct PlannedVersion: Hashable, Sendable {
    /// In the repository that it goes to.
    package let version: VersionCoordinates
    /// Whether the domain lacks it altogether.
    package let isMissing: Bool
    /// The status that it gets.
    package let status: VersionStatus
    /// The record that says that it is gone from the source, where `--deleted` brings it back.
    package let gone: ManifestRecord?

    package init(version: VersionCoordinates, isMissing: Bool, status: VersionStatus, gone: ManifestRecord?) {
        self.version = version
        self.isMissing = isMissing
        self.status = status
        self.gone = gone
    }
}

/// Versions that only `--deleted` would bring back: their number, and the first few.
package struct WithheldVersions: Hashable, Sendable {
    package private(set) var count = 0
    package private(set) var first: [ManifestRecord] = []

    private static let limit = 20

    mutating func add(_ record: ManifestRecord) {
        count += 1
        if first.count < Self.limit { first.append(record) }
    }

    /// What an operator should know of them; nil where there are none.
    package var sentence: String? {
        guard count > 0 else { return nil }
        let names = first.map { "\($0.coordinates) (\($0.status.rawValue) \($0.recordedAt.extended))" }
        return "recorded as gone from the source and not restored: \(names.firstFew(of: count)). "
            + "--deleted restores them; --package limits it to those you name"
    }
}

/// Packages that a restore of some of their versions leaves open: their number, and the first few.
package struct LeftOpen: Hashable, Sendable {
    private var count = 0
    private var first: [String] = []

    private static let limit = 20

    mutating func add(_ package: PackageCoordinates) {
        count += 1
        if first.count < Self.limit { first.append("\(package)") }
    }

    /// What an operator should know of them; nil where there are none.
    var sentence: String? {
        guard count > 0 else { return nil }
        return "still open for publishing, because other versions of them have not come back: "
            + "\(first.firstFew(of: count)). A restore without --for-build closes them"
    }
}

/// The recorded versions that the domain lacks, or has in another state: their number, and when the
/// oldest of them was recorded.
package struct Behind: Hashable, Sendable {
    package private(set) var versions = 0
    package private(set) var oldest: Timestamp?

    package init() {}

    mutating func add(_ recordedAt: Timestamp) {
        versions += 1
        oldest = min(oldest ?? recordedAt, recordedAt)
    }

    /// How long ago the oldest was recorded; 0 if there is none.
    package func seconds(at now: Timestamp) -> Int64 { oldest.map { max(0, now.seconds - $0.seconds) } ?? 0 }
}
