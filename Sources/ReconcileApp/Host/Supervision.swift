import Glibc
import Logging
package import ReconcileCore
import UnixSignals

/// Runs work with a deadline and with signals that stop it.
extension Host {
    /// Does work until it ends: winds it down at its deadline or on SIGTERM, SIGINT and SIGHUP, and cancels it if it
    /// does not end.
    ///
    /// The first signal, or the deadline, raises the `StopSignal` that the work is given: it must start nothing new. A
    /// second signal, or the end of the grace period, cancels the work's task. The work's value is returned on every
    /// path.
    ///
    /// - Parameter endsOnSignal: whether to watch for the signals; from then on, their default action is disabled. A
    ///   SIGHUP that is already ignored when the work begins, as under nohup, stays ignored.
    package func supervising<Value: Sendable>(
        _ budget: RunBudget,
        endsOnSignal: Bool = true,
        _ work: @escaping @Sendable (StopSignal) async -> Value
    ) async -> Value {
        await supervising(budget, endsOnSignal, .work, work)
    }

    /// Stores what supervised work came to, such as its report: however long that takes, but once the work's deadline is
    /// over or a signal has come, at most the budget's `ending`, after which the storing is cancelled. A second signal
    /// cancels it at once. So a store that has fallen silent does not keep the process beyond the time that its scheduler
    /// gives it.
    ///
    /// - Parameters:
    ///   - elapsed: how long the work took.
    ///   - wasStopped: whether a deadline or a signal stopped it.
    package func concluding<Value: Sendable>(
        _ budget: RunBudget,
        after elapsed: Duration,
        wasStopped: Bool,
        endsOnSignal: Bool = true,
        _ storing: @escaping @Sendable () async -> Value
    ) async -> Value {
        await supervising(budget.afterWork(of: elapsed, wasStopped: wasStopped), endsOnSignal, .ending) { _ in
            await storing()
        }
    }

    private func supervising<Value: Sendable>(
        _ budget: RunBudget,
        _ endsOnSignal: Bool,
        _ phase: SupervisedPhase,
        _ work: @escaping @Sendable (StopSignal) async -> Value
    ) async -> Value {
        let stop = StopSignal()
        let (events, continuation) = AsyncStream.makeStream(of: SupervisedEvent.self)
        return await withTaskGroup(of: Value?.self) { group in
            group.addTask {
                let value = await work(stop)
                continuation.yield(.finished)
                return value
            }
            if endsOnSignal {
                group.addTask {
                    let signals =
                        ignoresHangup
                        ? await UnixSignalsSequence(trapping: .sigterm, .sigint)
                        : await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
                    for await _ in signals { continuation.yield(.signal) }
                    return nil
                }
            }
            if let deadline = budget.deadline {
                group.addTask {
                    if (try? await clock.sleep(for: deadline)) != nil { continuation.yield(.deadline) }
                    return nil
                }
            }
            for await event in events {
                switch event {
                case .finished:
                    group.cancelAll()
                    continuation.finish()
                case .signal, .deadline:
                    guard stop.reason == nil else {
                        if case .signal = event {
                            logger.warning("second signal: \(phase.cutOff)")
                            group.cancelAll()
                        }
                        continue
                    }
                    stop.raise(event == .signal ? .signal : .deadline)
                    if case .work = phase {
                        logger.notice(
                            "stopping: nothing new is started; copies in progress have \(Quantity.time(budget.grace)) to finish",
                            metadata: ["reason": event == .signal ? "signal" : "deadline"]
                        )
                    }
                    group.addTask {
                        if (try? await clock.sleep(for: budget.grace)) != nil { continuation.yield(.graceOver) }
                        return nil
                    }
                case .graceOver:
                    logger.warning("\(phase.graceOver): \(phase.cutOff)")
                    group.cancelAll()
                }
            }
            for await case let value? in group { return value }
            preconditionFailure("the run's task always ends with its value")
        }
    }

    /// Supervises work that may throw, in the same way.
    package func supervisingThrowing<Value: Sendable>(
        _ budget: RunBudget,
        _ work: @escaping @Sendable (StopSignal) async throws -> Value
    ) async throws -> Value {
        let result = await supervising(budget) { stop -> Result<Value, any Error> in
            do {
                return .success(try await work(stop))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// Whether SIGHUP is ignored, as it is for a process started with nohup.
private var ignoresHangup: Bool {
    var action = sigaction()
    guard unsafe sigaction(SIGHUP, nil, &action) == 0 else { return false }
    return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
}

private enum SupervisedPhase: Sendable {
    case work
    case ending

    /// What a cancellation does.
    var cutOff: String {
        switch self {
        case .work: "copies in progress are cut off"
        case .ending: "what is not stored yet is left out"
        }
    }

    var graceOver: String {
        switch self {
        case .work: "the grace period is over"
        case .ending: "the time to store what the work came to is over"
        }
    }
}

private enum SupervisedEvent: Sendable {
    case signal
    case deadline
    case graceOver
    case finished
}
