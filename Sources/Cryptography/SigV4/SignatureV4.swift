package import FoundationEssentials

/// Signs requests to one service in one region with AWS Signature Version 4.
///
/// Copies share the derived signing key, so create one value per region and service and keep it. To repeat an attempt,
/// sign again with a later time; a signed request is valid for only a few minutes.
package struct SignatureV4: Sendable {
    package let region: String
    /// The signing name, such as `codeartifact`, `s3` or `sts`.
    package let service: String
    let keys: SigningKeyCache

    static let algorithm = "AWS4-HMAC-SHA256"
    /// Never signed: these headers are hop-by-hop or rewritten on the way, and `authorization` is the signature itself.
    static let unsignedHeaders: Set<String> = [
        "authorization", "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
        "trailer", "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id",
    ]

    package init(region: String, service: String) {
        self.region = region
        self.service = service
        keys = SigningKeyCache(region: region, service: service)
    }

    /// Signs a request. Covers every given header except those in `unsignedHeaders`.
    package func sign(
        _ request: SignableRequest,
        with credentials: AWSCredentials,
        at date: Date
    ) -> SignedRequest {
        let time = SigningTime(date)
        let (payloadHash, declared) = payload(of: request)

        var sent: [NamedValue] = []
        var signed: [NamedValue] = []
        sent.reserveCapacity(request.headers.count + 4)
        signed.reserveCapacity(request.headers.count + 4)
        signed.append(("host", request.host))
        for header in request.headers {
            let name = header.name.lowercased()
            switch name {
            case "host", "authorization", "x-amz-date", "x-amz-security-token": continue
            case "x-amz-content-sha256" where declared != nil: continue
            default: break
            }
            sent.append(header)
            if !Self.unsignedHeaders.contains(name) { signed.append((name, header.value)) }
        }
        func add(_ name: String, _ lowercased: String, _ value: String) {
            sent.append((name, value))
            signed.append((lowercased, value))
        }
        add("X-Amz-Date", "x-amz-date", time.stamp)
        if let token = credentials.sessionToken { add("X-Amz-Security-Token", "x-amz-security-token", token) }
        if let declared { add("X-Amz-Content-SHA256", "x-amz-content-sha256", declared) }

        let query = CanonicalRequest.query(request.query)
        let canonical = CanonicalRequest(
            method: request.method,
            path: CanonicalRequest.path(request.path, service: service),
            query: query,
            headers: signed,
            payloadHash: payloadHash
        )
        let signature = signature(of: canonical, secret: credentials.secretAccessKey, time: time)
        let credential = "\(credentials.accessKeyID)/\(scope(time))"
        sent.append(
            (
                "Authorization",
                "\(Self.algorithm) Credential=\(credential), SignedHeaders=\(canonical.signedHeaders), "
                    + "Signature=\(signature)"
            )
        )
        let path = request.path.isEmpty ? "/" : request.path
        return SignedRequest(
            pathAndQuery: query.isEmpty ? path : "\(path)?\(query)",
            headers: sent,
            signature: signature
        )
    }

    /// The signature of a canonical request, lower-case hexadecimal.
    func signature(of canonical: CanonicalRequest, secret: String, time: SigningTime) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(192)
        text.append(contentsOf: Self.algorithm.utf8)
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: time.stamp.utf8)
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: scope(time).utf8)
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: Hexadecimal.digits(of: Digest.of(canonical.bytes, .sha256)))
        return Hexadecimal.encode(HMAC.sha256(key: keys.key(secret: secret, day: time.day), text))
    }

    /// The credential scope, such as `20260115/us-west-2/s3/aws4_request`.
    func scope(_ time: SigningTime) -> String {
        "\(time.day)/\(region)/\(service)/aws4_request"
    }

    /// The payload hash, and the value to send in `X-Amz-Content-SHA256`; nil to send none. S3 requires that header;
    /// for other services, one from the caller is used unchanged.
    private func payload(of request: SignableRequest) -> (hash: String, declared: String?) {
        let given = request.headers.first { $0.name.lowercased() == "x-amz-content-sha256" }?.value
        if service != "s3", let given { return (given, nil) }
        let hash =
            switch request.payload {
            case .bytes([]): Self.emptyHash
            case .bytes(let bytes): Hexadecimal.encode(Digest.of(bytes, .sha256))
            case .sha256(let hash): hash
            case .unsigned: Self.unsignedPayload
            }
        // An unsigned payload must always be declared, or the service hashes the body.
        return (hash, service == "s3" || hash == Self.unsignedPayload ? hash : nil)
    }

    static let unsignedPayload = "UNSIGNED-PAYLOAD"
    static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
}
