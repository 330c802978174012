import Cryptography
import FoundationEssentials

/// The JSON document in which containers, instances and credential processes return keys.
struct CredentialDocument: Decodable {
    let version: Int?
    let accessKeyID: String?
    let secretAccessKey: String?
    /// `Token` from containers and instances, `SessionToken` from processes.
    let token: String?
    let sessionToken: String?
    let expiration: String?
    /// Instances report errors with status 200 and these members.
    let code: String?
    let message: String?

    enum CodingKeys: String, CodingKey {
        case version = "Version", accessKeyID = "AccessKeyId", secretAccessKey = "SecretAccessKey", token = "Token"
        case sessionToken = "SessionToken", expiration = "Expiration", code = "Code", message = "Message"
    }

    /// Parses an answer; `source` is the subject of the error message.
    static func read(_ bytes: [UInt8], from source: String) throws(CredentialFault) -> CredentialDocument {
        do {
            return try JSONDecoder().decode(CredentialDocument.self, from: Data(bytes))
        } catch {
            // The decoder's message might quote the document, which contains the secret.
            throw CredentialFault("\(source) did not answer the JSON document of credentials")
        }
    }

    /// The keys; throws a fault that names the first required member that is missing or malformed.
    func credentials(from source: String, needsExpiration: Bool) throws(CredentialFault) -> AWSCredentials {
        guard let accessKeyID, !accessKeyID.isEmpty else { throw CredentialFault("\(source) gave no AccessKeyId") }
        guard let secretAccessKey, !secretAccessKey.isEmpty else {
            throw CredentialFault("\(source) gave no SecretAccessKey")
        }
        var date: Date?
        if let expiration {
            guard let parsed = ISOTime.date(expiration) else {
                let shown = expiration.prefix(40)
                throw CredentialFault("\(source) gave an Expiration that is not an ISO 8601 time: \(shown)")
            }
            date = parsed
        } else if needsExpiration {
            throw CredentialFault("\(source) gave no Expiration")
        }
        return AWSCredentials(
            accessKeyID: accessKeyID,
            secretAccessKey: secretAccessKey,
            sessionToken: token ?? sessionToken,
            expiration: date
        )
    }
}

/// Times in the formats that the services and tools use.
enum ISOTime {
    /// Parses an ISO 8601 time with `Z` or an offset, with or without a fraction, or with the `UTC` of older AWS CLIs;
    /// nil for anything else.
    static func date(_ text: String) -> Date? {
        let text = text.hasSuffix("UTC") ? text.dropLast(3) + "Z" : text[...]
        return (try? Date(String(text), strategy: Date.ISO8601FormatStyle()))
            ?? (try? Date(String(text), strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
