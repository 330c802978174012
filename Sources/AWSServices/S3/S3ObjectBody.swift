import HTTPTransfer
import ReconcileCore

/// The bytes of one object in S3, or a range of them, behind a signed GET.
struct S3ObjectBody: RemoteAssetBody {
    let call: ServiceCall
    let transport: SignedTransport

    func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        do {
            try await reading { (reading) -> ExchangeEnd<Void> in
                try await transport.client.receive(reading.request) { head, body in
                    guard head.isSuccess else {
                        return .refused(try await HTTPResponse(head: head, body: body, limit: S3Store.errorLimit))
                    }
                    while let piece = try await body.next() {
                        do {
                            try await receive(piece)
                        } catch {
                            throw ReceiverFailure(error: error)
                        }
                    }
                    return .finished(())
                }
            }
        } catch let failure as ReceiverFailure {
            throw failure.error
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
