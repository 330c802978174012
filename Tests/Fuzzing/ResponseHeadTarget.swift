import ReconcileCore

@testable import AWSServices
@testable import HTTPTransfer

/// The head of an HTTP answer, line by line as curl hands it over, and what is read from its fields.
///
/// - A status has three digits and is final; a name is not empty; no name or value can forge a field.
/// - A field is found by its name, in any case, and the first one counts.
/// - The fields, sent and received again, are the same.
/// - A wait that an answer asks for is between nothing and a thousand days, and a redirect shows no path.
@Sendable func checkResponseHead(_ bytes: [UInt8]) throws {
    guard let head = parse(bytes) else { return }
    try require((200...999).contains(head.status), "status \(head.status)")
    let fields = head.headers.fields
    for field in fields {
        let forging: [UInt8] = [0, 0x0A]
        try require(!field.name.isEmpty && !field.name.contains(":"), "the name \(field.name.debugDescription)")
        let isWhole = (field.name + field.value).utf8.allSatisfy { !forging.contains($0) }
        try require(isWhole, "the field \(field) holds another")
    }
    if String(validating: bytes, as: UTF8.self) != nil { try checkFields(head) }

    let response = HTTPResponse(head: head, body: [])
    if let wait = RemoteFailure.retryAfter(head.headers) {
        try require(wait >= .zero && wait <= .seconds(86_400_000), "a wait of \(wait)")
    }
    let failure = RemoteFailure(answered: response, fault: .json(response), operation: .work("Test"), target: "domain")
    try requireReadable(failure.message, limit: 1_000, "the message")
    try checkRedirect(head)
}

private func parse(_ bytes: [UInt8]) -> HTTPResponseHead? {
    var parser = ResponseHeadParser()
    var final: HTTPResponseHead?
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        if let head = parser.append(Array(line) + [UInt8(ascii: "\n")]) { final = head }
    }
    return final
}

private func checkFields(_ head: HTTPResponseHead) throws {
    let fields = head.headers.fields
    for field in fields {
        let first = fields.first { isSame($0.name.asciiLowercased, field.name.asciiLowercased) }
        try require(isSame(head.headers[field.name.asciiLowercased], first?.value), "\(field) is not found by its name")
    }
    var lines = "HTTP/1.1 \(head.status) OK\r\n"
    for field in fields { lines += "\(field.name): \(field.value)\r\n" }
    let again = parse(Array((lines + "\r\n").utf8))
    try require(again == head, "received again, \(again.map { "\($0.headers.fields)" } ?? "nothing") is not \(fields)")
}

private func checkRedirect(_ head: HTTPResponseHead) throws {
    let endpoint = ServiceEndpoint(scheme: .https, host: "example.com")
    let redirect = MavenRedirect(from: endpoint, operation: .work("Test"), target: "asset")
    let request = HTTPRequest(method: .get, url: "https://example.com/", headers: ["Authorization": "Bearer token"])
    if let next = try? redirect.next(after: request, head) {
        try require(next.url.lowercased().hasPrefix("https://"), "a redirect to \(next.url)")
        try require(next.headers["authorization"] == nil, "a redirect that takes the token along")
    }
}

extension String {
    fileprivate var asciiLowercased: String {
        String(decoding: utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
