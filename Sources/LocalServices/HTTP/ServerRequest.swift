import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// A request as received: the target unchanged, the query decoded, the body not yet read.
struct ServerRequest: Sendable {
    let method: String
    /// Path and query of the request line, untouched.
    let target: String
    /// The path as sent, still percent-encoded.
    let path: String
    /// Decoded names and values in the order sent. A `+` is a literal plus sign, as AWS clients intend.
    let query: [(name: String, value: String)]
    /// In the order sent; includes the authority as `Host`.
    let headers: [NamedValue]
    let body: RequestBody

    init(_ request: Request) {
        method = request.head.method.rawValue
        target = request.head.path ?? "/"
        let split = target.firstIndex(of: "?") ?? target.endIndex
        path = String(target[..<split])
        query = target[split...].dropFirst().split(separator: "&").map { pair in
            let equals = pair.firstIndex(of: "=") ?? pair.endIndex
            let name = pair[..<equals]
            let value = pair[equals...].dropFirst()
            return (PercentEncoding.decode(name) ?? String(name), PercentEncoding.decode(value) ?? String(value))
        }
        var headers: [NamedValue] = request.headers.map { ($0.name.rawName, $0.value) }
        if let authority = request.head.authority { headers.append(("Host", authority)) }
        self.headers = headers
        body = request.body
    }

    /// The first value of a header, ignoring the case of its name; nil if it was not sent.
    func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }

    /// The path's segments, each decoded; nil when one is not percent-encoded UTF-8.
    var segments: [String]? {
        var decoded: [String] = []
        for segment in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            guard let text = PercentEncoding.decode(segment) else { return nil }
            decoded.append(text)
        }
        return decoded
    }

    /// The whole body; throws when it is longer than `limit` bytes.
    func bytes(upTo limit: Int) async throws -> [UInt8] {
        let buffer = try await body.collect(upTo: limit)
        return Array(buffer.readableBytesView)
    }
}
