package import Logging
package import ReconcileCore
import Synchronization

/// Turns a run's events into log records and the progress line.
package final class RunNarrator: Sendable {
    private let logger: Logger
    private let console: Console
    private let clock: any RunClock
    private let startedAt: Duration
    private let lastShown = Mutex<Duration?>(nil)

    package convenience init(_ host: Host) {
        self.init(logger: host.logger, console: host.console, clock: host.clock)
    }

    package init(logger: Logger, console: Console, clock: any RunClock) {
        self.logger = logger
        self.console = console
        self.clock = clock
        startedAt = clock.now()
    }

    package func tell(_ event: RunEvent) {
        switch event {
        case .manifestsListed(let count):
            logger.info("manifests listed", metadata: ["count": "\(count)"])
        case .committed(let summary):
            var metadata: Logger.Metadata = Self.place(summary.manifest.coordinates)
            metadata["status"] = "\(summary.manifest.status.rawValue)"
            metadata["copied"] = "\(summary.copied)"
            metadata["adopted"] = "\(summary.adopted)"
            metadata["bytes"] = "\(summary.bytes)"
            logger.debug("version committed", metadata: metadata)
        case .skipped(let version, let reason):
            logger.debug("version skipped: \(reason)", metadata: Self.place(version))
        case .failed(let failure):
            logger.error("\(failure.message)", metadata: ["kind": "\(failure.kind.rawValue)"])
        case .warning(let text):
            logger.warning("\(text)")
        case .progress(let progress):
            show(progress)
        }
    }

    /// Takes the progress line away.
    package func end() {
        console.show(progress: "")
    }

    /// At most ten times a second.
    private func show(_ progress: RunProgress) {
        let now = clock.now()
        let isDue = lastShown.withLock { last in
            if let last, now - last < .milliseconds(100) { return false }
            last = now
            return true
        }
        guard isDue else { return }
        console.show(progress: ProgressLine(elapsed: now - startedAt, progress: progress).text)
    }

    private static func place(_ version: VersionCoordinates) -> Logger.Metadata {
        [
            "repository": "\(version.package.repository)", "namespace": "\(version.package.namespace)",
            "package": "\(version.package.name)", "version": "\(version.version)",
        ]
    }
}
