/// The settings of a verification alone: `reconcile verify` takes them beside `Setting.all`.
extension Setting {
    package static let depth = Setting(
        "depth",
        .single,
        value: "manifests|objects|checksums|bytes",
        standard: "objects",
        "How closely to look; each depth does what those before it do."
    )
    package static let sample = Setting(
        "sample",
        .single,
        value: "share",
        "Look at the checksums or bytes of about this share of the objects only, such as 5%, drawn anew each time."
    )
    package static let subset = Setting(
        "subset",
        .single,
        value: "k/n",
        "Look at the checksums or bytes of the k-th of n equal parts of the objects only, from 0; today/30 is another "
            + "part each day (UTC)."
    )
    package static let settling = Setting(
        "settling",
        .single,
        value: "duration",
        standard: "1h",
        "What changed within this time is taken for another writer's work, not for a fault; 0s for nothing."
    )

    package static let repair = Setting(
        "repair",
        .flag,
        "Mend what is wrong, from the backup itself or from the domain; deletes nothing. Needs --domain-owner."
    )

    /// In the order of the help.
    package static let ofVerify: [Setting] = [.depth, .sample, .subset, .settling, .repair]
}
