/// Builds the index for a selection of a backup.
extension Selection {
    /// Fills an index with the selected records and seals it; reported as `manifestsListed`. Objects that don't count
    /// as records are left out, and reported as a failure that names the first few, because a valid record may have
    /// been truncated. Each folder of records that the store refuses to list is a failure too.
    ///
    /// Sends one list request at a time. With a trust file, one list and one GET more find the newest checkpoint, and a
    /// thousand of the records that it does not cover are read.
    ///
    /// - Throws: `CancellationError` if stopped meanwhile, the store's failure if it shows no records at all, and an
    ///   `invalid` failure if no record passes the trust file.
    func fill(
        _ index: ManifestIndex,
        from backup: Backup,
        _ tally: inout RunTally,
        in context: RunContext<RunEvent>
    ) async throws -> ManifestListing {
        let proof = try await RecordProof.survey(of: backup, repositories: repositories)
        var listing = ManifestListing(of: self, in: backup, index: index)
        while let request = listing.next() {
            if context.stop.reason != nil { throw CancellationError() }
            let page = try await ManifestListing.page(request, of: backup, proving: proof)
            _ = try listing.take(page, of: request, seeing: &tally.coverage)
        }
        if let refusal = proof?.refusal { throw refusal }
        try listing.hidden.requireShown(listing.index.listed)
        listing.report(to: context.observe)
        tally.fail(hidden: listing.hidden.failures(of: self), context.observe)
        if !listing.ignored.isEmpty { listing.settle(try await backup.settledRecords()) }
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
