/// The origin controls that a package is to have, by its own records and by what the domain has.
extension Restorer {
    /// Whether a listed record of a package may open it, as far as its key says: it is of a selected package, and of
    /// the moment.
    func mayCount(_ record: PackageRecord) -> Bool {
        record.originControls.upstream == .allow && options.selection.contains(record.package)
            && (options.choice.asOf.map { record.recordedAt <= $0 } ?? true)
    }

    /// Whether a record that passes the reader may open its package.
    private func mayOpen(by record: PackageRecord, _ openings: OpeningRecords) -> Bool {
        guard options.allowsUpstream else { return false }
        return openings.areProved
            || options.accepted.contains(openings.digest) && openings.contains(record, in: backup.layout)
    }

    /// The newest of a package's own records, or that of the moment, that passes the reader: a GET where there is one.
    private func provedRecord(
        of history: PackageHistory,
        _ outcome: inout RestoreSchedule.Outcome
    ) async throws -> PackageRecord? {
        for record in history.own(asOf: options.choice.asOf) {
            do {
                try await backup.catalog.prove(record)
                return record
            } catch let failure as RemoteFailure where failure.kind == .untrusted {
                outcome.untrusted.append(ItemFailure(failure, package: record.package))
            }
        }
        return nil
    }

    /// The plan for a package's origin controls, with what the operator should know about it.
    ///
    /// - Parameters:
    ///   - wanted: every selected record of the package, those of other passes too.
    ///   - isTold: whether this pass is the one that reports it.
    ///   - openings: what was listed before anything was written.
    func controls(
        of target: PackageCoordinates,
        _ history: PackageHistory,
        listed: [ExactText: ListedVersion],
        wanted: [ManifestRecord],
        isTold: Bool,
        _ openings: OpeningRecords,
        _ outcome: inout RestoreSchedule.Outcome
    ) async throws -> OriginControlsPlan {
        var found = RestoreSchedule.Outcome(package: target)
        let own = try await provedRecord(of: history, &found)
        let mayOpen = own.map { self.mayOpen(by: $0, openings) } ?? false
        let plan = try await controlsPlan(own, of: target, listed: listed, wanted: wanted, mayOpen: mayOpen)
        guard isTold else { return plan }
        outcome.untrusted += found.untrusted
        if let warning = plan.warning { outcome.warnings.append(warning) }
        let due = openings.areProved ? nil : openings
        if let refusal = plan.refusal(of: target, accepting: due) {
            outcome.untrusted.append(ItemFailure(refusal, package: target))
        }
        return plan
    }

    /// What is to be done about a package's origin controls; a request or two where it has a record and is there.
    private func controlsPlan(
        _ record: PackageRecord?,
        of target: PackageCoordinates,
        listed: [ExactText: ListedVersion],
        wanted: [ManifestRecord],
        mayOpen: Bool
    ) async throws -> OriginControlsPlan {
        guard let record else { return OriginControlsPlan() }
        guard !listed.isEmpty else { return OriginControlsPlan(missing: record, mayOpen: mayOpen) }
        let present = try await domain.originControls(of: target)
        var wasRestored = false
        let known = wanted.lazy.map(\.coordinates.version).first { listed[ExactText($0)] != nil }
        if OriginControlsPlan.isUnfinished(present, record), let known {
            let version = VersionCoordinates(package: target, version: known)
            let published = try await domain.describe(version)?.properties.publishedTime
            wasRestored = published.map { $0 > Double(record.recordedAt.seconds) } ?? true
        }
        return OriginControlsPlan(
            target,
            has: present,
            wasRestored: wasRestored,
            record: record,
            mayOpen: mayOpen
        )
    }
}
