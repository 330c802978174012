import NIOCore
import NIOHTTP1

/// Checks the request heads of one connection: how long the first takes to arrive, and what RFC 9112 requires servers
/// to reject but the parser accepts.
///
/// A rejected head reaches the connection's reader as an `HTTPParserError`, like a head that cannot be parsed.
final class RequestHeads: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let places: ConnectionPlaces
    private let deadline: TimeAmount
    private var timer: Scheduled<Void>?
    /// The current wait for a request, as numbered by `ConnectionPlaces`; nil while a request is in progress.
    private var turn: Int?
    private var requests = 0
    private var isRefused = false

    /// - Parameter deadline: how long after it opens the connection may take to send its first request's head before it
    ///   is closed.
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

    /// What RFC 9112 rejects in a head: a missing Host (allowed in HTTP/1.0), several, or a malformed one (3.2), and
    /// any transfer coding other than chunked (6.1).
    private static func problem(of head: HTTPRequestHead) -> HTTPParserError? {
        let hosts = head.headers["host"]
        let codings = head.headers[canonicalForm: "transfer-encoding"].map { $0.lowercased() }
        let hasHost = hosts.isEmpty ? head.version != .http1_1 : hosts.count == 1 && isHost(hosts[0])
        return hasHost && (codings.isEmpty || codings == ["chunked"]) ? nil : .invalidHeaderToken
    }

    /// Whether a Host value is a host with an optional port (RFC 3986, 3.2.2 and 3.2.3), ignoring surrounding
    /// whitespace. It may be empty. A comma is rejected, although a name may contain one: it would separate several
    /// hosts.
    private static func isHost(_ text: String) -> Bool {
        let words = text.split { $0 == " " || $0 == "\t" }
        guard words.count <= 1, let host = words.first else { return words.isEmpty }
        var rest = Array(host.utf8)[...]
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            guard rest[..<end].dropFirst().allSatisfy({ isOfName($0) || $0 == colon }) else { return false }
            rest = rest[(end + 1)...]
        } else {
            rest = rest.drop { isOfName($0) }
        }
        return rest.isEmpty || (rest.first == colon && rest.dropFirst().allSatisfy(isDigit))
    }

    private static let colon = UInt8(ascii: ":")

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: isDigit(byte) || "-._~!$&'()*+;=%".utf8.contains(byte)
        }
    }
}
