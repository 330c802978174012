import HTTPTransfer

/// Collects an answer that is not the requested bytes.
extension HTTPResponse {
    /// Reads pieces of the body until at least `limit` bytes have arrived or it ends.
    init(head: HTTPResponseHead, body: HTTPBodyReader, limit: Int) async throws {
        self.init(head: head)
        while self.body.count < limit, let piece = try await body.next() { self.body += piece }
    }
}
