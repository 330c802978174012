/// What an incremental restore looks at: whatever the domain's listing does not show as restored.
extension Restorer {
    /// The groups that are to be compared; the others are noted as restored. A group is if each of
    /// its versions is listed with its recorded status: the service changes no file of a finished
    /// version.
    func pending(
        _ groups: [[RestoreOrder.Member]],
        of target: PackageCoordinates,
        listed: [ExactText: ListedVersion],
        _ outcome: inout RestoreSchedule.Outcome
    ) -> [[RestoreOrder.Member]] {
        guard options.isIncremental else { return groups }
        var pending: [[RestoreOrder.Member]] = []
        for group in groups {
            let isThere = group.allSatisfy { member in
                listed[ExactText(member.record.coordinates.version)]?.status == member.record.status
            }
            guard isThere else {
                pending.append(group)
                continue
            }
            for member in group {
                let version = VersionCoordinates(package: target, version: member.record.coordinates.version)
                var restored = RestoredVersion(version: version, from: member.record)
                restored.state = .inSync
                outcome.versions.append(restored)
            }
        }
        return pending
    }
}
