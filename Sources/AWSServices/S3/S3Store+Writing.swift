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
        let call = putCall(key, condition, payload: .bytes(bytes), sha256: Digest.of(bytes, .sha256), isAsset: false)
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
        let call = putCall(key, condition, payload: payload, sha256: sha256, isAsset: true)
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

    private func putCall(
        _ key: ObjectKey,
        _ condition: WriteCondition,
        payload: ServiceCall.Payload,
        sha256: [UInt8]?,
        isAsset: Bool
    ) -> ServiceCall {
        var call = objectCall(bucket.writing.operation, key, .put)
        call.isErrorInside = S3Answers.isError
        call.payload = payload
        if let sha256 { call.headers.append("x-amz-checksum-sha256", Data(sha256).base64EncodedString()) }
        switch condition {
        case .createOnly:
            call.headers.append("If-None-Match", "*")
            call.answers = [412]
        case .overwrite: break
        }
        bucket.writing.append(to: &call.headers, isAsset: isAsset)
        return call
    }

    private func outcome(_ response: HTTPResponse) -> WriteOutcome {
        if response.status == 412 { return .alreadyExists }
        versioning.see(written: response.head)
        return .stored(versionID: response.head.headers["x-amz-version-id"])
    }
}
