/// What can be wrong with a request, or go wrong with it on this side.
extension HTTPRequest {
    func failure(_ kind: TransferFailure.Kind, _ words: String, isUnanswered: Bool = false) -> TransferFailure {
        TransferFailure(kind, message: "\(subject): \(words).", isUnanswered: isUnanswered)
    }

    var answeredTooEarly: TransferFailure {
        failure(.broken, "it was answered as taken before its body was sent")
    }

    /// Refuses what curl would bend: a URL with raw spaces or letters, a header that forges another.
    func validate(isStreamed: Bool) throws(TransferFailure) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw failure(.invalidRequest, "the URL holds a character that must be percent-encoded")
        }
        if let name = headers.malformedName {
            throw failure(.invalidRequest, "the header field '\(name)' contains a line break or is not a valid name")
        }
        guard body.isEmpty || (!isStreamed && method != .get && method != .head) else {
            throw failure(.invalidRequest, "it cannot have its own body")
        }
    }
}
