import AWSServices
import HTTPTransfer
import ReconcileCore
import TestSupport
import Testing

@Suite("The configuration of a CodeArtifact domain", .timeLimit(.minutes(1)))
struct CodeArtifactConfigurationTests {
    private static let arn = "arn:aws:codeartifact:us-west-2:111122223333:domain/my-domain"
    private static let absent = Canned(
        status: 404,
        headers: [("x-amzn-errortype", "ResourceNotFoundException")],
        body: #"{"message":"no policy"}"#
    )

    @Test func `is asked for as botocore's model says, and read`() async throws {
        try await CannedDomain.run { request in
            switch request.path {
            case "/v1/domain":
                .json(#"{"domain":{"name":"my-domain","arn":"\#(Self.arn)","encryptionKey":"k","assetSizeBytes":1}}"#)
            case "/v1/domain/permissions/policy":
                .json(#"{"policy":{"resourceArn":"\#(Self.arn)","revision":"r","document":"{}"}}"#)
            case "/v1/repository":
                .json(
                    #"""
                    {"repository":{"name":"releases","arn":"arn:r","description":null,
                    "upstreams":[{"repositoryName":"b"},{"repositoryName":"a"}],
                    "externalConnections":[{"externalConnectionName":"public:maven-central","status":"AVAILABLE"}]}}
                    """#
                )
            case "/v1/tags": .json(#"{"tags":[{"key":"team","value":""}]}"#)
            case "/v1/package-groups" where request.query.contains("next-token=a%2B"):
                .json(#"{"packageGroups":[{"arn":"arn:h","pattern":"/npm/*"}]}"#)
            case "/v1/package-groups":
                .json(
                    #"""
                    {"packageGroups":[{"arn":"arn:g","pattern":"/*","contactInfo":"ops","originConfiguration":
                    {"restrictions":{"PUBLISH":{"mode":"ALLOW_SPECIFIC_REPOSITORIES","effectiveMode":"BLOCK"}}}}],
                    "nextToken":"a+"}
                    """#
                )
            case "/v1/package-group-allowed-repositories":
                .json(#"{"allowedRepositories":["releases"],"nextToken":null}"#)
            default: .status(500)
            }
        } _: { domain in
            let configuration = domain.configuration
            #expect(configuration.identity == DomainIdentity(name: "my-domain", owner: "111122223333"))
            #expect(
                try await configuration.describeDomain() == DomainDescription(arn: Self.arn, encryptionKey: "k")
            )
            #expect(try await configuration.domainPolicy() == "{}")
            #expect(
                try await configuration.describe(repository: "releases")
                    == RepositoryDescription(
                        arn: "arn:r",
                        description: nil,
                        upstreams: ["b", "a"],
                        externalConnections: ["public:maven-central"]
                    )
            )
            #expect(try await configuration.tags(of: .domain(arn: Self.arn)) == [ResourceTag(key: "team", value: "")])
            let first = try await configuration.packageGroups(after: nil)
            #expect(
                first.elements == [
                    ListedPackageGroup(
                        arn: "arn:g",
                        pattern: "/*",
                        contactInfo: "ops",
                        modes: ["PUBLISH": "ALLOW_SPECIFIC_REPOSITORIES"]
                    )
                ]
            )
            let second = try await configuration.packageGroups(after: first.next)
            #expect(second.elements == [ListedPackageGroup(arn: "arn:h", pattern: "/npm/*", modes: [:])])
            #expect(second.next == nil)
            let allowed = try await configuration.allowedRepositories(ofGroup: "/*", for: "PUBLISH", after: nil)
            #expect(allowed.elements == ["releases"])
            #expect(
                domain.seen.map(\.line) == [
                    "GET /v1/domain?domain=my-domain&domain-owner=111122223333",
                    "GET /v1/domain/permissions/policy?domain=my-domain&domain-owner=111122223333",
                    "GET /v1/repository?domain=my-domain&domain-owner=111122223333&repository=releases",
                    "POST /v1/tags?resourceArn=arn%3Aaws%3Acodeartifact%3Aus-west-2%3A111122223333%3Adomain%2Fmy-domain",
                    "POST /v1/package-groups?domain=my-domain&domain-owner=111122223333&max-results=1000",
                    "POST /v1/package-groups?domain=my-domain&domain-owner=111122223333&max-results=1000&next-token=a%2B",
                    "GET /v1/package-group-allowed-repositories?domain=my-domain&domain-owner=111122223333"
                        + "&max-results=1000&originRestrictionType=PUBLISH&package-group=%2F%2A",
                ]
            )
        }
    }

    @Test func `has no policy where the service knows none, and no repository that it does not know`() async throws {
        try await CannedDomain.run { _ in
            Self.absent
        } _: { domain in
            let policies = [
                try await domain.configuration.domainPolicy(),
                try await domain.configuration.policy(ofRepository: "releases"),
            ]
            #expect(policies == [nil, nil])
            let repository = try await domain.configuration.describe(repository: "releases")
            #expect(repository == nil)
        }
    }

    @Test func `is a failure where a 404 is not the service's`() async throws {
        try await CannedDomain.run { _ in
            Canned.status(404)
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) {
                try await domain.configuration.domainPolicy()
            }
            #expect(failure?.kind == .absent)
        }
    }

    @Test func `is refused as a right that the run goes on without`() async throws {
        let denied = Canned(
            status: 403,
            headers: [("x-amzn-errortype", "AccessDeniedException")],
            body: #"{"message":"no"}"#
        )
        try await CannedDomain.run { _ in
            denied
        } _: { domain in
            for _ in 0..<3 {
                let failure = await #expect(throws: RemoteFailure.self) {
                    try await domain.configuration.policy(ofRepository: "releases")
                }
                #expect(failure?.operation.isOptional == true)
            }
            #expect(domain.forbidden == nil)
        }
    }
}
