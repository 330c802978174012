import AWSServices
import Cryptography
import FoundationEssentials
import HTTPTransfer
import ReconcileCore
import TestSupport
import Testing

/// Signing with a key of KMS: what is sent, and what each answer means.
@Suite(.timeLimit(.minutes(1))) struct KMSKeyTests {
    private static let arn = "arn:aws:kms:eu-west-1:111122223333:key/12345678-90ab-cdef-1234-567890abcdef"
    // RFC 6979, A.2.5, of the message "sample": s is the higher of the two.
    private static let r = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    private static let highS = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    private static let lowS = "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9"

    private static func bytes(_ digits: String) -> [UInt8] {
        let digits = digits.utf8.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private func sign(
        _ status: String,
        _ body: String
    ) async throws -> (result: Result<[UInt8], any Error>, requests: [ScriptedRequest]) {
        try await ScriptedHTTPServer.withServer { _ in
            [
                .readBody,
                .send(
                    Array(
                        ("HTTP/1.1 \(status)\r\nContent-Type: application/x-amz-json-1.1\r\n"
                            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8
                    )
                ),
            ]
        } _: { server in
            let result: Result<[UInt8], any Error> = try await HTTPClient.withClient(HTTPClientSettings()) { client in
                let transport = SignedTransport(
                    client: client,
                    endpoint: try ServiceEndpoint("http://127.0.0.1:\(server.port)"),
                    credentials: NumberedCredentials(),
                    signature: SignatureV4(region: "eu-west-1", service: "kms"),
                    ledger: RequestLedger(),
                    governor: RateGovernor(limits: [:], shards: 1, clock: SystemClock())
                )
                do {
                    let key = KMSKey(try #require(KMSKeyARN(Self.arn)), by: transport)
                    return .success(try await key.sign(Array("sample".utf8)))
                } catch {
                    return .failure(error)
                }
            }
            return (result, server.requests)
        }
    }

    @Test func `a signature comes with the lower s, of the message as it is`() async throws {
        let der = Self.bytes("3046022100\(Self.r)022100\(Self.highS)")
        let text = Data(der).base64EncodedString()
        let (result, requests) = try await sign(
            "200 OK",
            #"{"KeyId":"k","Signature":"\#(text)","SigningAlgorithm":"ECDSA_SHA_256"}"#
        )
        #expect(try result.get() == Self.bytes(Self.r + Self.lowS))
        let request = try #require(requests.first)
        #expect(requests.count == 1)
        #expect((request.method, request.target) == ("POST", "/"))
        #expect(request["X-Amz-Target"] == "TrentService.Sign")
        #expect(request["Content-Type"] == "application/x-amz-json-1.1")
        #expect(request["Authorization"]?.contains("/eu-west-1/kms/aws4_request") == true)
        #expect(
            try JSONDecoder().decode([String: String].self, from: Data(request.body)) == [
                "KeyId": Self.arn, "Message": "c2FtcGxl", "MessageType": "RAW", "SigningAlgorithm": "ECDSA_SHA_256",
            ]
        )
    }

    @Test(
        "is refused as a whole at once, or is worth another attempt",
        arguments: [
            ("400 Bad Request", "AccessDeniedException", RemoteFailure.Kind.forbidden),
            ("403 Forbidden", "AccessDeniedException", .forbidden),
            ("400 Bad Request", "DisabledException", .forbidden),
            ("400 Bad Request", "KMSInvalidStateException", .forbidden),
            ("400 Bad Request", "NotFoundException", .forbidden),
            ("400 Bad Request", "InvalidKeyUsageException", .forbidden),
            ("400 Bad Request", "UnrecognizedClientException", .credentials),
            ("400 Bad Request", "ValidationException", .invalid),
            ("400 Bad Request", "ThrottlingException", .throttled),
            ("500 Internal Server Error", "KMSInternalException", .unavailable),
            ("500 Internal Server Error", "KeyUnavailableException", .unavailable),
            ("503 Service Unavailable", "DependencyTimeoutException", .unavailable),
        ]
    )
    func refusals(status: String, code: String, kind: RemoteFailure.Kind) async throws {
        let (result, requests) = try await sign(status, #"{"__type":"\#(code)","message":"no"}"#)
        let failure = try #require(throws: RemoteFailure.self) { try result.get() }
        #expect(failure.kind == kind, "\(failure)")
        #expect(failure.operation == KMSOperations.sign)
        #expect(failure.target == Self.arn)
        #expect(requests.count == 1)
    }

    @Test func `a refusal names the action, the key and who must allow it`() async throws {
        let (denied, _) = try await sign("400 Bad Request", #"{"__type":"AccessDeniedException"}"#)
        #expect(
            try #require(throws: RemoteFailure.self) { try denied.get() }.message
                == "refused once and never accepted. Allow kms:Sign on \(Self.arn) in the role's policy. Whoever administers "
                + "the key must let its policy allow that, and name the role there if the key belongs to another account. "
                + "Not allowed: this request needs kms:Sign. The service said: status 400 AccessDeniedException"
        )
        let answer = #"{"__type":"DisabledException","message":"k is disabled."}"#
        let (disabled, _) = try await sign("400 Bad Request", answer)
        #expect(
            try #require(throws: RemoteFailure.self) { try disabled.get() }.message
                == "refused once and never accepted. The signing key cannot be used: it must exist in its region, be "
                + "enabled, and be ECC_NIST_P256 for SIGN_VERIFY. It said: status 400 DisabledException: k is disabled."
        )
    }

    @Test(
        "an answer that is no signature is malformed",
        arguments: ["", "{}", #"{"Signature":""}"#, #"{"Signature":"MAYCAQECAQI"}"#, #"{"Signature":"MEUCIQ=="}"#]
    )
    func malformed(body: String) async throws {
        let (result, _) = try await sign("200 OK", body)
        let failure = try #require(throws: RemoteFailure.self) { try result.get() }
        #expect(failure.kind == .malformed)
    }

    @Test(
        "what is not a key's ARN is none",
        arguments: [
            "arn:aws:kms:eu-west-1:111122223333:alias/backup", "arn:aws:kms::111122223333:key/1",
            "arn:aws:kms:eu-west-1:1111:key/1", "arn:aws:kms:eu-west-1:111122223333:key/", "alias/backup", "key.pem",
            "arn:aws:s3:eu-west-1:111122223333:key/1", "arn:aws:kms:eu-west-1:111122223333:key/1:2", "",
            "arn:aws-cn:kms:eu-west-1:111122223333:key/1", "arn:aws:kms:EU:111122223333:key/1",
            "arn:aws:kms:eu-west-1:111122223333:key/1\n",
        ]
    )
    func noARN(text: String) {
        #expect(KMSKeyARN(text) == nil)
    }

    @Test func `an ARN says where requests go`() {
        for (text, region) in [
            (Self.arn, "eu-west-1"), ("arn:aws-cn:kms:cn-north-1:111122223333:key/1", "cn-north-1"),
            ("arn:aws:kms:us-east-1:111122223333:key/mrk-0a", "us-east-1"),
        ] {
            #expect(KMSKeyARN(text)?.region == region)
            #expect(KMSKeyARN(text)?.description == text)
        }
    }

    @Test(
        "other keys are refused by name",
        arguments: [
            ("ECC_NIST_P256", "SIGN_VERIFY", true, nil),
            ("ECC_NIST_P384", "SIGN_VERIFY", false, "is ECC_NIST_P384 for SIGN_VERIFY"),
            ("ECC_SECG_P256K1", "SIGN_VERIFY", false, "is ECC_SECG_P256K1 for SIGN_VERIFY"),
            ("RSA_2048", "ENCRYPT_DECRYPT", false, "is RSA_2048 for ENCRYPT_DECRYPT"),
            ("ECC_NIST_P256", "KEY_AGREEMENT", true, "is ECC_NIST_P256 for KEY_AGREEMENT"),
            ("ECC_NIST_P256", "SIGN_VERIFY", false, "has a public key that is not on P-256"),
        ] as [(String, String, Bool, String?)]
    )
    func publicKeys(spec: String, usage: String, isPoint: Bool, refusal: String?) {
        let key = KMSPublicKey(spec: spec, usage: usage, point: isPoint ? [4] : nil)
        if let refusal { #expect(key.refusal?.hasPrefix(refusal) == true) } else { #expect(key.refusal == nil) }
    }
}
