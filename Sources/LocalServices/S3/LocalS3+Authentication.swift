import Cryptography
import FoundationEssentials

/// Verifies request signatures.
extension LocalS3 {
    /// Rejects a request that none of the credentials signed, or whose body is not the one that was signed.
    func authenticate(_ request: ServerRequest, body: LocalS3Body) throws(LocalS3Error) {
        if !configuration.checksSignatures, request.header("authorization") == nil { return }
        do throws(SignatureFault) {
            guard let authorization = request.header("authorization") else { throw .missingHeader("authorization") }
            let presented = try PresentedSignature(authorization: authorization)
            guard let owner = configuration.credentials.first(where: { $0.accessKeyID == presented.accessKeyID })
            else { throw .unknownKey(presented.accessKeyID) }
            try signature.verify(
                ReceivedRequest(method: request.method, target: request.target, headers: request.headers, body: nil),
                with: owner,
                at: now
            )
            let declared = request.header("x-amz-content-sha256") ?? ""
            if Hexadecimal.decode(declared)?.count == body.sha256.count, Hexadecimal.decode(declared) != body.sha256 {
                throw .wrongPayload(declared: declared)
            }
            if let expiration = owner.expiration, expiration <= now { throw .wrongSessionToken }
        } catch {
            throw refusal(error)
        }
        if let declared = request.header("x-amz-content-sha256"), declared.hasPrefix("STREAMING-") {
            throw LocalS3Error(501, "NotImplemented", "Bodies that are signed in chunks are not supported.")
        }
    }

    /// S3's own answer to each fault (API Reference, Error responses).
    private func refusal(_ fault: SignatureFault) -> LocalS3Error {
        switch fault {
        case .missingHeader("authorization"), .unsignedHeader:
            LocalS3Error(403, "AccessDenied", "Access Denied: \(fault)")
        case .missingHeader, .unknownAlgorithm:
            LocalS3Error(400, "InvalidRequest", "\(fault)")
        case .unreadable:
            LocalS3Error(400, "AuthorizationHeaderMalformed", "\(fault)")
        case .badScope:
            LocalS3Error(
                400,
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; \(fault)",
                details: [("Region", configuration.region)]
            )
        case .skew:
            LocalS3Error(403, "RequestTimeTooSkewed", "The difference between the times is too large: \(fault)")
        case .unknownKey:
            LocalS3Error(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        case .wrongSessionToken:
            LocalS3Error(400, "ExpiredToken", "The provided token has expired or does not belong to the key.")
        case .wrongPayload:
            LocalS3Error(
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed."
            )
        case .mismatch(let canonicalRequest):
            LocalS3Error(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
                details: [("CanonicalRequest", canonicalRequest)]
            )
        }
    }
}
