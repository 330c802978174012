/// What the backup knows of every version, compactly: the newest record of each, from a listing in any order.
///
/// Fill it with `insert`, then `seal` it, then ask. About 24 bytes a record: a million versions take 24 MB.
package struct ManifestIndex: Sendable {
    /// What the index says of a version.
    package enum Match: Hashable, Sendable {
        /// Nothing is recorded.
        case missing
        /// The newest record is of exactly this state.
        case inSync
        /// The newest record is of another revision or status.
        case stale
    }

    private struct Row {
        let name: UInt64
        /// Zero where two different states were recorded in the same second: neither is known to be the newer.
        var state: UInt64
        /// Seconds since `epoch`, and two flags in the lowest bits.
        var timeAndFlags: UInt32
        let repository: UInt32

        static let deleted: UInt32 = 1
        static let seen: UInt32 = 2

        var time: UInt32 { timeAndFlags & ~3 }
    }

    /// 2020-01-01, before the first record: 30 bits of seconds last until 2054.
    private static let epoch: Int64 = 1_577_836_800
    /// By the top byte of `name`: each sorts alone and grows alone, so no copy of the whole is ever made.
    private var buckets: [[Row]]
    private var repositories: [ExactText] = []
    private var repositoryNumbers: [ExactText: UInt32] = [:]
    private let seed: UInt64

    package init(seed: UInt64 = .random(in: .min ... .max)) {
        self.seed = seed
        buckets = Array(repeating: [], count: 256)
    }

    // MARK: Filling

    /// Adds one record, in any order; a version's older records are dropped by `seal`.
    package mutating func insert(_ record: ManifestRecord) {
        let print = fingerprint(record.coordinates, revision: record.revision, status: record.status)
        let seconds = UInt32(clamping: max(0, record.recordedAt.seconds - Self.epoch)) & (.max >> 2)
        let deleted = record.status == .deleted ? Row.deleted : 0
        let row = Row(
            name: print.name,
            state: print.state,
            timeAndFlags: seconds << 2 | deleted,
            repository: number(of: record.coordinates.package.repository)
        )
        buckets[Int(row.name >> 56)].append(row)
    }

    /// Sorts, and keeps the newest record of each version.
    package mutating func seal() {
        for number in buckets.indices {
            buckets[number].sort { ($0.name, $0.time) < ($1.name, $1.time) }
            var newest: [Row] = []
            for row in buckets[number] {
                guard let last = newest.last, last.name == row.name else {
                    newest.append(row)
                    continue
                }
                var winner = row
                if last.time == row.time, last.state != row.state { winner.state = 0 }
                newest[newest.count - 1] = winner
            }
            buckets[number] = newest
        }
    }

    // MARK: Asking

    /// Compares a listed version with its newest record, and remembers that it was listed.
    package mutating func match(_ coordinates: VersionCoordinates, revision: String?, status: VersionStatus) -> Match {
        let print = fingerprint(coordinates, revision: revision, status: status)
        guard let place = place(of: print.name) else { return .missing }
        buckets[place.bucket][place.row].timeAndFlags |= Row.seen
        let row = buckets[place.bucket][place.row]
        if row.state == print.state { return .inSync }
        return row.timeAndFlags & Row.deleted != 0 ? .missing : .stale
    }

    /// When the newest record of a version was made; nil when nothing is recorded.
    package func newestRecord(of coordinates: VersionCoordinates) -> Timestamp? {
        let print = fingerprint(coordinates, revision: nil, status: .published)
        guard let place = place(of: print.name) else { return nil }
        return Timestamp(seconds: Self.epoch + Int64(buckets[place.bucket][place.row].timeAndFlags >> 2))
    }

    /// Whether the newest record of a version is of exactly this state.
    package func isRecorded(_ coordinates: VersionCoordinates, revision: String?, status: VersionStatus) -> Bool {
        let print = fingerprint(coordinates, revision: revision, status: status)
        guard let place = place(of: print.name) else { return false }
        return buckets[place.bucket][place.row].state == print.state
    }

    /// Whether a version is recorded as present but was never listed: it may be gone from the source.
    package func isUnseen(_ coordinates: VersionCoordinates) -> Bool {
        let print = fingerprint(coordinates, revision: nil, status: .published)
        guard let place = place(of: print.name) else { return false }
        return buckets[place.bucket][place.row].timeAndFlags & (Row.seen | Row.deleted) == 0
    }

    /// How many versions of each repository are recorded as present, and how many of those were not listed.
    package var census: [ExactText: Census] {
        var result: [ExactText: Census] = [:]
        for bucket in buckets {
            for row in bucket {
                let repository = repositories[Int(row.repository)]
                if row.timeAndFlags & Row.deleted == 0 {
                    result[repository, default: Census()].present += 1
                    if row.timeAndFlags & Row.seen == 0 { result[repository, default: Census()].unseen += 1 }
                } else if row.timeAndFlags & Row.seen == 0 {
                    result[repository, default: Census()].deleted += 1
                }
            }
        }
        return result
    }

    /// The count of a repository's versions.
    package struct Census: Hashable, Sendable {
        /// Recorded in any status but Deleted.
        package var present = 0
        /// Of those, not listed by the source.
        package var unseen = 0
        /// Recorded as Deleted, and still not listed.
        package var deleted = 0

        package init(present: Int = 0, unseen: Int = 0, deleted: Int = 0) {
            self.present = present
            self.unseen = unseen
            self.deleted = deleted
        }
    }

    private func fingerprint(
        _ coordinates: VersionCoordinates,
        revision: String?,
        status: VersionStatus
    ) -> StateFingerprint {
        StateFingerprint(coordinates, revision: revision, status: status, seed: seed)
    }

    private func place(of name: UInt64) -> (bucket: Int, row: Int)? {
        let bucket = Int(name >> 56)
        let rows = buckets[bucket]
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return low < rows.count && rows[low].name == name ? (bucket, low) : nil
    }

    private mutating func number(of repository: String) -> UInt32 {
        let exact = ExactText(repository)
        if let known = repositoryNumbers[exact] { return known }
        let number = UInt32(repositories.count)
        repositories.append(exact)
        repositoryNumbers[exact] = number
        return number
    }
}
