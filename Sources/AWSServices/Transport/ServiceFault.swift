import FoundationEssentials
package import HTTPTransfer

/// What an error answer says of itself: the service's code, its words, and the id that its support asks for.
package struct ServiceFault: Hashable, Sendable {
    /// Without namespace and suffix: `ThrottlingException`. Nil when the answer names none.
    package var code: String?
    package var message: String?
    package var requestID: String?
    /// The region in which it says the thing asked for is, if the request was refused for that.
    package var region: String?
    /// Whether the answer is not the service's own: something on the way gave it, such as a proxy.
    package var isForeign = false

    package init(code: String? = nil, message: String? = nil, requestID: String? = nil) {
        self.code = code
        self.message = message
        self.requestID = requestID
    }

    /// Reads an error of the AWS JSON protocols; whatever cannot be read is nil.
    ///
    /// The code is the `x-amzn-errortype` header, else the body's `code`, `Code` or `__type`, without what stands
    /// before the last `#` and after the first `:` (AWS restJson1 protocol, Operation error serialization).
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

    /// Uses the text of a web page as the message: no AWS service answers with one, so the answer is foreign.
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

    /// The text of a web page: what stands outside its tags and in no script or style.
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

    /// Reads an error whose form nobody documents: as JSON, else the start of its body where that is text.
    @Sendable package static func text(_ response: HTTPResponse) -> ServiceFault {
        var fault = json(response)
        if fault.message == nil, !fault.isForeign {
            fault.message = String(validating: response.body.prefix(4 * messageLimit), as: UTF8.self)
        }
        return fault
    }

    /// The same without what its request keeps secret: an API or a proxy may quote the headers that it was sent.
    func concealing(_ secrets: [String?]) -> ServiceFault {
        func concealed(_ text: String?) -> String? { text.map { ForeignWords.concealingKnown($0, secrets) } }
        var fault = self
        fault.code = concealed(code)
        fault.message = concealed(message)
        fault.requestID = concealed(requestID)
        return fault
    }

    /// Whether the credentials were refused because their time is over, so that new ones may do.
    package var saysExpired: Bool {
        switch code {
        case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired": true
        default: false
        }
    }

    /// Whether the request was refused because its time is too far from the service's.
    package var saysClockIsWrong: Bool {
        switch code {
        case "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture": true
        case "InvalidSignatureException", "SignatureDoesNotMatch":
            // The words for a signature whose time is off: "Signature expired: …", "Signature not yet current: …".
            message.map { $0.contains("Signature expired") || $0.contains("not yet current") } ?? false
        default: false
        }
    }

    /// Whether the signature was refused: by the wrong key, region or time.
    var refusesSignature: Bool {
        switch code {
        case "InvalidSignatureException", "SignatureDoesNotMatch": true
        default: false
        }
    }

    /// Characters of a remote's words that an error shows.
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

        // A member of another type is as good as absent.
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
