package import ReconcileCore

/// The S3 operations that this program calls (actions and resources as in the service authorization reference for
/// Amazon S3).
///
/// HEAD requires the same action as GET. Reading by version ID requires a different right from reading the newest
/// bytes. A denied HEAD by version ID lists both rights, since its answer has no body that says which one is missing.
package enum S3Operations {
    package static let getVersioning = operation("GetBucketVersioning", AWSPrices.s3Read, ofBucket)
    package static let list = operation("ListObjectsV2", AWSPrices.s3Write, listing)
    /// Optional: without it, a verification continues and reports what it cannot see.
    package static let listVersions = operation(
        "ListObjectVersions",
        AWSPrices.s3Write,
        listingVersions,
        isOptional: true
    )
    package static let head = operation("HeadObject", AWSPrices.s3Read, newest)
    package static let headVersion = operation("HeadObject", AWSPrices.s3Read, newest, older)
    package static let get = operation("GetObject", AWSPrices.s3Read, newest)
    package static let getVersion = operation("GetObject", AWSPrices.s3Read, older)
    package static let put = operation("PutObject", AWSPrices.s3Write, adding, isWrite: true)
    /// With a canned ACL.
    package static let putWithACL = operation("PutObject", AWSPrices.s3Write, adding, sharing, isWrite: true)

    private static let ofBucket = IAMRight("s3:GetBucketVersioning", on: .bucket)
    private static let listing = IAMRight("s3:ListBucket", on: .bucket)
    private static let listingVersions = IAMRight("s3:ListBucketVersions", on: .bucket)
    private static let newest = IAMRight("s3:GetObject", on: .object)
    private static let older = IAMRight("s3:GetObjectVersion", on: .object)
    private static let adding = IAMRight("s3:PutObject", on: .object)
    private static let sharing = IAMRight("s3:PutObjectAcl", on: .object)

    /// - Parameter versionID: nil for the newest bytes.
    static func head(_ versionID: String?) -> ServiceOperation { versionID == nil ? head : headVersion }

    /// - Parameter versionID: nil for the newest bytes.
    static func get(_ versionID: String?) -> ServiceOperation { versionID == nil ? get : getVersion }

    package static let all = [getVersioning, list, listVersions, head, headVersion, get, getVersion, put, putWithACL]

    private static func operation(
        _ name: String,
        _ dollars: Double,
        _ rights: IAMRight...,
        isWrite: Bool = false,
        isOptional: Bool = false
    ) -> ServiceOperation {
        ServiceOperation(
            .store,
            service: "s3",
            name: name,
            isWrite: isWrite,
            dollars: dollars,
            rights: rights,
            isOfFile: rights.contains { $0.resource == .object },
            isOptional: isOptional
        )
    }
}
