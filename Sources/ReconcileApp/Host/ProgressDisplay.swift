import Logging
import ReconcileCore
import Synchronization
import UnixSignals

/// Shows the progress of work: on a terminal as a line that is redrawn every second and whenever something happens,
/// elsewhere as a log record every minute.
package final class ProgressDisplay<Progress: Sendable>: Sendable {
    private enum Form {
        /// Nothing is stored or computed.
        case none
        case line
        case records
    }

    private struct State {
        var latest: Progress
        var shownAt: Duration?
    }

    private let form: Form
    private let host: Host
    private let startedAt: Duration
    private let state: Mutex<State>
    private let standing: @Sendable (Progress, Duration) -> any Standing

    /// - Parameters:
    ///   - start: the progress before anything has happened.
    ///   - standing: computes what to show from the latest progress and the time since the start.
    package init(
        on host: Host,
        from start: Progress,
        _ standing: @escaping @Sendable (Progress, Duration) -> any Standing
    ) {
        self.host = host
        self.standing = standing
        state = Mutex(State(latest: start))
        startedAt = host.clock.now()
        form =
            if host.console.showsProgress {
                host.isQuiet ? .none : .line
            } else {
                host.logger.logLevel <= .info ? .records : .none
            }
    }

    /// Records progress; a terminal shows it at most ten times per second.
    package func note(_ progress: Progress) {
        switch form {
        case .none: return
        case .records: state.withLock { $0.latest = progress }
        case .line:
            let now = host.clock.now()
            let isDue = state.withLock { state in
                state.latest = progress
                if let last = state.shownAt, now - last < .milliseconds(100) { return false }
                state.shownAt = now
                return true
            }
            if isDue { host.console.show(standing(progress, now - startedAt).line) }
        }
    }

    /// Does the work and shows its progress meanwhile, even while nothing completes.
    package func during<Value: Sendable>(_ work: () async -> Value) async -> Value {
        if case .none = form { return await work() }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                // This sleeps on the machine's clock, whatever clock the work uses, because a person is watching.
                while (try? await Task.sleep(for: isLine ? .seconds(1) : .seconds(60))) != nil { tick() }
            }
            if isLine {
                group.addTask { [console = host.console] in
                    for await _ in await UnixSignalsSequence(trapping: .sigwinch) { console.redraw() }
                }
            }
            defer {
                group.cancelAll()
                host.console.hideProgress()
            }
            return await work()
        }
    }

    private var isLine: Bool { if case .line = form { true } else { false } }

    /// Shows the current progress.
    package func tick() {
        let standing = standing(state.withLock { $0.latest }, host.clock.now() - startedAt)
        switch form {
        case .none: return
        case .line: host.console.show(standing.line)
        // A person reads the sentence, a program the numbers.
        case .records where host.writesText: host.logger.info("\(standing.line.text)")
        case .records: host.logger.info("progress", metadata: standing.record)
        }
    }
}
