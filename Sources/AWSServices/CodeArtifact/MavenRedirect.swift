import HTTPTransfer
import ReconcileCore
import Synchronization

/// Decides on the one redirect that a Maven endpoint may send: to a pre-signed URL of the store that has the bytes.
///
/// Allows one hop, to https (to http only if the endpoint itself is http on this machine), and drops the bearer token:
/// S3 rejects a request with two kinds of authentication. Use a new value for each reading.
final class MavenRedirect: Sendable {
    private let endpoint: ServiceEndpoint
    private let operation: ServiceOperation
    private let target: String
    private let check: @Sendable (_ store: String) throws(RemoteFailure) -> Void
    private let taken = Mutex<String?>(nil)

    /// - Parameter check: throws if this host must not be contacted.
    init(
        from endpoint: ServiceEndpoint,
        operation: ServiceOperation,
        target: String,
        check: @escaping @Sendable (_ store: String) throws(RemoteFailure) -> Void = { _ in }
    ) {
        self.endpoint = endpoint
        self.operation = operation
        self.target = target
        self.check = check
    }

    /// The host of the asset store, once the endpoint has redirected to it; nil before.
    var store: String? { taken.withLock { $0 } }

    /// The GET that follows `request` after this answer; nil if the answer is not a redirect.
    ///
    /// Throws a `malformed` failure for a redirect that must not be followed. Never reveals the new URL's path and
    /// query: anyone who sees them can read the asset.
    func next(after request: HTTPRequest, _ head: HTTPResponseHead) throws -> HTTPRequest? {
        guard Self.statuses.contains(head.status) else { return nil }
        guard self.store == nil else {
            throw failure("The redirected request was redirected again; only one redirect is followed.")
        }
        guard let location = head.headers["location"] else {
            throw failure("The endpoint answered with a redirect (status \(head.status)) that names no location.")
        }
        guard let store = try? ServiceEndpoint(String(Substring(location.utf8.prefix { $0 != UInt8(ascii: "?") })))
        else {
            throw failure("The endpoint answered with a redirect to something that is not an http or https URL.")
        }
        guard store.scheme == .https || (endpoint.scheme == .http && endpoint.isLoopback) else {
            throw failure(
                "The endpoint answered with a redirect to plain http on \(store.host); only https is followed."
            )
        }
        try check(store.host)
        taken.withLock { $0 = store.host }
        var next = HTTPRequest(method: .get, url: location, headers: ["Accept": "*/*"], deadlines: request.deadlines)
        next.label = request.label
        next.label?.showsPath = false
        return next
    }

    private func failure(_ message: String) -> RemoteFailure {
        RemoteFailure(.malformed, operation: operation, target: target, message: message)
    }

    static let statuses: Set<Int> = [301, 302, 303, 307, 308]
}
