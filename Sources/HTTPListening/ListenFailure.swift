import Glibc
import NIOCore

/// The server cannot listen on an address.
package struct ListenFailure: Error, CustomStringConvertible {
    private let host: String
    private let port: Int
    private let reason: String

    /// - Parameter error: what the attempt to listen threw.
    package init(host: String, port: Int, error: any Error) {
        self.host = host
        self.port = port
        reason =
            switch error {
            case let error as IOError: Self.reason(of: error.errnoCode, port)
            case is SocketAddressError, is SocketAddressError.UnknownHost: "no address is known for this name"
            default: "\(error)"
            }
    }

    private static func reason(of code: CInt, _ port: Int) -> String {
        switch code {
        case EADDRINUSE: "the port is taken by another program; choose another, or 0 for any free one"
        case EADDRNOTAVAIL: "this machine does not have that address"
        case EACCES: "this user may not listen on port \(port); choose one above 1023, or 0 for any free one"
        default: "the system refuses it with error \(code)"
        }
    }

    package var description: String { "cannot listen on \(host):\(port): \(reason)" }
}
