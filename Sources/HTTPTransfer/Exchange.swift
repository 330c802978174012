import CCurl

/// One request and its answer on one easy handle: what the callbacks bring, and its waiters.
///
/// Lives on the loop's thread: the callbacks run there only, inside `perform` and `pause`. It touches nothing but its
/// own handle, so a callback may run while the loop is in the middle of a turn.
final class Exchange {
    /// Where the body of the answer goes.
    enum Inbound {
        /// Kept up to a limit.
        case collect(limit: Int)
        /// Queued for a reader: paused at the high mark.
        case queue
        /// Passed on when the status is 200; else kept up to a limit.
        case relay(Relay, limit: Int)
    }

    /// What one can wait for.
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

    /// Bytes for a reader, above which the peer is held back; plus one of curl's pieces of 16 KiB.
    static let highMark = 64 << 10
    /// Bytes of a kept body that are given room because they are announced.
    private static let mostReserved = 1 << 20
    /// Bytes of a response's headers, including interim responses.
    private static let headLimit = 256 << 10

    let id: TransferLoop.OperationID
    let request: HTTPRequest
    /// From `start` until curl is done with the transfer, or has been stopped.
    private(set) var handle: EasyHandle?
    let outbound: BodyBuffer?
    /// Bytes of curl's buffer for the body of the transfer that runs.
    private(set) var buffers = 0
    private let inbound: Inbound
    private var parser = ResponseHeadParser()
    private(set) var head: HTTPResponseHead?
    private var body: [UInt8] = []
    /// The most bytes that are kept of an answer; nil where a reader takes them.
    var limit: Int? {
        switch inbound {
        case .collect(let limit), .relay(_, let limit): limit
        case .queue: nil
        }
    }
    /// A successful answer was longer than its limit.
    private(set) var isTooLong = false
    /// Whether the headers, including interim responses, were longer than `headLimit`.
    var isHeadTooLong: Bool { headBytes > Self.headLimit }
    private var headBytes = 0
    /// The rest of an error answer is not wanted.
    private(set) var isCut = false
    private(set) var isReceivingPaused = false
    private(set) var isSendingPaused = false
    private(set) var end: End?
    /// The pipe that this is a side of, as long as it is: it hears of every event.
    var pipe: Pipe?
    private var waiter: (event: Event, continuation: CheckedContinuation<Void, Never>)?
    var progress = Progress()
    /// When it was handed to curl; nil unless it is traced.
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

    /// Bytes of the body that passes, as far as they are known before.
    var length: Int64 {
        if case .relay(let relay, _) = inbound { return relay.buffer.length }
        return outbound?.length ?? 0
    }

    /// Takes a handle over for the transfer, with every option set.
    ///
    /// - Parameter buffers: bytes of curl's buffer for the body.
    func attach(_ handle: EasyHandle, _ settings: HTTPClientSettings, buffers: Int) throws(TransferFailure) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        try unsafe handle.prepare(request, settings, upload: outbound?.length, buffers: buffers, context: context)
        self.handle = handle
        self.buffers = buffers
    }

    func detach() {
        handle = nil
    }

    /// Takes all bytes that were kept.
    func takeBody() -> [UInt8] {
        defer { body = [] }
        return body
    }

    /// Lets the directions that were paused go on. May call the callbacks before it returns.
    func resume(receiving: Bool = false, sending: Bool = false) throws(TransferFailure) {
        // Set before the call: the callbacks that it may make can pause again.
        if receiving { isReceivingPaused = false }
        if sending { isSendingPaused = false }
        guard let handle else { return }
        let status = handle.pause(receiving: isReceivingPaused, sending: isSendingPaused)
        guard status != CURLE_OK else { return }
        throw TransferFailure(status, on: request.subject, detail: handle.detail(of: status), isConnected: true)
    }

    /// The end, once; what comes later is not heard.
    func finish(_ end: End) {
        guard self.end == nil else { return }
        self.end = end
        signal(.end)
    }

    /// Wakes the waiter for `event`, and the pipe; an end wakes every waiter.
    func signal(_ event: Event) {
        pipe?.note()
        guard let waiter, waiter.event == event || event == .end else { return }
        self.waiter = nil
        waiter.continuation.resume()
    }

    /// Registers the one waiter, or resumes it at once when there is nothing to wait for any more.
    ///
    /// Asked here and not before: where the task is suspended on its way to its continuation, what happens then would
    /// be signalled to nobody.
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

// What curl calls.
extension Exchange {
    /// Returning anything but the line's length ends the transfer.
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
            // Bounded: a peer may announce what it never sends.
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

    /// Sets what curl calls. The callbacks end in the exchange that `context` is.
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
