import HTTPListening
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// An HTTP/1.1 listener that runs while a closure runs.
///
/// Port 0 asks the system for a free port. When the closure returns or throws, or its task is cancelled, `with` closes
/// the listener and its connections before it returns.
enum LocalHTTPServer {
    /// Answers one request; a thrown error becomes a 500 with the error's description as its body.
    typealias Respond = @Sendable (ServerRequest) async throws -> ServerAnswer

    static func with<Value>(
        host: String,
        port: Int,
        logger: Logger,
        respond: @escaping Respond,
        _ body: (_ port: Int) async throws -> Value
    ) async throws -> Value {
        let (ports, bound) = AsyncThrowingStream<Int, any Error>.makeStream()
        let channel = HTTP1Channel(responder: { request, writer, channel in
            try await serve(request, on: writer, channel: channel, respond)
        })
        let server = Server(
            childChannelSetup: AcceptedConnections(channel),
            configuration: .init(address: .hostname(host, port: port), backlog: 1024),
            onServerRunning: { channel in
                bound.yield(channel.localAddress?.port ?? port)
                bound.finish()
            },
            eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup,
            logger: logger
        )
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await server.run()
                } catch {
                    bound.finish(throwing: ListenFailure(host: host, port: port, error: error))
                }
            }
            var listening: Int?
            for try await port in ports { listening = port }
            guard let listening else { throw CancellationError() }
            defer { group.cancelAll() }
            return try await body(listening)
        }
    }

    @concurrent
    private static func serve(
        _ request: Request,
        on writer: consuming ResponseWriter,
        channel: any Channel,
        _ respond: Respond
    ) async throws {
        // A client that expects this sends its body late or not at all (RFC 9110, 10.1.1).
        if request.headers[.expect]?.lowercased() == "100-continue" {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        let answer: ServerAnswer
        do {
            answer = try await respond(ServerRequest(request))
        } catch {
            try await ServerAnswer.text(500, "the local server failed: \(error)\n")
                .write(to: writer, isHead: request.method == .head, channel: channel)
            // The body may not have been read to its end, so the connection cannot be used for another request.
            throw await ConnectionCut.close(channel)
        }
        try await answer.write(to: writer, isHead: request.method == .head, channel: channel)
    }
}
