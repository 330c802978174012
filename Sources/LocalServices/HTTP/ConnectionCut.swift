import Glibc
import NIOCore

/// Thrown after a connection was ended on purpose, so that nothing more is written to it.
struct ConnectionCut: Error {
    /// Closes the connection once everything written has been sent.
    static func close(_ channel: any Channel) async -> ConnectionCut {
        try? await channel.close()
        return ConnectionCut()
    }

    /// Closes the connection with a TCP reset, which a linger time of 0 causes.
    static func reset(_ channel: any Channel) async -> ConnectionCut {
        if let options = channel as? any SocketOptionProvider {
            try? await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        return await close(channel)
    }
}
