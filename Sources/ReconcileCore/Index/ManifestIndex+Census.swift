/// How many versions are recorded and listed, for reports and the guard against mass deletion.
extension ManifestIndex {
    /// The count of a repository's versions.
    package struct Census: Hashable, Sendable {
        /// Recorded in any status but Deleted.
        package var present = 0
        /// Of those, not listed by the source.
        package var unseen = 0
        /// Of the unseen, recorded as Archived or Disposed: the service's documents disagree on whether it lists them.
        package var withdrawn = 0
        /// More of these, but releases that were so lately: since the moment that losses are counted from.
        package var withdrawnSince = 0
        /// Recorded as Deleted, and still not listed.
        package var deleted = 0
        /// Of those, releases that were lately so, whatever state they passed through.
        package var deletedSince = 0
        /// Snapshots and their builds recorded in any status but Deleted; they come and go by design.
        package var snapshots = Part()

        /// A part of the versions, counted like the whole.
        package struct Part: Hashable, Sendable {
            package var present = 0
            package var unseen = 0
            package var withdrawn = 0

            package init(present: Int = 0, unseen: Int = 0, withdrawn: Int = 0) {
                self.present = present
                self.unseen = unseen
                self.withdrawn = withdrawn
            }
        }

        package init(
            present: Int = 0,
            unseen: Int = 0,
            withdrawn: Int = 0,
            withdrawnSince: Int = 0,
            deleted: Int = 0,
            deletedSince: Int = 0,
            snapshots: Part = Part()
        ) {
            self.present = present
            self.unseen = unseen
            self.withdrawn = withdrawn
            self.withdrawnSince = withdrawnSince
            self.deleted = deleted
            self.deletedSince = deletedSince
            self.snapshots = snapshots
        }

        /// The same with all withdrawn versions taken for such that the source still has.
        var trustingWithdrawn: Census {
            var census = self
            census.withdrawn += withdrawnSince
            census.withdrawnSince = 0
            return census
        }

        /// The versions that are not snapshots.
        var releases: Part {
            Part(
                present: present - snapshots.present,
                unseen: unseen - snapshots.unseen,
                withdrawn: withdrawn - snapshots.withdrawn
            )
        }

        mutating func add(_ other: Census) {
            present += other.present
            unseen += other.unseen
            withdrawn += other.withdrawn
            withdrawnSince += other.withdrawnSince
            deleted += other.deleted
            deletedSince += other.deletedSince
            snapshots.present += other.snapshots.present
            snapshots.unseen += other.snapshots.unseen
            snapshots.withdrawn += other.snapshots.withdrawn
        }

        mutating func add(_ version: Census, ofSnapshot isSnapshot: Bool) {
            var version = version
            if isSnapshot {
                version.snapshots = Part(
                    present: version.present,
                    unseen: version.unseen,
                    withdrawn: version.withdrawn
                )
            }
            add(version)
        }
    }
}
