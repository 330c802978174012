import CCurl

/// One request and its answer on one easy handle, with the state that curl's callbacks fill and the task that waits for
/// it.
///
/// Confined to the loop's thread, where curl calls the callbacks only inside `perform` and `pause`. A callback touches
/// only its own exchange, so it may run while the loop is in the middle of a turn.
final class Exchange {
    /// Where the body of the answer goes.
    enum Inbound {
        /// Kept in memory up to a limit.
        case collect(limit: Int)
        /// Queued for a reader; receiving pauses at `highMark`.
        case queue
        /// Passed to the relay if the status is 200; otherwise kept up to a limit.
        case relay(Relay, limit: Int)
    }

    /// What a task can wait for.
    enum Event {
        case head
        case bytes
        case space
        case end
    }

    /// How the exchange ended.
    enum End {
        case answered
        case failed(any Error)
    }

    /// The bytes queued for a reader at which receiving pauses; the last piece of up to 16 KiB may exceed it.
    static let highMark = 64 << 10
    /// The most bytes to reserve because a Content-Length announces them.
    private static let mostReserved = 1 << 20
    /// The most header bytes of an answer, including interim answers.
    private static let headLimit = 256 << 10

    let id: TransferLoop.OperationID
    let request: HTTPRequest
    /// Set from `start` until curl has finished the transfer or has been stopped.
    private(set) var handle: EasyHandle?
    let outbound: BodyBuffer?
    /// The size in bytes of curl's buffer for the body of the current transfer.
    private(set) var buffers = 0
    private let inbound: Inbound
    private var parser = ResponseHeadParser()
    private(set) var head: HTTPResponseHead?
    private var body: [UInt8] = []
    /// The most bytes kept of an answer; nil if a reader takes them.
    var limit: Int? {
        switch inbound {
        case .collect(let limit), .relay(_, let limit): limit
        case .queue: nil
        }
    }
    /// Whether a successful answer was longer than its limit.
    private(set) var isTooLong = false
    /// Whether the headers, including those of interim answers, were longer than `headLimit`.
    var isHeadTooLong: Bool { headBytes > Self.headLimit }
    private var headBytes = 0
    /// Whether an error answer was cut off at its limit.
    private(set) var isCut = false
    private(set) var isReceivingPaused = false
    private(set) var isSendingPaused = false
    private(set) var end: End?
    /// The pipe of which this exchange is one side, until that pipe finishes; notified of every event.
    var pipe: Pipe?
    private var waiter: (event: Event, continuation: CheckedContinuation<Void, Never>)?
    var progress = Progress()
    /// When the exchange was handed to curl; nil if the client does not trace.
    var tracedSince: ContinuousClock.Instant?

    init(
        id: TransferLoop.OperationID,
        request: HTTPRequest,
        inbound: Inbound,
        outbound: BodyBuffer?
    ) {
        self.id = id
        self.request = request
        self.inbound = inbound
        self.outbound = outbound
    }

    /// The length of the body that is sent or relayed; 0 if it is not known in advance.
    var length: Int64 {
        if case .relay(let relay, _) = inbound { return relay.buffer.length }
        return outbound?.length ?? 0
    }

    /// Takes a handle for the transfer and sets its options.
    ///
    /// - Parameter buffers: the size in bytes of curl's buffer for the body.
    func attach(_ handle: EasyHandle, _ settings: HTTPClientSettings, buffers: Int) throws(TransferFailure) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        try unsafe handle.prepare(request, settings, upload: outbound?.length, buffers: buffers, context: context)
        self.handle = handle
        self.buffers = buffers
    }

    func detach() {
        handle = nil
    }

    /// Returns all bytes kept so far and removes them.
    func takeBody() -> [UInt8] {
        defer { body = [] }
        return body
    }

    /// Resumes the given directions if they are paused. May call the callbacks before it returns.
    func resume(receiving: Bool = false, sending: Bool = false) throws(TransferFailure) {
        // Set before the call: the callbacks that it may make can pause again.
        if receiving { isReceivingPaused = false }
        if sending { isSendingPaused = false }
        guard let handle else { return }
        let status = handle.pause(receiving: isReceivingPaused, sending: isSendingPaused)
        guard status != CURLE_OK else { return }
        throw TransferFailure(status, on: request.subject, detail: handle.detail(of: status), isConnected: true)
    }

    /// Records the end and wakes the waiter; later calls do nothing.
    func finish(_ end: End) {
        guard self.end == nil else { return }
        self.end = end
        signal(.end)
    }

    /// Notifies the pipe, and wakes the waiter if it waits for `event`. An end wakes any waiter.
    func signal(_ event: Event) {
        pipe?.note()
        guard let waiter, waiter.event == event || event == .end else { return }
        self.waiter = nil
        waiter.continuation.resume()
    }

    /// Registers the only waiter, or resumes it at once if its event has already happened.
    ///
    /// The check belongs here rather than before the suspension: the event may happen while the task is on its way to
    /// its continuation, when there is no waiter to signal.
    func wait(for event: Event, _ continuation: CheckedContinuation<Void, Never>) {
        guard !hasHappened(event) else { return continuation.resume() }
        waiter = (event, continuation)
    }

    private func hasHappened(_ event: Event) -> Bool {
        if end != nil { return true }
        return switch event {
        case .head: head != nil
        case .bytes: !body.isEmpty
        case .space: outbound.map { $0.space > 0 } ?? true
        case .end: false
        }
    }

    var isAwaited: Bool { waiter != nil }
}

// The callbacks.
extension Exchange {
    /// Any result other than the line's length ends the transfer.
    fileprivate func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
        headBytes += line.count
        guard !isHeadTooLong else { return 0 }
        if let final = unsafe parser.append(line) {
            head = final
            signal(.head)
        }
        return line.count
    }

    fileprivate func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch inbound {
        case .collect(let limit):
            return unsafe collect(bytes, limit)
        case .relay(let relay, let limit):
            guard head?.status == 200 else { return unsafe collect(bytes, limit) }
            switch unsafe relay.receive(bytes.bytes) {
            case .taken:
                signal(.bytes)
                return bytes.count
            case .full: return pauseReceiving()
            case .overlong: return 0
            }
        case .queue:
            guard body.count < Self.highMark else { return pauseReceiving() }
            if body.isEmpty { body.reserveCapacity(Self.highMark) }
            unsafe body.append(contentsOf: bytes)
            signal(.bytes)
            return bytes.count
        }
    }

    fileprivate func supply(_ destination: UnsafeMutableRawBufferPointer) -> Int {
        guard let outbound else { return 0 }
        let count = unsafe outbound.take(into: destination)
        if count > 0 {
            signal(.space)
            return count
        }
        if outbound.isDrained { return 0 }
        isSendingPaused = true
        return ccurl_read_pause
    }

    private func collect(_ bytes: UnsafeRawBufferPointer, _ limit: Int) -> Int {
        if body.isEmpty, let announced = head?.headers["content-length"].flatMap({ Int($0) }) {
            // Bounded, since a peer may announce bytes that it never sends.
            body.reserveCapacity(max(0, min(announced, limit, Self.mostReserved)))
        }
        let room = max(0, limit - body.count)
        unsafe body.append(contentsOf: bytes.prefix(room))
        if bytes.count <= room { return bytes.count }
        if head?.isSuccess == true { isTooLong = true } else { isCut = true }
        return 0
    }

    private func pauseReceiving() -> Int {
        isReceivingPaused = true
        pipe?.note()
        return ccurl_write_pause
    }

    /// The exchange behind a callback's context.
    ///
    /// Unretained: the loop's table holds the exchange until its handle has been removed from the multi handle.
    fileprivate static func at(_ context: UnsafeMutableRawPointer) -> Exchange {
        unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
    }

    /// Sets the callbacks. They call the exchange that `context` points to.
    static func setCallbacks(of handle: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer) -> CURLcode {
        unsafe ccurl_set_callbacks(
            handle,
            context,
            { data, size, count, context in
                guard let context = unsafe context else { return 0 }
                return unsafe Exchange.at(context)
                    .receiveHeader(UnsafeRawBufferPointer(start: data, count: size * count))
            },
            { data, size, count, context in
                guard let context = unsafe context else { return 0 }
                return unsafe Exchange.at(context).receive(UnsafeRawBufferPointer(start: data, count: size * count))
            },
            { data, size, count, context in
                guard let context = unsafe context else { return ccurl_read_abort }
                return unsafe Exchange.at(context)
                    .supply(UnsafeMutableRawBufferPointer(start: data, count: size * count))
            }
        )
    }
}
