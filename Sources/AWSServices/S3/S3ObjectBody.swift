import HTTPTransfer
import ReconcileCore

/// The bytes of one object in S3, or a range of them, behind a signed GET.
struct S3ObjectBody: RemoteAssetBody {
    let call: ServiceCall
    let transport: SignedTransport

    func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        try await reading { (reading) -> AssetReadingEnd<Void> in
            try await transport.client.receive(reading.request) { head, body in
                guard head.isSuccess else {
                    var answer = HTTPResponse(head: head)
                    while answer.body.count < S3Store.errorLimit, let piece = try await body.next() {
                        answer.body += piece
                    }
                    return .refused(answer)
                }
                while let piece = try await body.next() {
                    do {
                        try await receive(piece)
                    } catch {
                        throw OfTheReader(error: error)
                    }
                }
                return .finished(())
            }
        }
    }

    func reading<R: Sendable>(_ exchange: (AssetReading) async throws -> AssetReadingEnd<R>) async throws -> R {
        var result: R?
        do {
            let response = try await transport.perform(call) { request in
                transport.count(call)
                do {
                    switch try await exchange(AssetReading(request: request) { _ in nil }) {
                    case .refused(let response): return response
                    case .finished(let value):
                        result = value
                        return HTTPResponse(head: HTTPResponseHead(status: 200))
                    }
                } catch let failure as TransferFailure where failure.side == .destination {
                    throw OfTheReader(error: failure)
                }
            }
            if let result { return result }
            throw call.failure(.malformed, "the answer has the status \(response.status) and no bytes")
        } catch let passed as OfTheReader {
            throw passed.error
        }
    }

    /// What went wrong on the way out, carried past this service's own classing.
    private struct OfTheReader: Error {
        let error: any Error
    }
}
