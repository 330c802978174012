import NIOCore
import NIOHTTP1

/// Looks at the heads of the requests of one connection: how long the first takes, and what RFC 9112 refuses but the
/// parser lets pass.
///
/// A head that is refused reaches who reads the connection as an `HTTPParserError`, as one that cannot be parsed.
final class RequestHeads: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let places: ConnectionPlaces
    private let deadline: TimeAmount
    private var timer: Scheduled<Void>?
    /// Since when there is no request; nil while there is one.
    private var turn: Int?
    private var requests = 0
    private var isRefused = false

    /// - Parameter deadline: for the first request's head, from the connection's beginning; a connection without one by
    ///   then is closed.
    init(places: ConnectionPlaces, deadline: TimeAmount) {
        self.places = places
        self.deadline = deadline
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: deadline) { channel.close(promise: nil) }
        turn = places.beginWait(of: channel)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        endWait()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        if case .head(let head) = unwrapInboundIn(data) {
            timer?.cancel()
            if let problem = Self.problem(of: head) {
                isRefused = true
                context.fireErrorCaught(problem)
                return
            }
            requests += 1
            endWait()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data), requests > 0 {
            requests -= 1
            if requests == 0 { turn = places.beginWait(of: context.channel) }
        }
        context.write(data, promise: promise)
    }

    private func endWait() {
        turn.map(places.endWait)
        turn = nil
    }

    /// What RFC 9112 refuses in a head: no Host or several (3.2; HTTP/1.0 may lack it), and any transfer coding but chunked
    /// (6.1).
    private static func problem(of head: HTTPRequestHead) -> HTTPParserError? {
        let hosts = head.headers[canonicalForm: "host"].count
        let codings = head.headers[canonicalForm: "transfer-encoding"].map { $0.lowercased() }
        let hasHost = hosts == 1 || (hosts == 0 && head.version != .http1_1)
        return hasHost && (codings.isEmpty || codings == ["chunked"]) ? nil : .invalidHeaderToken
    }
}
