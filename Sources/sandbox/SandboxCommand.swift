import ArgumentParser
import FoundationEssentials
import HTTPListening
import LocalServices
import ReconcileApp
import SystemPackage

/// The entry point: configures and starts the servers, prints the ready line, and waits for a signal.
@main
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run a local AWS CodeArtifact for Maven and, on request, a local S3.",
        usage: "sandbox [<options>]\nsandbox env (--port <port> | --ready-file <file>) [--host <name>]",
        discussion: """
            Serves the control API (with Signature Version 4), the Maven endpoint and the bucket that assets are \
            redirected to, until SIGTERM or SIGINT. The first line on standard output is one JSON object with the \
            addresses and the environment variables that AWS clients need.

            EXAMPLES
              sandbox --port 8450 --repository releases --repository snapshots
              sandbox --import releases=/usr/share/maven-repo --s3-port 9000
              sandbox --synthetic packages=50000,versions=20,assets=3 --throttle documented
              eval "$(sandbox env --port 8450)"
              sandbox --fault 'maven.GetAsset:cut=1000:p=0.05' --fault '*:503:first=2'

            FAULTS
            \(faults)

            Operations: codeartifact. and the name of an operation of the API (codeartifact.ListPackages); \
            maven.GetAsset, GetChecksum, GetMetadata, and the same with Head and Put; assets.GetObject and HeadObject; \
            kms.Sign and kms.GetPublicKey (409: the key is disabled); s3. and the name of an operation of the local S3 (s3.GetObject). The start of names followed by * stands for \
            all of them, and * for all but those of the local S3. Faults in the bytes of maven.GetAsset appear where the \
            bytes are sent: in the bucket's answer (assets.GetObject), \
            or with --inline-assets in the endpoint's.

            WHILE IT RUNS
              GET  /                              says what is served
              GET  /_sandbox/env                  shell exports for AWS clients
              GET  /_sandbox/requests             counts by operation; POST resets them
              POST /_sandbox/faults               applies the faults in the body, one per line
              POST /_sandbox/expire-tokens        expires all authorization tokens
              POST /_sandbox/expire-credentials   answers every access key with ExpiredTokenException
            """,
        version: ProgramVersion.line(of: "sandbox"),
        subcommands: [EnvCommand.self]
    )

    /// The table of effects, grouped by the responses that they affect.
    private static var faults: String {
        var lines: [String] = []
        var answers = ""
        for row in Fault.Effect.table {
            if row.answers != answers { lines.append("  \(row.answers):") }
            answers = row.answers
            let gap = String(repeating: " ", count: max(1, 15 - row.spelling.count))
            lines.append("    \(row.spelling)\(gap)\(row.meaning)")
        }
        return lines.joined(separator: "\n")
    }

    @OptionGroup(title: "The domain") var domain: DomainOptions
    @OptionGroup(title: "Behaviour") var behaviour: BehaviourOptions
    @OptionGroup(title: "Servers") var servers: ServerOptions

    func run() async throws {
        do {
            try await serve()
        } catch let failure as SeedingFailure {
            throw ValidationError("\(failure)")
        } catch let failure as ListenFailure {
            throw ValidationError("\(failure)")
        } catch let failure as OutputFile.Unwritable {
            throw ValidationError("\(failure)")
        }
    }

    private func serve() async throws {
        var configuration = LocalCodeArtifact.Configuration()
        try domain.apply(to: &configuration)
        try behaviour.apply(to: &configuration)
        configuration.host = servers.host
        configuration.publicHost = servers.publicHost
        configuration.port = servers.port
        configuration.assetsPort = servers.assetsPort
        try await LocalCodeArtifact.with(configuration) { codeArtifact in
            for note in codeArtifact.importNotes {
                _ = try? FileDescriptor.standardError.writeAll("sandbox: \(note)\n".utf8)
            }
            guard let port = servers.s3Port else { return try await serve(codeArtifact, nil) }
            var s3 = LocalS3Configuration()
            s3.host = servers.host
            s3.publicHost = servers.publicHost
            s3.port = port
            s3.region = configuration.region
            s3.credentials = configuration.credentials
            s3.buckets = servers.s3Bucket.isEmpty ? s3.buckets : servers.s3Bucket
            s3.latency = configuration.latency
            s3.checksSignatures = configuration.checksSignatures
            s3.keepsVersions = servers.keepsVersions
            s3.denied = configuration.denied
            s3.plan = codeArtifact.faults
            s3.counter = codeArtifact.counter
            try await LocalS3.with(s3) { s3 in
                codeArtifact.addToEnvironment("AWS_ENDPOINT_URL_S3", s3.endpoint)
                if servers.inSync, let bucket = s3.configuration.buckets.first {
                    s3.storeManifests(of: configuration, in: bucket)
                }
                try await serve(codeArtifact, s3)
            }
        }
    }

    private func serve(_ codeArtifact: LocalCodeArtifact, _ s3: LocalS3?) async throws {
        let ready = try ReadyLine(codeArtifact, s3).bytes
        if let file = servers.readyFile {
            try OutputFile(flag: "--ready-file", path: file).replace(ready)
        }
        try FileDescriptor.standardOutput.writeAll(ready)
        await waitForStopSignal()
    }
}

/// The line from which scripts read the addresses of the servers.
private struct ReadyLine: Encodable {
    let codeartifact: String
    let assets: String
    let s3: String?
    /// The ARN of the KMS key that signs.
    let signingKey: String
    /// The Maven endpoints, by repository.
    let maven: [String: String]
    let environment: [String: String]

    init(_ codeArtifact: LocalCodeArtifact, _ s3: LocalS3?) {
        codeartifact = codeArtifact.endpoint
        assets = codeArtifact.assetEndpoint
        self.s3 = s3?.endpoint
        signingKey = codeArtifact.signingKeyARN
        let names = codeArtifact.configuration.repositories.map(\.name)
        maven = Dictionary(names.map { ($0, codeArtifact.mavenEndpoint(repository: $0)) }) { first, _ in first }
        environment = codeArtifact.environment
    }

    /// The JSON line, with its newline.
    var bytes: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
        }
    }
}
