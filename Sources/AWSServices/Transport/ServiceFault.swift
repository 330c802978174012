import FoundationEssentials
package import HTTPTransfer

/// The contents of an error answer: the service's code and message, and the request ID that AWS support asks for.
package struct ServiceFault: Hashable, Sendable {
    /// Without namespace and suffix, such as `ThrottlingException`. Nil if the answer has none.
    package var code: String?
    package var message: String?
    package var requestID: String?
    /// The region that the answer says to use; nil if the request was not refused for its region.
    package var region: String?
    /// Whether something in between, such as a proxy, answered instead of the service.
    package var isForeign = false

    package init(code: String? = nil, message: String? = nil, requestID: String? = nil) {
        self.code = code
        self.message = message
        self.requestID = requestID
    }

    /// Parses an error of the AWS JSON protocols; what cannot be parsed is nil.
    ///
    /// The code is the `x-amzn-errortype` header, otherwise the body's `code`, `Code` or `__type`, without anything up
    /// to the last `#` or from the first `:` on (AWS restJson1 protocol, Operation error serialization).
    @Sendable package static func json(_ response: HTTPResponse) -> ServiceFault {
        let headers = response.head.headers
        let body = try? JSONDecoder().decode(Body.self, from: Data(response.body))
        let code = headers["x-amzn-errortype"] ?? body?.code ?? body?.capitalCode ?? body?.type
        var fault = ServiceFault(
            code: code.flatMap(shortCode),
            message: body?.message ?? body?.capitalMessage,
            requestID: headers["x-amzn-requestid"]
        )
        if body == nil { fault.readPage(response) }
        return fault
    }

    /// Marks an answer that is a web page as foreign, since no AWS service sends one, and uses its text as the message.
    mutating func readPage(_ response: HTTPResponse) {
        guard code == nil, requestID == nil,
            let page = String(validating: response.body.prefix(16 * Self.messageLimit), as: UTF8.self),
            page.drop(while: \.isWhitespace).hasPrefix("<"),
            response.head.headers["content-type"]?.lowercased().hasPrefix("text/html") == true
                || page.lowercased().contains("<html")
        else { return }
        isForeign = true
        message = Self.text(ofPage: page)
    }

    /// The text of a web page, outside its tags and without scripts and styles.
    private static func text(ofPage page: String) -> String {
        var text = ""
        for part in page.split(separator: "<").dropFirst(page.hasPrefix("<") ? 0 : 1) {
            guard let end = part.firstIndex(of: ">") else { continue }
            let tag = part[..<end].lowercased()
            if tag.hasPrefix("script") || tag.hasPrefix("style") { continue }
            text += " " + part[part.index(after: end)...]
        }
        return text
    }

    /// Parses an error of undocumented form: as JSON, otherwise using the start of a text body as the message.
    @Sendable package static func text(_ response: HTTPResponse) -> ServiceFault {
        var fault = json(response)
        if fault.message == nil, !fault.isForeign {
            fault.message = String(validating: response.body.prefix(4 * messageLimit), as: UTF8.self)
        }
        return fault
    }

    /// The fault with the request's secrets masked: an API or a proxy may quote the headers that it received.
    func concealing(_ secrets: [String?]) -> ServiceFault {
        func concealed(_ text: String?) -> String? { text.map { ForeignWords.concealingKnown($0, secrets) } }
        var fault = self
        fault.code = concealed(code)
        fault.message = concealed(message)
        fault.requestID = concealed(requestID)
        return fault
    }

    /// Whether the credentials have expired, so that new ones may help.
    package var saysExpired: Bool {
        switch code {
        case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired": true
        default: false
        }
    }

    /// Whether the request's time is too far from the service's.
    package var saysClockIsWrong: Bool {
        switch code {
        case "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture": true
        case "InvalidSignatureException", "SignatureDoesNotMatch":
            // Messages for a signature with a wrong time: "Signature expired: …", "Signature not yet current: …".
            message.map { $0.contains("Signature expired") || $0.contains("not yet current") } ?? false
        default: false
        }
    }

    /// Whether the signature was rejected, because of a wrong key, region or time.
    var refusesSignature: Bool {
        switch code {
        case "InvalidSignatureException", "SignatureDoesNotMatch": true
        default: false
        }
    }

    /// The most characters of a remote's message that an error shows.
    package static let messageLimit = 300

    private static func shortCode(_ text: String) -> String? {
        let code = text.prefix { $0 != ":" }.split(separator: "#").last.map(String.init)
        return code.flatMap { $0.isEmpty ? nil : $0 }
    }

    private struct Body: Decodable {
        let code: String?
        let capitalCode: String?
        let type: String?
        let message: String?
        let capitalMessage: String?

        enum CodingKeys: String, CodingKey {
            case code, capitalCode = "Code", type = "__type", message, capitalMessage = "Message"
        }

        // A member of a different type counts as absent.
        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            func text(_ key: CodingKeys) -> String? { try? members.decodeIfPresent(String.self, forKey: key) }
            code = text(.code)
            capitalCode = text(.capitalCode)
            type = text(.type)
            message = text(.message)
            capitalMessage = text(.capitalMessage)
        }
    }
}
