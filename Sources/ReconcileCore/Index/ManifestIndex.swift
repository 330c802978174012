/// A compact index of the newest record of each version in the backup, filled from a listing in any order.
///
/// Add records with `insert`, call `seal`, then query it. Records added later are found after the next `seal`. It takes
/// about 20 bytes per record: 20 MB for a million versions.
package struct ManifestIndex: Sendable {
    /// How a listed version compares with its newest record.
    package enum Match: Hashable, Sendable {
        /// Nothing is recorded, or the newest record says that it was deleted.
        case missing
        /// The newest record has exactly this state.
        case inSync
        /// The newest record has a different revision or status.
        case stale
    }

    /// Rows that can be looked up by name.
    private struct Bucket {
        var rows = ChunkedArray<Row>()
        /// How many rows, from the start, are sealed: sorted, with one row per name.
        private var sealed = 0

        /// Sorts the rows and keeps the newest record for each name.
        ///
        /// - Parameter moment: the moment from which losses count; nil for never.
        mutating func seal(lossesSince moment: Timestamp? = nil) {
            guard sealed < rows.count else { return }
            // Fast for rows that are sorted except for a few at the end.
            rows.sort { ($0.name, $0.time) < ($1.name, $1.time) }
            var kept = 0
            for index in rows.indices {
                var row = rows[index]
                if kept > 0, rows[kept - 1].name == row.name {
                    let last = rows[kept - 1]
                    row.hasOlder = true
                    row.isSeen = row.isSeen || last.isSeen
                    row.isOnlyWithdrawn = row.isOnlyWithdrawn && last.isOnlyWithdrawn
                    // It was available until this record. If records are out of order, this errs on the side of a loss.
                    if let moment, row.time >= moment, last.wasReleased { row.wasReleased = true }
                    if last.time == row.time, last.state != row.state {
                        row.state = 0
                        row.isDeleted = false
                        row.isWithdrawn = false
                    }
                    rows[kept - 1] = row
                } else {
                    rows[kept] = row
                    kept += 1
                }
            }
            rows.truncate(to: kept)
            sealed = kept
        }

        /// The index of a sealed row.
        func place(of fingerprint: UInt64) -> Int? {
            let name = fingerprint & (1 << 56 - 1)
            var low = 0
            var high = sealed
            while low < high {
                let middle = (low + high) / 2
                if rows[middle].name < name { low = middle + 1 } else { high = middle }
            }
            return low < sealed && rows[low].name == name ? low : nil
        }
    }

    /// By the top byte of `name`. Each is sorted separately, so the whole is never copied.
    private var buckets: [Bucket]
    /// The packages' own records, which have no version; sealing keeps the newest for each package.
    private var packages = Bucket()
    private var repositories: [ExactText] = []
    private var repositoryNumbers: [ExactText: Int] = [:]
    private let seed: UInt64
    private let lossesSince: Timestamp?
    /// How many version records were in the listing, selected or not.
    package var listed = 0

    /// - Parameter lossesSince: the moment from which withdrawn or deleted releases count as losses; nil for never.
    package init(lossesSince: Timestamp? = nil, seed: UInt64 = .random(in: .min ... .max)) {
        self.seed = seed
        self.lossesSince = lossesSince
        buckets = Array(repeating: Bucket(), count: 256)
    }

    // MARK: Filling

    /// Adds a record, in any order; `seal` drops a version's older records.
    package mutating func insert(_ record: ManifestRecord) {
        let print = fingerprint(record.coordinates, revision: record.revision, status: record.status)
        let row = Row(
            name: print.name,
            state: print.state,
            time: record.recordedAt,
            repository: number(of: record.coordinates.package.repository),
            status: record.status,
            isSnapshot: record.coordinates.isSnapshot || SnapshotBuild(record.coordinates.version) != nil
        )
        buckets[Int(print.name >> 56)].rows.append(row)
    }

    /// Adds a package's own record, in any order.
    package mutating func insert(_ record: PackageRecord) {
        let print = fingerprint(record.package, record.originControls)
        let (name, state, time) = (print.name, print.state, record.recordedAt)
        packages.rows.append(Row(name: name, state: state, time: time, repository: 0, status: .published))
    }

    /// Sorts the new records into the existing ones, and keeps the newest record of each version.
    package mutating func seal() {
        for number in buckets.indices { buckets[number].seal(lossesSince: lossesSince) }
        packages.seal()
    }

    // MARK: Queries

    /// The number of versions with a record.
    package var count: Int { buckets.reduce(0) { $0 + $1.rows.count } }

    /// The versions with a record, counted for each repository.
    var recorded: RunReport.Recorded {
        var counts = [Int](repeating: 0, count: repositories.count)
        for bucket in buckets { for row in bucket.rows { counts[row.repository] += 1 } }
        let named = zip(repositories, counts).map { ($0.value, $1) }
        return RunReport.Recorded(versions: count, repositories: Dictionary(named, uniquingKeysWith: +))
    }

    /// Compares a listed version with its newest record, and notes that it was listed.
    package mutating func match(_ coordinates: VersionCoordinates, revision: String?, status: VersionStatus) -> Match {
        let print = fingerprint(coordinates, revision: revision, status: status)
        guard let place = place(of: print.name) else { return .missing }
        buckets[place.bucket].rows[place.row].isSeen = true
        let row = buckets[place.bucket].rows[place.row]
        if row.isOf(print) { return .inSync }
        return row.isDeleted ? .missing : .stale
    }

    /// Whether a package's newest own record has these origin controls; without a record, whether they are those of a
    /// published package.
    package func isRecorded(_ controls: OriginControls, of package: PackageCoordinates) -> Bool {
        let print = fingerprint(package, controls)
        guard let row = packages.place(of: print.name) else { return controls == .published }
        return packages.rows[row].isOf(print)
    }

    /// A package's newest own record.
    package struct OwnRecord: Hashable, Sendable {
        package let time: Timestamp
        /// Nil if two different ones were recorded in the same second.
        package let controls: OriginControls?
    }

    /// The newest own record of a package; nil if there is none.
    package func newestRecord(of package: PackageCoordinates) -> OwnRecord? {
        packages.place(of: fingerprint(package, .published).name).map { place in
            let row = packages.rows[place]
            let controls = OriginControls.all.first { row.isOf(fingerprint(package, $0)) }
            return OwnRecord(time: row.time, controls: controls)
        }
    }

    /// The time of a version's newest record; nil if there is none.
    package func newestRecord(of coordinates: VersionCoordinates) -> Timestamp? {
        let print = fingerprint(coordinates, revision: nil, status: .published)
        guard let place = place(of: print.name) else { return nil }
        return buckets[place.bucket].rows[place.row].time
    }

    /// Whether a version has several records, the newest of them made at or after `since`; at any time if nil.
    package func hasHistory(_ coordinates: VersionCoordinates, since: Timestamp?) -> Bool {
        let print = fingerprint(coordinates, revision: nil, status: .published)
        guard let place = place(of: print.name) else { return false }
        return Self.hasHistory(buckets[place.bucket].rows[place.row], since: since)
    }

    /// Whether `hasHistory` is true for any version.
    package func hasHistories(since: Timestamp?) -> Bool {
        buckets.contains { $0.rows.contains { Self.hasHistory($0, since: since) } }
    }

    private static func hasHistory(_ row: Row, since: Timestamp?) -> Bool {
        row.hasOlder && (since.map { row.time >= $0 } ?? true)
    }

    /// Whether a version's newest record has exactly this state.
    package func isRecorded(_ coordinates: VersionCoordinates, revision: String?, status: VersionStatus) -> Bool {
        let print = fingerprint(coordinates, revision: revision, status: status)
        guard let place = place(of: print.name) else { return false }
        return buckets[place.bucket].rows[place.row].isOf(print)
    }

    /// Whether a version is recorded as present but was not listed, so that it may be gone from the source.
    package func isUnseen(_ coordinates: VersionCoordinates) -> Bool {
        let print = fingerprint(coordinates, revision: nil, status: .published)
        guard let place = place(of: print.name) else { return false }
        let row = buckets[place.bucket].rows[place.row]
        return !row.isSeen && !row.isDeleted
    }

    /// Whether all records of a version are Archived or Disposed. None of its files was stored then, unless it was
    /// withdrawn while it was being copied.
    func isOnlyWithdrawn(_ coordinates: VersionCoordinates) -> Bool { row(of: coordinates)?.isOnlyWithdrawn ?? false }

    // MARK: Losses

    /// Whether a version is a release that was withdrawn after `lossesSince` and was not listed: the source may leave
    /// it out of its listing or may not have it at all.
    func isWithdrawnLately(_ coordinates: VersionCoordinates) -> Bool {
        row(of: coordinates).map { !$0.isSeen && $0.isWithdrawn && $0.isLoss } ?? false
    }

    /// Notes that the source has a version although it doesn't list it.
    mutating func see(_ coordinates: VersionCoordinates) {
        let print = fingerprint(coordinates, revision: nil, status: .published)
        if let place = place(of: print.name) { buckets[place.bucket].rows[place.row].isSeen = true }
    }

    /// Counts the deletion of a version that was recorded after the census.
    func countDeletion(of coordinates: VersionCoordinates, in census: inout [ExactText: Census]) {
        guard let row = row(of: coordinates), !row.isDeleted, !row.isSnapshot else { return }
        census[repositories[row.repository]]?.present -= 1
        if row.isLoss { census[repositories[row.repository]]?.deletedSince += 1 }
    }

    /// Counts the disposal of a version that was recorded after the census.
    func countDisposal(of coordinates: VersionCoordinates, in census: inout [ExactText: Census]) {
        guard let row = row(of: coordinates), row.isLoss, !row.isDeleted, !row.isDisposed else { return }
        census[repositories[row.repository]]?.disposedSince += 1
    }

    /// The counts of recorded and unlisted versions, for each repository.
    package var census: [ExactText: Census] {
        var result: [ExactText: Census] = [:]
        for bucket in buckets {
            for row in bucket.rows {
                var census = Census()
                if !row.isDeleted {
                    let isWithdrawn = !row.isSeen && row.isWithdrawn
                    census.present = 1
                    census.unseen = row.isSeen ? 0 : 1
                    census.withdrawn = isWithdrawn && !row.isLoss ? 1 : 0
                    census.withdrawnSince = isWithdrawn && row.isLoss ? 1 : 0
                    census.disposedSince = row.isDisposed && row.isLoss ? 1 : 0
                } else if !row.isSeen {
                    census.deleted = 1
                    census.deletedSince = row.isLoss ? 1 : 0
                } else {
                    continue
                }
                result[repositories[row.repository], default: Census()].add(census, ofSnapshot: row.isSnapshot)
            }
        }
        return result
    }

    /// The time of the latest record that says Deleted or Disposed; nil if there is none.
    var newestDeletion: Timestamp? {
        buckets.compactMap { $0.rows.lazy.filter { $0.isDeleted || $0.isDisposed }.map(\.time).max() }.max()
    }

    private func row(of coordinates: VersionCoordinates) -> Row? {
        place(of: fingerprint(coordinates, revision: nil, status: .published).name)
            .map { buckets[$0.bucket].rows[$0.row] }
    }

    private func fingerprint(
        _ coordinates: VersionCoordinates,
        revision: String?,
        status: VersionStatus
    ) -> StateFingerprint {
        StateFingerprint(coordinates, revision: revision, status: status, seed: seed)
    }

    private func fingerprint(_ package: PackageCoordinates, _ controls: OriginControls) -> StateFingerprint {
        let ofNoVersion = VersionCoordinates(package: package, version: "")
        return fingerprint(ofNoVersion, revision: "\(controls)", status: .published)
    }

    private func place(of name: UInt64) -> (bucket: Int, row: Int)? {
        let bucket = Int(name >> 56)
        return buckets[bucket].place(of: name).map { (bucket, $0) }
    }

    private mutating func number(of repository: String) -> Int {
        let exact = ExactText(repository)
        if let known = repositoryNumbers[exact] { return known }
        let number = repositories.count
        repositories.append(exact)
        repositoryNumbers[exact] = number
        return number
    }
}
