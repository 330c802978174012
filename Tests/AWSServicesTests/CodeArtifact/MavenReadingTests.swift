import AWSServices
import Glibc
import HTTPTransfer
import ReconcileCore
import Synchronization
import TestSupport
import Testing

@Suite("Reading from a Maven endpoint", .timeLimit(.minutes(1)))
struct MavenReadingTests {
    private let package = PackageCoordinates(repository: "releases", namespace: "com.example", name: "app")
    private var version: VersionCoordinates { VersionCoordinates(package: package, version: "1.0") }
    private let jar = Asset(name: "app-1.0.jar", size: 5, checksums: Checksums())
    private static let path = "/maven/releases/com/example/app/1.0/app-1.0.jar"

    /// All bytes of the jar, as a store without pipes reads them.
    private func read(_ domain: CannedDomain, _ version: VersionCoordinates? = nil, _ asset: Asset? = nil) async throws
        -> String
    {
        var bytes: [UInt8] = []
        try await domain.source.body(of: asset ?? jar, in: version ?? self.version).read { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `sends the token and accepts everything`() async throws {
        try await CannedDomain.maven { _ in
            Canned(status: 200, body: "bytes")
        } _: { domain in
            let texts = [try await read(domain), try await read(domain)]
            #expect(texts == ["bytes", "bytes"])
            #expect(
                domain.seen.prefix(2).map(\.line).sorted() == [
                    "GET /v1/repository/endpoint?domain=my-domain&domain-owner=111122223333&format=maven"
                        + "&repository=releases",
                    "POST /v1/authorization-token?domain=my-domain&domain-owner=111122223333&duration=3600",
                ]
            )
            #expect(domain.seen.dropFirst(2).map(\.line) == ["GET \(Self.path)", "GET \(Self.path)"])
            let get = try #require(domain.seen.last)
            #expect(get["authorization"] == "Bearer token1")
            #expect(get["accept"] == "*/*")
            #expect(get["x-amz-date"] == nil)
            #expect(
                domain.requests == [
                    "codeartifact.GetRepositoryEndpoint": 1, "codeartifact.GetAuthorizationToken": 1,
                    "maven.GetAsset": 2,
                ]
            )
        }
    }

    @Test func `asks for the endpoint and a token side by side`() async throws {
        let asked = Mutex<Set<String>>([])
        try await CannedDomain.run { request in
            let paths = ["/v1/repository/endpoint", "/v1/authorization-token"]
            guard let index = paths.firstIndex(of: request.path) else { return Canned(status: 200, body: "bytes") }
            _ = asked.withLock { $0.insert(request.path) }
            // Neither is answered before both are asked for.
            for _ in 0..<1_000 where asked.withLock({ $0.count }) < 2 { usleep(10_000) }
            guard asked.withLock({ $0.count }) == 2 else { return .status(500) }
            return .json(
                index == 0
                    ? #"{"repositoryEndpoint":"http://\#(request.host)/maven/releases/"}"#
                    : #"{"authorizationToken":"token"}"#
            )
        } _: { domain in
            let text = try await read(domain)
            #expect(text == "bytes")
        }
    }

    @Test func `reads where it is told to, and does not ask the API`() async throws {
        for (location, path) in [
            ("", "/maven/d/my-domain-111122223333/releases"), ("/behind/{repository}", "/behind/releases"),
        ] {
            try await CannedDomain.maven(location: location) { _ in
                Canned(status: 200, body: "bytes")
            } _: { domain in
                let text = try await read(domain)
                #expect(text == "bytes")
                #expect(domain.seen.last?.line == "GET \(path)/com/example/app/1.0/app-1.0.jar")
                #expect(domain.requests == ["codeartifact.GetAuthorizationToken": 1, "maven.GetAsset": 1])
            }
        }
    }

    @Test(arguments: [
        "http://vpce-1.d.codeartifact.eu-west-1.vpce.amazonaws.com",
        "https://vpce-1/maven/d/my-domain-111122223333/releases",
        "https://vpce-1.api.codeartifact.eu-west-1.vpce.amazonaws.com", "https://codeartifact.eu-west-1.amazonaws.com",
        "https://vpce-1/{repository}/more", "https://user@vpce-1", "vpce-1", "https://vpce-1/?a={repository}",
    ])
    func `a place is the address of a host, or ends with the repository`(text: String) {
        #expect(throws: InvalidEndpoint.self) { try MavenLocation(text) }
    }

    @Test func `a refused token names the limit that a policy may set`() async throws {
        try await CannedDomain.run { request in
            request.path == "/v1/authorization-token"
                ? Canned(status: 403, headers: [("x-amzn-ErrorType", "AccessDeniedException")])
                : .json(#"{"repositoryEndpoint":"http://\#(request.host)/maven/releases/"}"#)
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) { try await read(domain) }
            #expect(failure?.kind == .forbidden)
            let message = failure?.message ?? ""
            #expect(message.contains("codeartifact:GetAuthorizationToken and sts:GetServiceBearerToken"), "\(message)")
            #expect(message.hasSuffix("If a policy limits sts:DurationSeconds, try a shorter --token-duration."))
        }
    }

    @Test func `follows one redirect without the token`() async throws {
        try await CannedDomain.maven { request in
            request.path == Self.path
                ? Canned(status: 307, headers: [("Location", "http://\(request.host)/store/1?X-Amz-Signature=a%2Fb")])
                : Canned(status: request["authorization"] == nil ? 200 : 400, body: "bytes")
        } _: { domain in
            let text = try await read(domain)
            #expect(text == "bytes")
            #expect(domain.seen.last?.line == "GET /store/1?X-Amz-Signature=a%2Fb")
            #expect(domain.requests["maven.GetAsset"] == 1)
        }
    }

    @Test func `refuses a second redirect`() async throws {
        try await CannedDomain.maven { request in
            Canned(status: 307, headers: [("Location", "http://\(request.host)/again")])
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) { try await read(domain) }
            #expect(failure?.kind == .malformed)
            #expect(domain.seen.filter { $0.path == "/again" }.count == 1)
        }
    }

    @Test("tries again later when the redirect's target refuses", arguments: [400, 404, 500, 503])
    func store(status: Int) async throws {
        try await CannedDomain.maven { request in
            request.path == Self.path
                ? Canned(status: 307, headers: [("Location", "http://\(request.host)/store?X-Amz-Signature=secret")])
                : Canned(status: status, body: "<Error><Code>AccessDenied</Code></Error>")
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) { try await read(domain) }
            #expect(
                failure
                    == RemoteFailure(
                        .unavailable,
                        operation: MavenOperations.getAsset,
                        target: "releases/com.example:app:1.0/app-1.0.jar",
                        message: "The store that the Maven endpoint redirected to answered status \(status)."
                    )
            )
            #expect(domain.requests["codeartifact.GetAuthorizationToken"] == 1)
        }
    }

    @Test func `asks for one more signed URL where one is refused, since it may have expired`() async throws {
        let refusals = Atomic(0)
        try await CannedDomain.maven { request in
            if request.path == Self.path {
                let url = "http://\(request.host)/store?X-Amz-Signature=secret"
                return Canned(status: 307, headers: [("Location", url)])
            }
            let left = refusals.load(ordering: .sequentiallyConsistent)
            guard left > 0 else { return Canned(status: 200, body: "bytes") }
            refusals.store(left - 1, ordering: .sequentiallyConsistent)
            return Canned(status: 403, body: "<Error><Code>AccessDenied</Code></Error>")
        } _: { domain in
            refusals.store(1, ordering: .sequentiallyConsistent)
            let text = try await read(domain)
            #expect(text == "bytes")
            #expect(domain.retries == 1)
            refusals.store(2, ordering: .sequentiallyConsistent)
            let failure = await #expect(throws: RemoteFailure.self) { try await read(domain) }
            #expect(failure?.kind == .denied)
            #expect(failure?.operation == AssetStoreOperations.get)
            #expect(failure?.target == "releases/com.example:app:1.0/app-1.0.jar")
            let message = failure?.message ?? ""
            #expect(message.contains("that the Maven endpoint redirected to, answered status 403"), "\(message)")
            #expect(message.contains("s3BucketArn") && !message.contains("secret"), "\(message)")
            #expect(domain.requests["maven.GetAsset"] == 4)
            #expect(domain.requests["codeartifact.GetAuthorizationToken"] == 1)
        }
    }

    @Test(
        "names the bucket whose policies refuse signed URLs",
        arguments: [
            (
                "assets-787052242323-us-west-2.s3.us-west-2.amazonaws.com",
                "arn:aws:s3:::assets-787052242323-us-west-2/*"
            ),
            (
                "assets-1-cn-north-1.s3.cn-north-1.amazonaws.com.cn", "arn:aws-cn:s3:::assets-1-cn-north-1/*"
            ),
            ("assets-1-us-west-2.s3-us-west-2.amazonaws.com", "arn:aws:s3:::assets-1-us-west-2/*"),
            ("s3.us-west-2.amazonaws.com", "aws codeartifact describe-domain prints its s3BucketArn"),
        ]
    )
    func bucket(host: String, resource: String) {
        let advice = AssetStoreOperations.advice(for: host)
        #expect(advice.contains("allow s3:GetObject on ") && advice.contains(resource), "\(advice)")
        #expect(advice.contains("requests to \(host) in the proxy"), "\(advice)")
    }

    @Test("renews a token that was good once and is refused", arguments: [401, 403])
    func renewal(status: Int) async throws {
        let isOver = Atomic(false)
        try await CannedDomain.maven { request in
            let isRefused =
                isOver.load(ordering: .sequentiallyConsistent) && request["authorization"] == "Bearer token1"
            return isRefused ? .status(status) : Canned(status: 200, body: "bytes")
        } _: { domain in
            _ = try await read(domain)
            domain.clock.advance(by: .seconds(61))
            isOver.store(true, ordering: .sequentiallyConsistent)
            let text = try await read(domain)
            #expect(text == "bytes")
            #expect(domain.requests["codeartifact.GetAuthorizationToken"] == 2)
            #expect(domain.requests["maven.GetAsset"] == 3)
            #expect(domain.retries == 1)
        }
    }

    @Test func `keeps a fresh token that is refused by 403, which is about rights`() async throws {
        try await CannedDomain.maven { request in
            request.path.hasSuffix("app-1.0.jar") ? .status(403) : Canned(status: 200, body: "bytes")
        } _: { domain in
            for _ in 0..<3 {
                let failure = await #expect(throws: RemoteFailure.self) { try await read(domain) }
                #expect(failure?.kind == .denied)
            }
            #expect(domain.requests["codeartifact.GetAuthorizationToken"] == 1)
            #expect(domain.requests["maven.GetAsset"] == 3)
            #expect(domain.retries == 0)
        }
    }

    @Test(
        "fails when a fresh token is refused, by 401 when its successor is too",
        arguments: [(401, .credentials, 2), (403, .denied, 1)] as [(Int, RemoteFailure.Kind, Int)]
    )
    func refused(status: Int, kind: RemoteFailure.Kind, tokens: Int) async throws {
        try await CannedDomain.maven { _ in
            Canned(status: status, body: "no entry")
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) { try await read(domain) }
            #expect(failure?.kind == kind)
            let advice =
                status == 403
                ? "Not allowed: this request needs codeartifact:ReadFromRepository. The service said: " : ""
            #expect(failure?.message == "\(advice)status \(status): no entry")
            #expect(domain.requests["codeartifact.GetAuthorizationToken"] == tokens)
        }
    }

    @Test func `shows no token that an answer quotes`() async throws {
        try await CannedDomain.maven { request in
            Canned(status: 403, body: "denied to \(request["authorization"] ?? "nobody")")
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) { try await read(domain) }
            #expect(failure?.message.hasSuffix("status 403: denied to Bearer ***") == true)
        }
    }

    @Test(
        "classes what else the endpoint answers",
        arguments: [
            (404, .absent), (400, .invalid), (409, .conflict), (429, .throttled), (500, .unavailable),
            (503, .unavailable), (204, .malformed), (206, .malformed),
        ] as [(Int, RemoteFailure.Kind)]
    )
    func answers(status: Int, kind: RemoteFailure.Kind) async throws {
        try await CannedDomain.maven { _ in
            Canned(status: status, headers: [("Retry-After", "4")])
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) { try await read(domain) }
            #expect(failure?.kind == kind)
            #expect(failure?.operation == MavenOperations.getAsset)
            if kind == .throttled {
                #expect(failure?.retryAfter == .seconds(4))
                #expect(domain.throttled == 1)
            }
        }
    }

    @Test func `that is cut off may be tried again`() async throws {
        try await CannedDomain.maven { _ in
            Canned(status: 200, headers: [("Content-Length", "5")], body: "byt", isCut: true)
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) { try await read(domain) }
            #expect(failure?.kind == .unavailable)
            #expect(failure?.target == "releases/com.example:app:1.0/app-1.0.jar")
        }
    }

    @Test func `throws on what the receiver throws`() async throws {
        struct Full: Error {}
        try await CannedDomain.maven { _ in
            Canned(status: 200, body: "bytes")
        } _: { domain in
            await #expect(throws: Full.self) {
                try await domain.source.body(of: jar, in: version).read { _ in throw Full() }
            }
        }
    }

    @Test func `looks for a snapshot build in the snapshot's directory, then in its own`() async throws {
        let build = VersionCoordinates(package: package, version: "1.0-20210728.194552-1")
        let asset = Asset(name: "app-1.0-20210728.194552-1.jar", size: 5, checksums: Checksums())
        for home in ["1.0-SNAPSHOT", "1.0-20210728.194552-1"] {
            let path = "/maven/releases/com/example/app/\(home)/app-1.0-20210728.194552-1.jar"
            try await CannedDomain.maven { request in
                request.path == path ? Canned(status: 200, body: home) : .status(404)
            } _: { domain in
                let text = try await read(domain, build, asset)
                #expect(text == home)
            }
        }
    }

    @Test func `asks for names as they are, percent-encoded`() async throws {
        let odd = VersionCoordinates(package: package, version: "1.0+~%é")
        let asset = Asset(name: "app-1.0+~%é ?.jar", size: 5, checksums: Checksums())
        try await CannedDomain.maven { _ in
            Canned(status: 200, body: "bytes")
        } _: { domain in
            let text = try await read(domain, odd, asset)
            #expect(text == "bytes")
            #expect(
                domain.seen.last?.line
                    == "GET /maven/releases/com/example/app/1.0%2B~%25%C3%A9/app-1.0%2B~%25%C3%A9%20%3F.jar"
            )
        }
    }

    @Test("takes one token for its whole life, whatever this machine's clock shows", arguments: [-43_200.0, 43_200])
    func skewedClock(skew: Double) async throws {
        try await CannedDomain.maven(skew: skew) { _ in
            Canned(status: 200, body: "bytes")
        } _: { domain in
            for _ in 0..<5 { _ = try await read(domain) }
            #expect(domain.requests["codeartifact.GetAuthorizationToken"] == 1)
        }
    }

    @Test func `gives a store the request and the redirect rule of one reading`() async throws {
        try await CannedDomain.maven { _ in
            .status(500)
        } _: { domain in
            let body = try #require(domain.source.body(of: jar, in: version) as? any RemoteAssetBody)
            let url = try await body.reading { reading in
                #expect(reading.request.headers["Authorization"] == "Bearer token1")
                let head = HTTPResponseHead(status: 307, headers: ["Location": "https://s3.example.com/k"])
                let next = try reading.redirect(head)
                #expect(next?.headers["Authorization"] == nil)
                return .finished(next?.url)
            }
            #expect(url == "https://s3.example.com/k")
        }
    }

    @Test func `whose redirect leads to a host that does not answer names that host`() async throws {
        let port = try ScriptedHTTPServer.unusedPort()
        try await CannedDomain.maven { _ in
            Canned(status: 307, headers: [("Location", "http://127.0.0.1:\(port)/k?X-Amz-Signature=secret")])
        } _: { domain in
            for _ in 0..<3 { await #expect(throws: RemoteFailure.self) { try await read(domain) } }
            let failure = try #require(domain.unreachable)
            #expect(
                failure.message.hasPrefix(
                    "127.0.0.1:\(port), the store of the domain's assets, to which its Maven endpoint redirects, cannot be "
                        + "reached: the last 3 requests to it got no answer. Check the proxy and, in a VPC, the S3 gateway"
                )
            )
            #expect(!failure.message.contains("secret"))
        }
    }

    @Test func `leaves the destination's failure to the store`() async throws {
        let failure = TransferFailure(.broken, side: .destination, message: "PUT failed.")
        try await CannedDomain.maven { _ in
            .status(500)
        } _: { domain in
            let body = try #require(domain.source.body(of: jar, in: version) as? any RemoteAssetBody)
            let thrown = await #expect(throws: TransferFailure.self) {
                try await body.reading { _ -> ExchangeEnd<Void> in throw failure }
            }
            #expect(thrown == failure)
        }
    }

    @Test func `of an endpoint that is no URL is malformed`() async throws {
        try await CannedDomain.run { _ in
            .json(#"{"repositoryEndpoint":"maven/releases"}"#)
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) { try await read(domain) }
            #expect(failure?.kind == .malformed)
            #expect(failure?.operation == CodeArtifactOperations.getEndpoint)
        }
    }

    @Test func `finds the metadata of a package`() async throws {
        let xml = """
            <?xml version="1.0" encoding="UTF-8"?>
            <metadata><groupId>com.example</groupId><artifactId>app</artifactId><versioning><latest>1.0</latest>\
            <versions><version>1.0</version></versions></versioning></metadata>
            """
        try await CannedDomain.maven { request in
            request["accept"]?.hasPrefix("text/html") == false ? Canned(status: 200, body: xml) : .status(404)
        } _: { domain in
            let metadata = try #require(try await domain.source.metadata(of: package))
            #expect(metadata.latest == "1.0")
            #expect(metadata.versions == ["1.0"])
            #expect(domain.seen.last?.line == "GET /maven/releases/com/example/app/maven-metadata.xml")
            #expect(domain.requests["maven.GetMetadata"] == 1)
        }
    }

    @Test func `finds no metadata where there is none`() async throws {
        try await CannedDomain.maven { _ in
            .status(404)
        } _: { domain in
            let metadata = try await domain.source.metadata(of: package)
            #expect(metadata == nil)
        }
    }

    @Test func `does not take a missing repository for missing metadata`() async throws {
        try await CannedDomain.run { _ in
            .status(404)
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) { try await domain.source.metadata(of: package) }
            #expect(failure?.operation == CodeArtifactOperations.getEndpoint)
        }
    }

    @Test func `takes metadata of no byte for a document that says nothing`() async throws {
        try await CannedDomain.maven { _ in
            Canned(status: 200, body: "")
        } _: { domain in
            let metadata = try? await domain.source.metadata(of: package)
            #expect(metadata == MavenMetadata())
        }
    }

    @Test func `refuses metadata that is no XML, with line and reason`() async throws {
        try await CannedDomain.maven { _ in
            Canned(status: 200, body: "<metadata>\n<versioning>")
        } _: { domain in
            let failure = await #expect(throws: RemoteFailure.self) { try await domain.source.metadata(of: package) }
            #expect(failure?.kind == .malformed)
            #expect(failure?.message.hasPrefix("The maven-metadata.xml cannot be read: line 2") == true)
        }
    }
}
