/// The end of a package's work in a run.
extension Reconciler {
    /// Publishes a package's metadata, and reads back what its copies have stored; nil when cancelled.
    ///
    /// - Parameter round: of its copies.
    func close(
        _ package: PackageCoordinates,
        _ round: PackageRound?,
        _ copier: VersionCopier
    ) async -> ReconcileSchedule.ClosedPackage? {
        var closed = ReconcileSchedule.ClosedPackage()
        do {
            // A version that is refused in every run must not have the document written in every run.
            if options.metadataAlways { try await copier.publisher.publish(package) }
            try await copier.publisher.settle(package)
            if options.metadataAlways {
                try await copier.publisher.settleSnapshots(of: package)
                closed.documents = try await copier.recordDocuments(of: package)
            }
            if let round { try await copier.readBack(round, of: package) }
        } catch {
            guard let failure = RemoteFailure.narrowing(error, operation: .run, target: "\(package)") else {
                return nil
            }
            closed.failure = ItemFailure(failure, package: package)
        }
        closed.lost = round?.takeLost() ?? []
        return closed
    }
}
