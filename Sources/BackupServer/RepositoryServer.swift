import Cryptography
import FoundationEssentials
import HTTPListening
import HTTPTypes
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
package import ReconcileCore

/// An HTTP/1.1 server that serves a backup until it is stopped.
///
/// Writes one line to the access log for each request. Bodies are streamed from the store to the client in constant
/// memory: a slow client slows the reading, and a client that disconnects ends it. A response that does not begin in
/// time becomes a 503. A connection on which nothing could be sent for two minutes is closed. At the connection limit,
/// the connection that has waited longest for a request is closed to make room; if all are busy, a new one is answered
/// with 503.
package struct RepositoryServer: Sendable {
    private let responder: RepositoryResponder
    private let store: any ObjectStore
    private let clock: any RunClock
    private let logger: Logger
    private let places: ConnectionPlaces
    private let headDeadline: Duration
    private let firstByte: FirstByteLimit

    /// Gradle waits 30 s for a response, load balancers mostly 60 s, Maven 30 minutes.
    package static let firstByteLimit: Duration = .seconds(15)

    /// - Parameters:
    ///   - connections: the maximum number of concurrent connections.
    ///   - headDeadline: the time limit for the head of a connection's first request.
    ///   - firstByteLimit: the time after which a client whose response has not begun gets a 503.
    package init(
        responder: RepositoryResponder,
        store: any ObjectStore,
        clock: any RunClock,
        logger: Logger,
        connections: Int,
        headDeadline: Duration = .seconds(15),
        firstByteLimit: Duration = Self.firstByteLimit
    ) {
        self.responder = responder
        self.store = store
        self.clock = clock
        self.logger = logger
        places = ConnectionPlaces(limit: connections)
        self.headDeadline = headDeadline
        firstByte = FirstByteLimit(firstByteLimit, clock: clock)
    }

    private enum Event: Sendable {
        case ended
        case stopped
        case graceOver
        /// A background task has nothing more to do.
        case isIdle
    }

    /// Serves until `stop` returns; then accepts no new connections, lets requests in progress finish within `grace`,
    /// and returns.
    ///
    /// - Parameters:
    ///   - port: 0 picks a free port.
    ///   - ready: called once, with the port, when the server accepts connections.
    /// - Throws: `ListenFailure` if it cannot listen on the address.
    package func run(
        host: String,
        port: Int,
        grace: Duration,
        ready: @escaping @Sendable (_ port: Int) async -> Void,
        until stop: @escaping @Sendable () async -> Void
    ) async throws {
        let channel = HTTP1Channel(
            responder: { request, _, channel in try await serve(request, on: channel) },
            configuration: .init(additionalChannelHandlers: Self.guards())
        )
        let server = Server(
            childChannelSetup: AcceptedConnections(channel, places: places, headDeadline: TimeAmount(headDeadline)),
            configuration: .init(address: .hostname(host, port: port), backlog: 1024),
            onServerRunning: { await ready($0.localAddress?.port ?? port) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "listener") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withThrowingTaskGroup(of: Event.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                do {
                    try await server.run()
                } catch {
                    throw ListenFailure(host: host, port: port, error: error)
                }
                return .ended
            }
            group.addTask {
                await stop()
                return .stopped
            }
            group.addTask {
                await responder.readAhead()
                return .isIdle
            }
            group.addTask {
                await firstByte.watch()
                return .isIdle
            }
            while let event = try await group.next() {
                switch event {
                case .ended: return
                case .isIdle: continue
                case .stopped:
                    group.addTask {
                        try? await server.shutdownGracefully()
                        return .ended
                    }
                    group.addTask {
                        try? await clock.sleep(for: grace)
                        return .graceOver
                    }
                case .graceOver:
                    logger.warning("the grace period is over: answers in progress are cut off")
                    return
                }
            }
        }
    }

    private static func guards() -> [any RemovableChannelHandler] {
        [IdleStateHandler(writeTimeout: .minutes(2)), StalledConnection()]
    }

    // MARK: One request

    /// Up to this size, head and body are written at once: the system accepts them whatever the client does.
    private static let smallBytes = 16 << 10

    @concurrent
    private func serve(_ request: Request, on channel: any Channel) async throws {
        let begun = clock.now()
        var fields: HTTPFields = [.date: HTTPDate.text(of: Date(timeIntervalSince1970: clock.secondsSince1970()))]
        // A client that waits for 100 Continue and gets a final response may not send its body (RFC 9110, 10.1.1), so
        // what comes next on the connection is ambiguous.
        let endsConnection = request.headers[.expect] != nil
        if endsConnection { fields[.connection] = "close" }
        let writer = AnswerWriter(to: channel, adding: fields)
        let head = request.head
        var isCut = false
        do {
            try await firstByte.run { answer in try await send(await responder.answer(head), by: writer, answer) }
        } catch {
            if writer.progress.status != nil {
                if let failure = error as? RemoteFailure { logger.error("\(failure); the answer was cut off") }
                isCut = true
            } else {
                let failure = responder.failure(error, to: head)
                try await send(failure, by: writer, FirstByteLimit.Answer())
            }
        }
        note(head, writer.progress, time: clock.now() - begun, isCut: isCut)
        if isCut || endsConnection {
            try? await channel.close()
            throw ConnectionEnded()
        }
    }

    /// Sends a response, which begins only when its first bytes may be sent.
    @concurrent
    private func send(
        _ answer: RepositoryAnswer,
        by writer: AnswerWriter,
        _ first: FirstByteLimit.Answer
    ) async throws {
        switch answer.body {
        case .none:
            try first.begin()
            try await writer.send(answer.head)
        case .bytes(let bytes):
            try first.begin()
            try await writer.send(answer.head, ByteBuffer(bytes: bytes))
        case .stored(let stored, let range):
            let body = StoredBody(
                store: store,
                stored: stored,
                range: range,
                clock: clock,
                proofs: responder.proofs
            )
            if range.count <= Self.smallBytes {
                var bytes = ByteBuffer()
                try await body.send {
                } _: { piece in
                    bytes.writeBytes(piece)
                }
                try first.begin()
                try await writer.send(answer.head, bytes)
            } else {
                try await body.send {
                    try first.begin()
                    writer.begin(answer.head)
                } _: { piece in
                    try await writer.send(piece)
                }
                try await writer.finish()
            }
        }
    }

    // MARK: Access log and counts

    private func note(_ request: HTTPRequest, _ progress: AnswerWriter.Progress, time: Duration, isCut: Bool) {
        guard let status = progress.status else { return }
        log(request, status, progress.bytes, time: time, isCut: isCut)
        responder.served.add(
            ServedRequests.kind(of: request),
            code: status.code,
            bytes: progress.bytes,
            time: time,
            isCut: isCut
        )
    }

    /// The maximum number of characters of a path in the log, more than the path of any file has.
    private static let loggedPath = 2_000

    /// Writes to the access log. It never contains a field of the request, so never a token, and never the query.
    private func log(
        _ request: HTTPRequest,
        _ status: HTTPResponse.Status,
        _ bytes: Int64,
        time: Duration,
        isCut: Bool
    ) {
        var path: String {
            let path = (request.path ?? "").prefix { $0 != "?" }
            let shown = path.prefix(Self.loggedPath).replacingControls(with: "\u{FFFD}")
            return shown + (path.utf8.count > Self.loggedPath ? "… (\(path.utf8.count) bytes)" : "")
        }
        logger.info(
            isCut ? "request cut off" : "request",
            metadata: [
                "method": "\(request.method.rawValue)", "path": "\(path)", "status": .stringConvertible(status.code),
                "bytes": .stringConvertible(bytes),
                "ms": .stringConvertible((time.inSeconds * 10_000).rounded() / 10),
            ]
        )
    }

    /// Ends the loop over a connection's requests.
    private struct ConnectionEnded: Error {}
}
