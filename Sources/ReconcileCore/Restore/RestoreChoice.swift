/// Which state of a version to restore: the newest recorded one, or that of a moment.
package struct RestoreChoice: Hashable, Sendable {
    /// The state as the backup knew it then; the newest one when nil.
    package var asOf: Timestamp?
    /// Whether versions that were deleted or disposed of come back too, in the state that they had before.
    package var includesDeleted = false

    package init() {}

    /// The record that says what the version was: the newest, or that of the moment; nil before the first record.
    func newest(of history: VersionHistory) -> ManifestRecord? {
        asOf.map { history.record(asOf: $0) } ?? history.newest
    }

    /// The record to restore; nil if the version did not exist yet, is to stay deleted, or was
    /// never finished.
    package func record(of history: VersionHistory) -> ManifestRecord? {
        guard let last = newest(of: history) else { return nil }
        switch last.status {
        case .published, .unlisted, .archived: return last
        case .unfinished: return nil
        case .deleted, .disposed:
            guard includesDeleted else { return nil }
            return history.records.last { record in
                record.recordedAt <= last.recordedAt && Self.targets.contains(record.status)
            }
        }
    }

    /// The record that says that a version is gone, where only `includesDeleted` would bring it back.
    package func withheld(from history: VersionHistory) -> ManifestRecord? {
        var choice = self
        choice.includesDeleted = true
        return record(of: history) == nil ? choice.revived(from: history) : nil
    }

    /// The record that says that a version is gone, if it is restored all the same.
    package func revived(from history: VersionHistory) -> ManifestRecord? {
        guard let chosen = record(of: history), let last = asOf.map({ history.record(asOf: $0) }) ?? history.newest,
            last != chosen
        else { return nil }
        return last
    }

    /// What the service lets a version be moved to (UpdatePackageVersionsStatus, API reference).
    private static let targets: Set<VersionStatus> = [.published, .unlisted, .archived]
}
