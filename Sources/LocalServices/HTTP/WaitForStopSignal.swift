import UnixSignals

/// Waits for SIGTERM or SIGINT, once. From then on neither signal ends the process by itself. Returns early if the task
/// is cancelled.
package func waitForStopSignal() async {
    for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { return }
}
