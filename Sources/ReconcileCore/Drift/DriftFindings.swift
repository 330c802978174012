/// The present and past differences between the source and the backup: the rows of `reconcile drift`.
package struct DriftFindings: Hashable, Sendable {
    package var orphaned: [OrphanedVersion] = []
    package var mutated: [MutatedAsset] = []
    package var statusChanges: [StatusChange] = []
    package var unprotected: [UnprotectedVersion] = []

    package init() {}

    package var isEmpty: Bool {
        orphaned.isEmpty && mutated.isEmpty && statusChanges.isEmpty && unprotected.isEmpty
    }

    mutating func add(_ other: DriftFindings) {
        orphaned += other.orphaned
        mutated += other.mutated
        statusChanges += other.statusChanges
        unprotected += other.unprotected
    }

    /// Sorts by the bytes of the coordinates; the findings of one version stay in order of time.
    mutating func sort() {
        orphaned = Self.sorted(orphaned) { $0.version }
        mutated = Self.sorted(mutated) { $0.version }
        statusChanges = Self.sorted(statusChanges) { $0.version }
        unprotected = Self.sorted(unprotected) { $0.version }
    }

    private static func sorted<Row>(_ rows: [Row], by version: (Row) -> VersionCoordinates) -> [Row] {
        rows.enumerated().map { (key: version($0.element).exact, place: $0.offset, row: $0.element) }
            .sorted { left, right in
                left.key == right.key ? left.place < right.place : left.key.lexicographicallyPrecedes(right.key)
            }
            .map(\.row)
    }
}

/// A version that the backup keeps and the source no longer has.
package struct OrphanedVersion: Hashable, Sendable {
    package let version: VersionCoordinates
    /// Its last known status; nil if only its deletion is recorded.
    package let lastStatus: VersionStatus?
    /// When its last state at the source was recorded. It may have stayed unchanged there for long after that.
    package let lastRecorded: Timestamp?
    /// When it was first recorded as deleted; nil if no run has done so yet.
    package let deletionRecorded: Timestamp?
    /// Whether the source said that it is gone, when asked for this version individually or by the run that recorded
    /// it. False if it is only missing from a listing that lacks too much to be trusted.
    package let isConfirmed: Bool

    package init(
        version: VersionCoordinates,
        lastStatus: VersionStatus?,
        lastRecorded: Timestamp?,
        deletionRecorded: Timestamp?,
        isConfirmed: Bool
    ) {
        self.version = version
        self.lastStatus = lastStatus
        self.lastRecorded = lastRecorded
        self.deletionRecorded = deletionRecorded
        self.isConfirmed = isConfirmed
    }
}

/// An asset whose bytes changed under the same coordinates and name.
package struct MutatedAsset: Hashable, Sendable {
    package let version: VersionCoordinates
    package let mutation: AssetMutation

    package init(
        version: VersionCoordinates,
        mutation: AssetMutation
    ) {
        self.version = version
        self.mutation = mutation
    }
}

/// A version whose status changed. An orphaned version's deletion is not reported as a status change.
package struct StatusChange: Hashable, Sendable {
    package let version: VersionCoordinates
    package let from: VersionStatus
    package let to: VersionStatus
    /// Nil if the source shows the change and no run has recorded it yet.
    package let recordedAt: Timestamp?

    package init(
        version: VersionCoordinates,
        from: VersionStatus,
        to: VersionStatus,
        recordedAt: Timestamp?
    ) {
        self.version = version
        self.from = from
        self.to = to
        self.recordedAt = recordedAt
    }
}

/// A version at the source in a state whose bytes the backup doesn't have.
package struct UnprotectedVersion: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        /// Nothing is recorded, or the version was recorded as deleted.
        case missing
        /// A different revision is recorded.
        case stale
    }

    package let version: VersionCoordinates
    package let state: State
    package let status: VersionStatus
    /// The time of its newest record; nil if there is none.
    package let lastRecorded: Timestamp?
    /// Seconds since 1970 according to the source; nil if it doesn't say.
    package let publishedTime: Double?

    package init(
        version: VersionCoordinates,
        state: State,
        status: VersionStatus,
        lastRecorded: Timestamp?,
        publishedTime: Double?
    ) {
        self.version = version
        self.state = state
        self.status = status
        self.lastRecorded = lastRecorded
        self.publishedTime = publishedTime
    }

    /// The longest time that it can have been unprotected: since its publication, or since its newest record if that is
    /// later. Nil if neither is known.
    package func seconds(at now: Double) -> Double? {
        [publishedTime, lastRecorded.map { Double($0.seconds) }].compactMap(\.self).max().map { max(0, now - $0) }
    }
}
