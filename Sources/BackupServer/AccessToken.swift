import Cryptography
import FoundationEssentials

/// The password that clients must send: by HTTP Basic as the user `aws`, or as a bearer token, as CodeArtifact takes
/// its.
package struct AccessToken: Sendable {
    private let accepted: [[UInt8]]

    package init(_ token: String) {
        // Hashes are compared: all of one length, and a hash that is nearly right reveals nothing of the token.
        accepted = [
            Self.hash(Array("Basic \(Data("aws:\(token)".utf8).base64EncodedString())".utf8)),
            Self.hash(Array("Bearer \(token)".utf8)),
        ]
    }

    /// Whether a field `Authorization` carries the token; takes the same time whatever it carries.
    func isCarried(by authorization: String?) -> Bool {
        let words = (authorization ?? "").split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        // The scheme's case is free (RFC 9110, 11.1).
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
