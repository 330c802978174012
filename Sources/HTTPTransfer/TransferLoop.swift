import CCurl

/// All exchanges of a client, isolated to the thread on which curl runs.
///
/// That thread is the actor's executor, so curl's handles and the exchanges' state need no lock. The client's calls
/// arrive as jobs, and between them the thread itself calls `turn`.
actor TransferLoop {
    /// Identifies one exchange or pipe for the client's lifetime.
    typealias OperationID = Int

    nonisolated let thread: LoopThread
    private let settings: HTTPClientSettings
    private let trace: (@Sendable (ExchangeTrace) -> Void)?
    private var lastID: OperationID = 0
    /// Exchanges that have not been closed, running or ended.
    private var exchanges: [OperationID: Exchange] = [:]
    /// Exchanges whose handle is in the multi handle, by that handle.
    private var running: [EasyHandle.Address: Exchange] = [:]
    private var pipes: [OperationID: Pipe] = [:]
    let changes = PipeChanges()
    let memory: BodyMemory
    private var idleHandles: [EasyHandle] = []
    private(set) var isShutDown = false
    /// Places for pipes, and for exchanges whose body is streamed from or to the caller.
    let streams: Places
    /// Places for all other exchanges. Kept apart, so a request inside the scope of a stream never waits for its end.
    let requests: Places
    private var nextSweep: ContinuousClock.Instant = .now

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    init(
        _ settings: HTTPClientSettings,
        trace: (@Sendable (ExchangeTrace) -> Void)? = nil
    ) throws(TransferFailure) {
        self.settings = settings
        self.trace = trace
        let pieces = DescriptorLimit.pieces(within: settings.openFiles)
        (streams, requests) = (Places(pieces), Places(pieces))
        memory = BodyMemory(limit: settings.memory)
        let wake = try WakeSignal()
        let multi = try MultiHandle(
            keptConnections: settings.keptConnections,
            openConnections: DescriptorLimit.connections(within: settings.openFiles),
            signal: wake
        )
        thread = LoopThread(multi: multi, wake: wake)
    }

    // MARK: Exchanges

    /// Makes an exchange without starting it. `close` it when it is no longer needed, even if it has ended.
    func make(
        _ request: HTTPRequest,
        inbound: Exchange.Inbound,
        outbound: BodyBuffer? = nil
    ) throws(TransferFailure) -> Exchange {
        guard !isShutDown else { throw request.failure(.closed, "the HTTP client has been shut down") }
        try request.validate(isStreamed: outbound != nil)
        var request = request
        request.deadlines = request.deadlines.shortened(to: settings.patience)
        let exchange = Exchange(id: newID(), request: request, inbound: inbound, outbound: outbound)
        exchanges[exchange.id] = exchange
        return exchange
    }

    /// Creates an exchange and starts it.
    func open(
        _ request: HTTPRequest,
        inbound: Exchange.Inbound,
        outbound: BodyBuffer? = nil
    ) throws(TransferFailure) -> Exchange {
        let exchange = try make(request, inbound: inbound, outbound: outbound)
        do {
            try start(exchange)
        } catch {
            close(exchange)
            throw error
        }
        return exchange
    }

    /// Hands an exchange to curl, which begins at the next turn.
    func start(_ exchange: Exchange) throws(TransferFailure) {
        let handle = if let idle = idleHandles.popLast() { idle } else { try EasyHandle() }
        let buffers = memory.lend(forBodyOf: exchange.length)
        do {
            try exchange.attach(handle, settings, buffers: buffers)
            try thread.multi.add(handle)
        } catch {
            memory.giveBack(buffers)
            exchange.detach()
            throw error
        }
        running[handle.address] = exchange
        if trace != nil { exchange.tracedSince = .now }
    }

    /// Starts an exchange's upload, or resumes it, once there is enough to send.
    func advanceUpload(_ exchange: Exchange, _ buffer: BodyBuffer) throws(TransferFailure) {
        guard exchange.end == nil else { return }
        if exchange.handle == nil {
            if buffer.isReleased || buffer.count >= Self.startMark || buffer.mustDrain { try start(exchange) }
        } else if exchange.isSendingPaused,
            buffer.isReleased || buffer.takeable >= Self.resumeMark || buffer.mustDrain
        {
            resume(exchange, sending: true)
        }
    }

    func newID() -> OperationID {
        lastID += 1
        return lastID
    }

    /// Closes an exchange, and cuts it off if it has not ended.
    func close(_ exchange: Exchange) {
        if exchange.end == nil { fail(exchange, exchange.request.failure(.closed, "its scope was left")) }
        exchange.outbound?.discard()
        exchanges[exchange.id] = nil
    }

    /// Ends an exchange as failed; does nothing if it has already ended.
    func fail(_ exchange: Exchange, _ error: any Error) {
        guard exchange.end == nil else { return }
        retire(exchange, failure: error)
        exchange.finish(.failed(error))
    }

    /// Resumes paused directions; an exchange that cannot be resumed fails.
    func resume(_ exchange: Exchange, receiving: Bool = false, sending: Bool = false) {
        do {
            try exchange.resume(receiving: receiving, sending: sending)
        } catch {
            fail(exchange, error)
        }
    }

    func exchange(_ id: OperationID) throws(TransferFailure) -> Exchange {
        guard let exchange = exchanges[id] else {
            throw TransferFailure(.closed, message: "A body was used after the end of the scope that it was given to.")
        }
        return exchange
    }

    /// Suspends until `event` or the exchange's end. Cancelling the task ends the exchange.
    func wait(_ exchange: Exchange, for event: Exchange.Event) async throws(TransferFailure) {
        guard exchange.end == nil else { return }
        guard !exchange.isAwaited else {
            throw exchange.request.failure(.invalidRequest, "two tasks use its body at the same time")
        }
        await suspend(exchange.id) { exchange.wait(for: event, $0) }
    }

    /// Suspends until the continuation that `register` stores is resumed. Cancelling the task cancels `id`.
    func suspend(_ id: OperationID, _ register: (CheckedContinuation<Void, Never>) -> Void) async {
        await withTaskCancellationHandler {
            // `self` isolates the closure to the actor: a closure that captures nothing of it is not isolated, and
            // would leave the thread.
            await self.suspend(register)
        } onCancel: {
            thread.cancel(id)
        }
    }

    private func suspend(_ register: (CheckedContinuation<Void, Never>) -> Void) async {
        await withCheckedContinuation { continuation in
            assertIsolated()
            register(continuation)
        }
    }

    /// The complete answer of an exchange that has ended, or the error that ended it.
    func answer(of exchange: Exchange) throws -> HTTPResponse {
        switch exchange.end {
        case .failed(let error): throw error
        case .answered, nil:
            guard let head = exchange.head else {
                throw exchange.request.failure(.broken, "the connection ended before the answer's head")
            }
            if head.isSuccess, let buffer = exchange.outbound, !buffer.isDrained {
                throw exchange.request.answeredTooEarly
            }
            return HTTPResponse(head: head, body: exchange.takeBody())
        }
    }

    // MARK: Pipes

    func add(_ pipe: Pipe) {
        pipes[pipe.id] = pipe
    }

    func remove(_ pipe: Pipe) {
        pipes[pipe.id] = nil
    }

    // MARK: The thread's part

    /// Advances every transfer for which the last wait found something. Returns how many milliseconds to wait for
    /// sockets or mail.
    func turn() -> Int32 {
        do {
            try thread.multi.perform()
        } catch {
            for exchange in Array(running.values) { fail(exchange, error) }
        }
        while let (handle, result) = thread.multi.nextFinished() {
            if let exchange = running[handle] { settle(exchange, result) }
        }
        for pipe in changes.takeAll() { attend(pipe) }
        guard !running.isEmpty || !pipes.isEmpty else {
            thread.noteStalled(0)
            return changes.isEmpty ? Self.idleWait : 0
        }
        let now = ContinuousClock.now
        if now >= nextSweep {
            nextSweep = now + .milliseconds(Self.sweepInterval)
            sweep(now)
        }
        return changes.isEmpty ? Self.sweepInterval : 0
    }

    /// Cancels an exchange, a pipe, or the wait for a place; for the thread's mailbox.
    func cancel(_ id: OperationID) {
        if let pipe = pipes[id] {
            finish(pipe, .failure(CancellationError()))
        } else if let exchange = exchanges[id] {
            fail(exchange, CancellationError())
        } else {
            streams.dismiss(id)
            requests.dismiss(id)
        }
    }

    /// Ends everything in flight, and rejects whatever comes later.
    func shutDown() {
        isShutDown = true
        streams.dismissAll()
        requests.dismissAll()
        for pipe in pipes.values {
            finish(pipe, .failure(pipe.source.request.failure(.closed, "the HTTP client was shut down")))
        }
        for exchange in exchanges.values {
            fail(exchange, exchange.request.failure(.closed, "the HTTP client was shut down"))
        }
    }

    /// Frees everything that belongs to curl, as the thread's last step.
    func tearDown() {
        shutDown()
        idleHandles = []
        thread.multi.close()
    }

    /// Records how curl ended a transfer.
    private func settle(_ exchange: Exchange, _ result: CURLcode) {
        let end: Exchange.End
        if exchange.isHeadTooLong {
            end = .failed(exchange.request.failure(.tooLarge, "the response headers are too long"))
        } else if exchange.isTooLong {
            let words = "the answer is longer than the \(exchange.limit ?? 0) bytes that are read of it"
            end = .failed(exchange.request.failure(.tooLarge, words))
        } else if result == CURLE_OK || exchange.isCut {
            end = .answered
        } else {
            end = .failed(
                TransferFailure(
                    result,
                    on: exchange.request.subject,
                    detail: exchange.handle?.detail(of: result) ?? "",
                    isConnected: exchange.handle?.isConnected ?? false,
                    isUnanswered: exchange.head == nil
                )
            )
        }
        if case .failed(let error) = end { retire(exchange, failure: error) } else { retire(exchange) }
        exchange.finish(end)
    }

    /// Takes a handle away from curl, and keeps it for another exchange unless this one failed: after a failed name
    /// resolution, curl 7.88 rejects new options for the handle. Connections belong to the multi handle and survive.
    ///
    /// - Parameter failure: what ended the exchange; nil if the answer did.
    private func retire(_ exchange: Exchange, failure: (any Error)? = nil) {
        guard let handle = exchange.handle else { return }
        if let trace, let begun = exchange.tracedSince, let label = exchange.request.label {
            trace(ExchangeTrace(exchange, label, since: begun, failure: failure.map { "\($0)" }))
        }
        thread.multi.remove(handle)
        // Only now: until the handle is removed, curl may call back with the exchange.
        running[handle.address] = nil
        memory.giveBack(exchange.buffers)
        exchange.detach()
        if failure == nil { idleHandles.append(handle) }
    }

    /// Ends the exchanges whose deadline has passed, and checks on paused uploads.
    private func sweep(_ now: ContinuousClock.Instant) {
        var stalled = 0
        defer { thread.noteStalled(stalled) }
        for exchange in Array(running.values) {
            // Evaluated before `advancePaused` may lift a pause: a transfer that the caller holds up is not slow.
            let wasLate = exchange.progress.isLate
            let overdue = exchange.overdue(now)
            if exchange.progress.isLate && !wasLate { thread.noteLateAnswer() }
            if exchange.progress.isStalled(at: now) { stalled += 1 }
            if exchange.isSendingPaused, let buffer = exchange.outbound { advancePaused(exchange, buffer) }
            let (request, deadlines) = (exchange.request, exchange.request.deadlines)
            let words: String
            switch overdue {
            case .firstByte: words = "no response began within \(deadlines.firstByte)"
            case .stall: words = "no data moved for \(deadlines.stall)"
            case .slow: words = "fewer than \(deadlines.leastRate) bytes a second moved for \(deadlines.stall)"
            case nil: continue
            }
            fail(exchange, request.failure(.timedOut, words, isUnanswered: exchange.head == nil))
        }
    }

    /// Lets a few bytes or an early answer through. When a refusal arrives, curl stops sending, but the pause stays and
    /// would keep the transfer from ending (libcurl 7.88, `Curl_readwrite`).
    private func advancePaused(_ exchange: Exchange, _ buffer: BodyBuffer) {
        if exchange.head?.isSuccess == true {
            fail(exchange, exchange.request.answeredTooEarly)
        } else if exchange.head != nil || buffer.takeable > 0 {
            resume(exchange, sending: true)
        }
    }

    /// Bytes that must be buffered before an upload begins, unless the whole body is there sooner or memory is short.
    ///
    /// So a smaller body is normally never paused, and never sent at all if it turns out to be wrong.
    static let startMark = 64 << 10
    /// Bytes for which a paused upload is resumed at once.
    private static let resumeMark = 16 << 10
    /// Milliseconds between two checks of the deadlines.
    private static let sweepInterval: Int32 = 100
    private static let idleWait: Int32 = 3_600_000
}

extension Exchange {
    /// The deadline that has passed, if any.
    fileprivate func overdue(_ now: ContinuousClock.Instant) -> Progress.Overdue? {
        guard let handle else { return nil }
        let sent = handle.bytesSent
        let look = Progress.Look(
            isConnected: handle.isConnected,
            isHeld: isReceivingPaused || isSendingPaused,
            isSending: outbound.map { sent < $0.length } ?? false,
            hasHead: head != nil,
            moved: sent + handle.bytesReceived
        )
        return progress.note(look, request.deadlines, now: now)
    }
}
