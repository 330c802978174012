/// A permission that a request needs: an IAM action on one kind of resource.
package struct IAMRight: Hashable, Sendable {
    /// The kinds of resource for these actions (service authorization references for AWS CodeArtifact, Amazon S3, AWS
    /// KMS and AWS STS).
    package enum Resource: Hashable, Sendable {
        case domain
        case repository
        case package
        case packageGroup
        case bucket
        case object
        /// The KMS key that signs records.
        case signingKey
        /// A role to assume.
        case role
        /// The action has no resource: `*`.
        case account
        /// The action has no resource: `*`. The service that a bearer token is for is a condition.
        case bearerToken
    }

    /// As spelled in policies, such as `s3:GetObject`.
    package let action: String
    package let resource: Resource

    package init(_ action: String, on resource: Resource) {
        self.action = action
        self.resource = resource
    }
}
