import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import NIOCore

/// An answer to one request, and an optional fault in sending it.
struct ServerAnswer: Sendable {
    /// Sends one piece of a body; returns when the connection can take more.
    typealias Send = @concurrent (_ piece: [UInt8]) async throws -> Void
    typealias Producer = @concurrent @Sendable (_ send: Send) async throws -> Void

    /// The bytes after the head.
    enum Body: Sendable {
        case bytes([UInt8])
        /// Exactly `length` bytes, sent in pieces.
        case stream(length: Int64, Producer)

        var length: Int64 {
            switch self {
            case .bytes(let bytes): Int64(bytes.count)
            case .stream(let length, _): length
            }
        }
    }

    var status: Int
    var headers: [(name: String, value: String)]
    var body: Body
    var damage: BodyDamage?

    init(_ status: Int, headers: [(name: String, value: String)] = [], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    static func text(_ status: Int, _ text: String) -> ServerAnswer {
        ServerAnswer(status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: .bytes(Array(text.utf8)))
    }

    static func json(_ status: Int, _ value: JSON, headers: [(name: String, value: String)] = []) -> ServerAnswer {
        ServerAnswer(status, headers: [("Content-Type", "application/json")] + headers, body: .bytes(value.bytes))
    }
}

/// How a fault damages an answer while it is sent.
enum BodyDamage: Hashable, Sendable {
    /// The connection is reset after this many bytes of the body; nil for before the head.
    case reset(after: Int64? = nil)
    /// The connection is closed after this many bytes of the body.
    case cut(after: Int64)
    /// The lowest bit of this byte of the body is flipped.
    case flip(byte: Int64)
    /// The body stops halfway for this long; without a body, the whole answer is delayed.
    case stall(Duration)
}

extension ServerAnswer {
    /// Writes head and body. The head of an answer to HEAD has the Content-Length of the body that GET would send.
    @concurrent
    func write(to writer: consuming ResponseWriter, isHead: Bool, channel: any Channel) async throws {
        if case .reset(nil) = damage { throw await ConnectionCut.reset(channel) }
        if case .stall(let pause) = damage, isHead || body.length == 0 { try await Task.sleep(for: pause) }
        let head = try responseHead()
        if isHead { return try await writer.writeResponse(head) }
        if damage == nil, case .bytes(let bytes) = body {
            return try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        }
        var out: any ResponseBodyWriter = try await writer.writeHead(head)
        var damaged = DamagedBody(damage: damage, length: body.length)
        switch body {
        case .bytes(let bytes):
            try await damaged.send(bytes, to: &out, channel: channel)
        case .stream(_, let produce):
            try await produce { piece in try await damaged.send(piece, to: &out, channel: channel) }
        }
        try await out.finish(nil)
    }

    private func responseHead() throws -> HTTPResponse {
        var fields = HTTPFields()
        for (name, value) in headers {
            guard let name = HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        fields[.contentLength] = String(body.length)
        return HTTPResponse(status: .init(code: status), headerFields: fields)
    }
}

/// Sends the pieces of a body and applies the damage, if any.
private struct DamagedBody {
    let damage: BodyDamage?
    let length: Int64
    var sent: Int64 = 0

    init(damage: BodyDamage?, length: Int64) {
        self.damage = damage
        self.length = length
    }

    @concurrent
    mutating func send(_ piece: [UInt8], to out: inout any ResponseBodyWriter, channel: any Channel) async throws {
        let end = sent + Int64(piece.count)
        switch damage {
        case .cut(let limit) where end >= limit:
            try await sendRest(of: piece, upTo: limit, to: &out)
            throw await ConnectionCut.close(channel)
        case .reset(let limit?) where end >= limit:
            try await sendRest(of: piece, upTo: limit, to: &out)
            throw await ConnectionCut.reset(channel)
        case .flip(let byte) where sent <= byte && byte < end:
            var flipped = piece
            flipped[Int(byte - sent)] ^= 1
            try await out.write(ByteBuffer(bytes: flipped))
        case .stall(let pause) where sent <= length / 2 && length / 2 < end:
            let half = Int(length / 2 - sent)
            try await out.write(ByteBuffer(bytes: Array(piece.prefix(half))))
            try await Task.sleep(for: pause)
            try await out.write(ByteBuffer(bytes: Array(piece.dropFirst(half))))
        case .reset, .cut, .flip, .stall, nil:
            try await out.write(ByteBuffer(bytes: piece))
        }
        sent = end
    }

    @concurrent
    private func sendRest(of piece: [UInt8], upTo limit: Int64, to out: inout any ResponseBodyWriter) async throws {
        let rest = Array(piece.prefix(Int(limit - sent)))
        if !rest.isEmpty { try await out.write(ByteBuffer(bytes: rest)) }
    }
}
