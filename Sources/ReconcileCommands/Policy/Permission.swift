import AWSServices
package import ReconcileApp
package import ReconcileCore

/// One thing that a role must be allowed: an IAM action on the resources it needs, for the operations that need it.
///
/// Nothing is asked and nothing printed here: `reconcile policy` prints a role's permissions as a policy.
package struct Permission: Hashable, Sendable {
    /// What the resources are: the statements of a policy, in the order in which they are printed.
    package enum Target: String, CaseIterable, Comparable, Sendable {
        case domain = "Domain"
        case repository = "Repository"
        case package = "Package"
        case packageGroup = "PackageGroup"
        /// The resource is `*`: what is yet to be made can be named in no policy.
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
        /// The records of accepted losses alone.
        case losses = "Losses"
        /// The reports of verifications alone.
        case verifications = "Verifications"
        /// The statements of unsigned records alone.
        case statements = "Statements"
        /// The evidence of drills alone.
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

    /// As policies spell it, such as `s3:GetObject`.
    package let action: String
    package let target: Target
    /// ARNs, with `*` where the place leaves something open; one for each repository where the place names some.
    package let resources: [String]
    /// Those that need it; never empty.
    package let operations: Set<ServiceOperation>
}

extension Purpose {
    /// Everything that this purpose needs at a place, and nothing else: each action on each target once, by target and
    /// then by action. Where the place names a role for the bucket, what is about the bucket is for that role.
    ///
    /// A backup in a directory needs no permission, and an access point has no versioning to ask
    /// for. Without a KMS key, the bucket is assumed to use S3's own keys, which need no
    /// permission.
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

    /// - Parameter use: of the backup, where it is one.
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
    /// What it needs of the key that encrypts the bucket (Amazon S3 user guide, Using SSE-KMS); nil for one that touches
    /// no object's bytes.
    fileprivate var keyAction: String? {
        guard rights.contains(where: { $0.resource == .object }) else { return nil }
        return isWrite ? "kms:GenerateDataKey" : "kms:Decrypt"
    }
}
