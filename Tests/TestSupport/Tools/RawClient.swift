import Glibc

/// A TCP connection to a server on 127.0.0.1 that sends and receives whatever it is told; closed with its last
/// reference.
package final class RawClient: Sendable {
    private let socket: CInt

    /// - Parameter address: `http://127.0.0.1:<port>`.
    package init(_ address: String) throws {
        socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        name.sin_port = (UInt16(address.split(separator: ":").last ?? "") ?? 0).bigEndian
        let status = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe connect(socket, name, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure() }
    }

    deinit { close(socket) }

    package struct Failure: Error {}

    package func send(_ text: String) {
        _ = unsafe Glibc.send(socket, text, text.utf8.count, CInt(MSG_NOSIGNAL))
    }

    /// What comes until the server closes the connection, or until `enough` is in it.
    package func answer(until enough: String? = nil) async throws -> String {
        var bytes: [UInt8] = []
        while true {
            var piece = [UInt8](repeating: 0, count: 65_536)
            let count = unsafe recv(socket, &piece, piece.count, CInt(MSG_DONTWAIT))
            if count > 0 {
                bytes += piece.prefix(count)
                if let enough, String(decoding: bytes, as: UTF8.self).contains(enough) { break }
            } else if count < 0, errno == EAGAIN {
                try await Task.sleep(for: .milliseconds(5))
            } else {
                break
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
