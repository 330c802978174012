import Cryptography
import FoundationEssentials
import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A scripted history on a bucket with versions: each of its states comes back exactly, restored and served.
@Suite(.serialized, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"), .seaweedFS)
struct AsOfTests {
    /// A state of the domain, and a moment at which the backup knew it as its newest.
    private struct Chapter: Sendable {
        let moment: Timestamp
        let picture: DomainPicture
        /// What the Maven endpoint answered for every path that ever was, by path; nil for 404.
        let answers: [String: [UInt8]]
    }

    @Test func `each of twenty states comes back as it was, by restore and by reconcile-serve`() async throws {
        let seaweed = try #require(SeaweedFS.current)
        try await withTimeout {
            let url = "s3://\(seaweed.versionedBucket)/history"
            var access = ["AWS_ENDPOINT_URL_S3": seaweed.endpoint]
            access["AWS_ACCESS_KEY_ID"] = seaweed.credentials.accessKeyID
            access["AWS_SECRET_ACCESS_KEY"] = seaweed.credentials.secretAccessKey
            access["AWS_REGION"] = "us-west-2"
            let environment = access
            let chapters = try await record(seaweed, url, environment)
            #expect(chapters.count == 20)
            #expect(Set(chapters.map(\.picture)).count == 20)
            for (number, chapter) in chapters.enumerated() {
                let asOf = ["--as-of", chapter.moment.extended]
                try await LocalCodeArtifact.with(Self.configuration) { empty in
                    empty.add(seaweed.credentials)
                    let restored = try await empty.restore(from: url, asOf, environment: environment)
                    #expect(restored.status == 0, "state \(number): \(restored.errors.suffix(1_000))")
                    let differences = try await DomainPicture(empty).differences(from: chapter.picture)
                    #expect(differences == [], "state \(number)")
                }
                try await serving(url, domain: "my-domain", asOf, environment: environment) { address in
                    let served = try await Self.answers(Set(chapters.flatMap(\.answers.keys)), "\(address)/")
                    for path in Set(served.keys).union(chapter.answers.keys).sorted() {
                        #expect(served[path] == chapter.answers[path], "state \(number): \(path)")
                    }
                }
            }
        }
    }

    private static let configuration: LocalCodeArtifact.Configuration = {
        var configuration = LocalCodeArtifact.Configuration(repositories: [.init("releases"), .init("shared")])
        configuration.redirectsAssets = false
        return configuration
    }()

    /// Plays the history, with a run after each change.
    private func record(
        _ seaweed: SeaweedFS,
        _ url: String,
        _ environment: [String: String]
    ) async throws -> [Chapter] {
        try await LocalCodeArtifact.with(Self.configuration) { server in
            server.add(seaweed.credentials)
            var chapters: [Chapter] = []
            var paths: Set<String> = []
            for change in Self.changes {
                try change(server)
                // The packages' versions are few: a deletion may well be more than half of them.
                let run = try await server.reconcile(to: url, ["--allow-mass-deletion"], environment: environment)
                #expect(run.status == 0, "\(run.errors.suffix(1_000))")
                let now = Timestamp(secondsSince1970: Date.now.timeIntervalSince1970)
                let moment = Timestamp(seconds: now.seconds + 1)
                try await paths.formUnion(Self.paths(of: server))
                let maven = server.mavenEndpoint(repository: "releases").dropLast("releases/".count)
                let answers = try await Self.answers(paths, String(maven), token: server.issueToken())
                chapters.append(Chapter(moment: moment, picture: try await DomainPicture(server), answers: answers))
                // The next record is of a later second.
                while Date.now.timeIntervalSince1970 < Double(moment.seconds + 1) {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            return chapters
        }
    }

    private typealias Change = @Sendable (LocalCodeArtifact) throws -> Void

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func deploy(_ build: String, _ server: LocalCodeArtifact) throws {
        try server.publishSnapshot(
            try version("com.acme:snap:1.0-\(build)"),
            assets: ["snap-1.0-\(build).jar": bytes("jar \(build)"), "snap-1.0-\(build).pom": bytes("pom \(build)")]
        )
    }

    private static let changes: [Change] = [
        {
            $0.publish(
                try version("com.acme:app:1.0"),
                assets: ["app-1.0.jar": bytes("one"), "app-1.0.pom": bytes("<p/>")]
            )
        },
        { $0.publish(try version("com.acme:app:1.1"), assets: ["app-1.1.jar": bytes("one one")]) },
        { $0.publish(try version("com.acme:lib:1.0", in: "shared"), assets: ["lib-1.0.pom": bytes("<l/>")]) },
        { try $0.setAsset("app-1.0-sources.jar", bytes("sources"), of: version("com.acme:app:1.0")) },
        { try $0.setAsset("app-1.0.jar", bytes("other"), of: version("com.acme:app:1.0")) },
        { try $0.setStatus(.unlisted, of: version("com.acme:app:1.1")) },
        { try deploy("20260101.101010-1", $0) },
        { try deploy("20260102.101010-2", $0) },
        { try $0.setStatus(.archived, of: version("com.acme:app:1.0")) },
        { try $0.delete(version("com.acme:app:1.1")) },
        { $0.publish(try version("com.acme:app:1.1"), assets: ["app-1.1.jar": bytes("again")]) },
        { try $0.setAsset("lib-1.0.pom", bytes("<m/>"), of: version("com.acme:lib:1.0", in: "shared")) },
        { try $0.setStatus(.published, of: version("com.acme:app:1.0")) },
        { try deploy("20260103.101010-3", $0) },
        { try $0.delete(version("com.acme:snap:1.0-20260101.101010-1")) },
        { try $0.setStatus(.unlisted, of: version("com.acme:lib:1.0", in: "shared")) },
        // Back to the first bytes.
        { try $0.setAsset("app-1.0.jar", bytes("one"), of: version("com.acme:app:1.0")) },
        { try $0.delete(version("com.acme:app:1.0")) },
        { $0.publish(try version("com.acme:app:1.0"), assets: ["app-1.0.pom": bytes("<q/>")]) },
        { $0.publish(try version("com.acme:app:2.0-rc1"), assets: ["app-2.0-rc1.jar": bytes("rc"), "empty": []]) },
    ]

    // MARK: What Maven sees

    /// Every file that clients may ask for now, with its checksum files, below the repositories.
    private static func paths(of server: LocalCodeArtifact) async throws -> Set<String> {
        var paths: Set<String> = []
        for package in server.packages {
            let folder =
                ([package.repository] + package.namespace.split(separator: ".").map(String.init) + [package.name])
                .joined(separator: "/")
            paths.insert("\(folder)/maven-metadata.xml")
            for name in (server.versions(of: package) ?? [:]).keys {
                let assets = try await server.assets(of: VersionCoordinates(package: package, version: name)) ?? []
                let directory = SnapshotBuild(name)?.snapshotVersion ?? name
                if directory.hasSuffix("-SNAPSHOT") { paths.insert("\(folder)/\(directory)/maven-metadata.xml") }
                for asset in assets {
                    for ending in ["", ".md5", ".sha1", ".sha256", ".sha512"] {
                        paths.insert("\(folder)/\(directory)/\(asset.name)\(ending)")
                    }
                }
            }
        }
        return paths
    }

    private static func answers(
        _ paths: Set<String>,
        _ root: String,
        token: String? = nil
    ) async throws -> [String: [UInt8]] {
        try await HTTPClient.withClient { client in
            var answers: [String: [UInt8]] = [:]
            let headers: HTTPHeaders = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
            for path in paths {
                let answer = try await client.send(HTTPRequest(method: .get, url: root + path, headers: headers))
                #expect([200, 404].contains(answer.status), "\(path): \(answer.status)")
                guard answer.status == 200 else { continue }
                answers[path] = path.hasSuffix(".xml") ? undated(answer.body) : answer.body
            }
            return answers
        }
    }

    /// A document without the times at which it was made.
    private static func undated(_ document: [UInt8]) -> [UInt8] {
        let lines = String(decoding: document, as: UTF8.self).split(separator: "\n")
        return Array(lines.filter { !$0.contains("lastUpdated>") }.joined(separator: "\n").utf8)
    }
}
