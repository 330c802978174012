package import FoundationEssentials

/// A request as a server received it.
package struct ReceivedRequest: Sendable {
    package var method: String
    /// Path and query of the request line, untouched.
    package var target: String
    /// All headers, including `Host`.
    package var headers: [NamedValue]
    /// The whole body; nil if it is streamed, and then the hash declared in the headers is not checked against it.
    package var body: [UInt8]?

    package init(method: String, target: String, headers: [NamedValue], body: [UInt8]?) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// The first value of a header, given its name in lower case.
    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }
}

/// Why a server rejects a signature.
package enum SignatureFault: Error, Sendable, Hashable {
    case missingHeader(String)
    case unknownAlgorithm(String)
    /// The Authorization header is incomplete or malformed.
    case unreadable(String)
    /// The request's time is too far from the server's; positive if the request is late.
    case skew(seconds: Int)
    case badScope(presented: String, expected: String)
    case unknownKey(String)
    /// A header that must be signed is not.
    case unsignedHeader(String)
    case wrongSessionToken
    /// The declared hash is not the body's.
    case wrongPayload(declared: String)
    /// The signatures differ. Carries the server's canonical request, to compare with the client's.
    case mismatch(canonicalRequest: String)
}

extension SignatureFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missingHeader(let name): "the header \(name) is missing"
        case .unknownAlgorithm(let name): "the signing algorithm \(name) is not \(SignatureV4.algorithm)"
        case .unreadable(let part): "the Authorization header cannot be read: \(part)"
        case .skew(let seconds): "the request was signed \(abs(seconds)) s \(seconds > 0 ? "ago" : "in the future")"
        case .badScope(let presented, let expected): "the credential scope is \(presented), not \(expected)"
        case .unknownKey(let id): "the access key id \(id) is not known"
        case .unsignedHeader(let name): "the header \(name) has to be signed and is not"
        case .wrongSessionToken: "the session token does not belong to the access key"
        case .wrongPayload(let declared): "the body does not have the declared hash \(declared)"
        case .mismatch(let canonical): "the signature does not match; canonical request:\n\(canonical)"
        }
    }
}

/// The parts of an Authorization header, before they are verified.
package struct PresentedSignature: Sendable, Hashable {
    package let accessKeyID: String
    package let day: String
    package let region: String
    package let service: String
    /// In lower case, in the order given.
    package let signedHeaders: [String]
    package let signature: String

    /// Reads the header's value; spaces after its commas are optional.
    package init(authorization: String) throws(SignatureFault) {
        let words = authorization.split(separator: " ", maxSplits: 1)
        guard let algorithm = words.first, words.count == 2 else { throw .unreadable("it has no parts") }
        guard algorithm == SignatureV4.algorithm else { throw .unknownAlgorithm(String(algorithm)) }
        var parts: [Substring: Substring] = [:]
        for part in words[1].split(separator: ",") {
            let trimmed = part.drop { $0 == " " }
            guard let equals = trimmed.firstIndex(of: "=") else { throw .unreadable("a part without =") }
            parts[trimmed[..<equals]] = trimmed[trimmed.index(after: equals)...]
        }
        guard let credential = parts["Credential"] else { throw .unreadable("no Credential") }
        guard let names = parts["SignedHeaders"] else { throw .unreadable("no SignedHeaders") }
        guard let signature = parts["Signature"] else { throw .unreadable("no Signature") }
        let scope = credential.split(separator: "/", omittingEmptySubsequences: false)
        guard scope.count == 5, scope[4] == "aws4_request" else { throw .unreadable("a Credential of another form") }
        accessKeyID = String(scope[0])
        day = String(scope[1])
        region = String(scope[2])
        service = String(scope[3])
        signedHeaders = names.split(separator: ";").map(String.init)
        self.signature = String(signature)
    }
}

extension SignatureV4 {
    /// Recomputes the signature of a received request with the secret that belongs to its access key.
    ///
    /// Returns normally if the owner of the credentials signed this request within `tolerance` of `now`; throws
    /// otherwise.
    package func verify(
        _ request: ReceivedRequest,
        with credentials: AWSCredentials,
        at now: Date,
        tolerance: Duration = .seconds(900)
    ) throws(SignatureFault) {
        guard let authorization = request.header("authorization") else { throw .missingHeader("authorization") }
        let presented = try PresentedSignature(authorization: authorization)
        guard presented.accessKeyID == credentials.accessKeyID else { throw .unknownKey(presented.accessKeyID) }

        guard let stamp = request.header("x-amz-date") else { throw .missingHeader("x-amz-date") }
        guard let date = SigningTime.date(of: stamp) else { throw .unreadable("x-amz-date \(stamp) is no time") }
        let age = Int(now.timeIntervalSince(date))
        guard Duration.seconds(abs(age)) <= tolerance else { throw .skew(seconds: age) }

        let time = SigningTime(date)
        let presentedScope = "\(presented.day)/\(presented.region)/\(presented.service)/aws4_request"
        guard presentedScope == scope(time) else {
            throw .badScope(presented: presentedScope, expected: scope(time))
        }
        guard request.header("x-amz-security-token") == credentials.sessionToken else { throw .wrongSessionToken }

        let headers = try signedHeaders(of: request, presented)
        let split = request.target.firstIndex(of: "?") ?? request.target.endIndex
        let canonical = CanonicalRequest(
            method: request.method,
            path: CanonicalRequest.path(String(request.target[..<split]), service: service),
            query: CanonicalRequest.query(Self.parameters(request.target[split...].dropFirst())),
            headers: headers,
            payloadHash: try payloadHash(of: request)
        )
        let expected = signature(of: canonical, secret: credentials.secretAccessKey, time: time)
        guard expected == presented.signature else {
            throw .mismatch(canonicalRequest: String(decoding: canonical.bytes, as: UTF8.self))
        }
    }

    /// The headers that the signature covers. Each must be present, and `host` and all `x-amz-*` headers must be
    /// covered.
    private func signedHeaders(
        of request: ReceivedRequest,
        _ presented: PresentedSignature
    ) throws(SignatureFault) -> [NamedValue] {
        let covered = Set(presented.signedHeaders)
        guard covered.contains("host") else { throw .unsignedHeader("host") }
        var found: Set<String> = []
        var headers: [NamedValue] = []
        for header in request.headers {
            let name = header.name.lowercased()
            if covered.contains(name) {
                found.insert(name)
                headers.append((name, header.value))
            } else if name.hasPrefix("x-amz-") {
                throw .unsignedHeader(name)
            }
        }
        if let missing = presented.signedHeaders.first(where: { !found.contains($0) }) { throw .missingHeader(missing) }
        return headers
    }

    /// The signed payload hash: the declared one; without a declaration, which S3 requires, that of the body, or of an
    /// empty body if it is streamed.
    private func payloadHash(of request: ReceivedRequest) throws(SignatureFault) -> String {
        let actual = request.body.map { Hexadecimal.encode(Digest.of($0, .sha256)) }
        guard let declared = request.header("x-amz-content-sha256") else {
            if service == "s3" { throw .missingHeader("x-amz-content-sha256") }
            return actual ?? Self.emptyHash
        }
        let isHash = Hexadecimal.decode(declared)?.count == DigestAlgorithm.sha256.length
        if let actual, isHash, actual != declared { throw .wrongPayload(declared: declared) }
        return declared
    }

    /// Decodes the parameters of a query as sent; a name or value that cannot be decoded is used unchanged.
    private static func parameters(_ query: Substring) -> [NamedValue] {
        query.split(separator: "&").map { pair in
            let equals = pair.firstIndex(of: "=") ?? pair.endIndex
            let name = pair[..<equals]
            let value = pair[equals...].dropFirst()
            return (PercentEncoding.decode(name) ?? String(name), PercentEncoding.decode(value) ?? String(value))
        }
    }
}
