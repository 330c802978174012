/// Checks a run's selection; a name that neither the domain nor the backup has is noted in the report.
extension Reconciler {
    /// The selected repositories among all repositories of the domain.
    ///
    /// - Throws: `absent` for a selected name that doesn't exist.
    func selected(among all: [String], _ tally: inout RunTally) async throws -> [String] {
        do {
            return try options.selection.repositories(
                among: all,
                listedBy: source.operations.listRepositories,
                domain: backup.layout.domain
            )
        } catch {
            // A repository with records has been deleted from the domain; its name is not mistyped.
            for name in options.selection.repositories(notAmong: all) {
                guard await backup.hasNoRecord(of: name) else { throw error }
            }
            tally.noteNothingSelected()
            throw error
        }
    }

    /// - Throws: `absent` if nothing that is listed or recorded is selected, unless the selection may be empty.
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
