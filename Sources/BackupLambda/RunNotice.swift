package import ReconcileApp
import ReconcileCore

/// Notifies an address of each scheduled run, in the words of `reconcile run`.
package struct RunNotice: Sendable {
    private let notifier: Notifier
    private let settings: [GivenSetting]

    /// - Parameters:
    ///   - flags: of the address and what it is called for.
    ///   - settings: those that the function was given, which name domain and backup.
    /// - Returns: nil where nobody is to be notified.
    package init?(_ flags: NotifyFlags, settings: [GivenSetting], on host: Host) {
        guard let address = flags.notify else { return nil }
        notifier = Notifier(host: host, address: address, style: flags.notifyStyle)
        self.settings = settings
    }

    /// What the calls of one run may take at most, together.
    var longest: Duration { notifier.longest }

    func start() async { await notifier.start() }

    /// - Parameter exit: what `reconcile run` would have ended with.
    func end(_ ended: ReconcileJob.Ended, exit: ExitStatus) async {
        let said = Notification(
            Notification.Summary(ended.report, key: ended.reportKey),
            of: "run",
            settings: settings,
            exit: exit,
            elapsed: ended.elapsed
        )
        await notifier.end(said, exit: exit)
    }
}
