import HTTPTransfer
package import ReconcileCore

/// What S3 is asked for with every object that is written.
package struct S3WriteOptions: Hashable, Sendable {
    /// How S3 encrypts new objects.
    package enum Encryption: Hashable, Sendable {
        /// As the bucket's default says.
        case bucketDefault
        /// SSE-S3.
        case aes256
        /// SSE-KMS, with the bucket's or the account's key where none is named.
        case kms(keyID: String?)
    }

    package var encryption = Encryption.bucketDefault
    /// Of assets, `STANDARD_IA` and the like; nil for S3's default.
    ///
    /// It is that of assets alone: a record in an archive class could not be read, and nothing could be restored.
    package var storageClass: String?
    /// `bucket-owner-full-control` and the like; nil to ask for none.
    package var cannedACL: String?

    package init() {}

    /// The PUT of an object that is written so, with every right that it takes.
    package var operation: ServiceOperation { cannedACL == nil ? S3Operations.put : S3Operations.putWithACL }

    /// Adds what a PUT says of it.
    ///
    /// - Parameter isAsset: whether the object is an asset, and not a record or a derived file.
    func append(to headers: inout HTTPHeaders, isAsset: Bool) {
        if let cannedACL { headers.append("x-amz-acl", cannedACL) }
        switch encryption {
        case .bucketDefault: break
        case .aes256: headers.append("x-amz-server-side-encryption", "AES256")
        case .kms(let keyID):
            headers.append("x-amz-server-side-encryption", "aws:kms")
            if let keyID { headers.append("x-amz-server-side-encryption-aws-kms-key-id", keyID) }
        }
        if isAsset, let storageClass { headers.append("x-amz-storage-class", storageClass) }
    }
}
