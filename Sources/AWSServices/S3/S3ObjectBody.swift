import HTTPTransfer
import ReconcileCore

/// The bytes of one object in S3, or a range of them, read with a signed GET.
struct S3ObjectBody: RemoteAssetBody {
    /// The GET of exactly the requested bytes, which a pipe sends.
    let call: ServiceCall
    /// What `read` tries first; nil to send only `call`.
    var newest: Newest?
    /// The requested range of the object's bytes; nil for all of them.
    let range: Range<Int64>?
    let transport: SignedTransport

    /// A GET of the newest bytes, which are used only if the head of the answer shows that they are the requested ones.
    struct Newest: Sendable {
        let call: ServiceCall
        /// Whether a reader of all the bytes knows the SHA-256 that they must have.
        let isProvable: Bool
        let isMeant: @Sendable (HTTPResponseHead) -> Bool
    }

    var origin: BodyOrigin? { BodyOrigin(call.operation, call.target) }

    func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        if let newest {
            if try await read(newest.call, if: newest.isMeant, orElse: Self.lacksNewest, receive) { return }
            // A copied bucket has the same bytes under different version IDs, and may lack a SHA-256 that proves it.
            if newest.isProvable, range == nil {
                if try await read(call, orElse: Self.lacksVersion, receive) { return }
                if try await read(newest.call, orElse: Self.lacksNewest, receive) { return }
            }
        }
        _ = try await read(call, orElse: { _ in false }, receive)
    }

    /// Whether the newest bytes were deleted, are too short for the range, or are archived. Whether archived bytes are
    /// the requested ones only shows when those are requested.
    private static func lacksNewest(_ answer: HTTPResponse) -> Bool {
        [404, 416].contains(answer.status) || S3Answers.fault(answer).code == "InvalidObjectState"
    }

    /// Whether the version does not exist. S3 calls an ID that the bucket could not have issued an invalid argument.
    private static func lacksVersion(_ answer: HTTPResponse) -> Bool {
        answer.status == 404 || S3Answers.fault(answer).code == "InvalidArgument"
    }

    /// - Parameters:
    ///   - isMeant: whether to use the answer's bytes.
    ///   - isAbsence: whether an error answer means that the bytes do not exist, which is not a failure.
    /// - Returns: whether the bytes were used.
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

    /// Throws if the answer does not have the requested range, as from a store that ignores ranges.
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

    /// Wraps the receiver's error, so that a failed transfer of the receiver is not mistaken for one of this service.
    private struct ReceiverFailure: Error {
        let error: any Error
    }
}
