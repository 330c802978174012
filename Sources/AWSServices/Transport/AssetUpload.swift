import Cryptography
package import HTTPTransfer
package import ReconcileCore

/// Uploads an asset with a PUT, checking its bytes on the way.
package struct AssetUpload: Sendable {
    private let body: any AssetBody
    private let asset: Asset
    private let client: HTTPClient

    package init(_ body: any AssetBody, of asset: Asset, by client: HTTPClient) {
        self.body = body
        self.asset = asset
        self.client = client
    }

    /// Sends the asset's bytes as the body of a PUT, completely or not at all, in one pass and constant memory; returns
    /// the answer, whatever its status.
    ///
    /// The last byte is withheld until the bytes have been checked against size and SHA-256, so a wrong body never
    /// becomes an object. A body behind an HTTP GET is piped into the PUT, without passing through a task.
    ///
    /// Runs inside the PUT's own `PacedExchange.perform`. The GET is a second exchange within it, so the PUT has its
    /// slot and its signature before the GET is admitted.
    ///
    /// - Parameters:
    ///   - put: signed before the body is requested, so the wait for the body's first bytes counts against the
    ///     signature.
    ///   - answerLimit: bytes kept of the answer.
    ///   - sending: called when the PUT is sent.
    ///   - corrupt: makes the failure to throw if the bytes are not the asset's, given what is wrong.
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

/// An asset's bytes behind an HTTP GET, so that a store that speaks HTTP can connect GET and PUT in one pipe:
/// `MavenAssetBody` for a domain, `S3ObjectBody` for a bucket.
///
/// A store that does not know this protocol uses `read`, which requests the bytes in the same way and by the same
/// rules.
package protocol RemoteAssetBody: AssetBody {
    /// Calls `exchange` with a new reading of the bytes and returns its result.
    ///
    /// Before each reading, waits at the source's rates and counts the request. Calls `exchange` again if the source
    /// must be asked again at once: with a new token, for a new address of the bytes, or at the next place where they
    /// may be. An answer without the bytes, and any `TransferFailure` except the destination's, is thrown as a
    /// `RemoteFailure` of the source. Anything else that `exchange` throws is rethrown.
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

/// One reading of an asset: the GET to send, and how to follow its redirect.
package struct AssetReading: Sendable {
    package let request: HTTPRequest
    /// The request that follows a redirect; nil if the head is not a redirect. Throws a `RemoteFailure` for a redirect
    /// that must not be followed, including a reading's second one.
    package let redirect: @Sendable (_ head: HTTPResponseHead) throws -> HTTPRequest?

    package init(
        request: HTTPRequest,
        redirect: @escaping @Sendable (_ head: HTTPResponseHead) throws -> HTTPRequest?
    ) {
        self.request = request
        self.redirect = redirect
    }
}

/// Checks a pipe's bytes like those of an upload, and notes the end of the reading if they are right.
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
