/// An HTTP/1.1 client on libcurl, with one thread for all its exchanges.
///
/// It reuses connections, always verifies TLS certificates and does not follow redirects. An answer with an error
/// status is an answer, not an error. Each call makes one attempt; only curl repeats it, if a reused connection turns
/// out to be closed before the first byte of the answer. If its task is cancelled, a call ends its exchange and throws
/// `CancellationError`; anything else that prevents a complete answer is a `TransferFailure`.
///
/// Callers limit concurrency. Exchanges beyond what the process may have open wait for a place. A reader or writer
/// keeps its place until its scope ends, so do not open another inside that scope.
package struct HTTPClient: Sendable {
    let loop: TransferLoop

    /// Calls `body` with a client and shuts it down on every path; exchanges still in flight then fail as `closed`.
    ///
    /// The client's thread has ended when this returns. A client used after its scope fails every call as `closed`.
    ///
    /// - Parameter trace: called on the client's thread at the end of each exchange whose request has a label; nil to
    ///   turn tracing off.
    package static func withClient<R>(
        _ settings: HTTPClientSettings = HTTPClientSettings(),
        trace: (@Sendable (ExchangeTrace) -> Void)? = nil,
        _ body: (HTTPClient) async throws -> R
    ) async throws -> R {
        let loop = try TransferLoop(settings, trace: trace)
        let thread = try loop.thread.start(loop)
        let result: R
        do {
            result = try await body(HTTPClient(loop: loop))
        } catch {
            await loop.shutDown()
            loop.thread.stop(thread)
            throw error
        }
        await loop.shutDown()
        loop.thread.stop(thread)
        return result
    }

    /// Runs `body` on the client's own thread, between its transfers.
    ///
    /// For work that makes one request after another, since it saves a thread switch per request. Computation in `body`
    /// delays the transfers, and `body` must never block.
    package func onItsThread<R>(_ body: () async throws -> R) async rethrows -> R {
        try await withTaskExecutorPreference(executor) {
            // The preference takes effect at the next suspension.
            await Task.yield()
            return try await body()
        }
    }

    /// The client's thread as `onItsThread` prefers it, with the same conditions.
    package var executor: any TaskExecutor { LoopTaskExecutor(loop.thread) }

    /// How long ago the client's thread was last idle, accurate to a few milliseconds.
    package var sincePause: Duration { loop.thread.sincePause }

    /// The number of exchanges in which nothing has moved for five seconds, updated every tenth of a second.
    package var stalledCount: Int { loop.thread.stalledCount }

    /// The number of requests whose answers had not begun after five seconds, whether or not they arrived later.
    package var lateAnswerCount: Int { loop.thread.lateAnswerCount }

    /// Sends a request and returns the complete answer.
    ///
    /// A successful answer of more than `bodyLimit` bytes fails as `tooLarge`; any other answer is cut off there.
    package func send(_ request: HTTPRequest, bodyLimit: Int = 16 << 20) async throws -> HTTPResponse {
        try await loop.send(request, bodyLimit: bodyLimit)
    }

    /// Sends a request and calls `body` with the head of the answer, whatever its status, and a reader for its body.
    ///
    /// A slow reader slows the peer down: at most 80 KiB wait for it, plus 16 KiB in curl's buffer. Whatever `body`
    /// does not read is cut off.
    package func receive<R>(
        _ request: HTTPRequest,
        _ body: (HTTPResponseHead, HTTPBodyReader) async throws -> R
    ) async throws -> R {
        let (id, head) = try await loop.receive(request)
        let result: R
        do {
            result = try await body(head, HTTPBodyReader(loop: loop, id: id))
        } catch {
            await loop.close(id)
            throw error
        }
        await loop.close(id)
        return result
    }

    /// Sends a request with a body of `length` bytes that `produce` writes, and returns the answer.
    ///
    /// The last byte is withheld until `produce` returns. If `produce` throws, or writes a different number of bytes
    /// (an `invalidRequest` failure), the peer never gets the whole body. A peer that answers before it has the whole
    /// body ends the upload: the writer throws `answeredEarly`, which `produce` should let through, and this returns
    /// the answer. The writer buffers at most 256 KiB, within the `memory` of the settings, plus 16 or 64 KiB in curl's
    /// buffer. An error answer is cut off at `bodyLimit` bytes; a longer successful one fails as `tooLarge`.
    package func upload(
        _ request: HTTPRequest,
        length: Int64,
        bodyLimit: Int = 64 << 10,
        _ produce: (HTTPBodyWriter) async throws -> Void
    ) async throws -> HTTPResponse {
        let id = try await loop.upload(request, length: length, bodyLimit: bodyLimit)
        do {
            do {
                try await produce(HTTPBodyWriter(loop: loop, id: id))
            } catch let failure as TransferFailure where failure.kind == .answeredEarly {
                guard let response = try await loop.earlyAnswer(id) else { throw failure }
                await loop.close(id)
                return response
            }
            let response = try await loop.finishUpload(id)
            await loop.close(id)
            return response
        } catch {
            await loop.close(id)
            throw error
        }
    }
}

/// Reads the body of one answer. Use it from one task at a time, and only within its scope.
package struct HTTPBodyReader: Sendable {
    fileprivate let loop: TransferLoop
    fileprivate let id: TransferLoop.OperationID

    /// The next bytes, at least one; nil at the end of the body, and on every later call.
    package func next() async throws -> [UInt8]? {
        try await loop.nextBytes(id)
    }
}

/// Writes the body of one upload. Use it from one task at a time, and only within its scope.
package struct HTTPBodyWriter: Sendable {
    fileprivate let loop: TransferLoop
    fileprivate let id: TransferLoop.OperationID

    /// Writes any number of bytes; returns once the last of them is buffered.
    package func send(_ bytes: [UInt8]) async throws {
        try await loop.send(bytes, to: id)
    }
}
