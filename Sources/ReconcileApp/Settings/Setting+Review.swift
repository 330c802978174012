/// The settings of the subcommands that only tell: `show` and `history` take `ofShowing`, `drift` takes `ofDrift`.
extension Setting {
    package static let output = Setting(
        "output",
        .single,
        value: "auto|table|json",
        standard: "auto",
        "auto is a table on a terminal and JSON elsewhere."
    )
    package static let since = Setting(
        "since",
        .single,
        value: "time",
        "Leave out what was recorded before this time, such as 2026-11-22T08:36:12Z, or longer ago than 24h or 7d."
    )
    package static let offline = Setting(
        "offline",
        .flag,
        "Say what the manifests alone know, without asking the domain."
    )

    package static let ofShowing: [Setting] = [.output]

    /// In the order of the help.
    package static let ofDrift: [Setting] = [.since, .offline, .output]
}
