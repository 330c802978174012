import Synchronization

/// How far a verification is, for whoever watches it and may stop it: its looks at packages say so side by side.
final class VerifyWatch: Sendable {
    let stop: StopSignal
    private let progress = Mutex(VerifyProgress())
    private let observe: @Sendable (VerifyProgress) -> Void

    init(_ context: RunContext<VerifyProgress>) {
        (stop, observe) = (context.stop, context.observe)
    }

    /// - Parameter faults: found so far.
    func looked(at counts: VerifyReport.Counts, faults: Int) {
        change { progress in
            progress.looked = counts
            progress.faults = faults
        }
    }

    /// - Parameter files: that are waited for from now on; those that no longer are, below zero.
    func waits(for files: Int) {
        if files != 0 { change { $0.waiting += files } }
    }

    /// Observed in the order of the changes: a later state is never followed by an earlier one.
    private func change(_ change: (inout VerifyProgress) -> Void) {
        progress.withLock { progress in
            change(&progress)
            observe(progress)
        }
    }
}
