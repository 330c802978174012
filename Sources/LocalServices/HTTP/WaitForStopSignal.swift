import UnixSignals

/// Waits for SIGTERM or SIGINT, once; either one stops ending the process from then on. Returns early when the task
/// is cancelled.
package func waitForStopSignal() async {
    for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { return }
}
