import CCurl
import Glibc

/// curl's multi handle: the connections, and the transfers that run on them.
///
/// Every call belongs to the loop's thread.
@safe final class MultiHandle: Sendable {
    private nonisolated(unsafe) let raw: UnsafeMutableRawPointer
    private nonisolated(unsafe) let waits: UnsafeMutablePointer<ccurl_waits>
    /// Lives as long as what waits for it.
    private let signal: WakeSignal

    /// - Parameters:
    ///   - keptConnections: those that are kept for reuse.
    ///   - openConnections: all of them; an idle one is closed for one more, and a transfer waits where none is idle.
    ///   - signal: ends a wait.
    init(keptConnections: Int, openConnections: Int, signal: WakeSignal) throws(TransferFailure) {
        guard Self.isCurlReady, let raw = unsafe curl_multi_init() else {
            throw TransferFailure(.internal, message: "libcurl could not be set up; is there memory left?")
        }
        guard let waits = unsafe ccurl_waits_make(raw, signal.descriptor) else {
            let number = errno
            unsafe curl_multi_cleanup(raw)
            throw TransferFailure(.internal, message: "No wait for sockets could be set up (error \(number)).")
        }
        self.signal = signal
        unsafe self.raw = raw
        unsafe self.waits = waits
        unsafe ccurl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, min(keptConnections, openConnections))
        unsafe ccurl_multi_set_long(raw, CURLMOPT_MAX_TOTAL_CONNECTIONS, openConnections)
        // HTTP/1.1 only: no wait for a connection that might turn out to be shared.
        unsafe ccurl_multi_set_long(raw, CURLMOPT_PIPELINING, 0)
    }

    /// Closes every connection. The handles have been removed; none of the other calls may follow.
    func close() {
        unsafe curl_multi_cleanup(raw)
        unsafe ccurl_waits_free(waits)
    }

    func add(_ handle: EasyHandle) throws(TransferFailure) {
        try Self.check(unsafe curl_multi_add_handle(raw, handle.raw))
    }

    /// Ends a transfer that has not finished: its connection is closed, else kept.
    func remove(_ handle: EasyHandle) {
        unsafe curl_multi_remove_handle(raw, handle.raw)
    }

    /// Moves the transfers whose sockets the last wait found ready, or whose time has come. Calls the callbacks.
    func perform() throws(TransferFailure) {
        try Self.check(unsafe ccurl_act(waits))
    }

    /// The next transfer that has finished, once, and how.
    func nextFinished() -> (handle: EasyHandle.Address, result: CURLcode)? {
        var result = CURLE_OK
        guard let handle = unsafe ccurl_next_finished(raw, &result) else { return nil }
        return (EasyHandle.Address(bitPattern: handle), result)
    }

    /// Waits for a socket, one of curl's own deadlines, the signal, which is taken, or the end of `milliseconds`.
    func wait(milliseconds: CInt) {
        unsafe ccurl_wait(waits, milliseconds)
    }

    private static let isCurlReady = curl_global_init(ccurl_global_all) == CURLE_OK

    private static func check(_ status: CURLMcode) throws(TransferFailure) {
        guard status != CURLM_OK else { return }
        let text = unsafe String(cString: curl_multi_strerror(status))
        throw TransferFailure(.internal, message: "libcurl failed: \(text).")
    }
}
