import LocalServices
import ReconcileCore
import Testing

@Suite("The Maven endpoint, request by request", .enabled(if: Tool.wanted), .timeLimit(.minutes(2)))
struct MavenEndpointTests {
    private let lib = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "lib")

    private func version(_ version: String) -> VersionCoordinates {
        VersionCoordinates(package: lib, version: version)
    }

    private static let metadata = """
        <metadata><groupId>com.acme</groupId><artifactId>lib</artifactId><versioning><versions><version>1.0</version>\
        </versions></versioning></metadata>
        """

    @Test("a version is Unfinished and unreadable until metadata names it")
    func publication() async throws {
        try await LocalCodeArtifact.with { server in
            let curl = Curl(server)
            #expect(try await curl.status("PUT", "com/acme/lib/1.0/lib-1.0.jar", "bytes") == 201)
            #expect(server.status(of: version("1.0")) == .unfinished)
            #expect(try await curl.status("GET", "com/acme/lib/1.0/lib-1.0.jar") == 404)
            #expect(try await curl.status("GET", "com/acme/lib/maven-metadata.xml") == 404)
            let revision = server.revision(of: version("1.0"))
            #expect(try await curl.status("PUT", "com/acme/lib/maven-metadata.xml", Self.metadata) == 201)
            #expect(server.status(of: version("1.0")) == .published)
            #expect(server.revision(of: version("1.0")) != revision)
            #expect(try await curl.status("GET", "com/acme/lib/1.0/lib-1.0.jar") == 307)
            let stored = try await curl.send("GET", "com/acme/lib/1.0/maven-metadata.xml")
            #expect(stored.body == Self.metadata)
            let generated = try await curl.send("GET", "com/acme/lib/maven-metadata.xml")
            #expect(generated.body.contains("<latest>1.0</latest>"))
            #expect(try await curl.status("PUT", "com/acme/lib/1.0/maven-metadata.xml", Self.metadata) == 400)
        }
    }

    @Test("the document of a group's plugins is kept, or accepted and discarded", arguments: [true, false])
    func pluginGroup(isKept: Bool) async throws {
        var configuration = LocalCodeArtifact.Configuration()
        configuration.keepsGroupDocuments = isKept
        let plugin = "<prefix>tool</prefix><artifactId>tool-maven-plugin</artifactId>"
        let document = "<metadata><plugins><plugin>\(plugin)</plugin></plugins></metadata>"
        try await LocalCodeArtifact.with(configuration) { server in
            let curl = Curl(server)
            #expect(try await curl.status("PUT", "com/acme/maven-metadata.xml", document) == 201)
            #expect(try await curl.status("GET", "com/acme/maven-metadata.xml") == (isKept ? 200 : 404))
            let answer = try await curl.send("GET", "com/acme/maven-metadata.xml")
            #expect(answer.body.contains("<prefix>tool</prefix>") == isKept)
            #expect(try await curl.status("GET", "com/acme/maven-metadata.xml.sha1") == (isKept ? 200 : 404))
            // The same path, if it belongs to a package.
            server.publish(
                VersionCoordinates(
                    package: PackageCoordinates(repository: "releases", namespace: "com", name: "acme"),
                    version: "1.0"
                ),
                assets: ["acme-1.0.jar": [1]]
            )
            let package = try await curl.send("GET", "com/acme/maven-metadata.xml")
            #expect(package.body.contains("<version>1.0</version>"))
        }
    }

    @Test("a snapshot's document names files of older builds, or those of the newest alone", arguments: [true, false])
    func snapshotDocument(namesOlder: Bool) async throws {
        var configuration = LocalCodeArtifact.Configuration()
        configuration.keepsSnapshotDocuments = namesOlder
        try await LocalCodeArtifact.with(configuration) { server in
            let (first, second) = ("2.0-20260101.000001-1", "2.0-20260101.000002-2")
            try server.publishSnapshot(version(first), assets: ["lib-\(first).jar": [1]])
            try server.publishSnapshot(version(second), assets: ["lib-\(second)-win.jar": [2]])
            let answer = try await Curl(server).send("GET", "com/acme/lib/2.0-SNAPSHOT/maven-metadata.xml")
            #expect(answer.body.contains("<value>\(second)</value>"))
            #expect(answer.body.contains("<value>\(first)</value>") == namesOlder)
        }
    }

    @Test("other bytes under a name are a conflict, equal bytes are not, and Archived takes nothing")
    func conflicts() async throws {
        try await LocalCodeArtifact.with { server in
            let curl = Curl(server)
            server.publish(version("1.0"), assets: ["lib-1.0.jar": Array("bytes".utf8)])
            let revision = server.revision(of: version("1.0"))
            #expect(try await curl.status("PUT", "com/acme/lib/1.0/lib-1.0.jar", "bytes") == 201)
            #expect(try await curl.status("PUT", "com/acme/lib/1.0/lib-1.0.jar", "other") == 409)
            #expect(server.revision(of: version("1.0")) == revision)
            #expect(try await curl.status("PUT", "com/acme/lib/1.0/lib-1.0-sources.jar", "s") == 201)
            #expect(server.revision(of: version("1.0")) != revision)
            try server.setStatus(.archived, of: version("1.0"))
            #expect(try await curl.status("PUT", "com/acme/lib/1.0/lib-1.0-x.jar", "x") == 409)
            #expect(try await curl.status("GET", "com/acme/lib/1.0/lib-1.0.jar") == 404)
        }
    }

    @Test("checksum files are computed, only compared when put, and hold up publication when wrong")
    func checksums() async throws {
        try await LocalCodeArtifact.with { server in
            let curl = Curl(server)
            let jar = "com/acme/lib/1.0/lib-1.0.jar"
            let md5 = "4b3a6218bb3e3a7303e8a171a60fcf92"  // md5sum of "bytes"
            #expect(try await curl.status("PUT", "\(jar).md5", md5) == 404)
            #expect(try await curl.status("PUT", jar, "bytes") == 201)
            #expect(try await curl.status("PUT", "\(jar).md5", md5.uppercased()) == 400)
            #expect(try await curl.status("PUT", "com/acme/lib/maven-metadata.xml", Self.metadata) == 400)
            #expect(server.status(of: version("1.0")) == .unfinished)
            #expect(try await curl.status("PUT", "\(jar).md5", md5) == 201)
            #expect(try await curl.status("PUT", "com/acme/lib/maven-metadata.xml", Self.metadata) == 201)
            let answer = try await curl.send("GET", "\(jar).md5")
            #expect(answer.status == 200)
            #expect(answer.body == md5)
            #expect(try await server.assets(of: version("1.0"))?.map(\.name) == ["lib-1.0.jar", "maven-metadata.xml"])
        }
    }

    @Test("a snapshot takes timestamped names and metadata about a build that is there, and nothing else")
    func snapshots() async throws {
        try await LocalCodeArtifact.with { server in
            let curl = Curl(server)
            let directory = "com/acme/lib/1.0-SNAPSHOT"
            let build = "1.0-20210728.194552-1"
            func metadata(timestamp: String) -> String {
                """
                <metadata><groupId>com.acme</groupId><artifactId>lib</artifactId><version>1.0-SNAPSHOT</version>\
                <versioning><snapshot><timestamp>\(timestamp)</timestamp><buildNumber>1</buildNumber></snapshot>\
                <snapshotVersions><snapshotVersion><extension>jar</extension><value>1.0-\(timestamp)-1</value>\
                </snapshotVersion></snapshotVersions></versioning></metadata>
                """
            }
            #expect(try await curl.status("PUT", "\(directory)/lib-1.0-SNAPSHOT.jar", "bytes") == 400)
            #expect(try await curl.status("PUT", "\(directory)/lib-\(build).jar", "bytes") == 201)
            #expect(server.versions(of: lib) == [build: .unfinished])
            let wrong = metadata(timestamp: "20210728.194553")
            #expect(try await curl.status("PUT", "\(directory)/maven-metadata.xml", wrong) == 400)
            let right = metadata(timestamp: "20210728.194552")
            #expect(try await curl.status("PUT", "\(directory)/maven-metadata.xml", right) == 201)
            #expect(server.versions(of: lib) == [build: .unlisted, "1.0-SNAPSHOT": .published])
            #expect(try await curl.status("GET", "\(directory)/lib-\(build).jar") == 307)
            #expect(try await curl.status("GET", "com/acme/lib/\(build)/lib-\(build).jar") == 307)
            let served = try await curl.send("GET", "\(directory)/maven-metadata.xml")
            #expect(served.body.contains("<value>\(build)</value>"))
        }
    }

    @Test("only a token opens the door: as a bearer token or as the password of aws, until it expires")
    func authorization() async throws {
        var configuration = LocalCodeArtifact.Configuration()
        configuration.refusedTokenStatus = 403
        try await LocalCodeArtifact.with(configuration) { server in
            let curl = Curl(server)
            server.publish(version("1.0"), assets: ["lib-1.0.jar": Array("bytes".utf8)])
            let path = "com/acme/lib/1.0/lib-1.0.jar.sha1"
            let refused = try await curl.send("GET", path, authorized: false)
            #expect(refused.status == 403)
            #expect(refused.headers.lowercased().contains("www-authenticate: basic realm=\"my-domain/releases\""))
            let basic = ["-u", "aws:\(curl.token)"]
            #expect(try await curl.send("GET", path, authorized: false, options: basic).status == 200)
            #expect(try await curl.status("GET", path) == 200)
            server.expireTokens()
            #expect(try await curl.status("GET", path) == 403)
        }
    }

    @Test("an asset is redirected to a bucket that refuses an Authorization header; HEAD is answered at once")
    func redirect() async throws {
        try await LocalCodeArtifact.with { server in
            let curl = Curl(server)
            server.publish(version("1.0"), assets: ["lib-1.0.jar": Array("bytes".utf8)])
            let path = "com/acme/lib/1.0/lib-1.0.jar"
            let answer = try await curl.send("GET", path)
            let line = try #require(
                answer.headers.split(whereSeparator: \.isNewline).first {
                    $0.lowercased().hasPrefix("location: ")
                }
            )
            let location = String(line.dropFirst("location: ".count))
            #expect(location.hasPrefix("\(server.assetEndpoint)/assets/releases/com.acme/lib/1.0/lib-1.0.jar?"))
            let bytes = try await curl.send("GET", location, authorized: false)
            #expect(bytes.status == 200)
            #expect(bytes.body == "bytes")
            #expect(try await curl.status("GET", location) == 400)
            #expect(try await curl.send("GET", location + "0", authorized: false).status == 403)
            let head = try await curl.send("HEAD", path)
            #expect(head.status == 200)
            #expect(head.headers.lowercased().contains("content-length: 5\r\n"))
            #expect(server.requests == ["maven.GetAsset": 1, "maven.HeadAsset": 1, "assets.GetObject": 3])
        }
    }

    @Test("the domain's own host has the repositories right below /maven/")
    func virtualHost() async throws {
        try await LocalCodeArtifact.with { (server) async throws in
            let curl = Curl(server)
            server.publish(version("1.0"), assets: ["lib-1.0.jar": [1]])
            let url = "\(server.endpoint)/maven/releases/com/acme/lib/1.0/lib-1.0.jar"
            let host = "Host: my-domain-111122223333.d.codeartifact.us-west-2.amazonaws.com"
            #expect(try await curl.send("GET", url, headers: [host]).status == 307)
            #expect(try await curl.status("GET", url) == 404)
        }
    }

    @Test("metadata is not found by a client that asks for HTML first")
    func html() async throws {
        try await LocalCodeArtifact.with { (server) async throws in
            let curl = Curl(server)
            server.publish(version("1.0"), assets: ["lib-1.0.jar": [1]])
            let path = "com/acme/lib/maven-metadata.xml"
            #expect(try await curl.send("GET", path, headers: ["Accept: text/html, */*; q=.2"]).status == 404)
            #expect(try await curl.send("GET", path, headers: ["Accept: text/xml, text/html"]).status == 200)
        }
    }

    @Test("a version of an upstream repository is retained by reading it through Maven")
    func retention() async throws {
        var downstream = LocalCodeArtifact.Configuration.Repository("releases")
        downstream.upstreams = ["shared"]
        let configuration = LocalCodeArtifact.Configuration(repositories: [downstream, .init("shared")])
        try await LocalCodeArtifact.with(configuration) { (server) async throws in
            let curl = Curl(server)
            let package = PackageCoordinates(repository: "shared", namespace: "com.acme", name: "lib")
            server.publish(VersionCoordinates(package: package, version: "1.0"), assets: ["lib-1.0.jar": [1]])
            #expect(server.versions(of: lib) == nil)
            #expect(try await curl.status("PUT", "com/acme/lib/1.0/lib-1.0-x.jar", "x") == 409)
            #expect(try await curl.status("GET", "com/acme/lib/1.0/lib-1.0.jar") == 307)
            #expect(server.versions(of: lib) == ["1.0": .published])
        }
    }

    @Test("faults: an error as often as asked, a cut body, a flipped bit, a reset")
    func faults() async throws {
        var configuration = LocalCodeArtifact.Configuration()
        configuration.redirectsAssets = false
        try await LocalCodeArtifact.with(configuration) { (server) async throws in
            let curl = Curl(server)
            server.publish(version("1.0"), assets: ["lib-1.0.jar": Array("0000".utf8)])
            let path = "com/acme/lib/1.0/lib-1.0.jar"
            server.setFaults([Fault("maven.GetAsset", .status(503, retryAfter: nil), first: 1)])
            #expect(try await curl.status("GET", path) == 503)
            #expect(try await curl.send("GET", path).body == "0000")
            server.setFaults([Fault("maven.*", .cut(after: 3))])
            #expect(try await curl.send("GET", path).body == "000")
            server.setFaults([Fault("*", .flip(byte: 2), on: "lib-1.0.jar")])
            #expect(try await curl.send("GET", path).body == "0010")
            server.setFaults([Fault("maven.GetAsset", .status(429, retryAfter: 7))])
            #expect(try await curl.send("GET", path).headers.lowercased().contains("retry-after: 7\r\n"))
            server.setFaults([Fault("maven.GetAsset", .reset(after: nil))])
            #expect(try await curl.send("GET", path).headers.contains("Connection reset"))
        }
    }

    @Test("what a fault does to the bytes of a redirected asset is done where they are sent, as often as asked")
    func redirectedFaults() async throws {
        try await LocalCodeArtifact.with { server in
            let curl = Curl(server)
            server.publish(version("1.0"), assets: ["lib-1.0.jar": Array("0000".utf8)])
            func fetch() async throws -> Curl.Answer {
                let headers = try await curl.send("GET", "com/acme/lib/1.0/lib-1.0.jar").headers
                let line = headers.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix("location: ") }
                let location = String(try #require(line).dropFirst("location: ".count))
                return try await curl.send("GET", location, authorized: false)
            }
            server.setFaults([try Fault("maven.GetAsset:cut=3:on=com/acme,first=1")])
            #expect(try await fetch().body == "000")
            #expect(try await fetch().body == "0000")
            server.setFaults([try Fault("maven.GetAsset:flip=2")])
            #expect(try await fetch().body == "0010")
            server.setFaults([try Fault("maven.GetAsset:reset=1")])
            #expect(try await fetch().headers.contains("Connection reset"))
            server.setFaults([try Fault("maven.GetAsset:stall=0.3")])
            let start = ContinuousClock.now
            #expect(try await fetch().body == "0000")
            #expect(ContinuousClock.now - start >= .milliseconds(300))
            server.setFaults([try Fault("assets.GetObject:403:first=1"), try Fault("assets.GetObject:429=7")])
            let denied = try await fetch()
            #expect(denied.status == 403 && denied.body.contains("<Code>AccessDenied</Code>"))
            let slow = try await fetch()
            #expect(slow.body.contains("<Code>SlowDown</Code>"))
            #expect(slow.headers.lowercased().contains("retry-after: 7\r\n"))
            // An answer without a body stalls as a whole.
            server.setFaults([try Fault("maven.PutAsset:stall=0.3"), try Fault("maven.HeadAsset:stall=0.3")])
            for (method, body) in [("PUT", "0000"), ("HEAD", nil)] as [(String, String?)] {
                let start = ContinuousClock.now
                #expect(try await curl.send(method, "com/acme/lib/1.0/lib-1.0.jar", body: body).status / 100 == 2)
                #expect(ContinuousClock.now - start >= .milliseconds(300))
            }
        }
    }

    @Test("a name that the control API refuses is not taken")
    func names() async throws {
        try await LocalCodeArtifact.with { server in
            let curl = Curl(server)
            for path in [
                "com/acme/lib/1.0%20beta%202/lib-1.0.jar", "com/acme/my%20lib/1.0/lib.jar",
                "com/ac%23me/lib/1.0/lib.jar", "com/acme/lib/1.0/lib%0A.jar",
                "com/acme/lib/1.0%202-SNAPSHOT/maven-metadata.xml",
            ] {
                let answer = try await curl.send("PUT", path, body: "x")
                #expect(answer.status == 400, "\(path)")
                #expect(answer.body.contains("failed to satisfy constraint"), "\(answer.body)")
            }
            // Files may have spaces in their names.
            #expect(try await curl.status("PUT", "com/acme/lib/1.0/lib%201.0.jar", "x") == 201)
            #expect(server.versions(of: lib) == ["1.0": .unfinished])
        }
    }

    @Test("the bucket's port can be chosen")
    func assetsPort() async throws {
        // Below the ports that the system hands out.
        var configuration = LocalCodeArtifact.Configuration()
        configuration.assetsPort = Int.random(in: 25_000...31_000)
        let address = "http://127.0.0.1:\(configuration.assetsPort)"
        try await LocalCodeArtifact.with(configuration) { server in
            #expect(server.assetEndpoint == address)
            let answer = try await Curl(server).send("GET", server.assetEndpoint + "/", authorized: false)
            #expect(answer.status == 403)
        }
    }
}
