import Cryptography
import FoundationEssentials
import HTTPTransfer
import ReconcileCore
import Testing

@testable import AWSServices

@Suite("A CodeArtifact request")
struct CodeArtifactCallsTests {
    private let calls = CodeArtifactCalls(domain: CodeArtifactDomain(name: "my-domain", owner: "111122223333"))
    private let package = PackageCoordinates(repository: "releases", namespace: "com.example.app", name: "my-app")

    /// Method and target as they go on the wire.
    private func line(_ call: ServiceCall) -> String {
        let request = SignableRequest(method: call.method.rawValue, host: "h", path: call.path, query: call.query)
        let signed = SignatureV4(region: "us-west-2", service: "codeartifact")
            .sign(
                request,
                with: AWSCredentials(accessKeyID: "A", secretAccessKey: "s"),
                at: Date(timeIntervalSince1970: 0)
            )
        return "\(call.method.rawValue) \(signed.pathAndQuery)"
    }

    @Test func `for the repositories of a domain`() {
        let call = calls.listRepositories(after: nil)
        #expect(
            line(call) == "POST /v1/domain/repositories?domain=my-domain&domain-owner=111122223333&max-results=1000"
        )
        #expect(call.operation == CodeArtifactOperations.listRepositories)
        #expect(call.operation.rates == [.accountReads])
    }

    @Test func `for the packages of a repository`() {
        let call = calls.listPackages(in: "releases", after: nil)
        #expect(
            line(call)
                == "POST /v1/packages?domain=my-domain&domain-owner=111122223333&format=maven&max-results=1000"
                + "&repository=releases"
        )
        #expect(call.operation == CodeArtifactOperations.listPackages)
        #expect(call.operation.rates == [.listPackages, .accountReads])
    }

    @Test func `for the versions of a package`() {
        let call = calls.listVersions(of: package, after: nil)
        #expect(
            line(call)
                == "POST /v1/package/versions?domain=my-domain&domain-owner=111122223333&format=maven&max-results=1000"
                + "&namespace=com.example.app&package=my-app&repository=releases"
        )
        #expect(call.operation == CodeArtifactOperations.listVersions)
        #expect(call.target == "releases/com.example.app:my-app")
        #expect(call.operation.rates == [.listPackageVersions, .accountReads])
    }

    @Test func `for the assets of a version`() {
        let call = calls.listAssets(of: VersionCoordinates(package: package, version: "1.0+b1"), after: nil)
        #expect(
            line(call)
                == "POST /v1/package/version/assets?domain=my-domain&domain-owner=111122223333&format=maven"
                + "&max-results=1000&namespace=com.example.app&package=my-app&repository=releases&version=1.0%2Bb1"
        )
        #expect(call.operation == CodeArtifactOperations.listAssets)
        #expect(call.operation.rates == [.listPackageVersionAssets, .accountReads])
    }

    @Test func `for one version`() {
        let call = calls.describe(VersionCoordinates(package: package, version: "1.0"))
        #expect(
            line(call)
                == "GET /v1/package/version?domain=my-domain&domain-owner=111122223333&format=maven"
                + "&namespace=com.example.app&package=my-app&repository=releases&version=1.0"
        )
        #expect(call.operation == CodeArtifactOperations.describeVersion)
        #expect(call.answers == [404])
    }

    @Test(
        "for a token",
        arguments: [
            (nil, "POST /v1/authorization-token?domain=my-domain&domain-owner=111122223333"),
            (.zero, "POST /v1/authorization-token?domain=my-domain&domain-owner=111122223333&duration=0"),
            (.seconds(900), "POST /v1/authorization-token?domain=my-domain&domain-owner=111122223333&duration=900"),
        ] as [(Duration?, String)]
    )
    func tokens(lifetime: Duration?, expected: String) {
        let call = calls.authorizationToken(lifetime: lifetime)
        #expect(line(call) == expected)
        #expect(call.operation == CodeArtifactOperations.getToken)
    }

    @Test func `for a repository's endpoint`() {
        let call = calls.repositoryEndpoint("releases")
        #expect(
            line(call)
                == "GET /v1/repository/endpoint?domain=my-domain&domain-owner=111122223333&format=maven"
                + "&repository=releases"
        )
        #expect(call.operation == CodeArtifactOperations.getEndpoint)
        let domain = CodeArtifactDomain(name: "my-domain", owner: "111122223333", isDualStack: true)
        #expect(
            line(CodeArtifactCalls(domain: domain).repositoryEndpoint("releases"))
                == "GET /v1/repository/endpoint?domain=my-domain&domain-owner=111122223333&endpointType=dualstack"
                + "&format=maven&repository=releases"
        )
    }

    @Test func `for a further page carries the token as the service gave it, encoded`() {
        let call = calls.listRepositories(after: PageToken("a+b/c=="))
        #expect(
            line(call)
                == "POST /v1/domain/repositories?domain=my-domain&domain-owner=111122223333&max-results=1000"
                + "&next-token=a%2Bb%2Fc%3D%3D"
        )
    }

    @Test(
        "encodes every name",
        arguments: [
            ("1.0+build", "1.0%2Bbuild"), ("~1", "~1"), ("100%", "100%25"), ("a&b=c", "a%26b%3Dc"), ("ü", "%C3%BC"),
            ("[1,2)", "%5B1%2C2%29"), ("a b", "a%20b"), ("*", "%2A"),
        ]
    )
    func names(version: String, encoded: String) {
        let line = line(calls.describe(VersionCoordinates(package: package, version: version)))
        #expect(line.hasSuffix("&repository=releases&version=\(encoded)"))
    }
}
