/// One body on its way from a GET to a PUT, both on the loop's thread.
///
/// The source's callback fills the relay's buffer, and the destination's callback drains it. In every turn in which
/// something happened on either side, `TransferLoop.attend` decides whether to open the destination, resume a side, or
/// finish the pipe.
final class Pipe {
    /// What the caller of a pipe supplies.
    struct Plan: Sendable {
        let redirect: @Sendable (HTTPResponseHead) throws -> HTTPRequest?
        let put: @Sendable () throws -> HTTPRequest
        let bodyLimit: Int
    }

    let id: TransferLoop.OperationID
    let plan: Plan
    let relay: Relay
    private(set) var source: Exchange
    private(set) var destination: Exchange?
    private let changes: PipeChanges
    /// Whether the pipe is among the `changes`.
    fileprivate(set) var isNoted = false
    private(set) var outcome: Result<PipeOutcome, any Error>?
    private var continuation: CheckedContinuation<Void, Never>?

    init(id: TransferLoop.OperationID, plan: Plan, relay: Relay, source: Exchange, changes: PipeChanges) {
        self.id = id
        self.plan = plan
        self.relay = relay
        self.source = source
        self.changes = changes
        source.pipe = self
        relay.buffer.onBlock = { [weak self] in self?.note() }
    }

    /// Continues with another GET; the caller has closed the previous one.
    func replaceSource(with exchange: Exchange) {
        source.pipe = nil
        source = exchange
        exchange.pipe = self
    }

    func begin(_ destination: Exchange) {
        self.destination = destination
        destination.pipe = self
    }

    /// Something happened on one of the sides, or may have: this turn attends to the pipe.
    func note() {
        changes.add(self)
    }

    /// Records the outcome and wakes the waiter; later calls do nothing.
    func finish(_ outcome: Result<PipeOutcome, any Error>) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        source.pipe = nil
        destination?.pipe = nil
        continuation?.resume()
        continuation = nil
    }

    /// Registers the waiter for the outcome, or resumes it at once if the outcome is known.
    ///
    /// It may be known already: the task can be suspended, and cancelled, on its way to its continuation.
    func wait(_ continuation: CheckedContinuation<Void, Never>) {
        guard outcome == nil else { return continuation.resume() }
        self.continuation = continuation
    }
}

/// The pipes with something to attend to, each at most once.
final class PipeChanges {
    private var pipes: [Pipe] = []

    var isEmpty: Bool { pipes.isEmpty }

    func add(_ pipe: Pipe) {
        guard !pipe.isNoted else { return }
        pipe.isNoted = true
        pipes.append(pipe)
    }

    /// Removes and returns all of them; anything that happens later is a new change.
    func takeAll() -> [Pipe] {
        for pipe in pipes { pipe.isNoted = false }
        defer { pipes = [] }
        return pipes
    }
}

extension HTTPClient {
    /// Copies the body of a GET into a PUT of `length` bytes, without leaving the client's thread.
    ///
    /// The PUT begins once the GET has answered 200 and 64 KiB or the whole body have arrived, or earlier if no more
    /// fits in memory. Its last byte is withheld until the whole body has arrived, has exactly `length` bytes and has
    /// passed `check`, so a wrong body never becomes an object. At most 256 KiB wait between the two sides, plus curl's
    /// own buffers. A slow side slows the other, and a pipe that finds no `memory` waits for other bodies to free some.
    /// An early answer to the PUT stops both sides. Failures name the side on which they happened; errors that the
    /// closures throw are rethrown.
    ///
    /// - Parameters:
    ///   - redirect: called on the client's thread for each 3xx answer to the GET. The request that it returns replaces
    ///     the GET; nil makes the answer final. The caller limits the hops.
    ///   - put: called on the client's thread when the PUT is about to begin; the request must not have a body. If it
    ///     was signed before the pipe began, its signature is older than the GET's first bytes by then.
    ///   - bodyLimit: bytes kept of an answer that is returned.
    package func pipe(
        _ get: HTTPRequest,
        length: Int64,
        redirect: @escaping @Sendable (_ head: HTTPResponseHead) throws -> HTTPRequest? = { _ in nil },
        to put: @escaping @Sendable () throws -> HTTPRequest,
        check: sending any PipeCheck,
        bodyLimit: Int = 64 << 10
    ) async throws -> PipeOutcome {
        let plan = Pipe.Plan(redirect: redirect, put: put, bodyLimit: bodyLimit)
        return try await loop.pipe(get, length: length, check: check, plan: plan)
    }
}

extension TransferLoop {
    /// Runs a pipe to its outcome. Cancelling the task ends both exchanges.
    func pipe(
        _ get: HTTPRequest,
        length: Int64,
        check: sending any PipeCheck,
        plan: Pipe.Plan
    ) async throws -> PipeOutcome {
        try await admit(to: streams, for: get)
        defer { streams.giveBack() }
        let relay = Relay(length: length, pool: memory.blocks, check: check)
        let id = newID()
        let source = try openSource(get, plan, relay)
        let pipe = Pipe(id: id, plan: plan, relay: relay, source: source, changes: changes)
        add(pipe)
        await suspend(id) { pipe.wait($0) }
        guard let outcome = pipe.outcome else { throw CancellationError() }
        return try outcome.get()
    }

    /// Ends a pipe and cuts off whatever part of it still runs.
    func finish(_ pipe: Pipe, _ outcome: Result<PipeOutcome, any Error>) {
        close(pipe.source)
        if let destination = pipe.destination { close(destination) }
        pipe.relay.buffer.discard()
        remove(pipe)
        pipe.finish(outcome)
    }

    /// Does what a pipe needs next; called in each turn in which something happened on its sides. If an exchange ends
    /// during this call, the next turn handles that.
    func attend(_ pipe: Pipe) {
        guard pipe.outcome == nil else { return }
        do {
            if let outcome = try outcome(of: pipe) {
                finish(pipe, .success(outcome))
            } else {
                try advance(pipe)
            }
        } catch {
            finish(pipe, .failure(error))
        }
    }

    private func openSource(_ get: HTTPRequest, _ plan: Pipe.Plan, _ relay: Relay) throws -> Exchange {
        try Self.onSide(.source) {
            try open(get, inbound: .relay(relay, limit: plan.bodyLimit))
        }
    }

    /// What the ends of the two exchanges mean for the pipe; nil while it goes on.
    private func outcome(of pipe: Pipe) throws -> PipeOutcome? {
        if let destination = pipe.destination, destination.end != nil {
            return .destinationAnswered(try Self.onSide(.destination) { try answer(of: destination) })
        }
        if pipe.relay.isOverlong { return pipe.relay.finish().map { .mismatch($0) } }
        guard pipe.source.end != nil, !pipe.relay.buffer.isReleased else { return nil }
        return try judge(pipe)
    }

    /// Handles the end of the source's answer: follows a redirect, checks the body, or returns the source's own answer.
    private func judge(_ pipe: Pipe) throws -> PipeOutcome? {
        let response = try Self.onSide(.source) { try answer(of: pipe.source) }
        switch response.status {
        case 200:
            return pipe.relay.finish().map { .mismatch($0) }
        case 300..<400:
            guard let next = try pipe.plan.redirect(response.head) else { return .sourceAnswered(response) }
            close(pipe.source)
            pipe.replaceSource(with: try openSource(next, pipe.plan, pipe.relay))
            return nil
        default:
            return .sourceAnswered(response)
        }
    }

    /// Opens the destination when the source has answered 200, and resumes whichever side has room or bytes again.
    private func advance(_ pipe: Pipe) throws {
        guard pipe.source.head?.status == 200 else { return }
        let buffer = pipe.relay.buffer
        if let destination = pipe.destination {
            try advanceUpload(destination, buffer)
        } else if buffer.isReleased || buffer.count >= Self.startMark || buffer.mustDrain {
            let put = try pipe.plan.put()
            pipe.begin(
                try Self.onSide(.destination) {
                    try open(put, inbound: .collect(limit: pipe.plan.bodyLimit), outbound: buffer)
                }
            )
        }
        if pipe.source.isReceivingPaused, buffer.hasRoomAgain() {
            resume(pipe.source, receiving: true)
        }
    }

    private static func onSide<R>(_ side: TransferFailure.Side, _ work: () throws -> R) throws -> R {
        do {
            return try work()
        } catch let failure as TransferFailure {
            throw failure.on(side)
        }
    }
}

/// Carries the bytes of a pipe from its source to its destination: counts them, passes them to the check, buffers them.
final class Relay {
    /// The result of offering bytes from the source.
    enum Reception {
        case taken
        /// No byte was taken, since they do not all fit now.
        case full
        /// The body is longer than its expected length.
        case overlong
    }

    let buffer: BodyBuffer
    private let check: any PipeCheck
    private(set) var isOverlong = false

    init(length: Int64, pool: BlockPool, check: any PipeCheck) {
        buffer = BodyBuffer(length: length, pool: pool)
        self.check = check
    }

    /// Takes the next bytes of the source's body, all or none.
    func receive(_ bytes: RawSpan) -> Reception {
        if Int64(bytes.byteCount) > buffer.length - buffer.brought {
            isOverlong = true
            return .overlong
        }
        guard buffer.admits(bytes.byteCount) else { return .full }
        if bytes.byteCount > 0 {
            check.update(bytes)
            _ = buffer.append(bytes)
        }
        return .taken
    }

    /// Call at the end of the source's body. If the body is right, releases its last byte and returns nil; otherwise
    /// says what is wrong.
    func finish() -> String? {
        guard !isOverlong else { return "The body is longer than the expected \(buffer.length) bytes." }
        guard buffer.brought == buffer.length else {
            return "The body has \(buffer.brought) bytes instead of the expected \(buffer.length)."
        }
        if let wrong = check.verdict() { return wrong }
        buffer.release()
        return nil
    }
}

/// How a pipe ended, unless it failed.
package enum PipeOutcome: Sendable, Hashable {
    /// The source answered something other than 200; nothing was sent to the destination.
    case sourceAnswered(HTTPResponse)
    /// The destination's answer. A 2xx means that it took every byte and that the check passed.
    case destinationAnswered(HTTPResponse)
    /// Why the body had the wrong length or did not pass the check. The destination never got its last byte, so it has
    /// no object.
    case mismatch(String)
}

/// Checks every byte of a pipe as it passes, and decides at the end whether the body is right.
///
/// Used by one pipe only, on the client's own thread: it must be quick and must not wait.
package protocol PipeCheck: AnyObject {
    /// The next bytes of the body, in order; never empty, and each byte only once.
    func update(_ bytes: RawSpan)
    /// Called once, after the last byte of a body of the right length: nil if the body is right, otherwise what is
    /// wrong.
    func verdict() -> String?
}
