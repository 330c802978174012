import Glibc

/// Takes invocations from the runtime API and answers them one at a time, until the API fails or the task is cancelled.
package enum RuntimeLoop {
    /// Serves until it cannot continue; then throws the API's failure, or `CancellationError`.
    ///
    /// - Parameter answer: returns the bytes of the response, or the failure to report. Called for one invocation at a
    ///   time.
    package static func serve(
        _ api: RuntimeAPI,
        _ answer: (Invocation) async -> Result<[UInt8], InvocationFailure>
    ) async throws {
        while true {
            let invocation = try await api.next()
            if let traceID = invocation.traceID { setTraceID(traceID) }
            switch await answer(invocation) {
            case .success(let bytes): try await api.respond(to: invocation, bytes)
            case .failure(let failure): try await api.fail(invocation, failure)
            }
        }
    }

    /// Sets the variable that AWS's X-Ray libraries read. No other code of the process runs at this point, so nothing
    /// reads the variable meanwhile.
    private static func setTraceID(_ traceID: String) {
        _ = unsafe setenv("_X_AMZN_TRACE_ID", traceID, 1)
    }
}
