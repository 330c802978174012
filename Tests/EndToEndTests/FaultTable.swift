import FoundationEssentials
import LocalServices
import ReconcileCore
import Testing

/// One thing that goes wrong during a first run of five versions in two packages, and what the run has to make of it.
///
/// The domain: `com.acme:lib` 1.1 to 1.4 and `com.acme:app` 2.0, each a jar of 200,000 bytes and a POM.
struct FaultCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var source: [Fault] = []
    var store: [LocalS3Fault] = []
    var configure: @Sendable (inout LocalCodeArtifact.Configuration) -> Void = { _ in }
    /// Done to the source while the first request that holds the text is held.
    var disturbance: (on: String, act: @Sendable (LocalCodeArtifact) throws -> Void)?
    var arguments: [String] = []
    var status = 0
    var copied = 5
    /// Not looked at where the run is broken off with 7.
    var failed = 0
    /// The kinds of the report's failures.
    var kinds: Set<String> = []
    /// At least.
    var retries = 0
    /// At least.
    var throttled = 0
    /// Told on standard error or in the report.
    var says = ""

    init(
        _ name: String,
        _ faults: [String] = [],
        store: [LocalS3Fault] = [],
        _ expect: (inout FaultCase) -> Void = { _ in }
    ) {
        testDescription = name
        source = faults.map { text in
            do { return try Fault(text) } catch { fatalError("\(error)") }
        }
        self.store = store
        expect(&self)
    }

    /// What the source can do wrong: the same on every store.
    static let ofSource: [FaultCase] = [
        FaultCase("429 with Retry-After", ["codeartifact.ListPackageVersionAssets:429=1:first=1"]) {
            $0.retries = 1
            $0.throttled = 1
        },
        FaultCase("500 three times", ["codeartifact.*:500:first=3"]) { $0.retries = 3 },
        FaultCase(
            "503 and a reset of what was just sent",
            ["codeartifact.ListPackages:503:first=1", "maven.*:reset:first=1"]
        ) {
            $0.retries = 1
        },
        FaultCase("a package that can never be listed", ["codeartifact.ListPackageVersions:503:on=package=app"]) {
            $0.arguments = ["--max-attempts", "2"]
            ($0.status, $0.copied, $0.kinds, $0.retries) = (3, 4, ["unavailable"], 1)
        },
        FaultCase("an answer that is no JSON", ["codeartifact.ListPackageVersions:body=nonsense:on=package=app"]) {
            ($0.status, $0.copied, $0.kinds) = (3, 4, ["malformed"])
        },
        overlong("a page of versions", "ListPackageVersions", on: "package=app"),
        overlong("a page of assets", "ListPackageVersionAssets", on: "version=2.0"),
        FaultCase("a reset in the middle of a body", ["assets.GetObject:reset=70000:first=3,on=.jar"]) {
            $0.retries = 1
        },
        FaultCase("a body cut off", ["assets.GetObject:cut=70000:first=3,on=.jar"]) { $0.retries = 1 },
        FaultCase("a body that is always cut off", ["assets.GetObject:cut=1000:on=lib-1.2.jar"]) {
            $0.arguments = ["--max-attempts", "2"]
            ($0.status, $0.copied, $0.failed, $0.kinds, $0.retries) = (3, 4, 1, ["unavailable"], 1)
        },
        FaultCase("a body that rests a while", ["assets.GetObject:stall=2:first=2"]),
        FaultCase("a body that stands still, up to the deadline", ["assets.GetObject:stall=100:on=lib-1.2.jar"]) {
            $0.arguments = ["--deadline", "2s", "--grace", "1s"]
            ($0.status, $0.copied, $0.says) = (9, 4, "the grace period is over")
        },
        FaultCase("one flipped bit", ["assets.GetObject:flip=777:on=lib-1.2.jar"]) {
            ($0.status, $0.copied, $0.failed, $0.kinds, $0.says) = (3, 4, 1, ["corrupt"], "SHA-256")
        },
        FaultCase("a wrong listed hash", ["codeartifact.ListPackageVersionAssets:hash:on=version=1.2"]) {
            ($0.status, $0.copied, $0.failed, $0.kinds) = (3, 4, 1, ["corrupt"])
        },
        FaultCase("a bearer token that expires") {
            $0.disturbance = ("/lib-1.", { $0.expireTokens() })
            $0.retries = 1
        },
        FaultCase("an asset that may not be read", ["maven.GetAsset:403:on=lib-1.2.jar"]) {
            ($0.status, $0.copied, $0.failed, $0.kinds) = (3, 4, 1, ["denied"])
        },
        FaultCase("an asset that is listed and not there", ["maven.GetAsset:404:on=lib-1.2.jar"]) {
            ($0.status, $0.copied, $0.failed, $0.kinds) = (3, 4, 1, ["absent"])
        },
        FaultCase("bearer tokens that are never taken", ["maven.GetAsset:401"]) {
            ($0.status, $0.copied, $0.kinds) = (7, 0, ["credentials"])
        },
        FaultCase("credentials that expire and cannot be renewed") {
            $0.disturbance = ("/v1/package/version/assets", { $0.expireCredentials() })
            ($0.status, $0.copied, $0.kinds, $0.says) = (7, 0, ["credentials"], "expired")
        },
        FaultCase("a clock that is twenty minutes behind") {
            $0.configure = { $0.clockOffset = .seconds(1_200) }
            $0.retries = 1
        },
        FaultCase("a clock that is twenty minutes ahead") {
            $0.configure = { $0.clockOffset = .seconds(-1_200) }
            $0.retries = 1
        },
        FaultCase("empty pages with a token", ["codeartifact.List*:empty:every=2"]),
        FaultCase(
            "a page token twice",
            ["codeartifact.ListPackageVersions:empty:on=package=lib,first=1", "codeartifact.ListPackageVersions:token"]
        ) {
            ($0.status, $0.kinds, $0.says) = (3, ["malformed"], "the same page token twice")
        },
        FaultCase(
            "a revision that changes between two pages",
            ["codeartifact.ListPackageVersionAssets:empty:on=version=1.2,first=1"]
        ) {
            $0.disturbance = (
                "next-token=", { try $0.setAsset("new.txt", [1, 2, 3], of: version("com.acme:lib:1.2")) }
            )
        },
        hostile("a DOCTYPE", "<!DOCTYPE metadata SYSTEM 'http://127.0.0.1:9/x.dtd'><metadata/>"),
        hostile(
            "entities that grow",
            "<!DOCTYPE m [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><metadata><groupId>&b;</groupId></metadata>"
        ),
        hostile(
            "a file as an entity",
            "<!DOCTYPE m [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><metadata>&a;</metadata>"
        ),
        hostile("a deep tree", String(repeating: "<a>", count: 5_000)),
        hostile("no XML", "nonsense"),
    ]

    /// A page that is longer than the service's can be ends the work on what it is about, and nothing else.
    private static func overlong(_ name: String, _ operation: String, on place: String) -> FaultCase {
        FaultCase("\(name) that is longer than any") {
            $0.source = [Fault("codeartifact.\(operation)", .body([UInt8](repeating: 32, count: 5 << 20)), on: place)]
            ($0.status, $0.copied, $0.kinds) = (3, 4, ["invalid"])
            $0.failed = operation == "ListPackageVersionAssets" ? 1 : 0
            $0.says = "longer than the 4194304 bytes that are read of it. The service never answers at such length"
        }
    }

    private static func hostile(_ name: String, _ document: String) -> FaultCase {
        FaultCase("metadata with \(name)") {
            $0.source = [Fault("maven.GetMetadata", .body(Array(document.utf8)))]
            ($0.status, $0.kinds, $0.says) = (3, ["malformed"], "line 1")
        }
    }

    /// What S3 can do wrong.
    static let ofStore: [FaultCase] = [
        FaultCase("SlowDown three times", store: [.init(.slowDown, on: "s3.PutObject", .first(3))]) {
            $0.retries = 3
            $0.throttled = 3
        },
        FaultCase(
            "SlowDown with Retry-After",
            store: [.init(.error(status: 503, code: "SlowDown", retryAfter: 1), on: "s3.ListObjectsV2", .first(1))]
        ) {
            $0.retries = 1
            $0.throttled = 1
        },
        FaultCase("SlowDown for ever on one key", store: [.init(.slowDown, keyPart: "lib-1.2.jar", .always)]) {
            $0.arguments = ["--max-attempts", "2"]
            ($0.status, $0.copied, $0.failed, $0.kinds, $0.throttled) = (3, 4, 1, ["throttled"], 2)
        },
        FaultCase("500 on lists", store: [.init(.internalError, on: "s3.ListObjectsV2", .first(2))]) { $0.retries = 2 },
        FaultCase("resets", store: [.init(.reset, on: "s3.PutObject", .every(5))]),
        FaultCase("lost answers", store: [.init(.lostAnswer, on: "s3.PutObject", .every(4))]),
        FaultCase("lost answers to manifests", store: [.init(.lostAnswer, keyPart: "/manifests/", .first(3))]),
        FaultCase("a listing that is cut off", store: [.init(.cutBody(after: 50), on: "s3.ListObjectsV2", .first(2))]) {
            $0.retries = 2
        },
        FaultCase("409 on create-only writes", store: [.init(.conditionalConflict, on: "s3.PutObject", .first(4))]) {
            $0.retries = 4
        },
        FaultCase("409 for ever on a manifest", store: [.init(.conditionalConflict, keyPart: "/lib/1.2/2", .always)]) {
            $0.arguments = ["--max-attempts", "2"]
            ($0.status, $0.copied, $0.failed, $0.kinds) = (3, 4, 1, ["unavailable"])
        },
        FaultCase("412 where nothing is", store: [.init(.preconditionFailed, keyPart: "lib-1.2.jar", .first(1))]),
        FaultCase(
            "credentials that have expired",
            store: [.init(.error(status: 400, code: "ExpiredToken"), on: "s3.PutObject", .always)]
        ) {
            ($0.status, $0.copied, $0.kinds, $0.says) = (7, 0, ["credentials"], "rejected")
        },
        FaultCase(
            "a bucket that may not be written",
            store: [.init(.error(status: 403, code: "AccessDenied"), on: "s3.PutObject", .always)]
        ) {
            ($0.status, $0.copied, $0.kinds, $0.says) = (7, 0, ["denied", "forbidden"], "AccessDenied")
        },
        FaultCase(
            "a clock that its own Date does not call wrong",
            store: [.init(.error(status: 403, code: "RequestTimeTooSkewed"), .always)]
        ) {
            ($0.status, $0.copied, $0.kinds, $0.says) = (7, 0, ["credentials"], "This machine's clock differs too much")
        },
        FaultCase(
            "a listing with a DOCTYPE",
            store: [
                .init(
                    .answer(Array("<!DOCTYPE l SYSTEM 'file:///etc/passwd'><ListBucketResult/>".utf8)),
                    on: "s3.ListObjectsV2",
                    .always
                )
            ]
        ) {
            ($0.status, $0.copied, $0.kinds, $0.says) = (3, 0, ["malformed"], "line 1")
        },
        FaultCase(
            "a listing that is longer than any",
            store: [.init(.answer([UInt8](repeating: 32, count: 5 << 20)), on: "s3.ListObjectsV2", .always)]
        ) {
            ($0.status, $0.copied, $0.kinds, $0.says) = (8, 0, ["invalid"], "so the answer was ignored")
        },
    ]
}
