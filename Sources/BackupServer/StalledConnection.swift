import NIOCore

/// Closes a connection on which nothing could be sent for a while, because it is idle or its client does not read.
///
/// Must come after an `IdleStateHandler`, to whose event it reacts.
final class StalledConnection: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        context.close(promise: nil)
    }
}
