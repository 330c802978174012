package import ReconcileCore

/// The settings of the subcommands that only tell, checked.
package struct ReviewSettings: Hashable, Sendable {
    package var output: OutputForm
    /// Nil for everything.
    package var since: Timestamp?
    package var isOffline: Bool

    /// - Parameter now: what `7d` is reckoned from; a later time is refused, for it would tell of nothing for ever.
    package init(_ values: SettingValues, now: Timestamp) throws(SettingFailure) {
        let form = values.value(.output) ?? ""
        guard let output = OutputForm(rawValue: form) else {
            throw SettingFailure(.output, "\(form) is not \(Setting.output.valueName)")
        }
        self.output = output
        isOffline = try values.isSet(.offline)
        guard let text = values.value(.since) else { return }
        if let time = Timestamp(extended: text) ?? Timestamp(basic: text) {
            guard time <= now else { throw SettingFailure(.since, "\(text) is not over yet") }
            since = time
        } else if let duration = Duration(spelled: text) {
            since = Timestamp(seconds: now.seconds - duration.components.seconds)
        } else {
            throw SettingFailure(.since, "\(text) is neither a time such as 2026-11-22T08:36:12Z nor 24h or 7d")
        }
    }
}
