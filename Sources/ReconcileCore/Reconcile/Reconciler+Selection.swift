/// What of a run's selection there is; a name that neither the domain nor the backup has is noted in the report.
extension Reconciler {
    /// The selected ones of the domain's repositories.
    ///
    /// - Throws: `absent` for a name that is not among them.
    func selected(among all: [String], _ tally: inout RunTally) async throws -> [String] {
        do {
            return try options.selection.repositories(
                among: all,
                listedBy: source.operations.listRepositories,
                domain: backup.layout.domain
            )
        } catch {
            // One that was backed up is gone from the domain.
            for name in options.selection.repositories(notAmong: all) {
                guard await backup.hasNoRecord(of: name) else { throw error }
            }
            tally.noteNothingSelected()
            throw error
        }
    }

    /// - Throws: `absent` where nothing that is listed or recorded is selected, and that is not said to be right.
    func requireCoverage(_ tally: inout RunTally, _ context: RunContext<RunEvent>) throws {
        do {
            try tally.requireCoverage(
                listing: "the domain \(backup.layout.domain)",
                at: backup.layout.domain,
                context.observe
            )
        } catch {
            tally.noteNothingSelected()
            throw error
        }
    }
}
