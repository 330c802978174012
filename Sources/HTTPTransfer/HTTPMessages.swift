/// The methods that requests to the services use.
package enum HTTPMethod: String, Sendable, Hashable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
}

/// One HTTP/1.1 request, complete except for what the client adds.
///
/// The client sets Connection, Content-Length, Expect and Transfer-Encoding itself; it does not send given ones.
package struct HTTPRequest: Sendable {
    package var method: HTTPMethod
    /// Absolute, http or https, percent-encoded. The path is sent unchanged, including dot segments.
    package var url: String
    package var headers: HTTPHeaders
    /// A body in memory. Empty for a request whose body is streamed or piped.
    package var body: [UInt8]
    package var deadlines: HTTPDeadlines
    /// Whether to reach the host directly, whatever proxies the environment names.
    package var bypassesProxies: Bool
    /// What a trace calls the request; nil if it is not traced.
    package var label: RequestLabel?

    package init(
        method: HTTPMethod,
        url: String,
        headers: HTTPHeaders = [:],
        body: [UInt8] = [],
        deadlines: HTTPDeadlines = HTTPDeadlines(),
        bypassesProxies: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadlines = deadlines
        self.bypassesProxies = bypassesProxies
    }
}

/// What a trace reports about a request in addition to its URL.
package struct RequestLabel: Sendable, Hashable {
    package var service: String
    package var operation: String
    /// Counted from 1.
    package var attempt: Int
    /// Whether the URL's path may be shown.
    package var showsPath: Bool

    package init(service: String, operation: String, attempt: Int, showsPath: Bool = true) {
        self.service = service
        self.operation = operation
        self.attempt = attempt
        self.showsPath = showsPath
    }
}

/// How long each part of an exchange may take. A deadline that passes is a transient `timedOut` failure.
///
/// While the caller itself holds a transfer up (a slow reader, a slow producer, the other side of a pipe), only `total`
/// runs. Deadlines are accurate to a fifth of a second. A streamed body needs no `total`: `leastRate` bounds the time
/// for a body of any length.
package struct HTTPDeadlines: Sendable, Hashable {
    /// Resolving the name, connecting, and the TLS handshake.
    package var connect: Duration
    /// From the last byte of the request to the first byte of the answer.
    package var firstByte: Duration
    /// The longest time without a byte moving in either direction while a body is sent or received.
    package var stall: Duration
    /// The lowest rate for a body in bytes per second, averaged over each stretch of `stall`; 0 for no limit.
    package var leastRate: Int
    /// The whole exchange; nil for no limit.
    package var total: Duration?

    package init(
        connect: Duration = .seconds(10),
        firstByte: Duration = .seconds(60),
        stall: Duration = .seconds(60),
        leastRate: Int = 1 << 10,
        total: Duration? = nil
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.stall = stall
        self.leastRate = leastRate
        self.total = total
    }

    /// These deadlines, with no single wait longer than `patience`.
    func shortened(to patience: Duration?) -> HTTPDeadlines {
        guard let patience else { return self }
        var deadlines = self
        deadlines.connect = min(connect, patience)
        deadlines.firstByte = min(firstByte, patience)
        deadlines.stall = min(stall, patience)
        return deadlines
    }

    /// These deadlines for an exchange whose bodies are both in memory: five minutes in total unless `total` is set.
    package var ofDocument: HTTPDeadlines {
        var deadlines = self
        deadlines.total = total ?? .seconds(300)
        return deadlines
    }
}

/// The part of an answer before its body.
package struct HTTPResponseHead: Sendable, Hashable {
    package var status: Int
    package var headers: HTTPHeaders

    package init(status: Int, headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
    }

    /// Whether the status is from 200 to 299.
    package var isSuccess: Bool { (200..<300).contains(status) }
}

/// A complete answer, its body bounded by the caller's limit.
package struct HTTPResponse: Sendable, Hashable {
    package var head: HTTPResponseHead
    package var body: [UInt8]

    package init(head: HTTPResponseHead, body: [UInt8] = []) {
        self.head = head
        self.body = body
    }

    package var status: Int { head.status }
}

/// Failures of a request on this side, and the checks before it is sent.
extension HTTPRequest {
    func failure(_ kind: TransferFailure.Kind, _ words: String, isUnanswered: Bool = false) -> TransferFailure {
        TransferFailure(kind, message: "\(subject): \(words).", isUnanswered: isUnanswered)
    }

    var answeredTooEarly: TransferFailure {
        failure(.broken, "it was answered as taken before its body was sent")
    }

    /// Rejects what curl would alter: a URL with unencoded spaces, control characters or non-ASCII letters, or a header
    /// that forges another. Also rejects a body where there cannot be one.
    func validate(isStreamed: Bool) throws(TransferFailure) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw failure(.invalidRequest, "the URL holds a character that must be percent-encoded")
        }
        if let name = headers.malformedName {
            throw failure(.invalidRequest, "the header field '\(name)' contains a line break or is not a valid name")
        }
        guard body.isEmpty || (!isStreamed && method != .get && method != .head) else {
            throw failure(.invalidRequest, "it cannot have its own body")
        }
    }
}
