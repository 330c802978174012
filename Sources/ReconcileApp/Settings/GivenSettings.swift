package import ReconcileCore

extension [Setting: [String]] {
    /// What a command line gives: the single values that are there, and the lists that are not empty.
    package init(given singles: [(Setting, String?)], lists: [(Setting, [String])] = []) {
        self.init()
        for case (let setting, let value?) in singles { self[setting] = [value] }
        for (setting, values) in lists where !values.isEmpty { self[setting] = values }
    }
}

extension ExitStatus {
    /// For settings that cannot be used: what the command line got wrong or left out is a matter of usage; what stands
    /// elsewhere is configuration.
    package init(_ error: any Error, given flags: [Setting: [String]]) {
        guard let failure = error as? SettingFailure else {
            self = .refused
            return
        }
        let isOnCommandLine = failure.setting.map { flags[$0] != nil } ?? false
        self = failure.isMissing || isOnCommandLine ? .usage : .refused
    }
}
