/// The client's calls, as the loop implements them.
extension TransferLoop {
    /// Sends a request whose body is in memory, and returns the complete answer.
    func send(_ request: HTTPRequest, bodyLimit: Int) async throws -> HTTPResponse {
        try await admit(to: requests, for: request)
        defer { requests.giveBack() }
        let exchange = try open(request, inbound: .collect(limit: bodyLimit))
        defer { close(exchange) }
        try await wait(exchange, for: .end)
        return try answer(of: exchange)
    }

    /// Sends a request and returns once the head of its answer has arrived. `close` the returned ID.
    func receive(_ request: HTTPRequest) async throws -> (OperationID, HTTPResponseHead) {
        try await admit(to: streams, for: request)
        let exchange: Exchange
        do {
            exchange = try open(request, inbound: .queue)
        } catch {
            streams.giveBack()
            throw error
        }
        do {
            if exchange.head == nil { try await wait(exchange, for: .head) }
            if let head = exchange.head { return (exchange.id, head) }
            throw failure(of: exchange)
        } catch {
            close(exchange.id)
            throw error
        }
    }

    /// All bytes of an answer's body that have arrived, waiting for the first; nil at its end.
    func nextBytes(_ id: OperationID) async throws -> [UInt8]? {
        let exchange = try exchange(id)
        while true {
            let bytes = exchange.takeBody()
            if exchange.isReceivingPaused { resume(exchange, receiving: true) }
            if !bytes.isEmpty { return bytes }
            if case .answered = exchange.end { return nil }
            if exchange.end != nil { throw failure(of: exchange) }
            try await wait(exchange, for: .bytes)
        }
    }

    /// Closes a reader's or writer's exchange and gives its place back.
    func close(_ id: OperationID) {
        guard let exchange = try? exchange(id) else { return }
        close(exchange)
        streams.giveBack()
    }

    /// Prepares an upload, which starts once enough of its body is there. `close` it afterwards.
    func upload(_ request: HTTPRequest, length: Int64, bodyLimit: Int) async throws -> OperationID {
        try await admit(to: streams, for: request)
        do {
            let buffer = BodyBuffer(length: length, pool: memory.blocks)
            let exchange = try make(request, inbound: .collect(limit: bodyLimit), outbound: buffer)
            buffer.onBlock = { [weak exchange] in exchange?.signal(.space) }
            return exchange.id
        } catch {
            streams.giveBack()
            throw error
        }
    }

    /// Appends bytes to an upload; returns once the last of them is buffered.
    func send(_ bytes: [UInt8], to id: OperationID) async throws {
        let exchange = try exchange(id)
        guard let buffer = exchange.outbound else { return }
        guard Int64(bytes.count) <= buffer.length - buffer.brought else {
            throw exchange.request.failure(
                .invalidRequest,
                "the body is longer than the announced \(buffer.length) bytes"
            )
        }
        var added = 0
        while added < bytes.count {
            if case .answered = exchange.end {
                throw exchange.request.failure(.answeredEarly, "the server answered before the body was sent")
            }
            if exchange.end != nil { throw failure(of: exchange) }
            added += unsafe buffer.append(bytes.span.bytes.extracting(droppingFirst: added))
            try advanceUpload(exchange, buffer)
            if added < bytes.count { try await wait(exchange, for: .space) }
        }
    }

    /// Call once the whole body has been appended: sends the rest of it and returns the answer.
    func finishUpload(_ id: OperationID) async throws -> HTTPResponse {
        let exchange = try exchange(id)
        if exchange.end == nil, let buffer = exchange.outbound {
            guard buffer.brought == buffer.length else {
                let words = "the body has \(buffer.brought) bytes instead of the announced \(buffer.length)"
                throw exchange.request.failure(.invalidRequest, words)
            }
            buffer.release()
            try advanceUpload(exchange, buffer)
            try await wait(exchange, for: .end)
        }
        return try answer(of: exchange)
    }

    /// The answer that made an upload's producer stop; nil if the exchange has not been answered.
    func earlyAnswer(_ id: OperationID) throws -> HTTPResponse? {
        let exchange = try exchange(id)
        guard case .answered = exchange.end else { return nil }
        return try answer(of: exchange)
    }

    private func failure(of exchange: Exchange) -> any Error {
        if case .failed(let error) = exchange.end { return error }
        return exchange.request.failure(.broken, "the connection ended before the answer's head")
    }
}
