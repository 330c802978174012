import Cryptography
package import HTTPTransfer
package import ReconcileCore

/// The PUT of an asset, whose bytes are checked on their way.
package struct AssetUpload: Sendable {
    private let body: any AssetBody
    private let asset: Asset
    private let client: HTTPClient

    package init(_ body: any AssetBody, of asset: Asset, by client: HTTPClient) {
        self.body = body
        self.asset = asset
        self.client = client
    }

    /// Sends the asset's bytes as the body of a PUT, whole or not at all, in one pass and constant memory; returns the
    /// answer, whatever its status.
    ///
    /// What is held back until the bytes are checked against size and SHA-256 is the last one, so a wrong body never
    /// becomes an object. A body behind an HTTP GET is coupled with the PUT: no byte passes through a task.
    ///
    /// Runs inside the PUT's own `PacedExchange.perform`: the GET is a second one within it, so the PUT has its slot and
    /// its signature before the GET is admitted.
    ///
    /// - Parameters:
    ///   - put: signed before the body is asked for, so the wait for its first bytes counts against the signature.
    ///   - answerLimit: bytes kept of the answer.
    ///   - sending: called when the PUT goes out.
    ///   - corrupt: the failure to throw for other bytes than the asset's, given what is wrong with them.
    package func send(
        _ put: HTTPRequest,
        answerLimit: Int,
        sending: @escaping @Sendable () -> Void,
        corrupt: (_ problem: String) -> RemoteFailure
    ) async throws -> HTTPResponse {
        if let remote = body.shortcut as? HTTPShortcut {
            return try await remote.body.reading { reading in
                remote.note?(.begins)
                let outcome = try await client.pipe(
                    reading.request,
                    length: asset.size,
                    redirect: reading.redirect,
                    to: {
                        sending()
                        return put
                    },
                    check: NotedCheck(
                        ContentCheck(size: asset.size, sha256: asset.checksums.sha256),
                        note: remote.note
                    ),
                    bodyLimit: answerLimit
                )
                switch outcome {
                case .sourceAnswered(let response): return .refused(response)
                case .destinationAnswered(let response): return .finished(response)
                case .mismatch(let problem): throw corrupt(problem)
                }
            }
        }
        sending()
        return try await client.upload(put, length: asset.size, bodyLimit: answerLimit) { writer in
            let check = ContentCheck(size: asset.size, sha256: asset.checksums.sha256)
            try await body.read { piece in
                check.update(piece)
                if let problem = check.excess { throw corrupt(problem) }
                try await writer.send(piece)
            }
            if let problem = check.verdict() { throw corrupt(problem) }
        }
    }
}

/// An asset's bytes, read by an HTTP GET, so that a store that speaks HTTP can couple GET and PUT in one pipe:
/// `MavenAssetBody` of a domain, `S3ObjectBody` of a bucket.
///
/// A store that does not know this protocol uses `read`, which asks the same way and keeps the same rules.
package protocol RemoteAssetBody: AssetBody {
    /// Hands `exchange` a fresh reading of the bytes and returns what it ended with.
    ///
    /// Waits at the source's rates before each reading and counts it. `exchange` is called again where the source is
    /// asked again at once: with another token, for another address of the bytes, or at the next place where they may
    /// be. What the source answers instead of the bytes, and a `TransferFailure` that is not the destination's, is
    /// thrown as a `RemoteFailure` of the source; everything else that `exchange` throws is thrown on.
    func reading<R: Sendable>(_ exchange: (AssetReading) async throws -> ExchangeEnd<R>) async throws -> R
}

extension RemoteAssetBody {
    package var shortcut: (any AssetShortcut)? { HTTPShortcut(body: self, note: nil) }
}

/// The GET of a remote body, for `AssetUpload`.
private struct HTTPShortcut: AssetShortcut {
    let body: any RemoteAssetBody
    let note: (@Sendable (NotedBody.Moment) -> Void)?

    func noted(by note: @escaping @Sendable (NotedBody.Moment) -> Void) -> any AssetShortcut {
        HTTPShortcut(body: body, note: note)
    }
}

/// One reading of an asset: the GET to send, and the rule for its redirect.
package struct AssetReading: Sendable {
    package let request: HTTPRequest
    /// The request that follows a redirect; nil for a head that is not one. Throws a `RemoteFailure` for a
    /// redirect that must not be followed, the second one of a reading among them.
    package let redirect: @Sendable (_ head: HTTPResponseHead) throws -> HTTPRequest?

    package init(
        request: HTTPRequest,
        redirect: @escaping @Sendable (_ head: HTTPResponseHead) throws -> HTTPRequest?
    ) {
        self.request = request
        self.redirect = redirect
    }
}

/// A pipe checks its bytes with the same check as an upload, and the reading is noted as ended when they are right.
private final class NotedCheck: PipeCheck {
    private let check: ContentCheck
    private let note: (@Sendable (NotedBody.Moment) -> Void)?

    init(_ check: ContentCheck, note: (@Sendable (NotedBody.Moment) -> Void)?) {
        self.check = check
        self.note = note
    }

    func update(_ bytes: RawSpan) { check.update(bytes) }

    func verdict() -> String? {
        let problem = check.verdict()
        if problem == nil { note?(.ends) }
        return problem
    }
}
