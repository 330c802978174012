import Cryptography
import FoundationEssentials
import HTTPListening
import HTTPTypes
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
package import ReconcileCore

/// One HTTP/1.1 listener that answers from a backup until it is stopped.
///
/// Each request is one line of the access log. Bodies go from the store to the client in constant memory: a client that
/// reads slowly slows the store, and one that goes away ends the reading. A connection on which nothing could be sent
/// for two minutes is closed. At the limit of connections the one that has waited longest for a request makes room;
/// where each has one, a new one is answered 503.
package struct RepositoryServer: Sendable {
    private let responder: RepositoryResponder
    private let store: any ObjectStore
    private let clock: any RunClock
    private let logger: Logger
    private let places: ConnectionPlaces
    private let headDeadline: Duration

    /// - Parameters:
    ///   - connections: how many there may be at once.
    ///   - headDeadline: for the head of a connection's first request.
    package init(
        responder: RepositoryResponder,
        store: any ObjectStore,
        clock: any RunClock,
        logger: Logger,
        connections: Int,
        headDeadline: Duration = .seconds(15)
    ) {
        self.responder = responder
        self.store = store
        self.clock = clock
        self.logger = logger
        places = ConnectionPlaces(limit: connections)
        self.headDeadline = headDeadline
    }

    private enum Event: Sendable {
        case ended
        case stopped
        case graceOver
        case hasReadAhead
    }

    /// Serves until `stop` returns; then takes no new connections, lets requests end within `grace`, and returns.
    ///
    /// - Parameters:
    ///   - port: 0 for one that is free.
    ///   - ready: called once, with the port, when connections are taken.
    /// - Throws: `ListenFailure` where the address cannot be listened on.
    package func run(
        host: String,
        port: Int,
        grace: Duration,
        ready: @escaping @Sendable (_ port: Int) async -> Void,
        until stop: @escaping @Sendable () async -> Void
    ) async throws {
        let channel = HTTP1Channel(
            responder: { request, writer, channel in try await serve(request, on: writer, channel) },
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
                return .hasReadAhead
            }
            while let event = try await group.next() {
                switch event {
                case .ended: return
                case .hasReadAhead: continue
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
        [IdleStateHandler(writeTimeout: .minutes(2)), StalledConnection(), UnsentWrites()]
    }

    // MARK: One request

    /// What is written at one go, head and body: the system takes it whatever the client does.
    private static let smallBytes = 16 << 10
    private static let sliceBytes = 64 << 10

    @concurrent
    private func serve(
        _ request: Request,
        on writer: consuming ResponseWriter,
        _ channel: any Channel
    ) async throws {
        let begun = clock.now()
        let date = HTTPDate.text(of: Date(timeIntervalSince1970: clock.secondsSince1970()))
        var answer = await responder.answer(request.head)
        answer.head.headerFields[.date] = date
        // Who waits for 100 and gets another answer may keep the body to itself (RFC 9110, 10.1.1): what comes next on
        // the connection could be either.
        let endsConnection = request.headers[.expect] != nil
        if endsConnection { answer.head.headerFields[.connection] = "close" }
        var delivery = Delivery()
        var pending: ResponseWriter? = consume writer
        var isCut = false
        do {
            try await send(answer, through: &pending, on: channel, &delivery)
        } catch {
            if delivery.hasBegun {
                if let failure = error as? RemoteFailure { logger.error("\(failure); the answer was cut off") }
                isCut = true
            } else {
                answer = responder.failure(error)
                answer.head.headerFields[.date] = date
                try await send(answer, through: &pending, on: channel, &delivery)
            }
        }
        let time = clock.now() - begun
        log(request, status: answer.head.status, delivery, time: time, isCut: isCut)
        responder.served.add(
            ServedRequests.kind(of: request.head),
            code: answer.head.status.code,
            bytes: delivery.bytes,
            time: time,
            isCut: isCut
        )
        if isCut || endsConnection {
            try? await channel.close()
            throw ConnectionEnded()
        }
    }

    /// What of an answer has gone to the client.
    private struct Delivery {
        var hasBegun = false
        /// Of the body.
        var bytes: Int64 = 0
    }

    /// Sends head and body; nothing has begun before the first bytes of a stored body are known to be right.
    @concurrent
    private func send(
        _ answer: RepositoryAnswer,
        through writer: inout ResponseWriter?,
        on channel: any Channel,
        _ delivery: inout Delivery
    ) async throws {
        switch answer.body {
        case .none:
            delivery.hasBegun = true
            try await writer.take()?.writeResponse(answer.head)
        case .bytes(let bytes):
            try await send(ByteBuffer(bytes: bytes), answer.head, through: &writer, &delivery)
        case .stored(let stored, let range):
            let body = StoredBody(store: store, stored: stored, range: range, clock: clock)
            if range.count <= Self.smallBytes {
                var bytes = ByteBuffer()
                try await body.send {
                } _: { piece in
                    bytes.writeBytes(piece)
                }
                try await send(bytes, answer.head, through: &writer, &delivery)
            } else {
                try await stream(body, answer.head, through: &writer, on: channel, &delivery)
            }
        }
    }

    @concurrent
    private func send(
        _ bytes: ByteBuffer,
        _ head: HTTPResponse,
        through writer: inout ResponseWriter?,
        _ delivery: inout Delivery
    ) async throws {
        delivery.hasBegun = true
        try await writer.take()?.write(response: head, body: ResponseBody(byteBuffer: bytes))
        delivery.bytes = Int64(bytes.readableBytes)
    }

    @concurrent
    private func stream(
        _ body: StoredBody,
        _ head: HTTPResponse,
        through writer: inout ResponseWriter?,
        on channel: any Channel,
        _ delivery: inout Delivery
    ) async throws {
        var out: (any ResponseBodyWriter)?
        try await body.send {
            delivery.hasBegun = true
            out = try await writer.take()?.writeHead(head)
        } _: { piece in
            var buffer = ByteBuffer(bytes: piece)
            // In slices, so that a slow client is seen to take them.
            while let slice = buffer.readSlice(length: min(buffer.readableBytes, Self.sliceBytes)),
                slice.readableBytes > 0
            {
                try await out?.write(slice)
                try await UnsentWrites.areSent(on: channel)
                delivery.bytes += Int64(slice.readableBytes)
            }
        }
        try await out?.finish(nil)
    }

    /// Characters of a path, at most: more than any file's has.
    private static let loggedPath = 2_000

    /// The access log: never a field of the request, so never a token, and never its query.
    private func log(
        _ request: Request,
        status: HTTPResponse.Status,
        _ delivery: Delivery,
        time: Duration,
        isCut: Bool
    ) {
        var path: String {
            let path = (request.head.path ?? "").prefix { $0 != "?" }
            let shown = path.prefix(Self.loggedPath).replacingControls(with: "\u{FFFD}")
            return shown + (path.utf8.count > Self.loggedPath ? "… (\(path.utf8.count) bytes)" : "")
        }
        logger.info(
            isCut ? "request cut off" : "request",
            metadata: [
                "method": "\(request.method.rawValue)", "path": "\(path)", "status": .stringConvertible(status.code),
                "bytes": .stringConvertible(delivery.bytes),
                "ms": .stringConvertible((time.inSeconds * 10_000).rounded() / 10),
            ]
        )
    }

    /// Ends the loop over a connection's requests.
    private struct ConnectionEnded: Error {}
}
