import Cryptography
package import HTTPTypes
package import Logging
import ReconcileCore

/// Answers the requests of Maven clients from a backup (RFC 9110), and those of browsers with pages. It does not deal
/// with sockets.
///
/// Accepts only GET and HEAD, and never changes anything. A failure of the store is answered with 502, or 503 if a
/// retry may help.
package struct RepositoryResponder: Sendable {
    private let view: RepositoryView
    package let pages: PageResponder?
    /// Counts the responses sent so far; the sender adds to it.
    let served: ServedRequests
    private let token: AccessToken?
    private let realm: String
    private let saysWhy: Bool
    private let logger: Logger

    /// - Parameters:
    ///   - pages: nil to serve no pages.
    ///   - served: the counts that `/metrics` shows.
    ///   - token: the token that clients must send; nil to answer everybody.
    ///   - realm: what the token is for, as shown by clients.
    ///   - saysWhy: whether the client is the operator's own, and may see what the store said when it failed.
    package init(
        view: RepositoryView,
        pages: PageResponder? = nil,
        served: ServedRequests = ServedRequests(version: "unknown"),
        token: AccessToken?,
        realm: String,
        saysWhy: Bool = false,
        logger: Logger
    ) {
        self.view = view
        self.pages = pages
        self.served = served
        self.token = token
        self.realm = realm
        self.saysWhy = saysWhy
        self.logger = logger
    }

    /// The cache of verified object versions.
    var proofs: ProvedVersions { view.proofs }

    /// Reads in the background what pages need from the whole backup, until the task is cancelled; does nothing without
    /// pages.
    func readAhead() async { await pages?.readAhead() }

    package func answer(_ request: HTTPRequest) async -> RepositoryAnswer {
        var answer = await answerAsGet(request)
        // Warning 110 marks a response as stale (RFC 7234, 5.5.1).
        if view.isBehind, answer.head.status.kind == .successful || answer.head.status == .notFound,
            let warning = HTTPField.Name("Warning")
        {
            answer.head.headerFields[warning] = "110 - \"the backup cannot be read now: this was right a while ago\""
        }
        if request.method == .head { answer.body = .none }
        return answer
    }

    /// An S3 key has up to 1,024 bytes, each of which may be percent-encoded; the query is ignored.
    private static let longestTarget = 8_192

    private func answerAsGet(_ request: HTTPRequest) async -> RepositoryAnswer {
        guard request.method == .get || request.method == .head else {
            return .text(.methodNotAllowed, "this repository is read-only", [.allow: "GET, HEAD"])
        }
        let target = request.path ?? ""
        guard target.utf8.count <= Self.longestTarget else {
            return .text(.uriTooLong, "no file has a path of more than \(Self.longestTarget) bytes")
        }
        switch target {
        case "/health": return .text(.ok, "ok")
        case "/ready":
            return await readiness()
        default: break
        }
        if let token, !token.isCarried(by: request.headerFields[.authorization]) {
            return .text(.unauthorized, "a token is required", [.wwwAuthenticate: "Basic realm=\"\(realm)\""])
        }
        if target == "/metrics" {
            let hidden = max(view.lastFoldersNotShown, pages?.view.foldersNotShown ?? 0)
            let text = served.text(isBehind: view.isBehind, hidden: hidden, untrusted: view.untrustedVersions)
            var answer = RepositoryAnswer.text(.ok, text)
            answer.head.headerFields[.contentType] = "text/plain; version=0.0.4; charset=utf-8"
            return answer
        }
        if let pages, PageResponder.isMeant(by: request) { return await page(of: pages, request) }
        do {
            switch try RepositoryPath(target: target) {
            case .file(let version, let name):
                if let answer = try await file(name, in: version, request) { return answer }
            case .metadata(let place, let checksum):
                if let answer = try await metadata(at: place, checksum, request) { return answer }
            }
            try await view.requireRecords()
        } catch RepositoryPath.Refusal.malformed(let reason) {
            return .text(.badRequest, reason)
        } catch RepositoryPath.Refusal.absent {
        } catch {
            return failure(error, to: request)
        }
        return await absent(request)
    }

    private func readiness() async -> RepositoryAnswer {
        do {
            guard let hidden = try await view.foldersNotShown() else {
                return .text(.serviceUnavailable, "the backup cannot be read")
            }
            return .text(.ok, Self.ready(hidden: max(hidden, pages?.view.foldersNotShown ?? 0)))
        } catch {
            logger.error("\(error)")
            return .text(.serviceUnavailable, "\(error)")
        }
    }

    /// Whoever may ask for it needs no token, so it names nothing.
    private static func ready(hidden: Int) -> String {
        guard hidden > 0 else { return "ready" }
        return "ready, but \(Quantity.count(hidden, "folder")) of records cannot be read: what is in there is answered "
            + "with 502, and the server's log says why"
    }

    private func absent(_ request: HTTPRequest) async -> RepositoryAnswer {
        let near = await view.repositories(near: RepositoryPath.repository(of: request.path ?? ""))
        return .text(
            .notFound,
            "the backup holds no such file"
                + (near.isEmpty ? "" : ", and no repository of this name; nearest: \(near.joined(separator: ", "))")
        )
    }

    // MARK: Failures of the store

    /// Returns the response to a failure before any byte of the body was sent; for a browser, a page.
    func failure(_ error: any Error, to request: HTTPRequest) -> RepositoryAnswer {
        let failure = failure(error)
        var answer = RepositoryAnswer.text(failure.status, failure.words)
        if let pages, PageResponder.isMeant(by: request) {
            answer = self.answer(with: pages.failure(failure.words, failure.status, request), request)
        }
        if failure.mayPass { answer.head.headerFields[.retryAfter] = "5" }
        if request.method == .head { answer.body = .none }
        return answer
    }

    private func failure(_ error: any Error) -> (status: HTTPResponse.Status, words: String, mayPass: Bool) {
        switch error {
        case is CancellationError: return (.serviceUnavailable, "the server is shutting down", false)
        case let emptied as RepositoryView.Emptied:
            logger.error("\(emptied)")
            return (.serviceUnavailable, "\(emptied)", true)
        case let late as FirstByteLimit.Passed:
            let words = "the store of the backup has not answered for \(late.limit.components.seconds) seconds"
            logger.error("\(words)")
            return (.serviceUnavailable, words, true)
        default: logger.error("\(error)")
        }
        if let failure = error as? RemoteFailure, failure.kind == .untrusted {
            // Not a 404: the client would look for the file in the next repository.
            return (.badGateway, "the backup has no record of this that can be relied on: \(failure.message)", false)
        }
        if let failure = error as? RemoteFailure, failure.kind == .denied {
            // Not a 404 either: nothing is known about folders that the store does not show.
            let why = saysWhy ? ": \(error)" : "; its log says why"
            return (.badGateway, "the server may not read this part of the backup" + why, false)
        }
        // Only the operator may see what the store said.
        guard let failure = error as? RemoteFailure, failure.isTransient || failure.kind == .unreachable else {
            let why = saysWhy ? ": \(error)" : "; the server's log says why"
            return (.badGateway, "the backup cannot give this file" + why, false)
        }
        return (.serviceUnavailable, "the backup cannot be read at the moment" + (saysWhy ? ": \(failure)" : ""), true)
    }

    // MARK: Pages

    @inline(never)
    private func page(of pages: PageResponder, _ request: HTTPRequest) async -> RepositoryAnswer {
        do {
            let page = try await pages.answer(request)
            if page.status == .notFound { try await view.requireRecords() }
            return answer(with: page, request)
        } catch {
            return failure(error, to: request)
        }
    }

    private func answer(with page: PageResponder.Answer, _ request: HTTPRequest) -> RepositoryAnswer {
        let bytes = Array(page.text.utf8)
        var fields: HTTPFields = [.contentType: page.type, .cacheControl: "private, no-cache", .vary: "Accept"]
        for (name, value) in Self.protection {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        if let seconds = page.retryAfter { fields[.retryAfter] = "\(seconds)" }
        guard page.status == .ok else {
            return RepositoryAnswer(page.status, fields, length: Int64(bytes.count), body: .bytes(bytes))
        }
        let tag = EntityTag(sha256: Hexadecimal.encode(Digest.of(bytes, .sha256)))
        fields[.eTag] = tag.text
        if let answer = answer(toConditionsOf: request, tag, fields) { return answer }
        return RepositoryAnswer(.ok, fields, length: Int64(bytes.count), body: .bytes(bytes))
    }

    /// A page runs no scripts, loads only its own style sheet and icon, and cannot be framed by other sites.
    private static let protection = [
        (
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
    ]

    // MARK: Files of a version

    private func file(
        _ name: String,
        in version: VersionCoordinates,
        _ request: HTTPRequest
    ) async throws -> RepositoryAnswer? {
        if let stored = try await view.asset(name, in: version) { return try await answer(stored, request) }
        let (base, checksum) = RepositoryPath.split(name)
        guard let checksum, let stored = try await view.asset(base, in: version),
            let sum = stored.asset.checksums[checksum]
        else { return nil }
        return answer(Array(sum.utf8), "text/plain", request)
    }

    private func answer(
        _ stored: Manifest.StoredAsset,
        _ request: HTTPRequest
    ) async throws -> RepositoryAnswer {
        let size = stored.asset.size
        let tag = stored.asset.checksums.sha256.map(EntityTag.init(sha256:))
        var fields: HTTPFields = [.contentType: MediaType.of(stored.asset.name)]
        if stored.versionID != nil { fields[.acceptRanges] = "bytes" }
        fields[.eTag] = tag?.text
        if let answer = answer(toConditionsOf: request, tag, fields) { return answer }
        switch range(of: size, tag, request) {
        case .whole:
            return RepositoryAnswer(.ok, fields, length: size, body: .stored(stored, 0..<size))
        case .part(let range):
            guard try await view.proofs.prove(stored) else {
                return RepositoryAnswer(.ok, fields, length: size, body: .stored(stored, 0..<size))
            }
            fields[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
            return RepositoryAnswer(
                .partialContent,
                fields,
                length: Int64(range.count),
                body: .stored(stored, range)
            )
        case .unsatisfiable:
            return .text(.rangeNotSatisfiable, "the file has \(size) bytes", [.contentRange: "bytes */\(size)"])
        }
    }

    /// Returns the response to a conditional request (RFC 9110, 13.2.2); nil if it is to be answered as an
    /// unconditional one.
    private func answer(
        toConditionsOf request: HTTPRequest,
        _ tag: EntityTag?,
        _ fields: HTTPFields
    ) -> RepositoryAnswer? {
        if let field = request.headerFields[.ifMatch], !(tag?.isNamed(inMatch: field) ?? (field == "*")) {
            return .text(.preconditionFailed, "the file has another ETag")
        }
        if let field = request.headerFields[.ifNoneMatch], tag?.isNamed(inNoneMatch: field) == true {
            return RepositoryAnswer(.notModified, fields, length: nil, body: .none)
        }
        return nil
    }

    private func range(of size: Int64, _ tag: EntityTag?, _ request: HTTPRequest) -> RequestRange {
        // Ranges apply only to GET (RFC 9110, 14.2).
        guard request.method == .get else { return .whole }
        if let field = request.headerFields[.ifRange], tag?.isNamed(inRange: field) != true { return .whole }
        return RequestRange(field: request.headerFields[.range], size: size)
    }

    // MARK: Generated documents

    private func metadata(
        at place: RepositoryPath.MetadataPlace,
        _ checksum: ChecksumAlgorithm?,
        _ request: HTTPRequest
    ) async throws -> RepositoryAnswer? {
        let isSnapshot = place.version?.isSnapshot == true
        // A path may name both; try the likelier first, because each costs a list request.
        if isSnapshot, let version = place.version, let answer = try await metadata(in: version, checksum, request) {
            return answer
        }
        if let package = place.package, let document = try await view.metadata(of: package) {
            return answer(document, checksum, request)
        }
        if !isSnapshot, let version = place.version, let answer = try await metadata(in: version, checksum, request) {
            return answer
        }
        if let group = place.group,
            let document = try await view.metadata(ofGroup: group.namespace, in: group.repository)
        {
            return answer(document, checksum, request)
        }
        return nil
    }

    /// Answers with a version's metadata: for a snapshot it is generated, otherwise it is an ordinary asset.
    private func metadata(
        in version: VersionCoordinates,
        _ checksum: ChecksumAlgorithm?,
        _ request: HTTPRequest
    ) async throws -> RepositoryAnswer? {
        if let document = try await view.metadata(ofSnapshot: version) { return answer(document, checksum, request) }
        guard let stored = try await view.asset(MavenMetadata.fileName, in: version) else { return nil }
        guard let checksum else { return try await answer(stored, request) }
        return stored.asset.checksums[checksum].map { answer(Array($0.utf8), "text/plain", request) }
    }

    private func answer(
        _ document: [UInt8],
        _ checksum: ChecksumAlgorithm?,
        _ request: HTTPRequest
    ) -> RepositoryAnswer {
        guard let checksum else { return answer(document, MediaType.xml, request) }
        let sum = Hexadecimal.encode(Digest.of(document, DigestAlgorithm(checksum)))
        return answer(Array(sum.utf8), "text/plain", request)
    }

    private func answer(_ bytes: [UInt8], _ type: String, _ request: HTTPRequest) -> RepositoryAnswer {
        let tag = EntityTag(sha256: Hexadecimal.encode(Digest.of(bytes, .sha256)))
        let fields: HTTPFields = [.contentType: type, .eTag: tag.text]
        if let answer = answer(toConditionsOf: request, tag, fields) { return answer }
        return RepositoryAnswer(.ok, fields, length: Int64(bytes.count), body: .bytes(bytes))
    }
}

/// The media types of files in Maven repositories.
enum MediaType {
    static let xml = "text/xml"

    /// Returns the media type for a file name's extension.
    static func of(_ name: String) -> String {
        switch name.lastIndex(of: ".").map({ name[name.index(after: $0)...] }) {
        case "jar", "war", "ear", "aar": "application/java-archive"
        case "pom", "xml": xml
        case "json", "module": "application/json"
        case "asc", "md5", "sha1", "sha256", "sha512", "txt": "text/plain"
        case "zip": "application/zip"
        case "gz", "tgz": "application/gzip"
        default: "application/octet-stream"
        }
    }
}
