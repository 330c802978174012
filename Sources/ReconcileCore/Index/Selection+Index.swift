/// The index of what a selection covers of a backup.
extension Selection {
    /// Fills an index with what the backup knows, and seals it; reported as `manifestsListed`. Objects that do not count as
    /// records are left out, with a warning.
    ///
    /// One list after another. Throws `CancellationError` when it is stopped meanwhile.
    func fill(
        _ index: ManifestIndex,
        from backup: Backup,
        _ tally: inout RunTally,
        in context: RunContext<RunEvent>
    ) async throws -> ManifestIndex {
        var listing = ManifestListing(of: self, in: backup, index: index)
        while let request = listing.next() {
            if context.stop.reason != nil { throw CancellationError() }
            let page = try await ManifestListing.page(request, of: backup)
            _ = try listing.take(page, of: request, seeing: &tally.coverage)
        }
        listing.report(to: context.observe)
        if let warning = listing.ignored.warning { tally.warn(warning, context.observe) }
        return listing.index
    }
}
