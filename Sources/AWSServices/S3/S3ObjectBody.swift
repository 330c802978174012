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
        /// Whether whoever reads all the bytes knows the SHA-256 that they must have.
        let isProvable: Bool
        let isMeant: @Sendable (HTTPResponseHead) -> Bool
    }

    var origin: BodyOrigin? { BodyOrigin(call.operation, call.target) }

    func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        if let newest {
            if try await read(newest.call, if: newest.isMeant, orElse: Self.lacksNewest, receive) { return }
            // A copy of the bucket has the same bytes under other version ids, and may have no SHA-256 that shows it.
            if newest.isProvable, range == nil {
                if try await read(call, orElse: Self.lacksVersion, receive) { return }
                if try await read(newest.call, orElse: Self.lacksNewest, receive) { return }
            }
        }
        _ = try await read(call, orElse: { _ in false }, receive)
    }

    /// The newest bytes were deleted, or are too few for the range. Whether archived bytes are the ones that are meant
    /// shows only where these are asked for.
    private static func lacksNewest(_ answer: HTTPResponse) -> Bool {
        [404, 416].contains(answer.status) || S3Answers.fault(answer).code == "InvalidObjectState"
    }

    /// There is no such version. An id that the bucket could not have given is an invalid argument.
    private static func lacksVersion(_ answer: HTTPResponse) -> Bool {
        answer.status == 404 || S3Answers.fault(answer).code == "InvalidArgument"
    }

    /// - Parameters:
    ///   - isMeant: whether the bytes are taken.
    ///   - isAbsence: whether a refusal means that there are no such bytes, which is no failure.
    /// - Returns: whether they were taken.
    private func read(
        _ call: ServiceCall,
        if isMeant: (HTTPResponseHead) -> Bool = { _ in true },
        orElse isAbsence: (HTTPResponse) -> Bool,
        _ receive: (_ piece: [UInt8]) async throws -> Void
    ) async throws -> Bool {
        do {
            return try await transport.reading(call) { request in
                try await transport.client.receive(request) { (head, body) -> ExchangeEnd<Bool> in
                    guard head.isSuccess else {
                        let answer = try await HTTPResponse(head: head, body: body, limit: S3Store.errorLimit)
                        return isAbsence(answer) ? .finished(false) : .refused(answer)
                    }
                    guard isMeant(head) else { return .finished(false) }
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
