package import ReconcileCore

/// The operations of S3 that this program calls (actions as in the service authorization reference for Amazon S3).
///
/// HEAD needs the same action as GET. Reading by version id needs a different right than reading the newest bytes; a
/// refused HEAD by version id names both, since its answer has no body that says which one is lacking.
package enum S3Operations {
    package static let getVersioning = operation("GetBucketVersioning", AWSPrices.s3Read, "s3:GetBucketVersioning")
    package static let list = operation("ListObjectsV2", AWSPrices.s3Write, "s3:ListBucket")
    package static let head = operation("HeadObject", AWSPrices.s3Read, "s3:GetObject")
    package static let headVersion = operation(
        "HeadObject",
        AWSPrices.s3Read,
        "s3:GetObject",
        "s3:GetObjectVersion"
    )
    package static let get = operation("GetObject", AWSPrices.s3Read, "s3:GetObject")
    package static let getVersion = operation("GetObject", AWSPrices.s3Read, "s3:GetObjectVersion")
    package static let put = operation("PutObject", AWSPrices.s3Write, "s3:PutObject", isWrite: true)

    /// - Parameter versionID: nil for the newest bytes.
    static func head(_ versionID: String?) -> ServiceOperation { versionID == nil ? head : headVersion }

    /// - Parameter versionID: nil for the newest bytes.
    static func get(_ versionID: String?) -> ServiceOperation { versionID == nil ? get : getVersion }

    package static let all = [getVersioning, list, head, headVersion, get, getVersion, put]

    private static func operation(
        _ name: String,
        _ dollars: Double,
        _ actions: String...,
        isWrite: Bool = false
    ) -> ServiceOperation {
        ServiceOperation(.store, service: "s3", name: name, isWrite: isWrite, dollars: dollars, actions: actions)
    }
}
