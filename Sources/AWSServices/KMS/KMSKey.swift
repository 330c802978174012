import Cryptography
import FoundationEssentials
package import HTTPTransfer
import ReconcileCore

/// A P-256 key in AWS Key Management Service. The service signs with it, and nobody can copy it.
///
/// Each call makes one attempt; callers retry.
package struct KMSKey: Sendable {
    package let arn: KMSKeyARN
    private let transport: SignedTransport

    /// - Parameter transport: sends to the service in the key's region.
    package init(_ arn: KMSKeyARN, by transport: SignedTransport) {
        self.arn = arn
        self.transport = transport
    }

    /// Short, since an in-memory key waits for its certificate: better to ask again than to wait longer.
    package static let deadlines = HTTPDeadlines(
        connect: .seconds(5),
        firstByte: .seconds(10),
        stall: .seconds(10),
        total: .seconds(20)
    )

    /// Signs a message's SHA-256 and returns r and s, 32 bytes each, with the lower s.
    ///
    /// - Parameter message: up to 4096 bytes; the service hashes them.
    /// - Throws: `RemoteFailure`, which is `forbidden` if the caller may not use the key or nobody can; or
    ///   `CancellationError`.
    package func sign(_ message: [UInt8]) async throws -> [UInt8] {
        let request = SignRequest(keyID: arn.description, message: Data(message).base64EncodedString())
        let (answer, call): (SignAnswer, ServiceCall) = try await send(request, KMSOperations.sign)
        guard let der = Data(base64Encoded: answer.signature), let signature = P256Signature(der: Array(der)) else {
            throw call.failure(.malformed, "the answer is not a signature on P-256")
        }
        return signature.bytes
    }

    /// Fetches the public key and what the key is for. Check its `refusal` to see whether records can be signed with
    /// it.
    ///
    /// - Throws: as `sign`.
    package func publicKey() async throws -> KMSPublicKey {
        let request = PublicKeyRequest(keyID: arn.description)
        let (answer, call): (PublicKeyAnswer, ServiceCall) = try await send(request, KMSOperations.getPublicKey)
        guard let der = Data(base64Encoded: answer.publicKey) else {
            throw call.failure(.malformed, "the answer has no public key")
        }
        return KMSPublicKey(
            spec: answer.spec ?? answer.earlierSpec ?? "unknown",
            usage: answer.usage ?? "unknown",
            point: P256PublicKey.point(der: Array(der))
        )
    }

    private func send<Answer: Decodable>(
        _ request: some Encodable,
        _ operation: ServiceOperation
    ) async throws -> (Answer, ServiceCall) {
        let call = ServiceCall(
            operation,
            on: arn.description,
            method: .post,
            path: "/",
            headers: [
                "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.\(operation.name)",
            ],
            payload: .bytes(try Array(JSONEncoder().encode(request)))
        )
        let response = try await transport.send(call)
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)) else {
            throw call.failure(.malformed, "the answer cannot be read")
        }
        return (answer, call)
    }

    private struct SignRequest: Encodable {
        let keyID: String
        let message: String
        let messageType = "RAW"
        let algorithm = "ECDSA_SHA_256"

        enum CodingKeys: String, CodingKey {
            case keyID = "KeyId", message = "Message", messageType = "MessageType", algorithm = "SigningAlgorithm"
        }
    }

    private struct SignAnswer: Decodable {
        let signature: String

        enum CodingKeys: String, CodingKey {
            case signature = "Signature"
        }
    }

    private struct PublicKeyRequest: Encodable {
        let keyID: String

        enum CodingKeys: String, CodingKey {
            case keyID = "KeyId"
        }
    }

    private struct PublicKeyAnswer: Decodable {
        let publicKey: String
        let spec: String?
        /// The earlier name of the same member.
        let earlierSpec: String?
        let usage: String?

        enum CodingKeys: String, CodingKey {
            case publicKey = "PublicKey", spec = "KeySpec", earlierSpec = "CustomerMasterKeySpec", usage = "KeyUsage"
        }
    }
}

/// The public part of a KMS key, with its spec and usage.
package struct KMSPublicKey: Hashable, Sendable {
    package let spec: String
    package let usage: String
    /// The uncompressed point, 65 bytes; nil if the key is not on P-256.
    package let point: [UInt8]?

    package init(spec: String, usage: String, point: [UInt8]?) {
        self.spec = spec
        self.usage = usage
        self.point = point
    }

    /// Why records cannot be signed with the key, as the end of a sentence about it; nil if they can.
    package var refusal: String? {
        guard spec != "ECC_NIST_P256" || usage != "SIGN_VERIFY" else {
            return point == nil ? "has a public key that is not on P-256" : nil
        }
        return "is \(spec) for \(usage); records are signed with ECC_NIST_P256 for SIGN_VERIFY alone"
    }
}
