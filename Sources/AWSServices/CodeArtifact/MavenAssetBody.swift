import ReconcileCore

/// The bytes of one asset behind a Maven endpoint.
struct MavenAssetBody: RemoteAssetBody {
    let maven: MavenEndpoint
    let file: MavenEndpoint.File

    var origin: BodyOrigin? { BodyOrigin(file.operation, file.target) }

    func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        try await maven.stream(file, receive)
    }

    func reading<R: Sendable>(_ exchange: (AssetReading) async throws -> ExchangeEnd<R>) async throws -> R {
        try await maven.reading(of: file, exchange)
    }
}
