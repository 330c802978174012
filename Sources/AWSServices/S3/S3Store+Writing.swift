import Cryptography
import FoundationEssentials
import HTTPTransfer
package import ReconcileCore

/// Writing to S3: one PUT an object, create-only or over what is there.
extension S3Store {
    /// Bytes of the largest object that one PUT stores (S3 User Guide, Uploading objects).
    private static let putLimit: Int64 = 5 << 30

    package func write(
        _ bytes: [UInt8],
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        let call = putCall(key, condition, payload: .bytes(bytes), sha256: Digest.of(bytes, .sha256))
        return outcome(try await transport.send(call))
    }

    package func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        let payload = asset.checksums.sha256.map { ServiceCall.Payload.streamed(sha256: $0) } ?? .streamedUnsigned
        let sha256 = asset.checksums.sha256.flatMap { Hexadecimal.decode($0) }
        let call = assetCall(key, condition, payload: payload, sha256: sha256)
        guard asset.size <= Self.putLimit else {
            throw call.failure(.invalid, "the asset has \(asset.size) bytes; one PUT stores \(Self.putLimit) at most")
        }
        let response = try await transport.perform(call) { request in
            try await transport.client.upload(body, of: asset, with: request, answerLimit: Self.errorLimit) {
                transport.count(call)
            } corrupt: {
                call.failure(.corrupt, $0)
            }
        }
        return outcome(response)
    }

    /// In the storage class that is asked for, which is that of assets alone: a record in an archive class could not be
    /// read, and nothing could be restored.
    private func assetCall(
        _ key: ObjectKey,
        _ condition: WriteCondition,
        payload: ServiceCall.Payload,
        sha256: [UInt8]?
    ) -> ServiceCall {
        var call = putCall(key, condition, payload: payload, sha256: sha256)
        if let storageClass = bucket.storageClass { call.headers.append("x-amz-storage-class", storageClass) }
        return call
    }

    private func putCall(
        _ key: ObjectKey,
        _ condition: WriteCondition,
        payload: ServiceCall.Payload,
        sha256: [UInt8]?
    ) -> ServiceCall {
        var call = objectCall(S3Operations.put, key, .put)
        call.isErrorInside = S3Answers.isError
        call.payload = payload
        if let sha256 { call.headers.append("x-amz-checksum-sha256", Data(sha256).base64EncodedString()) }
        switch condition {
        case .createOnly:
            call.headers.append("If-None-Match", "*")
            call.answers = [412]
        case .overwrite: break
        }
        if let acl = bucket.cannedACL { call.headers.append("x-amz-acl", acl) }
        switch bucket.encryption {
        case .bucketDefault: break
        case .aes256: call.headers.append("x-amz-server-side-encryption", "AES256")
        case .kms(let keyID):
            call.headers.append("x-amz-server-side-encryption", "aws:kms")
            if let keyID { call.headers.append("x-amz-server-side-encryption-aws-kms-key-id", keyID) }
        }
        return call
    }

    private func outcome(_ response: HTTPResponse) -> WriteOutcome {
        if response.status == 412 { return .alreadyExists }
        versioning.see(written: response.head)
        return .stored(versionID: response.head.headers["x-amz-version-id"])
    }
}
