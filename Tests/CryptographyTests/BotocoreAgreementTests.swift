import Cryptography
import FoundationEssentials
import Subprocess
import TestSupport
import Testing

/// The same requests signed by botocore, the AWS CLI's own signer, in a Python process.
@Suite struct BotocoreAgreementTests {
    @Test(.timeLimit(.minutes(2)))
    func `three hundred generated requests are signed as botocore signs them`() async throws {
        var random = SeededGenerator(seed: 20_260_115)
        let cases = (0..<300).map { _ in GeneratedRequest.make(&random) }
        let input = String(decoding: try JSONEncoder().encode(cases), as: UTF8.self)
        let result = try await run(
            .name("python3"),
            arguments: ["-c", signInPython],
            input: .string(input),
            output: .string(limit: 4 << 20),
            error: .string(limit: 1 << 16)
        )
        try #require(
            result.terminationStatus.isSuccess,
            "python3 with botocore is needed to compare signatures (pip install botocore): \(result.standardError)"
        )
        let answers = try JSONDecoder().decode([String].self, from: Data(result.standardOutput.utf8))
        try #require(answers.count == cases.count)
        for (generated, expected) in zip(cases, answers) {
            let signer = SignatureV4(region: generated.region, service: generated.service)
            let signed = signer.sign(generated.signable, with: generated.credentials, at: generated.date)
            #expect(signed.header("Authorization") == expected, "\(generated)")
        }
    }
}

/// Reads the generated requests as JSON from standard input and answers their Authorization headers.
private let signInPython = """
    import base64, datetime, json, sys
    from types import SimpleNamespace
    try:
        import botocore.auth, botocore.awsrequest, botocore.credentials
    except ImportError as reason:
        sys.exit("python3 cannot import botocore: %s" % reason)
    answers = []
    for case in json.load(sys.stdin):
        moment = datetime.datetime.fromtimestamp(case["seconds"], datetime.timezone.utc)
        botocore.auth.get_current_datetime = lambda remove_tzinfo=True: moment
        request = botocore.awsrequest.AWSRequest(
            method=case["method"], url="https://" + case["host"] + case["path"],
            params=[tuple(pair) for pair in case["query"]], data=base64.b64decode(case["body"]))
        for name, value in case["headers"]:
            request.headers.add_header(name, value)
        signed = case["signsBody"]
        request.context["payload_signing_enabled"] = signed
        request.context["client_config"] = SimpleNamespace(s3={"payload_signing_enabled": signed})
        keys = botocore.credentials.Credentials(case["keyID"], case["secret"], case.get("token"))
        kind = botocore.auth.S3SigV4Auth if case["service"] == "s3" else botocore.auth.SigV4Auth
        kind(keys, case["service"], case["region"]).add_auth(request)
        answers.append(request.headers["Authorization"])
    json.dump(answers, sys.stdout)
    """

/// One request drawn from everything that canonicalisation treats specially.
private struct GeneratedRequest: Encodable {
    var method: String
    var host: String
    var path: String
    var query: [[String]]
    var headers: [[String]]
    var body: Data
    var signsBody: Bool
    var seconds: Double
    var keyID: String
    var secret: String
    var token: String?
    var region: String
    var service: String

    var credentials: AWSCredentials { .init(accessKeyID: keyID, secretAccessKey: secret, sessionToken: token) }
    var date: Date { Date(timeIntervalSince1970: seconds) }
    var signable: SignableRequest {
        SignableRequest(
            method: method,
            host: host,
            path: path,
            query: query.map { ($0[0], $0[1]) },
            headers: headers.map { ($0[0], $0[1]) },
            payload: signsBody ? .bytes(Array(body)) : .unsigned
        )
    }

    static func make(_ random: inout SeededGenerator) -> GeneratedRequest {
        let names = [
            "Content-Type", "content-md5", "If-None-Match", "X-Amz-Meta-One", "x-amz-meta-one", "X-Amz-Checksum-SHA256",
            "Range", "Accept", "User-Agent", "Expect", "Connection", "X-Amzn-Trace-Id", "TE", "Cache-Control",
        ]
        let values = [
            "", "*", " padded ", "two  spaces", "tab\tand  more ", "a,b", "plain", "bytes=0-9", "k=v; w=\"x y\"",
        ]
        let segments = ["com", "..", ".", "", "a+b", "1.0 x", "é€", "~t", "100%", "x=y&z", "!$'()*,;:@", "日本", "v1"]
        let raw = (0..<Int.random(in: 0...5, using: &random)).map { _ in segments.randomElement(using: &random) ?? "" }
        // Characters that a path may hold as they are appear both encoded and not.
        let keepsSpecial = Bool.random(using: &random)
        let path = raw.map { segment in
            keepsSpecial && segment.utf8.allSatisfy { $0 < 128 && $0 != 32 && $0 != UInt8(ascii: "%") }
                ? segment : PercentEncoding.encode(segment, keepSlash: false)
        }
        let words = [
            "", "a", "a-b", "aB", "a.b", "a b", "é", "+", "/", "=", "&", "~", "max-results", "1000", "𝛼", "%2B",
        ]
        let service = ["s3", "codeartifact", "sts"].randomElement(using: &random) ?? "s3"
        // An empty path goes on the wire as "/", which botocore's S3 signer leaves to its caller.
        let emptyPath = service == "s3" ? "/" : ""
        return GeneratedRequest(
            method: ["GET", "PUT", "POST", "HEAD"].randomElement(using: &random) ?? "GET",
            host: ["my-bucket.s3.us-west-2.amazonaws.com", "localhost:4566", "127.0.0.1:8443"]
                .randomElement(using: &random) ?? "h",
            path: raw.isEmpty ? emptyPath : "/" + path.joined(separator: "/"),
            query: (0..<Int.random(in: 0...6, using: &random)).map { _ in
                [words.randomElement(using: &random) ?? "", words.randomElement(using: &random) ?? ""]
            },
            headers: (0..<Int.random(in: 0...5, using: &random)).map { _ in
                [names.randomElement(using: &random) ?? "", values.randomElement(using: &random) ?? ""]
            },
            body: Data(
                (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            ),
            signsBody: Bool.random(using: &random),
            seconds: Double(Int.random(in: 0..<4_000_000_000, using: &random)),
            keyID: "AKID\(Int.random(in: 0..<1_000, using: &random))",
            secret: "s/+=\(UInt64.random(in: 0...UInt64.max, using: &random))",
            token: Bool.random(using: &random) ? "tok/en+\(Int.random(in: 0..<9, using: &random))==" : nil,
            region: ["us-west-2", "eu-central-1", "cn-north-1"].randomElement(using: &random) ?? "us-west-2",
            service: service
        )
    }
}
