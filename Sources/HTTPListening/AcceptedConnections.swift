package import HummingbirdCore
package import Logging
package import NIOCore
import Synchronization

/// HTTP/1.1 on the connections that a listener accepts, each handled or closed.
///
/// A connection that is accepted in the moment its listener closes is dropped before anybody handles it. NIO ends the
/// process when a `NIOAsyncChannel` goes like that (`NIOAsyncWriter`, "without calling finish()"), so each travels in
/// an owner that closes it.
package struct AcceptedConnections: ServerChildChannel {
    private let http: HTTP1Channel

    package init(_ http: HTTP1Channel) {
        self.http = http
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<AcceptedConnection> {
        http.setup(channel: channel, logger: logger).map(AcceptedConnection.init)
    }

    package func handle(value: AcceptedConnection, logger: Logger) async {
        guard let connection = value.take() else { return }
        await http.handle(value: connection, logger: logger)
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
