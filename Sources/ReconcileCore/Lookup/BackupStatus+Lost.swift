/// What a status says of records that are gone, that say that something is, or that cannot be read where they are.
extension BackupStatus {
    /// Takes in what was counted earlier and is not found, as a verification finds it.
    mutating func note(_ losses: [LostVersions]) {
        guard let first = losses.first else { return }
        lost = losses.most
        let name = first.reported.report.value.split(separator: "/").last?.dropLast(5)
        unprotected.insert(
            Unprotected(
                place: Place(),
                kind: RemoteFailure.Kind.absent.rawValue,
                message: "\(losses.words), and verify says what to do",
                runID: name.flatMap { KeySegment.decode($0) } ?? "",
                isStale: false
            ),
            at: 0
        )
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
        let kind = RemoteFailure.Kind.archived.rawValue
        let runID = runs.first?.runID ?? ""
        unprotected.insert(
            Unprotected(place: Place(), kind: kind, message: message, runID: runID, isStale: false),
            at: 0
        )
    }
}

extension Backup {
    /// What reports of runs count, by the rule by which a verification finds what is gone.
    ///
    /// - Parameter known: what was read of some of them.
    func counts(in reports: [ObjectKey], knowing known: [ObjectKey: ReportedRun]) async throws -> EarlierCounts {
        let losses = try await acceptedLosses()
        return try await EarlierReports.read(reports, known: known, from: self, about: Selection(), after: losses)
            .counts
    }
}
