/// What a status says of records and reports that are gone or hidden, that cannot be read, or that do not count.
extension BackupStatus {
    /// What is read of a folder beside the records. Where the store does not show it, that is noted, and it counts as empty.
    mutating func shown<Value>(else empty: Value, _ read: () async throws -> Value) async throws -> Value {
        do {
            return try await read()
        } catch let failure as RemoteFailure where failure.isOfOnePlace {
            note(failure.kind, "a folder beside the records is not shown, so what is in it is unknown: \(failure)")
            return empty
        }
    }

    /// Takes in reports that cannot be read, each of which may say that something is not protected.
    mutating func noteUnreadable() {
        guard let first = failures.first else { return }
        let (subject, it) = failures.count == 1 ? ("a report", "it says") : ("\(failures.count) reports", "they say")
        note(first.kind, "\(subject) could not be read, so what \(it) is unknown: \(first)")
    }

    /// Takes in records that a trust file refuses.
    mutating func note(refused: IgnoredObjects) {
        if let message = refused.warning { note(.untrusted, message) }
    }

    /// Takes in what the store refuses to show, each folder once: the last run may have met it too.
    mutating func note(_ records: HiddenRecords) {
        hidden = records.folders
        for failure in records.failures(of: Selection()).reversed() {
            unprotected.removeAll { $0.place == failure.place && $0.message == failure.message }
            note(failure.kind, failure.message, at: failure.place)
        }
    }

    /// Takes in what was counted earlier and is not found, as a verification finds it.
    mutating func note(_ losses: [LostVersions]) {
        guard let first = losses.first else { return }
        lost = losses.most
        let name = first.reported.report.value.split(separator: "/").last?.dropLast(5)
        let runID = name.flatMap { KeySegment.decode($0) } ?? ""
        note(.absent, "\(losses.words), and verify says what to do", runID: runID)
    }

    /// Takes in versions whose newest record says that something is missing, and that no report names.
    mutating func note(incomplete places: Set<Place>) {
        let runID = runs.first?.runID ?? ""
        for place in places.sorted(by: { $0.words < $1.words }) {
            let message = "its newest record says that something of it is missing; a run copies it again"
            let kind = RemoteFailure.Kind.absent.rawValue
            unprotected.append(Unprotected(place: place, kind: kind, message: message, runID: runID, isStale: true))
        }
    }

    /// Takes in which records are archived: until they are brought back, the backup gives nothing of what they name.
    mutating func note(_ archived: ArchivedRecords) {
        guard let message = archived.warning else { return }
        note(.archived, message)
    }

    /// Puts something that is not a version's before all others.
    ///
    /// - Parameter runID: the run that reports it; nil for the last one.
    private mutating func note(
        _ kind: RemoteFailure.Kind,
        _ message: String,
        at place: Place = Place(),
        runID: String? = nil
    ) {
        unprotected.insert(
            Unprotected(
                place: place,
                kind: kind.rawValue,
                message: message,
                runID: runID ?? runs.first?.runID ?? "",
                isStale: false
            ),
            at: 0
        )
    }
}
