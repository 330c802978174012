import HTTPTransfer
package import ReconcileCore
import XMLPull

/// The bucket settings that a backup depends on.
///
/// Each call is one request that needs its own permission. Neither backup nor restore requires any of them. Throws
/// `RemoteFailure` or `CancellationError`.
package struct S3Bucket: Sendable {
    private let store: S3Store

    package init(of store: S3Store) {
        self.store = store
    }

    /// The bucket's name.
    package var name: String { store.bucket.bucket }

    /// The prefix of every key of the backup: empty, or ending in a slash.
    package var prefix: String { store.bucket.prefix }

    /// The region for which the bucket's requests are signed.
    package var signedRegion: String { store.bucket.region }

    /// The region that the bucket is in; nil if the store does not say.
    package func region() async throws -> String? {
        let call = store.call(S3BucketOperations.head, on: name, .head, path: store.bucket.bucketPath, query: [])
        return try await store.transport.send(call).head.headers["x-amz-bucket-region"]
    }

    /// Whether all four kinds of public access are blocked. False if nothing is configured for the bucket, although its
    /// account may still block access.
    package func blocksPublicAccess() async throws -> Bool {
        var blocked: Set<String> = []
        let isThere = try await read(
            S3BucketOperations.getPublicAccessBlock,
            "publicAccessBlock",
            root: "PublicAccessBlockConfiguration"
        ) { reader, name throws(XMLFailure) in
            if try reader.text() == "true" { blocked.insert(name) }
        }
        return isThere && blocked.count == 4
    }

    /// The algorithm that encrypts new objects, such as `AES256` or `aws:kms`, and the KMS key if one is named; nil if
    /// the store has no default encryption.
    package func encryption() async throws -> (algorithm: String, key: String?)? {
        var algorithm: String?
        var key: String?
        _ = try await read(
            S3BucketOperations.getEncryption,
            "encryption",
            root: "ServerSideEncryptionConfiguration"
        ) { reader, _ throws(XMLFailure) in
            try reader.children { reader, name, _ throws(XMLFailure) in
                guard name == "ApplyServerSideEncryptionByDefault" else { return }
                try reader.children { reader, name, _ throws(XMLFailure) in
                    switch name {
                    case "SSEAlgorithm": algorithm = try reader.text()
                    case "KMSMasterKeyID": key = try reader.text()
                    default: break
                    }
                }
            }
        }
        return algorithm.map { ($0, key) }
    }

    /// Nil if Object Lock is not enabled.
    package func objectLock() async throws -> ObjectLock? {
        var isEnabled = false
        var retention: [String] = []
        let isThere = try await read(
            S3BucketOperations.getObjectLock,
            "object-lock",
            root: "ObjectLockConfiguration"
        ) { reader, name throws(XMLFailure) in
            switch name {
            case "ObjectLockEnabled": isEnabled = try reader.text() == "Enabled"
            case "Rule":
                try reader.children { reader, name, _ throws(XMLFailure) in
                    guard name == "DefaultRetention" else { return }
                    try reader.children { reader, name, _ throws(XMLFailure) in
                        switch name {
                        case "Mode": retention.insert(try reader.text(), at: 0)
                        case "Days": retention.append("\(try reader.text()) days")
                        case "Years": retention.append("\(try reader.text()) years")
                        default: break
                        }
                    }
                }
            default: break
            }
        }
        guard isThere, isEnabled else { return nil }
        return ObjectLock(retention: retention.isEmpty ? nil : retention.joined(separator: ", "))
    }

    /// The enabled lifecycle rules; empty if there are none.
    package func lifecycle() async throws -> [LifecycleRule] {
        var rules: [LifecycleRule] = []
        _ = try await read(
            S3BucketOperations.getLifecycle,
            "lifecycle",
            root: "LifecycleConfiguration"
        ) { reader, name throws(XMLFailure) in
            if name == "Rule", let rule = try LifecycleRule(enabledIn: &reader) { rules.append(rule) }
        }
        return rules
    }

    /// Fetches a document about the bucket and visits the children of its root.
    ///
    /// - Returns: false if nothing of that kind is configured.
    private func read(
        _ operation: ServiceOperation,
        _ subresource: String,
        root: String,
        _ visit: (inout XMLReader, _ name: String) throws(XMLFailure) -> Void
    ) async throws -> Bool {
        var call = store.call(operation, on: name, .get, path: store.bucket.bucketPath, query: [(subresource, "")])
        call.answers = [404]
        let response = try await store.transport.send(call)
        if response.status == 404 {
            let fault = S3Answers.fault(response)
            // A missing bucket also answers 404.
            guard fault.code == "NoSuchBucket" else { return false }
            throw call.failure(.absent, call.adviceIfNoBucket ?? "there is no such bucket")
        }
        try store.readable(call) {
            try XMLPull.parse(response.body) { reader in
                try reader.document(root) { reader, name, _ throws(XMLFailure) in try visit(&reader, name) }
            }
        }
        return true
    }
}

/// The Object Lock of a bucket that has it enabled.
package struct ObjectLock: Hashable, Sendable {
    /// The default retention, such as `COMPLIANCE, 30 days`; nil without one.
    package let retention: String?
}

/// One enabled rule of a bucket's lifecycle (S3 API Reference, LifecycleRule).
package struct LifecycleRule: Hashable, Sendable {
    /// Empty if the rule has none.
    package var id = ""
    /// The prefix of the keys that the rule applies to; empty for all keys.
    package var prefix = ""
    /// Whether the rule applies only to objects with certain tags or sizes.
    package var isSelective = false
    /// Whether the rule removes an object's newest bytes or hides them behind a delete marker.
    package var expires = false
    /// Whether the rule removes older bytes.
    package var expiresOlder = false
    /// The storage classes that the rule moves newest or older bytes to.
    package var classes: Set<String> = []

    package init() {}
}

extension LifecycleRule {
    /// Parses a rule; nil if it is disabled.
    init?(enabledIn reader: inout XMLReader) throws(XMLFailure) {
        var rule = Self()
        var isEnabled = false
        try reader.children { reader, name, _ throws(XMLFailure) in
            switch name {
            case "ID": rule.id = try reader.text()
            case "Status": isEnabled = try reader.text() == "Enabled"
            case "Prefix": rule.prefix = try reader.text()
            case "Filter": try rule.readFilter(&reader)
            case "Expiration":
                try reader.children { reader, name, _ throws(XMLFailure) in
                    // ExpiredObjectDeleteMarker removes no bytes.
                    if name == "Days" || name == "Date" { rule.expires = true }
                }
            case "NoncurrentVersionExpiration": rule.expiresOlder = true
            case "Transition", "NoncurrentVersionTransition":
                try reader.children { reader, name, _ throws(XMLFailure) in
                    if name == "StorageClass" { rule.classes.insert(try reader.text()) }
                }
            default: break
            }
        }
        guard isEnabled else { return nil }
        self = rule
    }

    private mutating func readFilter(_ reader: inout XMLReader) throws(XMLFailure) {
        try reader.children { reader, name, _ throws(XMLFailure) in
            switch name {
            case "Prefix": prefix = try reader.text()
            case "And": try readFilter(&reader)
            default: isSelective = true
            }
        }
    }
}

/// The requests about the bucket itself (actions as in the service authorization reference for Amazon S3).
package enum S3BucketOperations {
    package static let head = operation("HeadBucket", "s3:ListBucket")
    package static let getPublicAccessBlock = operation("GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock")
    package static let getEncryption = operation("GetBucketEncryption", "s3:GetEncryptionConfiguration")
    package static let getObjectLock = operation("GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration")
    package static let getLifecycle = operation("GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration")

    package static let all = [head, getPublicAccessBlock, getEncryption, getObjectLock, getLifecycle]

    private static func operation(_ name: String, _ action: String) -> ServiceOperation {
        ServiceOperation(
            .store,
            service: "s3",
            name: name,
            dollars: AWSPrices.s3Read,
            rights: [IAMRight(action, on: .bucket)]
        )
    }
}
