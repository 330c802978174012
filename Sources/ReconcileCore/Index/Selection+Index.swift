/// The index of what a selection covers of a backup.
extension Selection {
    /// Fills an index with what the backup knows, and seals it; reported as `manifestsListed`. Objects that do not count as
    /// records are left out, and are a failure that names the first few: a true record may have been cut to nothing. So is
    /// each folder of records that the store refuses to show.
    ///
    /// One list after another. Throws `CancellationError` when it is stopped meanwhile, and what keeps the store from
    /// showing any record.
    func fill(
        _ index: ManifestIndex,
        from backup: Backup,
        _ tally: inout RunTally,
        in context: RunContext<RunEvent>
    ) async throws -> ManifestListing {
        var listing = ManifestListing(of: self, in: backup, index: index)
        while let request = listing.next() {
            if context.stop.reason != nil { throw CancellationError() }
            let page = try await ManifestListing.page(request, of: backup)
            _ = try listing.take(page, of: request, seeing: &tally.coverage)
        }
        try listing.hidden.requireShown(listing.index.listed)
        listing.report(to: context.observe)
        tally.fail(hidden: listing.hidden.failures(of: self), context.observe)
        if let ignored = listing.ignored.warning {
            let failure = RemoteFailure(
                .untrusted,
                operation: backup.store.operations.list,
                target: backup.store.location,
                message: ignored
            )
            tally.fail(ItemFailure(failure), context.observe)
        }
        return listing
    }
}
