import Logging
import ReconcileCore
import Synchronization
import UnixSignals

/// Shows how work stands while it goes on: on a terminal in a line that is drawn anew each second and whenever something
/// happens, elsewhere in a log record each minute.
package final class ProgressDisplay<Progress: Sendable>: Sendable {
    private enum Form {
        /// Nothing is kept and nothing computed.
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
    ///   - standing: made of the latest progress and the time since the start.
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

    /// Takes note of what was done; a terminal shows it at most ten times a second.
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

    /// Does work, and shows meanwhile where it stands also when nothing ends.
    package func during<Value: Sendable>(_ work: () async -> Value) async -> Value {
        if case .none = form { return await work() }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                // Of the machine's clock, whatever clock the work goes by: a person looks at it.
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

    /// Shows where the work stands now.
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
