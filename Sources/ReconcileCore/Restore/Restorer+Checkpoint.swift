/// Whether somebody would have noticed that records are missing from what is restored.
extension Restorer {
    /// Seconds that may pass between two checkpoints before a restore warns.
    private static let longest: Int64 = 3 * 86_400

    /// Warns if the newest checkpoint of all repositories is old: records that were removed since
    /// would not have been noticed. A backup without any was made by an earlier release. A store
    /// that does not answer is no reason not to restore.
    ///
    /// - Throws: `CancellationError`.
    func warnOfOldCheckpoint(_ tally: inout RunTally, _ context: RunContext<RunEvent>) async throws {
        let now = context.now
        let cutoff: Timestamp
        do {
            let found = try await Checkpoints.read(of: backup, repositories: [], at: now)
            guard let newest = found.newest?.checkpoint else { return }
            cutoff = newest.cutoff
        } catch {
            guard RemoteFailure.narrowing(error, operation: .restore, target: backup.store.location) != nil else {
                throw CancellationError()
            }
            return
        }
        guard now.seconds - cutoff.seconds > Self.longest else { return }
        tally.warn(
            "the newest checkpoint is of \(cutoff.extended): nobody would have noticed that records were removed since. Run "
                + "verify, with --checkpoint if you noted a digest elsewhere",
            context.observe
        )
    }
}
