import Glibc
import NIOCore

/// Thrown after a connection was ended on purpose, so that nothing more is written to it.
struct ConnectionCut: Error {
    /// Ends the connection after what was written has left.
    static func close(_ channel: any Channel) async -> ConnectionCut {
        try? await channel.close()
        return ConnectionCut()
    }

    /// Ends the connection with a TCP reset: closing with a linger time of 0 makes the system send one.
    static func reset(_ channel: any Channel) async -> ConnectionCut {
        if let options = channel as? any SocketOptionProvider {
            try? await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        return await close(channel)
    }
}
