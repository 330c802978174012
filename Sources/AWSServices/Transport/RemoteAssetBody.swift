package import HTTPTransfer
package import ReconcileCore

/// An asset's bytes, read by an HTTP GET, so that a store that speaks HTTP can couple GET and PUT in one pipe:
/// `MavenAssetBody` of a domain, `S3ObjectBody` of a bucket.
///
/// A store that does not know this protocol uses `read`, which asks the same way and keeps the same rules.
package protocol RemoteAssetBody: AssetBody {
    /// Hands `exchange` a fresh reading of the bytes and returns what it ended with.
    ///
    /// Waits at the source's rates before each reading and counts it. When the source refuses its bearer token, the
    /// token is renewed and `exchange` called once more. What the source answers instead of the bytes, and a
    /// `TransferFailure` that is not the destination's, is thrown as a `RemoteFailure` of the source; everything
    /// else that `exchange` throws is thrown on.
    func reading<R: Sendable>(_ exchange: (AssetReading) async throws -> ExchangeEnd<R>) async throws -> R
}

extension RemoteAssetBody {
    package var shortcut: (any AssetShortcut)? { HTTPShortcut(body: self, note: nil) }
}

/// The GET of a remote body, for `AssetUpload`.
struct HTTPShortcut: AssetShortcut {
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
