package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
import Synchronization

/// HTTP/1.1 on the connections that a listener accepts; each one is handled or closed.
///
/// A connection accepted just as its listener closes is dropped before it can be handled. NIO terminates the process
/// when a `NIOAsyncChannel` is dropped that way (`NIOAsyncWriter`, "without calling finish()"), so each connection has
/// an owner that closes it.
package struct AcceptedConnections: ServerChildChannel {
    private let http: HTTP1Channel
    private let places: ConnectionPlaces
    private let headDeadline: TimeAmount

    /// - Parameters:
    ///   - places: limits the number of open connections; a client beyond it gets a 503.
    ///   - headDeadline: how long a connection may take to send the head of its first request.
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

    /// Answers 503 without reading the request. Keeps reading, and discards, what the client sends for one second:
    /// closing with unread data would reset the connection and could destroy the answer.
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

    /// A connection that is answered and closed without being handled.
    init(refused channel: any Channel) {
        self.channel = channel
        connection = Mutex(nil)
    }

    /// Returns the connection on the first call, and nil after that.
    func take() -> HTTP1Channel.Value? {
        connection.withLock { $0.take() }
    }

    deinit {
        guard let connection = take() else { return }
        // Nobody waits for a dropped connection, and only an async call can close it.
        Task { try? await connection.executeThenClose { _, _ in } }
    }
}
