import CCurl
import Glibc

/// What ends a thread's wait for sockets: an eventfd(2) that lives as long as anybody who may raise it.
///
/// From any thread. Raised twice before the wait takes it, it is one signal.
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
