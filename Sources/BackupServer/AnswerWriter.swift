import HTTPTypes
import NIOCore
import NIOHTTPTypes
import ReconcileCore
import Synchronization

/// Writes one response to a connection, and counts how much of it was sent.
///
/// Each part is awaited until the system has accepted it. This bounds the memory used for a slow client, and keeps a
/// server that shuts down from closing the connection before everything is sent. Cancelling the task while it waits
/// closes the connection; so does a client that accepts nothing for too long (`StalledConnection`).
final class AnswerWriter: Sendable {
    /// How much of the response was sent to the client.
    struct Progress {
        /// Nil before the response has begun.
        var status: HTTPResponse.Status?
        /// Bytes of the body.
        var bytes: Int64 = 0
    }

    /// The maximum number of bytes of a body written at once, so that a slow client is seen to make progress.
    private static let sliceBytes = 64 << 10

    private let channel: any Channel
    private let fields: HTTPFields
    private let state = Mutex(Progress())

    /// - Parameter fields: added to the head of every response.
    init(to channel: any Channel, adding fields: HTTPFields) {
        self.channel = channel
        self.fields = fields
    }

    var progress: Progress { state.withLock { $0 } }

    /// Writes a whole response at once.
    func send(_ head: HTTPResponse, _ body: ByteBuffer? = nil) async throws {
        let head = begun(head)
        try await taken { channel in
            channel.write(HTTPResponsePart.head(head), promise: nil)
            if let body { channel.write(HTTPResponsePart.body(body), promise: nil) }
            return channel.writeAndFlush(HTTPResponsePart.end(nil))
        }
        note(body?.readableBytes ?? 0)
    }

    /// Begins a response; the head is sent with the first bytes of the body, or with its end.
    func begin(_ head: HTTPResponse) {
        channel.write(HTTPResponsePart.head(begun(head)), promise: nil)
    }

    /// Writes the next bytes of the body.
    func send(_ piece: [UInt8]) async throws {
        var rest = ByteBuffer(bytes: piece)
        while let slice = rest.readSlice(length: min(rest.readableBytes, Self.sliceBytes)), slice.readableBytes > 0 {
            try await taken { $0.writeAndFlush(HTTPResponsePart.body(slice)) }
            note(slice.readableBytes)
        }
    }

    func finish() async throws {
        try await taken { $0.writeAndFlush(HTTPResponsePart.end(nil)) }
    }

    private func begun(_ head: HTTPResponse) -> HTTPResponse {
        var head = head
        for field in fields { head.headerFields[field.name] = field.value }
        state.withLock { $0.status = head.status }
        return head
    }

    private func note(_ bytes: Int) { state.withLock { $0.bytes += Int64(bytes) } }

    private func taken(_ write: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>) async throws {
        try await withTaskCancellationHandler {
            try await channel.eventLoop.flatSubmit { [channel] in write(channel) }.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}
