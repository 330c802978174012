import Cryptography
import FoundationEssentials
import LocalServices
import Testing

@Suite("The local KMS, judged by AWS's own client", .enabled(if: Tool.wanted), .timeLimit(.minutes(3)))
struct KMSTests {
    private struct Judged: Decodable {
        let publicKey: String
        let signatures: [String]
    }

    private static let pem = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIHR1znirywZP/SLNQfj9+dJr6JUrm5G2/UAPZtgwmmDooAoGCCqGSM49
        AwEHoUQDQgAE7x03Qewe6I8XH1OP0gEcdaWoZ7mreFznYVvQRfqbZGnNJTBLveCM
        dKDg5PLPgF7tz5IQl2PkG9fL1Ti02ZCf4Q==
        -----END EC PRIVATE KEY-----
        """
    /// The first coordinate of its point.
    private static let x = "ef1d3741ec1ee88f171f538fd2011c75a5a867b9ab785ce7615bd045fa9b6469"

    @Test(arguments: [true, false])
    func `its signatures are those of its public key, with either s`(isGiven: Bool) async throws {
        var configuration = LocalCodeArtifact.Configuration()
        configuration.signingKeyPEM = isGiven ? Self.pem : nil
        try await LocalCodeArtifact.with(configuration) { server in
            let answer = try await Tool(name: "python3").run(
                ["-c", judge, server.signingKeyARN],
                environment: server.environment
            )
            #expect(answer.error == "")
            let judged = try JSONDecoder().decode(Judged.self, from: Data(answer.output.utf8))
            let der = Array(try #require(Data(base64Encoded: judged.publicKey)))
            let point = try #require(P256PublicKey.point(der: der))
            #expect((Hexadecimal.encode(Array(point[1...32])) == Self.x) == isGiven)
            let key = try #require(P256PublicKey(point: point))
            let signatures = try judged.signatures.map { Array(try #require(Data(base64Encoded: $0))) }
            #expect(signatures.count == 64)
            var low = 0
            for der in signatures {
                let signature = try #require(P256Signature(der: der))
                #expect(key.verifies(signature.bytes, of: Array("a message".utf8)))
                // The reader of DER lowers s, so a low one comes back as it was.
                if signature.der == der { low += 1 }
            }
            #expect((1...63).contains(low))
            #expect(server.requests["kms.Sign"] == 64 + 6)
        }
    }
}

/// Calls both operations, and what they refuse, and prints what was signed.
private let judge = """
    import boto3, json, sys, base64
    from botocore.config import Config
    from botocore.exceptions import ClientError

    arn = sys.argv[1]
    client = boto3.client("kms", config=Config(retries={"total_max_attempts": 1, "mode": "standard"}))

    def refused(code, operation=client.sign, **change):
        given = {"KeyId": arn, "Message": b"a message", "MessageType": "RAW", "SigningAlgorithm": "ECDSA_SHA_256"}
        try:
            operation(**{k: v for k, v in (given | change).items() if v is not None})
        except ClientError as error:
            assert error.response["Error"]["Code"] == code, error.response
        else:
            raise AssertionError(code)

    found = client.get_public_key(KeyId=arn)
    assert found["KeySpec"] == "ECC_NIST_P256" and found["KeyUsage"] == "SIGN_VERIFY", found
    assert found["SigningAlgorithms"] == ["ECDSA_SHA_256"] and found["KeyId"] == arn, found
    refused("NotFoundException", KeyId=arn[:-1] + "1")
    refused("InvalidKeyUsageException", SigningAlgorithm="RSASSA_PSS_SHA_256")
    refused("ValidationException", Message=b"a" * 4097)
    refused("ValidationException", MessageType="DIGEST")
    other = boto3.client("kms", region_name="eu-west-1", config=Config(retries={"total_max_attempts": 1}))
    refused("InvalidSignatureException", other.sign)
    stranger = boto3.client("kms", aws_access_key_id="AKIASTRANGER", aws_secret_access_key="s")
    refused("UnrecognizedClientException", stranger.sign)
    signatures = [
        client.sign(KeyId=arn, Message=b"a message", SigningAlgorithm="ECDSA_SHA_256")["Signature"] for _ in range(64)
    ]
    print(json.dumps({
        "publicKey": base64.b64encode(found["PublicKey"]).decode(),
        "signatures": [base64.b64encode(signature).decode() for signature in signatures],
    }))
    """
