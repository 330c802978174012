import Cryptography
import FoundationEssentials

/// The asset that a pre-signed URL refers to.
struct AssetKey: Hashable, Sendable {
    let repository: MavenRepository
    let package: PackageKey
    let version: String
    let name: String
}

/// The second listener, which plays the S3 bucket that assets are redirected to.
extension LocalCodeArtifact {
    // In seconds. The service's pre-signed S3 URLs are valid for some minutes.
    private static let lifetime: TimeInterval = 300

    /// A URL that can be read without any header until it expires.
    func signedURL(of key: AssetKey, on host: String, at now: Date) -> String {
        // Leave out the name of the configuration's domain.
        let domain = key.repository.domain == configuration.domain ? [] : [key.repository.domain]
        let path = (domain + [key.repository.name, key.package.namespace, key.package.name, key.version, key.name])
            .reduce("/assets") { "\($0)/\(PercentEncoding.encode($1, keepSlash: false))" }
        let expires = Int64(now.addingTimeInterval(Self.lifetime).timeIntervalSince1970)
        return "\(assetEndpoint(on: host))\(path)?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=\(expires)"
            + "&X-Amz-Signature=\(signature(path, expires))"
    }

    /// Answers like S3: 400 if there is an Authorization header, 403 if the signature is wrong or expired.
    func answerAsset(_ request: ServerRequest) async throws -> ServerAnswer {
        let effect: Fault.Effect?
        do {
            effect = try await admit(
                "assets.\(request.method == "HEAD" ? "HeadObject" : "GetObject")",
                request: request,
                drawingOn: nil
            )
        } catch let failure as ServiceFailure {
            return Self.error(failure)
        }
        guard request.header("authorization") == nil else {
            return Self.error(
                400,
                "InvalidArgument",
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
                    + "parameter or the Authorization header should be specified"
            )
        }
        let query = Dictionary(request.query.map { ($0.name, $0.value) }) { first, _ in first }
        // The signature is for GET, so the URL is not valid for other methods.
        guard request.method == "GET", let expires = query["X-Amz-Expires"].flatMap(Int64.init),
            query["X-Amz-Signature"] == signature(request.path, expires)
        else { return Self.error(403, "SignatureDoesNotMatch", "The signature of the address does not match") }
        guard Double(expires) > Date.now.timeIntervalSince1970 else {
            return Self.error(403, "AccessDenied", "Request has expired")
        }
        guard var segments = request.segments?.dropFirst(), (5...6).contains(segments.count) else {
            return Self.error(404, "NoSuchKey", "The specified key does not exist.")
        }
        let domain = segments.count == 6 ? segments.removeFirst() : configuration.domain
        let names = Array(segments)
        let repository = MavenRepository(domain: domain, name: names[0])
        let package = PackageKey(namespace: names[1], name: names[2])
        guard
            let asset = try? readable(names[4], version: names[3], of: package, in: repository)
        else { return Self.error(404, "NoSuchKey", "The specified key does not exist.") }
        var answer = try Self.content(asset.content)
        (effect ?? Fault.Effect(of: query))?.damage(&answer)
        return answer
    }

    /// The bytes of an asset, streamed.
    static func content(_ content: AssetContent) throws -> ServerAnswer {
        ServerAnswer(
            200,
            headers: [("Content-Type", "application/octet-stream")],
            body: .stream(length: try content.size()) { send in try await content.read(send) }
        )
    }

    private func signature(_ path: String, _ expires: Int64) -> String {
        Hexadecimal.encode(Digest.of(Array("\(secret)\n\(path)\n\(expires)".utf8), .sha256))
    }

    /// A refusal or failure as an S3 error.
    private static func error(_ failure: ServiceFailure) -> ServerAnswer {
        let code =
            switch failure.status {
            case 403: "AccessDenied"
            case 429, 503: "SlowDown"
            default: "InternalError"
            }
        var answer = error(failure.status, code, failure.message)
        if let seconds = failure.retryAfter { answer.headers.append(("Retry-After", String(seconds))) }
        return answer
    }

    private static func error(_ status: Int, _ code: String, _ message: String) -> ServerAnswer {
        let body = """
            <?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>\(code)</Code><Message>\(message)</Message></Error>
            """
        return ServerAnswer(status, headers: [("Content-Type", "application/xml")], body: .bytes(Array(body.utf8)))
    }
}
