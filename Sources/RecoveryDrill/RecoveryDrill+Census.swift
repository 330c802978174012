import ReconcileCore

/// What a drill finds to be gone before it restores anything: versions that reports counted, and those whose records do not
/// count.
extension RecoveryDrill {
    /// Reports versions none of whose records counts, as they are too short or of the future: a list for each, and of the
    /// accepted losses.
    func addLost(_ ignored: [ManifestRecord], to report: inout DrillReport) async throws {
        guard !ignored.isEmpty else { return }
        let settled = try await backup.settledRecords()
        var seen: Set<VersionCoordinates> = []
        for record in ignored where seen.insert(record.coordinates).inserted {
            let key = backup.layout.key(of: record)
            guard !settled.contains(key), try await backup.catalog.records(of: record.coordinates).isEmpty else {
                continue
            }
            report.files.wanted += 1
            report.addLost(
                DrillReport.Finding(
                    place: Place(record.coordinates.package, version: record.coordinates.version),
                    key: key.value,
                    message: "the record of the version does not count: it has too few bytes, or its time is in the "
                        + "future"
                )
            )
        }
    }

    /// What reports count of the selected versions; nil for what a build needs, of which nobody counts, and where it cannot
    /// be read, which is untried.
    func census(_ report: inout DrillReport) async throws -> (any VersionCensus)? {
        guard plan.needed == nil else { return nil }
        do {
            let census = try await backup.counted(plan.selection, plan.moment)
            if let warning = census.warning { addUncounted(warning, to: &report) }
            return census
        } catch let failure as RemoteFailure {
            addUncounted("the records were not compared with the reports of runs: \(failure.message)", to: &report)
            return nil
        }
    }

    private func addUncounted(_ message: String, to report: inout DrillReport) {
        report.addUncounted(.init(place: Place(), key: "\(backup.layout.reportsPrefix)", message: message))
    }
}
