import FoundationEssentials
import Synchronization

/// The authorization tokens issued by GetAuthorizationToken, with their expiry.
final class AuthorizationTokens: Sendable {
    private let good = Mutex<[String: Date]>([:])

    /// Issues a token: opaque, random, about as long as the service's.
    func issue(until expiration: Date) -> String {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<720).map { _ in UInt8.random(in: 0...255, using: &random) }
        let letters = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        let token = "eyJ2ZXIiOjEsImlzdSI6\(letters)"
        good.withLock { $0[token] = expiration }
        return token
    }

    /// Invalidates all tokens issued so far.
    func expireAll() {
        good.withLock { $0 = [:] }
    }

    /// Whether an Authorization header has a valid token: as the password of the user `aws`, or as a bearer token.
    func admits(authorization: String?, at now: Date) -> Bool {
        guard let authorization, let token = Self.token(authorization) else { return false }
        return good.withLock { $0[token].map { $0 > now } ?? false }
    }

    private static func token(_ authorization: String) -> String? {
        let words = authorization.split(separator: " ", maxSplits: 1)
        guard words.count == 2 else { return nil }
        switch words[0].lowercased() {
        case "bearer":
            return String(words[1])
        case "basic":
            guard let data = Data(base64Encoded: String(words[1])),
                let pair = String(validating: Array(data), as: UTF8.self), pair.hasPrefix("aws:")
            else { return nil }
            return String(pair.dropFirst("aws:".count))
        default:
            return nil
        }
    }
}
