/// An HTTP/1.1 client on libcurl, with its own thread for all exchanges.
///
/// Connections are kept and used again; TLS certificates are always verified; redirects are not followed, and an
/// answer with an error status is an answer. Each call makes one attempt; curl alone
/// repeats it, when a kept connection turns out to be closed before a byte of the answer. A call whose task is
/// cancelled ends its exchange and throws `CancellationError`; all else that keeps an answer from coming whole is a
/// `TransferFailure`.
///
/// Callers limit concurrency; where they ask for more at once than the process may have open, exchanges wait for a place.
/// The scope of a reader or writer keeps its place, so in one of them no second one is opened.
package struct HTTPClient: Sendable {
    let loop: TransferLoop

    /// Gives `body` a client, and shuts it down on every path; exchanges still in flight then fail as `closed`.
    ///
    /// The client's thread is gone when this returns. A client kept beyond its scope fails every call as `closed`.
    ///
    /// - Parameter trace: called on the client's thread at the end of each exchange whose request has a label; nil to make
    ///   nothing of them.
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
    /// For work that makes one request after another: no thread has to wake another for each of them. What `body`
    /// computes holds the transfers up, and it must never block.
    package func onItsThread<R>(_ body: () async throws -> R) async rethrows -> R {
        try await withTaskExecutorPreference(LoopTaskExecutor(loop.thread)) {
            // The preference counts from the next suspension on.
            await Task.yield()
            return try await body()
        }
    }

    /// How long ago the client's thread last had nothing to do, to a few milliseconds.
    package var sincePause: Duration { loop.thread.sincePause }

    /// In how many exchanges nothing has moved for five seconds, to a tenth of a second.
    package var stalledCount: Int { loop.thread.stalledCount }

    /// How many requests had waited five seconds for their answers to begin, whether or not these came.
    package var lateAnswerCount: Int { loop.thread.lateAnswerCount }

    /// Sends a request and returns its whole answer.
    ///
    /// A successful answer with more than `bodyLimit` bytes is a `tooLarge` failure; any other is cut there.
    package func send(_ request: HTTPRequest, bodyLimit: Int = 16 << 20) async throws -> HTTPResponse {
        try await loop.send(request, bodyLimit: bodyLimit)
    }

    /// Sends a request and gives `body` the head of the answer, whatever its status, and a reader of its body.
    ///
    /// A reader that is slow slows the peer: at most 80 KiB wait for it, beside 16 KiB of curl's own. An answer that
    /// `body` does not read to its end is cut off.
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
    /// The last byte is held back until `produce` returns: when it throws, or has written another number of bytes
    /// (an `invalidRequest` failure), the peer never gets the whole body. A peer that answers before it has the whole
    /// body ends the upload: the writer throws `answeredEarly`, which `produce` is to let pass, and the answer is
    /// returned. At most 256 KiB wait in the writer, as far as `memory` of the settings goes, beside 16 or 64 KiB of
    /// curl's own. The answer is cut at `bodyLimit` bytes if it is not a success, and otherwise fails as too large.
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

/// Reads the body of one answer, by one task at a time, within the scope that it was given to.
package struct HTTPBodyReader: Sendable {
    fileprivate let loop: TransferLoop
    fileprivate let id: TransferLoop.OperationID

    /// The next bytes, at least one; nil at the body's end, each time it is asked then.
    package func next() async throws -> [UInt8]? {
        try await loop.nextBytes(id)
    }
}

/// Writes the body of one upload, by one task at a time, within the scope that it was given to.
package struct HTTPBodyWriter: Sendable {
    fileprivate let loop: TransferLoop
    fileprivate let id: TransferLoop.OperationID

    /// Adds bytes of any number; returns when there is room for the last of them.
    package func send(_ bytes: [UInt8]) async throws {
        try await loop.send(bytes, to: id)
    }
}
