/// A stored object, divided into what it says and the seal that shows who wrote it.
///
/// The body is a JSON object, as it would be stored without a seal. The stored object is the body
/// without its closing brace, then the seal as three more members, and the brace: one JSON object
/// again, with one spelling. The seal is cut off before anything is parsed, so the stored bytes
/// themselves are proved, and not a copy that was written anew.
package struct SignedObject: Sendable {
    /// What the object says; the stored bytes if it has no seal.
    package let body: [UInt8]
    /// Nil unless the object ends in one.
    package let seal: Seal?

    /// The three members: a certificate, the signature of the domain's key over it, and that of the certified key over
    /// the object. Signatures are the numbers r and s, 64 bytes.
    package struct Seal: Hashable, Sendable {
        package let certification: Certification
        package let signature: [UInt8]
    }

    /// The most bytes that a seal takes.
    static let maximumSealBytes = 2_048

    package init(_ stored: [UInt8]) {
        let divided = Self.divided(stored)
        body = divided?.body ?? stored
        seal = divided?.seal
    }

    /// The bytes to store for a body with a seal; nil for a body that is not a JSON object.
    static func bytes(of body: [UInt8], sealed seal: Seal) -> [UInt8]? {
        // A document for people ends with a line break, which stays last.
        let end = body.last == lineEnd ? 2 : 1
        guard body.count > end, body[body.count - end] == brace else { return nil }
        let certificate = seal.certification.certificate.split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: "\\n")
        let members =
            ",\"certificate\":\"\(certificate)\""
            + ",\"certificateSignature\":\"\(Base64URL.encode(seal.certification.signature))\""
            + ",\"signature\":\"\(Base64URL.encode(seal.signature))\""
        return Array(body.dropLast(end)) + Array(members.utf8) + Array(body.suffix(end))
    }

    /// The bytes whose SHA-256 is signed: they bind the body to the certificate and to its key.
    ///
    /// - Parameters:
    ///   - path: the object's key below the domain's folder.
    ///   - certificateHash: SHA-256 of the certificate in hexadecimal.
    static func message(of body: [UInt8], at path: String, certificateHash: String) -> [UInt8] {
        Array("reconcile object v1\n\(certificateHash)\n\(path)\n".utf8) + body
    }

    private static let brace = UInt8(ascii: "}")
    private static let quote = UInt8(ascii: "\"")
    private static let lineEnd = UInt8(ascii: "\n")

    private static func divided(_ stored: [UInt8]) -> (body: [UInt8], seal: Seal)? {
        let end = stored.last == lineEnd ? 2 : 1
        guard stored.count > end, stored[stored.count - end] == brace else { return nil }
        var rest = stored.dropLast(end).suffix(maximumSealBytes)
        guard let signature = lastMember("signature", of: &rest), let bytes = Base64URL.decode(signature),
            let certified = lastMember("certificateSignature", of: &rest), let other = Base64URL.decode(certified),
            let certificate = lastMember("certificate", of: &rest), bytes.count == 64, other.count == 64
        else { return nil }
        let lines = certificate.replacing("\\n", with: "\n")
        let seal = Seal(certification: Certification(certificate: lines, signature: other), signature: bytes)
        let body = Array(stored[..<rest.endIndex]) + Array(stored.suffix(end))
        // Anything spelled differently is not a seal, and the strict readers refuse it.
        guard self.bytes(of: body, sealed: seal) == stored else { return nil }
        return (body, seal)
    }

    /// Takes `,"name":"value"` off the end, if it is there; the value has no quotation mark.
    private static func lastMember(_ name: String, of rest: inout ArraySlice<UInt8>) -> String? {
        guard rest.last == quote, let start = rest.dropLast().lastIndex(of: quote) else { return nil }
        let head = ",\"\(name)\":".utf8
        let before = rest[..<start]
        guard before.suffix(head.count).elementsEqual(head) else { return nil }
        let value = String(decoding: rest[(start + 1)..<(rest.endIndex - 1)], as: UTF8.self)
        rest = before.dropLast(head.count)
        return value
    }
}

/// A certificate's text with the signature of the domain's key over it.
package struct Certification: Hashable, Sendable {
    package let certificate: String
    /// The numbers r and s.
    package let signature: [UInt8]

    package init(certificate: String, signature: [UInt8]) {
        self.certificate = certificate
        self.signature = signature
    }
}
