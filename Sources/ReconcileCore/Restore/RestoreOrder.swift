/// The order in which the versions of a package are published, and which of them belong together.
///
/// Releases come one by one, in Maven's order. A snapshot is published by the document of its newest build, so its
/// builds, the oldest first, and the `-SNAPSHOT` version behind them are one piece of work.
package struct RestoreOrder: Hashable, Sendable {
    /// What a version is published as.
    package enum Role: Hashable, Sendable {
        case release
        /// A build of a snapshot: its files are in the snapshot's directory.
        case build
        /// A `-SNAPSHOT` version: it shows the files of its newest build.
        case snapshot
    }

    /// A version with its role.
    package struct Member: Hashable, Sendable {
        package let record: ManifestRecord
        package let role: Role
    }

    /// Each is published as a whole; none is empty.
    package private(set) var groups: [[Member]]

    /// - Parameter records: of one package, one per version.
    package init(_ records: [ManifestRecord]) {
        let snapshots = Set(records.map(\.coordinates).filter(\.isSnapshot).map { ExactText($0.version) })
        var builds: [ExactText: [(build: SnapshotBuild, record: ManifestRecord)]] = [:]
        var releases: [ManifestRecord] = []
        for record in records {
            let version = record.coordinates.version
            if record.coordinates.isSnapshot {
                builds[ExactText(version), default: []] += []
            } else if let build = SnapshotBuild(version),
                // A release may have a version of this form too; a build is Unlisted, or has its snapshot beside it.
                snapshots.contains(ExactText(build.snapshotVersion)) || record.status == .unlisted
            {
                builds[ExactText(build.snapshotVersion), default: []].append((build, record))
            } else {
                releases.append(record)
            }
        }
        let ordered = releases.map { (MavenVersion($0.coordinates.version), $0) }.sorted { left, right in
            left.0 == right.0
                ? ExactText(left.1.coordinates.version) < ExactText(right.1.coordinates.version) : left.0 < right.0
        }
        groups = ordered.map { [Member(record: $0.1, role: .release)] }
        for (snapshot, builds) in builds.sorted(by: { $0.key < $1.key }) {
            var members = builds.sorted { left, right in
                (left.build, ExactText(left.record.coordinates.version))
                    < (right.build, ExactText(right.record.coordinates.version))
            }.map { Member(record: $0.record, role: .build) }
            if let record = records.first(where: { ExactText($0.coordinates.version) == snapshot }) {
                members.append(Member(record: record, role: .snapshot))
            }
            groups.append(members)
        }
    }
}
