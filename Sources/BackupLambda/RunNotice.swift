package import ReconcileApp
import ReconcileCore

/// Notifies an address of each scheduled run, in the same form as `reconcile run`.
package struct RunNotice: Sendable {
    private let notifier: Notifier
    private let settings: [GivenSetting]

    /// - Parameters:
    ///   - flags: the address and the style of the notifications.
    ///   - settings: the function's settings, which name the domain and the backup.
    /// - Returns: nil if there is no address to notify.
    package init?(_ flags: NotifyFlags, settings: [GivenSetting], on host: Host) {
        guard let address = flags.notify else { return nil }
        notifier = Notifier(host: host, address: address, style: flags.notifyStyle)
        self.settings = settings
    }

    /// The maximum time that all notifications of one run may take together.
    var longest: Duration { notifier.longest }

    func start() async { await notifier.start() }

    /// - Parameter exit: the exit status with which `reconcile run` would have ended.
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
