/// Ends the work on a package, and on a run, by listing what was written, because a store may lose what it accepted.
extension Reconciler {
    /// Publishes a package's metadata and reads back what its copies have stored; nil if cancelled.
    ///
    /// - Parameter round: the round of its copies.
    @inline(never)
    func close(
        _ package: PackageCoordinates,
        _ round: PackageRound?,
        _ copier: VersionCopier
    ) async -> ReconcileSchedule.ClosedPackage? {
        var closed = ReconcileSchedule.ClosedPackage()
        do {
            // Otherwise a version that is refused in every run would cause the document to be written in every run.
            if options.metadataAlways { try await copier.publisher.publish(package) }
            try await copier.publisher.settle(package)
            if options.metadataAlways {
                try await copier.publisher.settleSnapshots(of: package)
                closed.documents = try await copier.recordDocuments(of: package)
            }
            if let round {
                try await copier.readBack(round, of: package)
                try await copier.recordIncomplete(of: round)
            }
        } catch {
            guard let failure = RemoteFailure.narrowing(error, operation: .run, target: "\(package)") else {
                return nil
            }
            closed.failure = ItemFailure(failure, package: package)
        }
        closed.lost = round?.takeLost() ?? []
        return closed
    }

    /// Lists what the run has committed, and counts whatever is missing as failed. Sends no request if the run has
    /// committed nothing or was stopped: the next run finds anything lost to be missing.
    ///
    /// Lists the manifests of each package with a commit, or all manifests if that takes fewer requests. The bytes were
    /// checked when each package was done.
    func readBack(_ tally: inout RunTally, _ context: RunContext<RunEvent>) async throws {
        guard !tally.committed.isEmpty, tally.fatal == nil, !tally.leftOver, context.stop.reason == nil else { return }
        let packages = tally.committed.packages
        // If some records are hidden, not all of them can be listed.
        let pages = tally.before.map { $0.records / pageSize + 1 } ?? .max
        let prefixes =
            packages.count <= pages
            ? packages.map(backup.layout.manifestsPrefix(of:))
            : options.selection.manifestPrefixes(in: backup.layout)
        do {
            for prefix in prefixes {
                try await backup.store.forEachObject(under: prefix) { object in
                    if context.stop.reason != nil { throw CancellationError() }
                    guard object.size >= RecordReader.minimumBytes else { return }
                    if let record = backup.layout.record(at: object.key) {
                        tally.committed.see(record, size: object.size)
                    } else if let record = backup.layout.packageRecord(at: object.key) {
                        tally.committed.see(record, size: object.size)
                    }
                }
            }
        } catch let failure as RemoteFailure {
            return tally.fail(ItemFailure(failure), context.observe)
        }
        guard backup.store.keepsWrites else { return }
        for (package, version) in tally.committed.removeUnseen() {
            let version = version.map { VersionCoordinates(package: package, version: $0) }
            let failure = RemoteFailure(
                .absent,
                operation: backup.store.operations.list,
                target: version.map { "\($0)" } ?? "\(package)",
                message: "its record was written, but \(backup.store.location) does not list it, or not whole: "
                    + "the store lost it. Run again, then verify --repair, since a run takes a record that was cut short for "
                    + "whole; if this happens again, do not use this store for a backup"
            )
            if let version {
                tally.lose(ItemFailure(failure, version: version), context.observe)
            } else {
                tally.fail(ItemFailure(failure, package: package), context.observe)
            }
        }
    }

    /// The number of entries on one page of a listing.
    private var pageSize: Int { 1_000 }
}
