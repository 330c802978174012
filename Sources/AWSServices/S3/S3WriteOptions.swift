import HTTPTransfer
package import ReconcileCore

/// Options that apply to every object written to S3.
package struct S3WriteOptions: Hashable, Sendable {
    /// How S3 encrypts new objects.
    package enum Encryption: Hashable, Sendable {
        /// According to the bucket's default.
        case bucketDefault
        /// SSE-S3.
        case aes256
        /// SSE-KMS; without a key ID, S3 uses the bucket's or the account's key.
        case kms(keyID: String?)
    }

    package var encryption = Encryption.bucketDefault
    /// The storage class of assets, such as `STANDARD_IA`; nil for S3's default.
    ///
    /// It does not apply to records: in an archive class they could not be read, and nothing could be restored.
    package var storageClass: String?
    /// Such as `bucket-owner-full-control`; nil for none.
    package var cannedACL: String?

    package init() {}

    /// The PUT of an object with these options, including every right that it requires.
    package var operation: ServiceOperation { cannedACL == nil ? S3Operations.put : S3Operations.putWithACL }

    /// Adds the headers of a PUT with these options.
    ///
    /// - Parameter isAsset: whether the object is an asset, rather than a record or a derived file.
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
