import Cryptography
import FoundationEssentials

/// The supported calls of Key Management Service, for one asymmetric key: Sign and GetPublicKey (API version
/// 2014-11-01).
extension LocalCodeArtifact {
    static let keysTarget = "TrentService."

    /// The ARN of the key.
    package var signingKeyARN: String {
        "arn:aws:kms:\(configuration.region):\(configuration.owner):key/\(Self.keyID)"
    }

    static let keyID = "5a4db0c5-0000-4000-8000-0000005a4db0"

    /// Answers a POST to `/` whose target starts with `keysTarget`.
    func answerKeys(_ request: ServerRequest) async throws -> ServerAnswer {
        let operation = String((request.header("x-amz-target") ?? "").dropFirst(Self.keysTarget.count))
        var answer: ServerAnswer
        do {
            answer = try await answerKeys(request, operation)
        } catch let failure as ServiceFailure {
            let body = JSON.object(["__type": .string(failure.code), "message": .string(failure.message)])
            answer = .json(failure.status, body)
        }
        answer.headers.append(("Date", HTTPDate.text(of: now)))
        answer.headers.append(("x-amzn-RequestId", UUID().uuidString.lowercased()))
        return answer
    }

    private func answerKeys(_ request: ServerRequest, _ operation: String) async throws -> ServerAnswer {
        guard ["Sign", "GetPublicKey"].contains(operation) else {
            throw ServiceFailure(code: "UnknownOperationException", status: 400, message: "")
        }
        let name = "kms.\(operation)"
        counter.count(name)
        if configuration.latency > .zero { try await Task.sleep(for: configuration.latency) }
        let body = try await request.bytes(upTo: Self.bodyLimit)
        if configuration.checksSignatures { try credentials.check(request, body: body, service: "kms", at: now) }
        let effect = faults.draw(name, target: "/")
        if case .status(let status, _) = effect { throw refusal(status, of: operation) }
        if configuration.denied.contains("kms:\(operation)") { throw refusal(403, of: operation) }
        guard let parameters = try? JSONDecoder().decode(KeyParameters.self, from: Data(body)) else {
            throw ServiceFailure(code: "SerializationException", status: 400, message: "")
        }
        guard [signingKeyARN, Self.keyID].contains(parameters.keyID) else {
            let message = "Key '\(parameters.keyID)' does not exist"
            throw ServiceFailure(code: "NotFoundException", status: 400, message: message)
        }
        var answer: ServerAnswer = try operation == "Sign" ? sign(parameters) : publicKey()
        effect?.damage(&answer)
        return answer
    }

    private func sign(_ parameters: KeyParameters) throws(ServiceFailure) -> ServerAnswer {
        guard configuration.signingKeySpec == "ECC_NIST_P256", configuration.signingKeyUsage == "SIGN_VERIFY",
            parameters.algorithm == "ECDSA_SHA_256"
        else {
            let (algorithm, spec) = (parameters.algorithm ?? "null", configuration.signingKeySpec)
            throw ServiceFailure(
                code: "InvalidKeyUsageException",
                status: 400,
                message: "Algorithm \(algorithm) is incompatible with key spec \(spec)."
            )
        }
        guard let message = parameters.message.flatMap({ Data(base64Encoded: $0) }), (1...4096).contains(message.count)
        else { throw .invalid("'message' must have length 1 to 4096") }
        guard parameters.messageType ?? "RAW" == "RAW" else { throw .invalid("the sandbox signs RAW messages alone") }
        guard let signature = signingKey.sign(Array(message)) else { throw .internal(500) }
        return .json(
            200,
            .object([
                "KeyId": .string(signingKeyARN), "Signature": .string(Data(signature).base64EncodedString()),
                "SigningAlgorithm": "ECDSA_SHA_256",
            ])
        )
    }

    private func publicKey() -> ServerAnswer {
        .json(
            200,
            .object([
                "KeyId": .string(signingKeyARN), "PublicKey": .string(Data(signingKey.der).base64EncodedString()),
                "CustomerMasterKeySpec": .string(configuration.signingKeySpec),
                "KeySpec": .string(configuration.signingKeySpec), "KeyUsage": .string(configuration.signingKeyUsage),
                "SigningAlgorithms": .array(["ECDSA_SHA_256"]),
            ])
        )
    }

    /// The service's error for a fault with this status (KMS API Reference, Sign and Common errors).
    private func refusal(_ status: Int, of operation: String) -> ServiceFailure {
        let key = signingKeyARN
        return switch status {
        case 403:
            ServiceFailure(
                code: "AccessDeniedException",
                status: 400,
                message: DeniedAction("kms:\(operation)", on: key).message
            )
        case 409: ServiceFailure(code: "DisabledException", status: 400, message: "\(key) is disabled.")
        case 429:
            ServiceFailure(
                code: "ThrottlingException",
                status: 400,
                message: "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
            )
        case 503: ServiceFailure(code: "DependencyTimeoutException", status: 503, message: "")
        case 500...: ServiceFailure(code: "KMSInternalException", status: status, message: "")
        default:
            ServiceFailure(code: "KMSInvalidStateException", status: 400, message: "\(key) is pending deletion.")
        }
    }

    private struct KeyParameters: Decodable {
        let keyID: String
        let message: String?
        let messageType: String?
        let algorithm: String?

        enum CodingKeys: String, CodingKey {
            case keyID = "KeyId", message = "Message", messageType = "MessageType", algorithm = "SigningAlgorithm"
        }
    }
}

/// The private key of the local Key Management Service.
final class LocalSigningKey: Sendable {
    private let key: P256SigningKey

    private init(_ key: consuming P256SigningKey) {
        self.key = key
    }

    /// Reads the key, or generates one.
    ///
    /// - Parameter pem: nil to generate a key.
    /// - Throws: if the text is not a private key on P-256.
    static func made(_ pem: String?) throws(SeedingFailure) -> LocalSigningKey {
        guard let pem else {
            guard let key = P256SigningKey.generate() else { throw SeedingFailure("no signing key could be made") }
            return LocalSigningKey(key)
        }
        guard let key = P256SigningKey.read(pem: pem) else {
            throw SeedingFailure("the signing key \(P256SigningKey.refusal(ofPEM: pem))")
        }
        return LocalSigningKey(key)
    }

    /// Signs a message; the signature is DER with either s, as from the service.
    func sign(_ message: [UInt8]) -> [UInt8]? { key.signInDER(message) }

    /// The DER of the public key.
    var der: [UInt8] { P256PublicKey.der(of: key.point) }
}
