import CCurl
import Glibc

/// curl's multi handle: the connections, and the transfers that run on them.
///
/// Use it only on the loop's thread.
@safe final class MultiHandle: Sendable {
    private nonisolated(unsafe) let raw: UnsafeMutableRawPointer
    private nonisolated(unsafe) let waits: UnsafeMutablePointer<ccurl_waits>
    /// Held because `waits` waits on its descriptor.
    private let signal: WakeSignal

    /// - Parameters:
    ///   - keptConnections: the number kept open for reuse.
    ///   - openConnections: the total number; at the limit, an idle connection is closed for a new one, or the transfer
    ///     waits if none is idle.
    ///   - signal: interrupts a wait.
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
        // HTTP/1.1 only, so never wait to see whether a connection can be multiplexed.
        unsafe ccurl_multi_set_long(raw, CURLMOPT_PIPELINING, 0)
    }

    /// Closes every connection. Remove all handles first, and call nothing else afterwards.
    func close() {
        unsafe curl_multi_cleanup(raw)
        unsafe ccurl_waits_free(waits)
    }

    func add(_ handle: EasyHandle) throws(TransferFailure) {
        try Self.check(unsafe curl_multi_add_handle(raw, handle.raw))
    }

    /// Removes a handle. If its transfer has not finished, this ends it and closes its connection.
    func remove(_ handle: EasyHandle) {
        unsafe curl_multi_remove_handle(raw, handle.raw)
    }

    /// Advances the transfers whose sockets the last wait found ready or whose timers have expired. Calls the
    /// callbacks.
    func perform() throws(TransferFailure) {
        try Self.check(unsafe ccurl_act(waits))
    }

    /// The next finished transfer and its result, each reported once; nil if there is none.
    func nextFinished() -> (handle: EasyHandle.Address, result: CURLcode)? {
        var result = CURLE_OK
        guard let handle = unsafe ccurl_next_finished(raw, &result) else { return nil }
        return (EasyHandle.Address(bitPattern: handle), result)
    }

    /// Waits for a socket, one of curl's timers, the signal (which it clears), or the end of `milliseconds`.
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
