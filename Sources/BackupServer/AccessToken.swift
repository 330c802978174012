import Cryptography
import FoundationEssentials

/// The token that clients must send: as the password of the user `aws` in HTTP Basic, or as a bearer token, as for
/// CodeArtifact.
package struct AccessToken: Sendable {
    private let accepted: [[UInt8]]

    package init(_ token: String) {
        // Hashes are compared: all have the same length, and a nearly correct hash reveals nothing about the token.
        accepted = [
            Self.hash(Array("Basic \(Data("aws:\(token)".utf8).base64EncodedString())".utf8)),
            Self.hash(Array("Bearer \(token)".utf8)),
        ]
    }

    /// Whether an `Authorization` field contains the token; takes the same time whatever the field contains.
    func isCarried(by authorization: String?) -> Bool {
        let words = (authorization ?? "").split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        // The scheme is case-insensitive (RFC 9110, 11.1).
        let scheme = words.first.map {
            $0.lowercased() == "basic" ? "Basic" : $0.lowercased() == "bearer" ? "Bearer" : ""
        }
        let given = Self.hash(Array("\(scheme ?? "") \(words.dropFirst().first ?? "")".utf8))
        var isRight = false
        for hash in accepted {
            let difference = zip(hash, given).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
            isRight = (difference == 0) || isRight
        }
        return isRight
    }

    private static func hash(_ bytes: [UInt8]) -> [UInt8] { Digest.of(bytes, .sha256) }
}
