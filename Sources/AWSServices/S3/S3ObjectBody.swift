import HTTPTransfer
import ReconcileCore

/// The bytes of one object in S3, or a range of them, behind a signed GET.
struct S3ObjectBody: RemoteAssetBody {
    /// The GET of exactly the bytes that are meant; the one that a pipe sends.
    let call: ServiceCall
    /// What `read` asks for first.
    var newest: Newest?
    /// Of the object's bytes, if not all are asked for.
    let range: Range<Int64>?
    let transport: SignedTransport

    /// A GET of the newest bytes, which are the ones that are meant if the head of the answer shows it.
    struct Newest: Sendable {
        let call: ServiceCall
        let isMeant: @Sendable (HTTPResponseHead) -> Bool
    }

    func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        if let newest, try await read(newest.call, if: newest.isMeant, receive) { return }
        _ = try await read(call, if: nil, receive)
    }

    /// - Parameter isMeant: whether the bytes are taken; nil for bytes that are taken whatever they are.
    /// - Returns: whether they were.
    private func read(
        _ call: ServiceCall,
        if isMeant: ((HTTPResponseHead) -> Bool)?,
        _ receive: (_ piece: [UInt8]) async throws -> Void
    ) async throws -> Bool {
        do {
            return try await transport.reading(call) { request in
                try await transport.client.receive(request) { (head, body) -> ExchangeEnd<Bool> in
                    guard head.isSuccess else {
                        // The newest bytes were deleted, or are too few for the range.
                        if isMeant != nil, [404, 416].contains(head.status) { return .finished(false) }
                        let answer = try await HTTPResponse(head: head, body: body, limit: S3Store.errorLimit)
                        // Whether archived bytes are the ones that are meant shows only where these are asked for.
                        if isMeant != nil, S3Answers.fault(answer).code == "InvalidObjectState" {
                            return .finished(false)
                        }
                        return .refused(answer)
                    }
                    if let isMeant, !isMeant(head) { return .finished(false) }
                    try requireRange(head, call)
                    while let piece = try await body.next() {
                        do {
                            try await receive(piece)
                        } catch {
                            throw ReceiverFailure(error: error)
                        }
                    }
                    return .finished(true)
                }
            }
        } catch let failure as ReceiverFailure {
            throw failure.error
        }
    }

    /// A store that ignores the range, or means another one, answers with bytes that are not those.
    private func requireRange(_ head: HTTPResponseHead, _ call: ServiceCall) throws {
        guard let range else { return }
        let wanted = "bytes \(range.lowerBound)-\(range.upperBound - 1)/"
        guard head.status == 206, let given = head.headers["content-range"], given.hasPrefix(wanted) else {
            let words = head.headers["content-range"].map { "the range \($0)" } ?? "no range"
            throw call.failure(.malformed, "\(wanted.dropLast()) was asked for, and \(words) answered")
        }
    }

    func reading<R: Sendable>(_ exchange: (AssetReading) async throws -> ExchangeEnd<R>) async throws -> R {
        try await transport.reading(call) { request in
            try await exchange(AssetReading(request: request) { _ in nil })
        }
    }

    /// The receiver's error, wrapped so that a transfer that it made and that failed is not mistaken for this service's.
    private struct ReceiverFailure: Error {
        let error: any Error
    }
}
