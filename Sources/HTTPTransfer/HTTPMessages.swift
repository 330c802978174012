/// The methods that the services are asked with.
package enum HTTPMethod: String, Sendable, Hashable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
}

/// One HTTP/1.1 request, complete but for what the client adds itself.
///
/// The fields Connection, Content-Length, Expect and Transfer-Encoding belong to the client; given ones are not sent.
package struct HTTPRequest: Sendable {
    package var method: HTTPMethod
    /// Absolute, http or https, percent-encoded. Its path is sent as it stands here, dot segments too.
    package var url: String
    package var headers: HTTPHeaders
    /// A body that is at hand. Empty for a request whose body is streamed or piped.
    package var body: [UInt8]
    package var deadlines: HTTPDeadlines
    /// Whether the host is reached directly, whatever proxies the environment names.
    package var bypassesProxies: Bool
    /// What a trace calls the request; one without a label is not traced.
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

/// What a trace says of a request that its URL does not show.
package struct RequestLabel: Sendable, Hashable {
    package var service: String
    package var operation: String
    /// From 1.
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
/// Time in which the caller itself holds a transfer back (a slow reader, a slow producer, the other side of a pipe)
/// counts against `total` only. Kept to within a fifth of a second. A streamed body needs no `total`: `leastRate`
/// bounds a body of any length.
package struct HTTPDeadlines: Sendable, Hashable {
    /// Resolving the name, connecting, and the TLS handshake.
    package var connect: Duration
    /// From the last byte of the request to the first byte of the answer.
    package var firstByte: Duration
    /// Without a byte moving in either direction while a body is sent or received.
    package var stall: Duration
    /// The least that a body must move, in bytes a second, averaged over each stretch of `stall`; 0 for no limit.
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

    /// The same, with no single wait longer than so.
    func shortened(to patience: Duration?) -> HTTPDeadlines {
        guard let patience else { return self }
        var deadlines = self
        deadlines.connect = min(connect, patience)
        deadlines.firstByte = min(firstByte, patience)
        deadlines.stall = min(stall, patience)
        return deadlines
    }

    /// The same for an exchange whose bodies are both kept in memory: five minutes in all unless `total` is set.
    package var ofDocument: HTTPDeadlines {
        var deadlines = self
        deadlines.total = total ?? .seconds(300)
        return deadlines
    }
}

/// What an answer says before its body.
package struct HTTPResponseHead: Sendable, Hashable {
    package var status: Int
    package var headers: HTTPHeaders

    package init(status: Int, headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
    }

    /// Whether the status is one of 200 to 299.
    package var isSuccess: Bool { (200..<300).contains(status) }
}

/// A whole answer, its body bounded by the limit that was asked for.
package struct HTTPResponse: Sendable, Hashable {
    package var head: HTTPResponseHead
    package var body: [UInt8]

    package init(head: HTTPResponseHead, body: [UInt8] = []) {
        self.head = head
        self.body = body
    }

    package var status: Int { head.status }
}

/// What can be wrong with a request, or go wrong with it on this side.
extension HTTPRequest {
    func failure(_ kind: TransferFailure.Kind, _ words: String, isUnanswered: Bool = false) -> TransferFailure {
        TransferFailure(kind, message: "\(subject): \(words).", isUnanswered: isUnanswered)
    }

    var answeredTooEarly: TransferFailure {
        failure(.broken, "it was answered as taken before its body was sent")
    }

    /// Refuses what curl would bend: a URL with raw spaces or letters, a header that forges another.
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
