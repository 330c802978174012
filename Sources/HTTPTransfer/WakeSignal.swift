import CCurl
import Glibc

/// Interrupts a thread's wait for sockets: an eventfd(2), open for as long as anyone holds the signal.
///
/// Callable from any thread. Raising it twice before a wait clears it counts once.
final class WakeSignal: Sendable {
    /// Readable while the signal is raised.
    let descriptor: CInt

    init() throws(TransferFailure) {
        descriptor = ccurl_signal_make()
        guard descriptor >= 0 else {
            throw TransferFailure(.internal, message: "No signal could be made for HTTP transfers (error \(errno)).")
        }
    }

    deinit {
        Glibc.close(descriptor)
    }

    func raise() {
        ccurl_signal_raise(descriptor)
    }
}
