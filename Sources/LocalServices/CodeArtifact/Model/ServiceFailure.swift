/// An error answer of the service: code, HTTP status, and the members that go with the code.
struct ServiceFailure: Error, Hashable, Sendable {
    /// The reason of a ValidationException.
    enum Reason: String, Sendable {
        case cannotParse = "CANNOT_PARSE"
        case fieldValidationFailed = "FIELD_VALIDATION_FAILED"
        case encryptionKey = "ENCRYPTION_KEY_ERROR"
        case unknownOperation = "UNKNOWN_OPERATION"
        case other = "OTHER"
    }

    /// The kind of resource that a ResourceNotFoundException or ConflictException is about.
    enum Resource: String, Sendable {
        case domain, repository, package
        case packageVersion = "package-version"
        case asset
    }

    let code: String
    let status: Int
    let message: String
    var reason: Reason?
    var resourceID: String?
    var resourceType: Resource?
    /// In seconds.
    var retryAfter: Int?

    static func invalid(_ message: String, _ reason: Reason = .fieldValidationFailed) -> ServiceFailure {
        ServiceFailure(code: "ValidationException", status: 400, message: message, reason: reason)
    }

    static func notFound(_ type: Resource, _ id: String) -> ServiceFailure {
        ServiceFailure(
            code: "ResourceNotFoundException",
            status: 404,
            message: "\(type.rawValue) not found: \(id)",
            resourceID: id,
            resourceType: type
        )
    }

    static func conflict(_ type: Resource, _ id: String, _ message: String) -> ServiceFailure {
        ServiceFailure(
            code: "ConflictException",
            status: 409,
            message: message,
            resourceID: id,
            resourceType: type
        )
    }

    static func denied(_ message: String) -> ServiceFailure {
        ServiceFailure(code: "AccessDeniedException", status: 403, message: message)
    }

    static func throttled(retryAfter: Int) -> ServiceFailure {
        ServiceFailure(code: "ThrottlingException", status: 429, message: "Rate exceeded", retryAfter: retryAfter)
    }

    static func `internal`(_ status: Int) -> ServiceFailure {
        ServiceFailure(code: "InternalServerException", status: status, message: "A fault was asked for")
    }

    /// The error as an answer of the AWS restJson1 protocol.
    var answer: ServerAnswer {
        let body = JSON.object([
            "message": .string(message),
            "reason": reason.map { .string($0.rawValue) },
            "resourceId": resourceID.map { .string($0) },
            "resourceType": resourceType.map { .string($0.rawValue) },
        ])
        var headers = [(name: "x-amzn-ErrorType", value: code)]
        if let retryAfter { headers.append(("Retry-After", String(retryAfter))) }
        return .json(status, body, headers: headers)
    }
}
