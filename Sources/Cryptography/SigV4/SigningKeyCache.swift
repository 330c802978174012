import Synchronization

/// Caches the last derived signing key, which changes once a day and costs four HMACs.
final class SigningKeyCache: Sendable {
    private struct Entry {
        let secret: String
        let day: String
        let key: [UInt8]
    }

    private let last = Mutex<Entry?>(nil)
    private let region: String
    private let service: String

    init(region: String, service: String) {
        self.region = region
        self.service = service
    }

    /// The signing key for a secret on one day, in this region and service.
    func key(secret: String, day: String) -> [UInt8] {
        let known = last.withLock { entry in
            entry.flatMap { $0.day == day && $0.secret == secret ? $0.key : nil }
        }
        if let known { return known }
        var key = Array("AWS4\(secret)".utf8)
        for part in [day, region, service, "aws4_request"] {
            key = HMAC.sha256(key: key, Array(part.utf8))
        }
        let entry = Entry(secret: secret, day: day, key: key)
        last.withLock { $0 = entry }
        return key
    }
}
