import AWSServices
import HTTPTransfer
import ReconcileCore
import TestSupport
import Testing

@Suite("A CodeArtifact domain", .timeLimit(.minutes(1)))
struct CodeArtifactSourceTests {
    private let package = PackageCoordinates(repository: "releases", namespace: "com.example", name: "app")
    private var version: VersionCoordinates { VersionCoordinates(package: package, version: "1.0") }

    @Test func `is listed page by page, without a token or an endpoint`() async throws {
        try await CannedDomain.run { request in
            switch request.path {
            case "/v1/domain/repositories" where request.query.contains("next-token=a%2B%2F%3D"):
                .json(#"{"repositories":[{"name":"snapshots"}],"nextToken":null}"#)
            case "/v1/domain/repositories":
                .json(#"{"repositories":[{"name":"releases"}],"nextToken":"a+/="}"#)
            case "/v1/packages":
                .json(
                    #"""
                    {"packages":[{"format":"maven","namespace":"com.example","package":"app"},
                    {"format":"maven","namespace":"com.example","package":"lib",
                    "originConfiguration":{"restrictions":{"publish":"BLOCK","upstream":"ALLOW"}}},
                    {"namespace":"com.example","package":"odd",
                    "originConfiguration":{"restrictions":{"publish":"SOMETIMES","upstream":null}}}]}
                    """#
                )
            case "/v1/package/versions":
                .json(#"{"versions":[{"version":"1.0","revision":"r/+=","status":"Published"}]}"#)
            case "/v1/package/version/assets":
                .json(#"{"assets":[{"name":"app-1.0.jar","size":3}],"versionRevision":"r/+="}"#)
            default: .status(500)
            }
        } _: { domain in
            let first = try await domain.source.repositories(after: nil)
            #expect(first.elements == ["releases"])
            #expect(first.next == PageToken("a+/="))
            let second = try await domain.source.repositories(after: first.next)
            #expect(second.elements == ["snapshots"])
            #expect(second.next == nil)
            func named(_ name: String) -> PackageCoordinates {
                PackageCoordinates(repository: "releases", namespace: "com.example", name: name)
            }
            #expect(
                try await domain.source.packages(in: "releases", after: nil).elements == [
                    ListedPackage(package, originControls: nil),
                    ListedPackage(named("lib"), originControls: .ingested),
                    ListedPackage(named("odd"), originControls: nil),
                ]
            )
            #expect(
                try await domain.source.versions(of: package, after: nil).elements == [
                    ListedVersion(version: "1.0", revision: "r/+=", status: .published, origin: .unknown)
                ]
            )
            let assets = try await domain.source.assets(of: version, after: nil)
            #expect(assets.assets == [Asset(name: "app-1.0.jar", size: 3, checksums: Checksums())])
            #expect(assets.revision == "r/+=")

            #expect(
                domain.seen.map(\.line) == [
                    "POST /v1/domain/repositories?domain=my-domain&domain-owner=111122223333&max-results=1000",
                    "POST /v1/domain/repositories?domain=my-domain&domain-owner=111122223333&max-results=1000"
                        + "&next-token=a%2B%2F%3D",
                    "POST /v1/packages?domain=my-domain&domain-owner=111122223333&format=maven&max-results=1000"
                        + "&repository=releases",
                    "POST /v1/package/versions?domain=my-domain&domain-owner=111122223333&format=maven"
                        + "&max-results=1000&namespace=com.example&package=app&repository=releases",
                    "POST /v1/package/version/assets?domain=my-domain&domain-owner=111122223333&format=maven"
                        + "&max-results=1000&namespace=com.example&package=app&repository=releases&version=1.0",
                ]
            )
            #expect(domain.seen.allSatisfy { $0["content-length"] == "0" && $0.body.isEmpty })
            #expect(
                domain.requests == [
                    "codeartifact.ListRepositoriesInDomain": 2, "codeartifact.ListPackages": 1,
                    "codeartifact.ListPackageVersions": 1, "codeartifact.ListPackageVersionAssets": 1,
                ]
            )
        }
    }

    @Test func `signs what it asks`() async throws {
        try await CannedDomain.run { _ in
            .json(#"{"versions":[]}"#)
        } _: { domain in
            _ = try await domain.source.versions(of: package, after: PageToken("t+1"))
            let request = try #require(domain.seen.first)
            await #expect(throws: Never.self) { try await domain.verify(request) }
        }
    }

    @Test func `with a package that has no namespace is malformed`() async throws {
        try await CannedDomain.run { _ in
            .json(#"{"packages":[{"namespace":null,"package":"app"}]}"#)
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) {
                try await domain.source.packages(in: "releases", after: nil)
            }
            #expect(
                failure?.description
                    == "codeartifact.ListPackages releases: The Maven package app is listed without a namespace. "
                    + "(malformed)"
            )
        }
    }

    @Test func `with an asset without a size is malformed`() async throws {
        try await CannedDomain.run { _ in
            .json(#"{"assets":[{"name":"app-1.0.jar"}]}"#)
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) {
                try await domain.source.assets(of: version, after: nil)
            }
            #expect(failure?.kind == .malformed)
            #expect(failure?.message == "The asset app-1.0.jar has no valid size.")
        }
    }

    @Test(
        "says what the service said of a failure",
        arguments: [
            (404, "ResourceNotFoundException", .absent), (403, "AccessDeniedException", .denied),
            (400, "ValidationException", .invalid), (402, "ServiceQuotaExceededException", .invalid),
            (409, "ConflictException", .conflict), (429, "ThrottlingException", .throttled),
            (500, "InternalServerException", .unavailable), (503, "ServiceUnavailable", .unavailable),
            (403, "UnrecognizedClientException", .credentials),
        ] as [(Int, String, RemoteFailure.Kind)]
    )
    func failures(status: Int, code: String, kind: RemoteFailure.Kind) async throws {
        try await CannedDomain.run { _ in
            Canned(
                status: status,
                headers: [("x-amzn-ErrorType", code), ("x-amzn-RequestId", "5b1f"), ("Retry-After", "2")],
                body: #"{"message":"words of the service"}"#
            )
        } _: { domain in
            let failure = try await #require(throws: RemoteFailure.self) {
                try await domain.source.versions(of: package, after: nil)
            }
            #expect(failure.kind == kind)
            #expect(failure.operation == CodeArtifactOperations.listVersions)
            #expect(failure.target == "releases/com.example:app")
            #expect(failure.message.hasSuffix("status \(status) \(code): words of the service (request 5b1f)"))
            #expect(failure.retryAfter == .seconds(2))
            #expect(domain.seen.count == 1)
        }
    }

    @Test func `describes a version`() async throws {
        try await CannedDomain.run { _ in
            .json(
                #"""
                {"packageVersion":{"revision":"r","status":"Archived","publishedTime":1567920624.5,
                 "origin":{"originType":"EXTERNAL"}}}
                """#
            )
        } _: { domain in
            let description = try await domain.source.describe(version)
            #expect(
                description
                    == VersionDescription(
                        revision: "r",
                        status: .archived,
                        properties: VersionProperties(origin: .external, publishedTime: 1_567_920_624.5)
                    )
            )
        }
    }

    @Test func `knows no version that the service does not find`() async throws {
        try await CannedDomain.run { _ in
            Canned(status: 404, headers: [("x-amzn-ErrorType", "ResourceNotFoundException")])
        } _: { domain in
            let description = try await domain.source.describe(version)
            #expect(description == nil)
        }
    }

    @Test func `does not take a stranger's 404 for the service's`() async throws {
        try await CannedDomain.run { _ in
            Canned(status: 404, body: "<html>not here</html>")
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) { try await domain.source.describe(version) }
            #expect(failure?.kind == .absent)
        }
    }
}
