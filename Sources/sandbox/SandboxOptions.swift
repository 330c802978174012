import ArgumentParser
import Cryptography
import LocalServices
import ReconcileApp
import ReconcileCore

/// Where the servers listen, and how clients reach them.
struct ServerOptions: ParsableArguments {
    @Option(help: "Port of the control API and the Maven endpoint; 0 picks a free one.")
    var port = 0

    @Option(help: "Port of the bucket that assets are redirected to; 0 picks a free one.")
    var assetsPort = 0

    @Option(
        help: """
            Address to listen on; 0.0.0.0 is every address of this machine. Anyone who can reach it can read and write \
            everything.
            """
    )
    var host = "127.0.0.1"

    @Option(
        help: ArgumentHelp(
            """
            The name in the addresses that are handed out. (default: --host; with 0.0.0.0, the name that the client \
            itself used)
            """,
            valueName: "name"
        )
    )
    var publicHost: String?

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

    func validate() throws {
        for (flag, port) in [("--port", port), ("--assets-port", assetsPort), ("--s3-port", s3Port ?? 0)]
        where !(0...65_535).contains(port) {
            throw ValidationError("\(flag) \(port): a port is 1 to 65535, or 0 for any free one")
        }
        let chosen = [port, assetsPort, s3Port ?? 0].filter { $0 != 0 }
        guard Set(chosen).count == chosen.count else {
            throw ValidationError("--port, --assets-port and --s3-port must differ")
        }
        guard !host.isEmpty, publicHost?.isEmpty != true else {
            throw ValidationError("--host and --public-host take a name or an address")
        }
        if s3Port == nil {
            for (flag, isGiven) in [
                ("--s3-bucket", !s3Bucket.isEmpty), ("--s3-versions", keepsVersions), ("--in-sync", inSync),
            ] where isGiven { throw ValidationError("\(flag) needs --s3-port, which starts the local S3") }
        }
        var s3 = LocalS3Configuration()
        s3.buckets = s3Bucket
        try accepted("--s3-bucket") { try s3.checkNames() }
        if let readyFile { try accepted(nil) { try OutputFile(flag: "--ready-file", path: readyFile).check() } }
    }
}

/// Runs `body`, which parses a flag's value, and turns any error into a usage error.
///
/// - Parameter flag: the flag to name in the error; nil if the error names it already.
func accepted<Value>(_ flag: String?, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as ValidationError {
        throw error
    } catch {
        throw ValidationError((flag.map { "\($0): " } ?? "") + "\(error)")
    }
}

/// The name of the domain, and its contents at the start.
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

    func validate() throws {
        var configuration = LocalCodeArtifact.Configuration()
        try apply(to: &configuration)
        try accepted(nil) { try configuration.checkNames() }
        guard !region.isEmpty,
            region.utf8.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d })
        else { throw ValidationError("--region \(region): write a region such as eu-west-1") }
    }

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
            let (name, recipe) = try accepted("--synthetic") { try SyntheticRecipe.read(text) }
            change(name) { $0.synthetic = recipe }
        }
        for text in upstream {
            let (name, upstream) = Self.pair(text)
            guard let name else {
                throw ValidationError("--upstream \(text): write REPOSITORY=UPSTREAM, as in app=shared")
            }
            guard name != upstream else {
                throw ValidationError("--upstream \(text): a repository cannot be its own upstream")
            }
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

/// The behaviour of the service: its speed, its limits, its faults, and details in which real services differ.
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
            A fault, OPERATION:EFFECT[:WHEN,...]; repeatable. Operations and effects are listed above. When: first=N, after=N, \
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
            throw ValidationError("--refused-token-status \(refusedTokenStatus): it is 401 or 403")
        }
        for (flag, number) in [
            ("--latency", latency), ("--missing-origins", missingOrigins), ("--token-lifetime", tokenLifetime ?? 0),
        ] where number < 0 { throw ValidationError("\(flag) \(number): write 0 or more") }
        for action in deny where !DeniedAction.known.contains(action) {
            var nearest = NearestNames(to: action)
            for name in DeniedAction.known.sorted() { nearest.offer(name) }
            let names = nearest.names.isEmpty ? DeniedAction.known.sorted() : nearest.names
            throw ValidationError(
                "--deny \(action): no request needs this action; "
                    + "\(nearest.names.isEmpty ? "those that are needed:" : "did you mean one of") "
                    + names.joined(separator: ", ")
            )
        }
        var configuration = LocalCodeArtifact.Configuration()
        try apply(to: &configuration)
    }

    func apply(to configuration: inout LocalCodeArtifact.Configuration) throws {
        configuration.latency = .milliseconds(latency)
        configuration.throttle = try accepted("--throttle") { try throttle.map { try ThrottleRates($0) } }
        configuration.faults = try accepted("--fault") { try fault.map { try Fault($0) } }
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
