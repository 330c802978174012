import Cryptography
import FoundationEssentials
import Testing

let exampleCredentials = AWSCredentials(
    accessKeyID: "AKIDEXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    sessionToken: "SESSIONTOKENEXAMPLE"
)
/// 2026-01-15T12:00:00Z
let noon = Date(timeIntervalSince1970: 1_768_478_400)

private let codeArtifact = SignatureV4(region: "us-west-2", service: "codeartifact")
private let s3 = SignatureV4(region: "us-west-2", service: "s3")

/// Signatures of known requests, and what a signed request carries.
@Suite struct SignatureV4Tests {
    @Test func `a listing of CodeArtifact has the known signature`() {
        let signed = codeArtifact.sign(
            SignableRequest(
                method: "POST",
                host: "codeartifact.us-west-2.amazonaws.com",
                path: "/v1/package/versions",
                query: [
                    ("domain", "my-domain"), ("domain-owner", "111122223333"), ("repository", "my-repo"),
                    ("format", "maven"), ("namespace", "com.example.app"), ("package", "my-app"),
                    ("sortBy", "PUBLISHED_TIME"), ("max-results", "1000"),
                ]
            ),
            with: exampleCredentials,
            at: noon
        )
        #expect(
            signed.pathAndQuery == "/v1/package/versions?domain=my-domain&domain-owner=111122223333&format=maven"
                + "&max-results=1000&namespace=com.example.app&package=my-app&repository=my-repo&sortBy=PUBLISHED_TIME"
        )
        #expect(
            signed.header("Authorization")
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-west-2/codeartifact/aws4_request, "
                + "SignedHeaders=host;x-amz-date;x-amz-security-token, "
                + "Signature=a1b28ee701e16aae3b653f7b992a593c31abd00b0c8816a7154e014a81f5fdf2"
        )
        #expect(signed.header("X-Amz-Date") == "20260115T120000Z")
        #expect(signed.header("X-Amz-Security-Token") == "SESSIONTOKENEXAMPLE")
        #expect(signed.header("X-Amz-Content-SHA256") == nil)
    }

    @Test func `a create-only PUT to S3 has the known signature`() {
        let signed = s3.sign(
            SignableRequest(
                method: "PUT",
                host: "my-bucket.s3.us-west-2.amazonaws.com",
                path: "/backup/com/example/a%2Bb/1.0%20x.jar",
                headers: [
                    ("If-None-Match", "*"),
                    ("x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="),
                ],
                payload: .unsigned
            ),
            with: exampleCredentials,
            at: noon
        )
        #expect(signed.pathAndQuery == "/backup/com/example/a%2Bb/1.0%20x.jar")
        #expect(
            signed.header("Authorization")
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-west-2/s3/aws4_request, "
                + "SignedHeaders=host;if-none-match;x-amz-checksum-sha256;x-amz-content-sha256;x-amz-date;"
                + "x-amz-security-token, "
                + "Signature=5c4ec8d9aeea94313462b48037cc3a79c243757a09809a93ca06502e346e09e2"
        )
        #expect(signed.header("X-Amz-Content-SHA256") == "UNSIGNED-PAYLOAD")
    }

    @Test func `reading an asset with a plus and a slash in its query has the known signature`() {
        let signed = codeArtifact.sign(
            SignableRequest(
                method: "GET",
                host: "codeartifact.us-west-2.amazonaws.com",
                path: "/v1/package/version/asset",
                query: [
                    ("domain", "my-domain"), ("domain-owner", "111122223333"), ("repository", "my-repo"),
                    ("format", "maven"), ("namespace", "com.example.app"), ("package", "my-app"),
                    ("version", "1.0+b1"), ("asset", "my-app-1.0+b1.jar"),
                    ("revision", "Ciqe5/9yicvkJT13b5/LdLpCyE6fqA7poa9qp+FilPs="),
                ]
            ),
            with: exampleCredentials,
            at: noon
        )
        #expect(signed.signature == "5d9e6327a2b25a8d9f0dca99970b9cd84466d7c99a19d12a6a7806344222350f")
    }

    @Test func `signing a signed request again replaces what the signature added`() {
        let request = SignableRequest(
            method: "PUT",
            host: "b.s3.us-west-2.amazonaws.com",
            path: "/k",
            headers: [("Content-Type", "text/plain")],
            payload: .bytes(Array("hello".utf8))
        )
        let first = s3.sign(request, with: exampleCredentials, at: noon)
        var again = request
        again.headers = first.headers
        let second = s3.sign(again, with: exampleCredentials, at: noon)
        #expect(second.headers.map(\.name) == first.headers.map(\.name))
        #expect(second.headers.map(\.value) == first.headers.map(\.value))
    }

    @Test func `a new secret or a new day makes a new key`() {
        let request = SignableRequest(method: "GET", host: "h", path: "/")
        let other = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "another")
        let tomorrow = noon.addingTimeInterval(86_400)
        for (credentials, date) in [
            (exampleCredentials, noon), (other, noon), (other, tomorrow), (exampleCredentials, tomorrow),
            (exampleCredentials, noon),
        ] {
            let fresh = SignatureV4(region: "us-west-2", service: "s3")
            #expect(
                s3.sign(request, with: credentials, at: date).signature
                    == fresh.sign(request, with: credentials, at: date).signature
            )
        }
    }

    @Test func `long-lived keys send no token`() {
        let keys = AWSCredentials(accessKeyID: "AKID", secretAccessKey: "s")
        let signed = s3.sign(SignableRequest(method: "GET", host: "h", path: ""), with: keys, at: noon)
        #expect(signed.pathAndQuery == "/")
        #expect(signed.headers.map(\.name) == ["X-Amz-Date", "X-Amz-Content-SHA256", "Authorization"])
        #expect(
            signed.header("x-amz-content-sha256") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
    }
}
