import NIOCore

/// Knows whether what was written to a connection has gone to the system, which the writer of a NIO channel does not
/// report.
///
/// Waiting for it after each piece of a body bounds what a slow client holds in memory. Waiting for it before a body's
/// end keeps a server that goes down from closing the connection over what is unsent: the last part is written, and
/// closed upon, when all before it has gone.
final class UnsentWrites: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = NIOAny
    typealias OutboundOut = NIOAny

    private var count = 0
    private var waiting: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let promise = promise ?? context.eventLoop.makePromise()
        count += 1
        promise.futureResult.assumeIsolated().whenComplete { _ in
            self.count -= 1
            guard self.count == 0 else { return }
            let waiting = self.waiting
            self.waiting = []
            for promise in waiting { promise.succeed() }
        }
        context.write(data, promise: promise)
    }

    /// Returns when everything written to a channel has been sent, or cannot be any more.
    static func areSent(on channel: any Channel) async throws {
        try await channel.eventLoop.flatSubmit {
            let promise = channel.eventLoop.makePromise(of: Void.self)
            let handler = try? channel.pipeline.syncOperations.handler(type: UnsentWrites.self)
            if let handler, handler.count > 0 { handler.waiting.append(promise) } else { promise.succeed() }
            return promise.futureResult
        }.get()
    }
}
