/// What killed writers have left of files that they never finished. It takes space and harms nothing, so it is worth knowing,
/// and a fault only for a strict verification.
extension BackupReader {
    /// A note for each, but for what a writer may still be at work on; none where repositories or packages are named.
    ///
    /// - Throws: what keeps the store from answering.
    func unfinished(_ options: Verifier.Options) async throws -> [BackupFault] {
        guard options.selection.repositories.isEmpty, options.selection.include.isEmpty else { return [] }
        let now = backup.clock.secondsSince1970()
        return try await backup.store.unfinished().filter { options.isSettled($0.modified, at: now) }.map { object in
            let message =
                "a writer that was killed left \(Quantity.bytes(object.size)) of a file here, which is no object. It can be "
                + "deleted; a later run removes it once it is a day old"
            var fault = BackupFault(.stray, at: object.key, message)
            fault.isNote = true
            return fault
        }
    }
}

extension Verifier.Options {
    /// Whether what changed then is no writer's work any more. A time in the future excuses nothing, because it would do so
    /// forever.
    ///
    /// - Parameters:
    ///   - changed: nil where the store gives no time.
    ///   - now: seconds since 1970.
    func isSettled(_ changed: Timestamp?, at now: Double) -> Bool {
        guard let changed, settling > .zero else { return true }
        let age = now - Double(changed.seconds)
        return age >= settling.inSeconds || age < -Double(RecordReader.tolerance)
    }
}
