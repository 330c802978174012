package import ReconcileCore

/// The settings of a restore, checked.
package struct RestoreSettings: Hashable, Sendable {
    /// Nil for the domain that was backed up.
    package var domain: String?
    /// Nil for each package's own.
    package var repository: String?
    package var choice = RestoreChoice()
    package var isDryRun = false

    package init(_ values: SettingValues) throws(SettingFailure) {
        domain = values.value(.toDomain)
        repository = values.value(.toRepository)
        // Two repositories may hold other bytes under the same coordinates.
        if repository != nil, values.list(.repository).count != 1 {
            throw SettingFailure(.toRepository, "needs exactly one --repository to restore from")
        }
        if let text = values.value(.asOf) {
            guard let time = Timestamp(extended: text) ?? Timestamp(basic: text) else {
                throw SettingFailure(.asOf, "\(text) is no time such as 2026-11-22T08:36:12Z, in UTC")
            }
            choice.asOf = time
        }
        choice.includesDeleted = try values.isSet(.deleted)
        isDryRun = try values.isSet(.dryRun)
    }
}
