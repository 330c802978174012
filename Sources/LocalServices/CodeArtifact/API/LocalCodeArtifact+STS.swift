import Cryptography
import FoundationEssentials

/// The only supported call of the Security Token Service: GetCallerIdentity (API version 2011-06-15).
extension LocalCodeArtifact {
    /// Answers a POST to `/`. No policy can deny it (STS API Reference, GetCallerIdentity).
    func answerSecurityTokenService(_ request: ServerRequest) async throws -> ServerAnswer {
        counter.count("sts.GetCallerIdentity")
        let body = try await request.bytes(upTo: Self.bodyLimit)
        var xml = XMLWriter()
        var status = 200
        do throws(ServiceFailure) {
            guard String(decoding: body, as: UTF8.self).contains("Action=GetCallerIdentity") else {
                throw ServiceFailure.invalid("the sandbox offers GetCallerIdentity alone", .unknownOperation)
            }
            if configuration.checksSignatures {
                try credentials.check(request, body: body, service: "sts", at: now)
            }
            xml.element("GetCallerIdentityResponse", namespace: Self.namespace) { xml in
                xml.element("GetCallerIdentityResult") { xml in
                    xml.element("Arn", "arn:aws:sts::\(configuration.owner):assumed-role/sandbox/session")
                    xml.element("UserId", "AROASANDBOX:session")
                    xml.element("Account", configuration.owner)
                }
            }
        } catch {
            status = error.status
            xml.element("ErrorResponse", namespace: Self.namespace) { xml in
                xml.element("Error") { xml in
                    xml.element("Code", error.code)
                    xml.element("Message", error.message)
                }
            }
        }
        return ServerAnswer(
            status,
            headers: [("Content-Type", "text/xml"), ("Date", HTTPDate.text(of: now))],
            body: .bytes(xml.bytes)
        )
    }

    private static let namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
}
