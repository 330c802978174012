/// What a restore makes of the anchors of its trust file: digests that somebody has noted elsewhere.
extension Restorer {
    /// Takes in the records that a restore lists, where there is an anchor and all of them are listed; nil otherwise.
    var anchorDigester: RecordDigester? {
        let cutoffs = Set((backup.trust?.file.anchors ?? []).map(\.cutoff))
        guard !cutoffs.isEmpty, options.selection.repositories.isEmpty else { return nil }
        return RecordDigester(cutoffs: cutoffs, of: backup)
    }

    /// Compares all records with the anchors, before anything is written: one list more, of the records of the domain's
    /// configuration. A difference is a failure, and everything is restored all the same: what is left of a backup is worth
    /// more than nothing.
    ///
    /// - Throws: what keeps those records from being listed.
    func compareAnchors(
        _ digester: RecordDigester?,
        _ tally: inout RunTally,
        _ context: RunContext<RunEvent>
    ) async throws {
        guard let digester, let anchors = backup.trust?.file.anchors else { return }
        digester.finish()
        digester.add(configuration: try await ConfigurationRecords.list(in: backup).digestible)
        guard let digests = digester.digests else {
            let location = backup.store.location
            return tally.warn(
                "\(location) does not list the records of a package together, so no anchor was compared",
                context.observe
            )
        }
        for anchor in anchors {
            guard let found = digests.comparable(to: anchor.digest, upTo: anchor.cutoff), found.digest != anchor.digest
            else { continue }
            let failure = RemoteFailure(
                .untrusted,
                operation: .restore,
                target: backup.store.location,
                message:
                    "the digest of the records up to \(anchor.cutoff.extended) is \(found.digest), and an anchor of the "
                    + "trust file says \(anchor.digest): records were removed, or slipped in. What is there is restored; "
                    + "compare with another copy of the backup (\(Guide.trust))"
            )
            tally.fail(ItemFailure(failure), context.observe)
        }
    }
}
