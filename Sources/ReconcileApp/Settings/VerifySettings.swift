package import ReconcileCore

/// The settings of a verification, checked.
package struct VerifySettings: Hashable, Sendable {
    package var depth: VerifyDepth
    package var sample: ObjectSample
    package var settling: Duration
    package var repairs: Bool

    /// - Parameter now: decides which part `today/30` is.
    package init(_ values: SettingValues, now: Timestamp) throws(SettingFailure) {
        guard let depth = VerifyDepth(rawValue: values.value(.depth) ?? "") else {
            throw SettingFailure(.depth, "it is not \(Setting.depth.valueName)")
        }
        self.depth = depth
        let (share, subset) = (values.value(.sample), values.value(.subset))
        if share != nil, subset != nil { throw SettingFailure(.sample, "it cannot be given with --subset") }
        sample = .all
        if let share {
            guard let drawn = ObjectSample(share: share, seed: .random(in: .min ... .max)) else {
                throw SettingFailure(.sample, "\(share) is no share such as 5%")
            }
            sample = drawn
        }
        if let subset {
            guard let part = ObjectSample(subset: subset, now: now) else {
                throw SettingFailure(.subset, "\(subset) is no part such as 3/30 or today/30")
            }
            sample = part
        }
        let text = values.value(.settling) ?? ""
        guard let settling = text == "0s" ? .zero : Duration(spelled: text) else {
            throw SettingFailure(.settling, "\(text) is no duration such as 90s, 50m or 1h30m")
        }
        self.settling = settling
        repairs = values.value(.repair) == "true"
    }
}
