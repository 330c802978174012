import NIOCore

/// Closes a connection on which nothing could be sent for a while: an idle one, and one whose client does not read.
///
/// It stands behind an `IdleStateHandler`, whose event it acts on.
final class StalledConnection: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        context.close(promise: nil)
    }
}
