/// The settings of a restore alone: `reconcile restore` takes them beside `Setting.all`, and no other subcommand does.
extension Setting {
    package static let toDomain = Setting(
        "to-domain",
        .single,
        value: "name",
        "The domain to restore into, where it is not the one that --domain names the backup of; --domain-owner owns it."
    )
    package static let toRepository = Setting(
        "to-repository",
        .single,
        value: "name",
        "The repository to restore into, with one --repository to restore from."
    )
    package static let deleted = Setting(
        "deleted",
        .flag,
        "Restore versions too that were deleted or disposed of, in the state that they had before."
    )
    package static let dryRun = Setting(
        "dry-run",
        .flag,
        "Say what would be restored, in calls and minutes; writes nothing. Exits 4 when there is anything."
    )
    package static let rateWrites = Setting(
        "rate-writes",
        .single,
        value: "per second",
        standard: "80",
        "All writes of the account at most, each asset one; the service's quota is 100."
    )

    /// In the order of the help.
    package static let ofRestore: [Setting] = [.asOf, .deleted, .toRepository, .toDomain, .rateWrites, .dryRun]
}
