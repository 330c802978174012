import AWSServices
import HTTPTransfer
import ReconcileCore
import Testing

@Suite("A failed request")
struct FailureClassTests {
    @Test(
        "is classed by its code, else by its status",
        arguments: [
            (400, "ValidationException", .invalid), (401, nil, .credentials),
            (402, "ServiceQuotaExceededException", .invalid),
            (403, "AccessDeniedException", .denied), (403, nil, .denied), (404, "ResourceNotFoundException", .absent),
            (404, nil, .absent), (405, nil, .invalid), (408, nil, .unavailable), (409, "ConflictException", .conflict),
            (412, "PreconditionFailed", .invalid), (429, "ThrottlingException", .throttled), (429, nil, .throttled),
            (500, "InternalServerException", .unavailable), (500, nil, .unavailable), (501, "NotImplemented", .invalid),
            (502, nil, .unavailable), (503, nil, .unavailable), (503, "SlowDown", .throttled), (504, nil, .unavailable),
            (505, nil, .invalid), (301, "PermanentRedirect", .invalid), (307, nil, .invalid), (0, nil, .malformed),
            (400, "Throttling", .throttled), (400, "ThrottledException", .throttled),
            (400, "RequestThrottledException", .throttled), (400, "TooManyRequestsException", .throttled),
            (400, "ProvisionedThroughputExceededException", .throttled),
            (400, "TransactionInProgressException", .throttled), (400, "RequestLimitExceeded", .throttled),
            (400, "BandwidthLimitExceeded", .throttled), (400, "LimitExceededException", .throttled),
            (400, "RequestThrottled", .throttled), (400, "EC2ThrottledException", .throttled),
            (400, "RequestTimeout", .unavailable), (400, "RequestTimeoutException", .unavailable),
            (400, "PriorRequestNotComplete", .unavailable), (400, "IDPCommunicationError", .unavailable),
            (409, "ConditionalRequestConflict", .unavailable), (409, "OperationAborted", .unavailable),
            (400, "ExpiredToken", .credentials), (403, "ExpiredTokenException", .credentials),
            (403, "InvalidSignatureException", .credentials), (403, "SignatureDoesNotMatch", .credentials),
            (403, "UnrecognizedClientException", .credentials), (403, "RequestTimeTooSkewed", .credentials),
            (403, "MissingAuthenticationToken", .credentials), (400, "IncompleteSignature", .credentials),
            (200, "InternalError", .unavailable), (200, "SlowDown", .throttled), (200, "AccessDenied", .denied),
            (400, "KMS.DisabledException", .denied), (400, "KMS.KMSInvalidStateException", .denied),
            (400, "KMS.NotFoundException", .denied), (400, "KMS.ThrottlingException", .throttled),
            (500, "KMS.InternalException", .unavailable),
            (400, "AccessDeniedException", .denied), (400, "DisabledException", .invalid),
            (404, "NotFoundException", .absent),
            (400, "KMSInternalException", .unavailable), (500, "KMSInternalException", .unavailable),
            (503, "DependencyTimeoutException", .unavailable), (500, "KeyUnavailableException", .unavailable),
            (200, nil, .malformed), (400, "BadDigest", .corrupt), (400, "XAmzContentSHA256Mismatch", .corrupt),
        ] as [(Int, String?, RemoteFailure.Kind)]
    )
    func kinds(status: Int, code: String?, kind: RemoteFailure.Kind) {
        #expect(RemoteFailure.kind(status: status, code: code) == kind)
    }

    @Test func `says operation, target, the service's words and the request id`() {
        let response = HTTPResponse(head: HTTPResponseHead(status: 404))
        let fault = ServiceFault(
            code: "ResourceNotFoundException",
            message: "Package not\n\u{1B} found",
            requestID: "5b1f"
        )
        #expect(
            RemoteFailure(
                answered: response,
                fault: fault,
                operation: CodeArtifactOperations.listPackages,
                target: "releases"
            )
            .description
                == "codeartifact.ListPackages releases: status 404 ResourceNotFoundException: Package not found "
                + "(request 5b1f) (absent)"
        )
    }

    @Test func `has its words, code and date on one line of bounded length`() {
        let head = HTTPResponseHead(
            status: 403,
            headers: ["Date": "Thu,\u{1B}[2J" + String(repeating: "x", count: 2_000)]
        )
        let failure = RemoteFailure(
            answered: HTTPResponse(head: head),
            fault: ServiceFault(code: "RequestExpired", message: "a\r\nb"),
            operation: .work("o"),
            target: "t"
        )
        #expect(
            failure.message
                == "This machine's clock differs too much from the service's (Thu, [2J\(String(repeating: "x", count: 32))): "
                + "set it right. The service said: status 403 RequestExpired: a b"
        )
        let coded = RemoteFailure(
            answered: HTTPResponse(head: HTTPResponseHead(status: 400)),
            fault: ServiceFault(code: "Bad\nCode\u{0}"),
            operation: .work("o"),
            target: "t"
        )
        #expect(coded.message == "status 400 Bad Code ")
        let long = RemoteFailure(
            .malformed,
            operation: .work("o"),
            target: "t",
            message: String(repeating: "é", count: 5_000)
        )
        #expect(long.message == String(repeating: "é", count: 1_000) + "…")
    }

    @Test func `shows 300 characters of the service's words`() {
        let response = HTTPResponse(head: HTTPResponseHead(status: 400))
        let fault = ServiceFault(message: String(repeating: "é", count: 100_000))
        let failure = RemoteFailure(answered: response, fault: fault, operation: S3Operations.put, target: "key")
        #expect(failure.message == "status 400: \(String(repeating: "é", count: 300))…")
    }

    @Test(
        "asks for a wait in the headers",
        arguments: [
            (["Retry-After": "7"], .seconds(7)), (["retry-after": " 0 "], .zero),
            (["x-amz-retry-after": "1500", "Retry-After": "7"], .milliseconds(1500)),
            (["Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"], nil), (["Retry-After": "-1"], nil),
            (["Retry-After": "99999999999999999999"], nil), (["Retry-After": "1.5"], nil), ([:], nil),
        ] as [(HTTPHeaders, Duration?)]
    )
    func waits(headers: HTTPHeaders, wait: Duration?) {
        let response = HTTPResponse(head: HTTPResponseHead(status: 429, headers: headers))
        let failure = RemoteFailure(answered: response, fault: ServiceFault(), operation: .work("o"), target: "t")
        #expect(failure.retryAfter == wait)
        #expect(failure.kind == .throttled)
    }

    @Test(
        "of credentials starts with what to do",
        arguments: [
            (
                "InvalidSignatureException", "Signature expired: 20260115T120000Z is now earlier than …",
                "This machine's clock differs too much from the service's (Thu, 15 Jan 2026 13:00:00 GMT): set it right."
            ),
            (
                "RequestTimeTooSkewed", "The difference between …",
                "This machine's clock differs too much from the service's (Thu, 15 Jan 2026 13:00:00 GMT): set it right."
            ),
            (
                "SignatureDoesNotMatch", "The request signature we calculated …",
                "The AWS secret key does not match its access key id, or the region is wrong."
            ),
            (
                "UnrecognizedClientException", "The security token …",
                "The service does not know this AWS access key: check which credentials and account are used."
            ),
            ("ExpiredTokenException", "…", "The AWS credentials have expired and could not be renewed: sign in again."),
            ("MissingAuthenticationToken", "…", "The service did not accept the AWS credentials."),
        ]
    )
    func advice(code: String, message: String, advice: String) {
        let head = HTTPResponseHead(status: 403, headers: ["Date": "Thu, 15 Jan 2026 13:00:00 GMT"])
        let fault = ServiceFault(code: code, message: message)
        let failure = RemoteFailure(
            answered: HTTPResponse(head: head),
            fault: fault,
            operation: CodeArtifactOperations.listPackages,
            target: "releases"
        )
        #expect(failure.kind == .credentials)
        #expect(failure.message == "\(advice) The service said: status 403 \(code): \(message)")
    }

    @Test(
        "without an answer is classed by what may help",
        arguments: [
            (.unresolved, .unavailable), (.unreachable, .unavailable), (.timedOut, .unavailable),
            (.broken, .unavailable),
            (.untrusted, .credentials), (.invalidRequest, .invalid), (.tooLarge, .invalid),
        ] as [(TransferFailure.Kind, RemoteFailure.Kind)]
    )
    func transfers(transfer: TransferFailure.Kind, kind: RemoteFailure.Kind) {
        let failure = TransferFailure(transfer, message: "GET https://example.com/a failed.")
        #expect(
            RemoteFailure(failure, operation: MavenOperations.getAsset, target: "a.jar")
                == RemoteFailure(
                    kind,
                    operation: MavenOperations.getAsset,
                    target: "a.jar",
                    message: "GET https://example.com/a failed.",
                    lacksAnswer: transfer != .tooLarge
                )
        )
    }
}
