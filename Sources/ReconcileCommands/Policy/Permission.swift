import AWSServices
package import ReconcileApp
package import ReconcileCore

/// A permission that a role requires: an IAM action on resources, and the operations that require it.
///
/// This type sends and prints nothing; `reconcile policy` prints a role's permissions as a policy.
package struct Permission: Hashable, Sendable {
    /// The kind of resource. Each has its own statement in a policy; statements are printed in this order.
    package enum Target: String, CaseIterable, Comparable, Sendable {
        case domain = "Domain"
        case repository = "Repository"
        case package = "Package"
        case packageGroup = "PackageGroup"
        /// The resource is `*`, because a policy cannot name a resource that does not exist yet.
        case account = "Account"
        /// The resource is `*`; a condition must name CodeArtifact as the service that the token is for.
        case bearerToken = "Token"
        /// The KMS key that signs records.
        case signingKey = "SigningKey"
        /// The role that is assumed for the bucket, if there is one; whatever follows is granted to it.
        case backupRole = "BackupRole"
        case bucket = "Bucket"
        /// Every object of the domain's backup.
        case objects = "Objects"
        /// Only the records of accepted losses.
        case losses = "Losses"
        /// Only the reports of verifications.
        case verifications = "Verifications"
        /// Only the statements of unsigned records.
        case statements = "Statements"
        /// Only the evidence of drills.
        case drills = "Drills"
        /// The bucket's KMS key.
        case key = "Key"

        package static func < (left: Target, right: Target) -> Bool { left.rank < right.rank }

        /// Whether this is granted to the role that is assumed for the bucket, if there is one.
        var isOfBackupRole: Bool { self > .backupRole }

        /// As a sentence names it.
        var words: String {
            switch self {
            case .domain: "the domain"
            case .repository: "repositories"
            case .package: "packages"
            case .packageGroup: "package groups"
            case .account: "any resource"
            case .bearerToken: "tokens"
            case .signingKey: "the signing key"
            case .backupRole: "the role for the bucket"
            case .bucket: "the bucket"
            case .objects: "objects"
            case .losses: "accepted losses"
            case .verifications: "verifications"
            case .statements: "statements"
            case .drills: "drills"
            case .key: "the bucket's key"
            }
        }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// The action as in policies, such as `s3:GetObject`.
    package let action: String
    package let target: Target
    /// ARNs, with `*` for whatever the place leaves open; one ARN per repository if the place names repositories.
    package let resources: [String]
    /// The operations that require the permission; never empty.
    package let operations: Set<ServiceOperation>
}

extension Purpose {
    /// Returns exactly the permissions that this purpose requires at a place: each action on each target once, sorted
    /// by target, then by action. If the place names a role for the bucket, the permissions on the bucket are for that
    /// role.
    ///
    /// A backup in a directory requires no permissions, and an access point does not support the request for
    /// versioning. Without a KMS key, the bucket is assumed to use S3's own keys, which require no permission.
    package func permissions(at place: PolicyPlace) -> [Permission] {
        var needed: [Needed: Set<ServiceOperation>] = [:]
        for operation in domainUses.flatMap(\.operations) {
            for right in operation.rights { needed[Needed(right), default: []].insert(operation) }
        }
        if place.signingKey != nil, signs {
            for right in KMSOperations.sign.rights { needed[Needed(right)] = [KMSOperations.sign] }
        }
        if place.bucket != nil, place.backupRole != nil {
            for right in RoleCredentials.operation.rights { needed[Needed(right)] = [RoleCredentials.operation] }
        }
        for use in place.bucket == nil ? [] : backupUses {
            for operation in use.inBucket(place.writing)
            where !(place.isAccessPoint && operation == S3Operations.getVersioning) {
                for right in operation.rights { needed[Needed(right, for: use), default: []].insert(operation) }
                guard place.key != nil, let action = operation.keyAction else { continue }
                needed[Needed(action: action, target: .key), default: []].insert(operation)
            }
        }
        return needed.map { need, operations in
            Permission(
                action: need.action,
                target: need.target,
                resources: place.resources(of: need.target),
                operations: operations
            )
        }.sorted { ($0.target, $0.action) < ($1.target, $1.action) }
    }
}

/// An action on a target.
private struct Needed: Hashable {
    let action: String
    let target: Permission.Target

    init(action: String, target: Permission.Target) {
        (self.action, self.target) = (action, target)
    }

    /// - Parameter use: the use of the backup that requires the right; nil for other rights.
    init(_ right: IAMRight, for use: BackupUse? = nil) {
        action = right.action
        target =
            switch right.resource {
            case .domain: .domain
            case .repository: .repository
            case .package: .package
            case .packageGroup: .packageGroup
            case .bearerToken: .bearerToken
            case .account: .account
            case .signingKey: .signingKey
            case .role: .backupRole
            case .bucket: .bucket
            case .object:
                switch use {
                case .accepting: .losses
                case .recording: .verifications
                case .stating: .statements
                case .drilling: .drills
                default: .objects
                }
            }
    }
}

extension ServiceOperation {
    /// The action that the operation requires on the key that encrypts the bucket (Amazon S3 user guide, Using
    /// SSE-KMS); nil for an operation that does not touch an object's bytes.
    fileprivate var keyAction: String? {
        guard rights.contains(where: { $0.resource == .object }) else { return nil }
        return isWrite ? "kms:GenerateDataKey" : "kms:Decrypt"
    }
}
