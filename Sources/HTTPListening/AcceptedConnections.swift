package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
import Synchronization

/// HTTP/1.1 on the connections that a listener accepts, each handled or closed.
///
/// A connection that is accepted in the moment its listener closes is dropped before anybody handles it. NIO ends the
/// process when a `NIOAsyncChannel` goes like that (`NIOAsyncWriter`, "without calling finish()"), so each travels in
/// an owner that closes it.
package struct AcceptedConnections: ServerChildChannel {
    private let http: HTTP1Channel
    private let places: ConnectionPlaces
    private let headDeadline: TimeAmount

    /// - Parameters:
    ///   - places: how many connections there may be; who finds no place is answered 503.
    ///   - headDeadline: for the head of a connection's first request.
    package init(
        _ http: HTTP1Channel,
        places: ConnectionPlaces = ConnectionPlaces(limit: .max),
        headDeadline: TimeAmount = .minutes(2)
    ) {
        self.http = http
        self.places = places
        self.headDeadline = headDeadline
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<AcceptedConnection> {
        guard places.take(for: channel) else { return Self.refuse(channel) }
        return http.setup(channel: channel, logger: logger).flatMapThrowing { connection in
            let pipeline = channel.pipeline.syncOperations
            let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(
                RequestHeads(places: places, deadline: headDeadline),
                position: .after(parser)
            )
            return AcceptedConnection(connection)
        }
    }

    package func handle(value: AcceptedConnection, logger: Logger) async {
        guard let connection = value.take() else { return }
        await http.handle(value: connection, logger: logger)
    }

    private static let refusal = """
        HTTP/1.1 503 Service Unavailable\r
        Retry-After: 5\r
        Connection: close\r
        Content-Length: 0\r
        \r

        """

    /// Answers without a look at the request. What the client still sends is read for a second: closing over it would
    /// reset the connection, and take the answer back.
    private static func refuse(_ channel: any Channel) -> EventLoopFuture<AcceptedConnection> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(Refusal(ByteBuffer(string: refusal)))
            return AcceptedConnection(refused: channel)
        }
    }

    private final class Refusal: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: ByteBuffer

        init(_ answer: ByteBuffer) {
            self.answer = answer
        }

        func channelActive(context: ChannelHandlerContext) {
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
            context.close(mode: .output, promise: nil)
            context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
    }
}

/// The owner of one accepted connection until it is handled.
package final class AcceptedConnection: ServerChildChannelValue {
    package let channel: any Channel
    private let connection: Mutex<HTTP1Channel.Value?>

    init(_ connection: HTTP1Channel.Value) {
        channel = connection.channel
        self.connection = Mutex(connection)
    }

    /// One that is answered and closed without being handled.
    init(refused channel: any Channel) {
        self.channel = channel
        connection = Mutex(nil)
    }

    /// The connection, once; nil from then on.
    func take() -> HTTP1Channel.Value? {
        connection.withLock { $0.take() }
    }

    deinit {
        guard let connection = take() else { return }
        // Nothing waits for what was dropped, and only an async call closes it.
        Task { try? await connection.executeThenClose { _, _ in } }
    }
}
