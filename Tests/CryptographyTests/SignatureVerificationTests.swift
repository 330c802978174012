import Cryptography
import FoundationEssentials
import Testing

private let s3 = SignatureV4(region: "us-west-2", service: "s3")
private let codeArtifact = SignatureV4(region: "us-west-2", service: "codeartifact")

/// What a server accepts, and the reason that it gives for everything else.
@Suite struct SignatureVerificationTests {
    /// A signed PUT as the server sees it.
    private var received: ReceivedRequest {
        let signed = s3.sign(
            SignableRequest(
                method: "PUT",
                host: "127.0.0.1:9000",
                path: "/bucket/a%2Bb/1.0%20x.jar",
                query: [("b", "2 é"), ("a", "1"), ("flag", "")],
                headers: [("If-None-Match", "*"), ("User-Agent", "reconcile/1")],
                payload: .bytes(Array("hello".utf8))
            ),
            with: exampleCredentials,
            at: noon
        )
        return ReceivedRequest(
            method: "PUT",
            target: signed.pathAndQuery,
            headers: [("Host", "127.0.0.1:9000"), ("Content-Length", "5")] + signed.headers,
            body: Array("hello".utf8)
        )
    }

    private func fault(
        _ request: ReceivedRequest,
        _ credentials: AWSCredentials = exampleCredentials,
        at date: Date = noon
    ) -> SignatureFault? {
        do throws(SignatureFault) {
            try s3.verify(request, with: credentials, at: date)
            return nil
        } catch {
            return error
        }
    }

    /// `received` with a header's value changed, or the header dropped.
    private func changing(_ name: String, to value: String?) -> ReceivedRequest {
        var request = received
        request.headers.removeAll { $0.name == name }
        if let value { request.headers.append((name, value)) }
        return request
    }

    @Test func `what was signed is accepted, whole or streaming, in any order of the query`() {
        #expect(fault(received) == nil)
        var streaming = received
        streaming.body = nil
        #expect(fault(streaming) == nil)
        var reordered = received
        reordered.target = "/bucket/a%2Bb/1.0%20x.jar?flag&b=2%20%c3%a9&a=1"
        #expect(fault(reordered) == nil)
        #expect(fault(received, at: noon.addingTimeInterval(900)) == nil)
        #expect(fault(received, at: noon.addingTimeInterval(-900)) == nil)
    }

    @Test func `a path of another service is normalised and encoded on both sides`() throws {
        let signed = codeArtifact.sign(
            SignableRequest(method: "GET", host: "h:1", path: "/v1/./x/../a%20b/"),
            with: exampleCredentials,
            at: noon
        )
        let request = ReceivedRequest(
            method: "GET",
            target: signed.pathAndQuery,
            headers: [("host", "h:1")] + signed.headers,
            body: []
        )
        try codeArtifact.verify(request, with: exampleCredentials, at: noon)
    }

    @Test("a header that is not there", arguments: ["Authorization", "X-Amz-Date", "X-Amz-Content-SHA256", "Host"])
    func missing(name: String) {
        #expect(fault(changing(name, to: nil)) == .missingHeader(name.lowercased()))
    }

    @Test func `a signed header that is not there`() {
        #expect(fault(changing("If-None-Match", to: nil)) == .missingHeader("if-none-match"))
    }

    @Test(
        "an Authorization header that cannot be used",
        arguments: [
            ("AWS4-ECDSA-P256-SHA256 Credential=a", SignatureFault.unknownAlgorithm("AWS4-ECDSA-P256-SHA256")),
            ("Bearer xyz", .unknownAlgorithm("Bearer")),
            ("AWS4-HMAC-SHA256", .unreadable("it has no parts")),
            ("AWS4-HMAC-SHA256 nonsense", .unreadable("a part without =")),
            ("AWS4-HMAC-SHA256 Credential=a", .unreadable("no SignedHeaders")),
            ("AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host", .unreadable("no Signature")),
            ("AWS4-HMAC-SHA256 SignedHeaders=host,Signature=0", .unreadable("no Credential")),
            (
                "AWS4-HMAC-SHA256 Credential=A/d/r/s, SignedHeaders=host, Signature=0",
                .unreadable("a Credential of another form")
            ),
            (
                "AWS4-HMAC-SHA256 Credential=OTHER/20260115/us-west-2/s3/aws4_request,SignedHeaders=host,Signature=0",
                .unknownKey("OTHER")
            ),
            (
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260114/us-west-2/s3/aws4_request,SignedHeaders=host,"
                    + "Signature=0",
                .badScope(
                    presented: "20260114/us-west-2/s3/aws4_request",
                    expected: "20260115/us-west-2/s3/aws4_request"
                )
            ),
            (
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-west-2/s3/aws4_request,SignedHeaders=host,"
                    + "Signature=0",
                .unsignedHeader("x-amz-date")
            ),
            (
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-west-2/s3/aws4_request,SignedHeaders=x-amz-date,"
                    + "Signature=0",
                .unsignedHeader("host")
            ),
        ]
    )
    func unusable(authorization: String, expected: SignatureFault) {
        #expect(fault(changing("Authorization", to: authorization)) == expected)
    }

    @Test func `a request from another time is refused with its age`() {
        #expect(fault(received, at: noon.addingTimeInterval(901)) == .skew(seconds: 901))
        #expect(fault(received, at: noon.addingTimeInterval(-901)) == .skew(seconds: -901))
        #expect(fault(changing("X-Amz-Date", to: "today")) == .unreadable("x-amz-date today is no time"))
    }

    @Test func `another session token is refused`() {
        #expect(fault(changing("X-Amz-Security-Token", to: "other")) == .wrongSessionToken)
        let longLived = AWSCredentials(
            accessKeyID: exampleCredentials.accessKeyID,
            secretAccessKey: exampleCredentials.secretAccessKey
        )
        #expect(fault(received, longLived) == .wrongSessionToken)
    }

    @Test func `an unsigned x-amz header is refused`() {
        #expect(fault(changing("x-amz-acl", to: "public-read")) == .unsignedHeader("x-amz-acl"))
    }

    @Test func `a body other than the declared one is refused`() {
        var request = received
        request.body = Array("hellO".utf8)
        #expect(
            fault(request)
                == .wrongPayload(declared: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        )
    }

    @Test func `a changed method, path, query, header or secret is a mismatch that shows the canonical request`() {
        var method = received
        method.method = "POST"
        var path = received
        path.target = path.target.replacing("x.jar", with: "y.jar")
        var query = received
        query.target += "&c=3"
        let stranger = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE",
            secretAccessKey: "wrong",
            sessionToken: "SESSIONTOKENEXAMPLE"
        )
        let faults = [
            fault(method), fault(path), fault(query), fault(changing("If-None-Match", to: "\"x\"")),
            fault(received, stranger),
        ]
        for fault in faults {
            guard case .mismatch(let canonical) = fault else {
                Issue.record("not a mismatch: \(fault?.description ?? "accepted")")
                continue
            }
            #expect(canonical.contains("/bucket/a%2Bb/1.0%20"))
            #expect(!canonical.contains("wrong"))
        }
    }
}
