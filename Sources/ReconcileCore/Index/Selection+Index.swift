/// The index of what a selection covers of a backup.
extension Selection {
    /// What the backup knows, sealed; reported as `manifestsListed`. Records of the future are left out, with a warning.
    ///
    /// One list after another. Throws `CancellationError` when it is stopped meanwhile.
    func index(
        of backup: Backup,
        seeing coverage: inout SelectionCoverage,
        in context: RunContext<RunEvent>
    ) async throws -> ManifestIndex {
        var listing = ManifestListing(of: self, in: backup)
        while let request = listing.next() {
            if context.stop.reason != nil { throw CancellationError() }
            let page = try await ManifestListing.page(request, of: backup)
            _ = try listing.take(page, of: request, seeing: &coverage)
        }
        listing.report(to: context.observe)
        return listing.index
    }
}
