/// Names the first few of many versions, for a sentence.
package struct FirstVersions: Hashable, Sendable {
    private static let shown = 3

    private var first: [VersionCoordinates] = []
    private var count = 0

    package init() {}

    package mutating func add(_ version: VersionCoordinates) {
        count += 1
        if first.count < Self.shown { first.append(version) }
    }

    package mutating func add(_ others: FirstVersions) {
        count += others.count
        first += others.first.prefix(Self.shown - first.count)
    }

    /// Such as "a, b, c and 4 more"; nil if there are none.
    package var names: String? {
        count > 0 ? first.map(\.description).firstFew(of: count) : nil
    }
}

extension Manifest {
    /// Whether it records a version whose bytes the service no longer serves, and names none that were stored before.
    package var isUnavailable: Bool { [.archived, .disposed].contains(status) && assets.isEmpty }

    /// What an operator should know about such a version.
    package static let unavailableAdvice =
        "not protected: archived or disposed of before its files were stored. \(protectionAdvice)"

    /// The same for a version without any other record, judged by the keys of the records alone.
    static let onlyWithdrawnAdvice =
        "recorded as archived or disposed of, and never before, so probably no file was stored; status reads the records. "
        + protectionAdvice

    private static let protectionAdvice =
        "To protect an archived version, make it Published (UpdatePackageVersionsStatus), run again, then archive it "
        + "again; a disposed one is lost"
}
