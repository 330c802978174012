/// An IAM action that no policy allows, and AWS's message about it.
package struct DeniedAction: Hashable, Sendable {
    let action: String
    let resource: String

    init(_ action: String, on resource: String) {
        (self.action, self.resource) = (action, resource)
    }

    var message: String {
        "User: arn:aws:sts::111122223333:assumed-role/sandbox/session is not authorized to perform: \(action) on "
            + "resource: \(resource) because no identity-based policy allows the \(action) action"
    }
}

extension DeniedAction {
    /// All actions that requests to the servers may require.
    package static let known = Set(
        FaultOperations.all.flatMap { actions(of: $0) }
            + LocalS3Request.Operation.allCases.flatMap { operation in
                [false, true].compactMap { operation.action(onVersion: $0) }
            } + ["s3:PutObjectAcl", "servicequotas:ListServiceQuotas"]
    )

    /// The IAM actions that an operation requires, given its counted name (service authorization reference for AWS
    /// CodeArtifact; user guide, AWS CodeArtifact authentication and tokens); empty for operations on pre-signed URLs.
    static func actions(of operation: String) -> [String] {
        switch operation {
        case "codeartifact.GetAuthorizationToken":
            ["codeartifact:GetAuthorizationToken", "sts:GetServiceBearerToken"]
        case "maven.PutAsset", "maven.PutChecksum": ["codeartifact:PublishPackageVersion"]
        case "maven.PutMetadata": ["codeartifact:PutPackageMetadata"]
        case _ where operation.hasPrefix("kms."): [operation.replacing("kms.", with: "kms:")]
        case _ where operation.hasPrefix("maven."): ["codeartifact:ReadFromRepository"]
        case _ where operation.hasPrefix("codeartifact."):
            [operation.replacing("codeartifact.", with: "codeartifact:")]
        default: []
        }
    }
}
