import Synchronization

/// The request rates that the service allows, per operation and for all reads and all writes.
package struct ThrottleRates: Hashable, Sendable {
    /// Requests per second, keyed by operation name without `codeartifact.`, or by `reads` or `writes` for the whole
    /// account.
    package var perSecond: [String: Double]

    package init(_ perSecond: [String: Double]) {
        self.perSecond = perSecond
    }

    /// The service's documented defaults.
    package static let documented = ThrottleRates([
        "ListPackages": 200, "ListPackageVersions": 200, "ListPackageVersionAssets": 200,
        "GetPackageVersionAsset": 50, "GetAuthorizationToken": 40, "reads": 800, "writes": 100,
    ])

    /// The names that can have a rate.
    private static let names = Set(
        FaultOperations.all.filter { name in !["s3.", "assets.", "kms."].contains { name.hasPrefix($0) } }
            .compactMap { $0.split(separator: ".").last.map(String.init) } + ["reads", "writes"]
    )

    /// Parses `documented` or `NAME=RATE,…`; throws a sentence that says what is wrong.
    package init(_ text: String) throws(FaultSyntaxError) {
        if text == "documented" {
            self = .documented
            return
        }
        var rates: [String: Double] = [:]
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=")
            guard parts.count == 2, let rate = Double(parts[1]), rate > 0, rate.isFinite else {
                throw FaultSyntaxError(
                    "\"\(pair)\" is not a rate: write documented, or NAME=REQUESTS-PER-SECOND,... with numbers above 0"
                )
            }
            guard Self.names.contains(String(parts[0])) else {
                throw FaultSyntaxError(
                    "\"\(parts[0])\" has no rate: write reads, writes or the name of an operation: "
                        + Self.names.subtracting(["reads", "writes"]).sorted().joined(separator: ", ")
                )
            }
            rates[String(parts[0])] = rate
        }
        guard !rates.isEmpty else {
            throw FaultSyntaxError("no rate is given: write documented, or NAME=REQUESTS-PER-SECOND,...")
        }
        self.init(rates)
    }
}

/// The account quota that a request counts against, as named in `ThrottleRates`.
enum AccountQuota: String {
    case reads
    case writes
}

/// A token bucket per rate, each with a capacity of one second's requests.
final class Throttle: Sendable {
    private struct Bucket {
        var tokens: Double
        var filled: ContinuousClock.Instant
    }

    private let rates: [String: Double]
    private let buckets = Mutex<[String: Bucket]>([:])

    init(_ rates: ThrottleRates?) {
        self.rates = rates?.perSecond ?? [:]
    }

    /// Whether a request may pass now; takes tokens only if all its buckets have one.
    func admits(_ operation: String, _ quota: AccountQuota, at now: ContinuousClock.Instant = .now) -> Bool {
        let names = [operation, quota.rawValue].filter { rates[$0] != nil }
        guard !names.isEmpty else { return true }
        return buckets.withLock { buckets in
            for name in names {
                let rate = rates[name] ?? 0
                let capacity = max(1, rate)
                var bucket = buckets[name] ?? Bucket(tokens: capacity, filled: now)
                let seconds = (now - bucket.filled) / .seconds(1)
                bucket.tokens = min(capacity, bucket.tokens + seconds * rate)
                bucket.filled = now
                buckets[name] = bucket
            }
            guard names.allSatisfy({ (buckets[$0]?.tokens ?? 0) >= 1 }) else { return false }
            for name in names { buckets[name]?.tokens -= 1 }
            return true
        }
    }
}
