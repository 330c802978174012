/// Counts recorded and listed versions, for reports and for the guard against mass deletion.
extension ManifestIndex {
    /// The version counts of a repository.
    package struct Census: Hashable, Sendable {
        /// Recorded in any status except Deleted.
        package var present = 0
        /// Of the present ones, those that the source doesn't list.
        package var unseen = 0
        /// Of the unseen ones, those recorded as Archived or Disposed: the service's documentation is inconsistent on
        /// whether it lists them. Without `withdrawnSince`.
        package var withdrawn = 0
        /// Like `withdrawn`, but releases that were available at or after the moment from which losses count.
        package var withdrawnSince = 0
        /// Recorded as Deleted, and still not listed.
        package var deleted = 0
        /// Of the deleted ones, releases that were available at or after that moment, whatever happened in between.
        package var deletedSince = 0
        /// Of the present ones, releases recorded as Disposed that were available at or after that moment.
        package var disposedSince = 0
        /// Snapshots and their builds recorded in any status except Deleted; they come and go by design.
        package var snapshots = Part()

        /// A subset of the versions, with the same counts.
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
            disposedSince: Int = 0,
            snapshots: Part = Part()
        ) {
            self.present = present
            self.unseen = unseen
            self.withdrawn = withdrawn
            self.withdrawnSince = withdrawnSince
            self.deleted = deleted
            self.deletedSince = deletedSince
            self.disposedSince = disposedSince
            self.snapshots = snapshots
        }

        /// The same census, but with all withdrawn versions counted as still at the source.
        var trustingWithdrawn: Census {
            var census = self
            census.withdrawn += withdrawnSince
            census.withdrawnSince = 0
            return census
        }

        /// Releases whose files the source has lost since that moment.
        var lostSince: Int { deletedSince + disposedSince }

        /// The counts without snapshots.
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
            disposedSince += other.disposedSince
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
