/// An address that cannot be listened on.
package struct ListenFailure: Error, CustomStringConvertible {
    private let host: String
    private let port: Int
    private let reason: String

    package init(host: String, port: Int, reason: String) {
        self.host = host
        self.port = port
        self.reason = reason
    }

    package var description: String {
        "cannot listen on \(host):\(port): \(reason). Is the port taken? Port 0 finds a free one"
    }
}
