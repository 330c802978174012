import ArgumentParser
import Cryptography
import LocalServices

/// Where the servers listen and how they are found.
struct ServerOptions: ParsableArguments {
    @Option(help: "Port of the control API and the Maven endpoint; 0 picks a free one.")
    var port = 0

    @Option(help: "Port of the bucket that assets are redirected to; 0 picks a free one.")
    var assetsPort = 0

    @Option(help: "Address to listen on. Anyone who can reach it can read and write everything.")
    var host = "127.0.0.1"

    @Option(help: "Also start a local S3 on this port; 0 picks a free one.")
    var s3Port: Int?

    @Option(help: "A bucket of the local S3; repeatable. (default: backup)")
    var s3Bucket: [String] = []

    @Flag(name: .customLong("s3-versions"), help: "Let the local S3 keep older versions of objects.")
    var keepsVersions = false

    @Flag(
        help: "Put the manifest keys of all synthetic packages into the first bucket, as after a full backup."
    )
    var inSync = false

    @Option(help: "Also write the ready line to this file once the servers listen.")
    var readyFile: String?
}

/// What the domain is called and what it holds at the start.
struct DomainOptions: ParsableArguments {
    @Option(help: "Name of the domain.")
    var domain = "my-domain"

    @Option(help: "The account that owns the domain, 12 digits.")
    var owner = "111122223333"

    @Option(help: "Region that requests are signed for.")
    var region = "us-west-2"

    @Option(help: "A repository; repeatable. Those that other options name are created anyway. (default: releases)")
    var repository: [String] = []

    @Option(
        name: .customLong("import"),
        help: ArgumentHelp(
            "Fill a repository, by default the first one, from a Maven repository on disk; repeatable.",
            valueName: "[repository=]directory"
        )
    )
    var imports: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            Fill a repository with made-up packages that take no memory: packages=100,versions=10,assets=2,\
            size=4096,seed=1, and repository=NAME if it is not the first one; repeatable.
            """,
            valueName: "recipe"
        )
    )
    var synthetic: [String] = []

    @Option(
        help: ArgumentHelp(
            "Put a repository upstream of another, for Maven requests; repeatable.",
            valueName: "repository=upstream"
        )
    )
    var upstream: [String] = []

    func apply(to configuration: inout LocalCodeArtifact.Configuration) throws {
        configuration.domain = domain
        configuration.owner = owner
        configuration.region = region
        var names = repository
        var repositories: [String: LocalCodeArtifact.Configuration.Repository] = [:]
        func change(_ name: String?, _ body: (inout LocalCodeArtifact.Configuration.Repository) -> Void) {
            let name = name ?? names.first ?? "releases"
            if !names.contains(name) { names.append(name) }
            body(&repositories[name, default: .init(name)])
        }
        for text in imports {
            let (name, directory) = Self.pair(text)
            change(name) { $0.imports.append(directory) }
        }
        for text in synthetic {
            let (name, recipe) = try SyntheticRecipe.read(text)
            change(name) { $0.synthetic = recipe }
        }
        for text in upstream {
            let (name, upstream) = Self.pair(text)
            guard let name else { throw ValidationError("--upstream \(text) is not of the form REPOSITORY=UPSTREAM") }
            change(upstream) { _ in }
            change(name) { $0.upstreams.append(upstream) }
        }
        if names.isEmpty { names = ["releases"] }
        configuration.repositories = names.map { repositories[$0] ?? .init($0) }
    }

    private static func pair(_ text: String) -> (name: String?, value: String) {
        guard let equals = text.firstIndex(of: "="), !text[..<equals].contains("/") else { return (nil, text) }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
}

/// How the service behaves: its speed, its limits, its faults, and what real services differ in.
struct BehaviourOptions: ParsableArguments {
    @Option(help: "Milliseconds to wait before each answer, including the local S3's.")
    var latency = 0

    @Option(
        help: ArgumentHelp(
            """
            Requests per second to admit: documented, or NAME=RATE,... with operation names, reads and writes. \
            (default: no limit)
            """,
            valueName: "rates"
        )
    )
    var throttle: String?

    @Option(
        help: ArgumentHelp(
            """
            A fault, OPERATION:EFFECT[:WHEN,...]; repeatable. The effects are listed above. When: first=N, after=N, \
            every=N, p=PROBABILITY, on=TEXT.
            """,
            valueName: "fault"
        )
    )
    var fault: [String] = []

    @Option(
        help: ArgumentHelp(
            "Deny every caller this IAM action, such as codeartifact:ListPackages or s3:GetObjectVersion; repeatable.",
            valueName: "action"
        )
    )
    var deny: [String] = []

    @Option(help: "Seed of random faults and of revisions.")
    var seed: UInt64 = 1

    @Flag(name: .customLong("no-signatures"), help: "Accept requests without a signature, also in the local S3.")
    var ignoresSignatures = false

    @Option(help: "Require this session token with the access key, as for the keys of a role.")
    var sessionToken: String?

    @Flag(help: "Serve assets directly, without a redirect to the bucket.")
    var inlineAssets = false

    @Option(help: "Lifetime of authorization tokens in seconds, whatever clients ask for.")
    var tokenLifetime: Int?

    @Option(help: "Status of a Maven request without a valid token: 401 or 403.")
    var refusedTokenStatus = 401

    @Flag(help: "Fill only half of each page.")
    var shortPages = false

    @Flag(help: "Leave every second page empty, with a token for the next.")
    var emptyPages = false

    @Flag(help: "Write members without a value as null.")
    var nullMembers = false

    @Option(help: "Omit the origin of about one version in this many.")
    var missingOrigins = 0

    @Flag(help: "Give a version a new revision with each change of status.")
    var statusChangesRevision = false

    func validate() throws {
        guard [401, 403].contains(refusedTokenStatus) else {
            throw ValidationError("--refused-token-status must be 401 or 403")
        }
        guard latency >= 0, missingOrigins >= 0 else { throw ValidationError("a number must not be negative") }
    }

    func apply(to configuration: inout LocalCodeArtifact.Configuration) throws {
        configuration.latency = .milliseconds(latency)
        configuration.throttle = try throttle.map { try ThrottleRates($0) }
        configuration.faults = try fault.map { try Fault($0) }
        configuration.denied = Set(deny)
        configuration.seed = seed
        configuration.checksSignatures = !ignoresSignatures
        if let sessionToken, let key = configuration.credentials.first {
            configuration.credentials = [
                AWSCredentials(
                    accessKeyID: key.accessKeyID,
                    secretAccessKey: key.secretAccessKey,
                    sessionToken: sessionToken,
                    expiration: nil
                )
            ]
        }
        configuration.redirectsAssets = !inlineAssets
        configuration.tokenLifetime = tokenLifetime.map { .seconds($0) }
        configuration.refusedTokenStatus = refusedTokenStatus
        configuration.shortPages = shortPages
        configuration.emptyPages = emptyPages
        configuration.nullMembers = nullMembers
        configuration.missingOrigins = missingOrigins
        configuration.statusChangesRevision = statusChangesRevision
    }
}
