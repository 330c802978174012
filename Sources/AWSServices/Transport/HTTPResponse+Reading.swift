import HTTPTransfer

/// Reading an answer that is not the bytes that were asked for.
extension HTTPResponse {
    /// Takes pieces of the body until `limit` bytes are there or it ends.
    init(head: HTTPResponseHead, body: HTTPBodyReader, limit: Int) async throws {
        self.init(head: head)
        while self.body.count < limit, let piece = try await body.next() { self.body += piece }
    }
}
