import AWSServices
import ReconcileApp
import ReconcileCore

/// Checks a bucket's configuration for anything that loses bytes, hides them or makes them public.
struct BucketChecks: Sendable {
    let bucket: S3Bucket
    /// The prefixes in the bucket that must be kept: records, and the bytes that they name.
    let kept: [String]

    /// - Returns: the checks, and the KMS key that encrypts new objects, if one is configured.
    /// - Throws: `CancellationError`.
    func run() async throws -> (checks: [Check], key: String?) {
        var checks: [Check] = []
        var kmsKey: String?
        checks.append(try await look("bucket's region") { try await bucket.region().map(region) })
        checks.append(
            try await look("public access") {
                try await bucket.blocksPublicAccess()
                    ? .good("public access", "blocked")
                    : .bad(
                        "public access",
                        "the bucket does not block it; its account may",
                        "aws s3api put-public-access-block --bucket \(bucket.name) "
                            + "--public-access-block-configuration \"BlockPublicAcls=true, IgnorePublicAcls=true, "
                            + "BlockPublicPolicy=true, RestrictPublicBuckets=true\""
                    )
            }
        )
        checks.append(
            try await look("encryption") {
                guard let (algorithm, key) = try await bucket.encryption() else { return nil }
                kmsKey = key
                return .good("encryption", key.map { "\(algorithm) with \($0)" } ?? algorithm)
            }
        )
        checks.append(
            try await look("Object Lock") {
                guard let lock = try await bucket.objectLock() else { return .good("Object Lock", "off") }
                return .good("Object Lock", lock.retention ?? "on, without a default retention")
            }
        )
        checks.append(
            try await look("lifecycle rules") {
                Self.lifecycle(try await bucket.lifecycle(), bucket: bucket.name, kept: kept)
            }
        )
        return (checks, kmsKey)
    }

    private func region(_ region: String) -> Check {
        region == bucket.signedRegion
            ? .good("bucket's region", region)
            : .good(
                "bucket's region",
                "\(region): requests follow it there; --backup-region \(region) saves one"
            )
    }

    /// Checks what lifecycle rules do to records and to the bytes that they name.
    ///
    /// - Parameter kept: the prefixes of both.
    static func lifecycle(_ rules: [LifecycleRule], bucket: String, kept: [String]) -> Check {
        let harms = rules.flatMap { rule -> [String] in
            // A rule matters if its prefix contains, equals or lies within one of them.
            guard kept.contains(where: { $0.hasPrefix(rule.prefix) || rule.prefix.hasPrefix($0) }) else { return [] }
            let archives = rule.classes.intersection(S3Store.archiveClasses).sorted()
            let acts = [
                rule.expires ? "removes objects" : nil,
                rule.expiresOlder ? "removes older versions, which records name after a mutation" : nil,
                archives.isEmpty ? nil : "moves objects to \(archives.formattedList), where they cannot be read",
            ]
            let name = rule.id.isEmpty ? "a rule" : "\"\(rule.id)\""
            return acts.compactMap(\.self).map { "\(name) \($0)" + (rule.isSelective ? " (some of them)" : "") }
        }
        guard !harms.isEmpty else {
            return .good(
                "lifecycle rules",
                rules.isEmpty ? "none" : "\(rules.count), and none affects the backup"
            )
        }
        return .bad(
            "lifecycle rules",
            harms.formattedList + ". Exclude \(kept.formattedList) from such rules",
            "aws s3api get-bucket-lifecycle-configuration --bucket \(bucket)"
        )
    }

    /// Runs one check; `ask` returns nil if the store's response is not conclusive.
    private func look(_ name: String, _ ask: () async throws -> Check?) async throws -> Check {
        do {
            return try await ask() ?? .unknown(name, "the store does not say")
        } catch let failure as RemoteFailure {
            return .failed(name, failure)
        }
    }
}
