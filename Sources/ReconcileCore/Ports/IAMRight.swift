/// What a policy must grant before a request is answered: an action of IAM, on one kind of resource.
package struct IAMRight: Hashable, Sendable {
    /// The kinds of resource that these actions are granted on (service authorization references for AWS CodeArtifact,
    /// Amazon S3, AWS KMS and AWS STS).
    package enum Resource: Hashable, Sendable {
        case domain
        case repository
        case package
        case packageGroup
        case bucket
        case object
        /// The KMS key that signs records.
        case signingKey
        /// A role that is assumed.
        case role
        /// No resource at all, so `*`.
        case account
        /// No resource at all, so `*`: the service that a bearer token is for is a condition.
        case bearerToken
    }

    /// As policies spell it, such as `s3:GetObject`.
    package let action: String
    package let resource: Resource

    package init(_ action: String, on resource: Resource) {
        self.action = action
        self.resource = resource
    }
}
