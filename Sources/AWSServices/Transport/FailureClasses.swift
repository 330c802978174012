package import HTTPTransfer
package import ReconcileCore

// Classifies error answers and broken transfers: by the error's code if it has one, otherwise by the status. The sets
// of codes are those of the AWS SDKs' standard retry mode.

extension RemoteFailure {
    /// The failure for an error answer.
    ///
    /// The message is the service's own, at most 300 characters, with code and request ID. For rejected credentials it
    /// starts with what to do, and for a denied operation with the IAM actions that it requires.
    package init(answered response: HTTPResponse, fault: ServiceFault, operation: ServiceOperation, target: String) {
        self.init(answered: response, fault: fault, operation: operation, target: target, skew: nil)
    }

    /// - Parameter skew: the clock difference, if the answer shows a noticeable one.
    init(
        answered response: HTTPResponse,
        fault: ServiceFault,
        operation: ServiceOperation,
        target: String,
        skew: ClockSkew?
    ) {
        let kind = Self.kind(status: response.status, code: fault.code, of: operation.service)
        let denial = Self.denial(fault, kind, of: operation.service)
        var message = Self.words(status: response.status, fault: fault)
        if [.foreign, .noACLs, .unusableKey].contains(denial?.cause) {
            message = "\(denial?.remedy(operation.kind) ?? ""). It said: \(message)"
        } else if let advice = Self.advice(for: fault, kind: kind, date: response.head.headers["date"], skew: skew) {
            message = "\(advice) The service said: \(message)"
        } else if kind == .denied, !operation.actions.isEmpty {
            let remedy = denial?.remedy(operation.kind).map { "\($0). " } ?? ""
            let needed = denial?.ofKey ?? operation.actions.joined(separator: " and ")
            message = "Not allowed: this request needs \(needed). \(remedy)The service said: \(message)"
        }
        self.init(
            kind,
            operation: operation,
            target: target,
            message: message,
            retryAfter: Self.retryAfter(response.head.headers),
            denial: denial
        )
    }

    /// The reason for a denial; nil if the answer is not one.
    private static func denial(_ fault: ServiceFault, _ kind: Kind, of service: String) -> Denial? {
        let words = fault.message.map(oneLine) ?? ""
        // A bucket with "bucket owner enforced" rejects all ACLs (S3 user guide, Controlling ownership of objects).
        if fault.code == "AccessControlListNotSupported" { return Denial(.noACLs, words: words) }
        guard kind == .denied else { return nil }
        if fault.code.map({ saysUnusableKey($0, of: service) }) == true { return Denial(.unusableKey, words: words) }
        if fault.isForeign { return Denial(.foreign, words: words) }
        return Denial(fault.message.flatMap(Denial.Cause.init(said:)), words: words)
    }

    /// The failure for a transfer without a complete answer.
    package init(_ failure: TransferFailure, operation: ServiceOperation, target: String) {
        let kind: Kind =
            switch failure.kind {
            case .untrusted: .credentials
            case _ where failure.isTransient: .unavailable
            default: .invalid
            }
        self.init(
            kind,
            operation: operation,
            target: target,
            message: failure.message,
            // An answer that is too long is still an answer.
            lacksAnswer: failure.kind != .tooLarge
        )
    }

    /// The kind of failure for an error answer.
    ///
    /// - Parameter service: the API that answered; needed because some codes mean different things in different APIs.
    package static func kind(status: Int, code: String?, of service: String = "") -> Kind {
        if let code {
            if throttlingCodes.contains(code) { return .throttled }
            if transientCodes.contains(code) { return .unavailable }
            if credentialCodes.contains(code) { return .credentials }
            if digestCodes.contains(code) { return .corrupt }
            if code.hasPrefix(keyCodes), (400..<500).contains(status) {
                return code.contains("Throttling") ? .throttled : .denied
            }
            // The services with AWS JSON protocols deny with status 400.
            if code == "AccessDeniedException" || saysUnusableKey(code, of: service), (400..<500).contains(status) {
                return .denied
            }
        }
        switch status {
        // S3 may hit an error after it has started a 200; then only the code identifies it.
        case 200..<300 where code == "AccessDenied": return .denied
        case 200..<300 where code != nil: return .unavailable
        case 401: return .credentials
        case 403 where code == "InvalidObjectState": return .archived
        case 403: return .denied
        case 404: return .absent
        case 409: return .conflict
        case 429: return .throttled
        // Not implemented, and HTTP version not supported: repeating the request will not help.
        case 501, 505: return .invalid
        case 408, 500..<600: return .unavailable
        // A redirect of a signed request means that the endpoint or region is wrong.
        case 300..<500: return .invalid
        default: return .malformed
        }
    }

    /// The wait that an answer requests: `x-amz-retry-after` in milliseconds, otherwise `Retry-After` in seconds; nil
    /// without a plausible one.
    package static func retryAfter(_ headers: HTTPHeaders) -> Duration? {
        if let milliseconds = headers["x-amz-retry-after"].flatMap(wholeNumber) { return .milliseconds(milliseconds) }
        return headers["retry-after"].flatMap(wholeNumber).map { .seconds($0) }
    }

    private static func wholeNumber(_ text: String) -> Int64? {
        Int64(text.filter { $0 != " " }).flatMap { (0...86_400_000).contains($0) ? $0 : nil }
    }

    static func words(status: Int, fault: ServiceFault) -> String {
        var words = "status \(status)"
        if let code = fault.code { words += " \(code.prefix(100))" }
        if let message = fault.message.map(oneLine), !message.isEmpty { words += ": \(message)" }
        if let id = fault.requestID { words += " (request \(oneLine(id).prefix(100)))" }
        return words
    }

    private static func oneLine(_ text: String) -> String {
        let plain = text.prefix(2 * ServiceFault.messageLimit).unicodeScalars
            .map { $0.isControl ? " " : Character($0) }
        let words = String(plain).split(separator: " ").joined(separator: " ")
        return words.count > ServiceFault.messageLimit ? words.prefix(ServiceFault.messageLimit) + "…" : words
    }

    private static func advice(for fault: ServiceFault, kind: Kind, date: String?, skew: ClockSkew?) -> String? {
        guard kind == .credentials else { return nil }
        switch (fault.code, skew) {
        case (_, let skew?) where fault.saysClockIsWrong:
            return "Set the clock right: \(skew.words)."
        case ("InvalidSignatureException", let skew?), ("SignatureDoesNotMatch", let skew?):
            return "Set the clock right: \(skew.words). If requests are still refused, the AWS secret key does not "
                + "match its access key id, or the region is wrong."
        default: break
        }
        switch fault.code {
        case _ where fault.saysClockIsWrong:
            let shown = date.map { " (\($0.prefix(40)))" } ?? ""
            return "This machine's clock differs too much from the service's\(shown): set it right."
        case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
            return "The AWS credentials have expired and could not be renewed: sign in again."
        case "InvalidSignatureException", "SignatureDoesNotMatch":
            return "The AWS secret key does not match its access key id, or the region is wrong."
        case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId":
            return "The service does not know this AWS access key: check which credentials and account are used."
        default:
            return fault.code == nil ? nil : "The service did not accept the AWS credentials."
        }
    }

    private static let throttlingCodes: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
        "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
        "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "RequestThrottled", "SlowDown",
        "EC2ThrottledException",
    ]

    private static let transientCodes: Set<String> = [
        "RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete", "IDPCommunicationError",
        // Two writers collided at one key; S3 asks to repeat the request (API Reference, PutObject).
        "ConditionalRequestConflict", "OperationAborted",
        // Fewer bytes arrived than announced, since the connection broke (S3 API Reference, Error responses).
        "IncompleteBody",
        // KMS advises a retry for each of these (API Reference, Sign).
        "DependencyTimeoutException", "KMSInternalException", "KeyUnavailableException",
    ]

    /// Whether nobody can use a key at present: S3 reports this for the bucket's key, KMS for the key in the request.
    private static func saysUnusableKey(_ code: String, of service: String) -> Bool {
        code.hasPrefix(keyCodes) || (service == "kms" && unusableKeyCodes.contains(code))
    }

    // From the KMS API Reference, Sign and GetPublicKey.
    private static let unusableKeyCodes: Set<String> = [
        "DisabledException", "InvalidKeyUsageException", "KMSInvalidStateException", "NotFoundException",
        "UnsupportedOperationException",
    ]

    // S3 passes on KMS errors about the bucket's key: KMS.DisabledException, KMS.KMSInvalidStateException and others.
    private static let keyCodes = "KMS."

    // The bytes that arrived are not the ones announced (S3 API Reference, Error responses).
    private static let digestCodes: Set<String> = [
        "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch",
    ]

    private static let credentialCodes: Set<String> = [
        "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired",
        "InvalidSignatureException", "SignatureDoesNotMatch",
        "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture",
        "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "InvalidToken",
        "MissingAuthenticationToken", "MissingAuthenticationTokenException",
        "IncompleteSignature", "IncompleteSignatureException", "AuthFailure", "NotSignedUp", "OptInRequired",
    ]
}
