import BackupPages
import BackupServer
import Cryptography
import HTTPTypes
import Logging
import ReconcileCore
import TestSupport
import Testing

/// What a browser is answered, and that a build is not.
@Suite struct PageResponderTests {
    private typealias Fixture = BackupFixture

    private static let browser = RepositoryResponder.browser

    private func library() async throws -> Fixture {
        let backup = Fixture(keepsVersions: true)
        try await backup.record("com.acme:lib:1.0", assets: ["lib-1.0.jar": "the jar", "lib-1.0.pom": "<project/>"])
        try await backup.record("com.acme:lib:1.10", at: 1, assets: ["lib-1.10.jar": "another"])
        try await backup.record("com.acme:lib:1.9", at: 2, .deleted, assets: ["lib-1.9.jar": "kept"])
        try await backup.record("org.other:tool:2", at: 3, assets: ["tool-2.pom": "<project/>"])
        return backup
    }

    private func page(_ responder: RepositoryResponder, _ path: String) async -> RepositoryAnswer {
        await responder.catchUp()
        return await responder.answer(.get, path, Self.browser)
    }

    private static func order(_ names: [String], in text: String) -> [String] {
        names.filter { text.contains($0) }
            .sorted { left, right in
                (text.firstRange(of: left)?.lowerBound ?? text.endIndex)
                    < (text.firstRange(of: right)?.lowerBound ?? text.endIndex)
            }
    }

    // MARK: Who is answered

    @Test func `a browser gets pages at the top, a build gets what it always got`() async throws {
        let responder = try await library().responder(pages: true)
        let overview = await page(responder, "/")
        #expect(overview.status == 200)
        #expect(overview.head.headerFields[.contentType] == "text/html; charset=utf-8")
        #expect(overview.head.headerFields[.vary] == "Accept")
        for agent in ["Apache-Maven/3.8.7 (Java 17.0.15; Linux 6.1)", "Gradle/8.5 (Linux;6.1;amd64)"] {
            #expect(await responder.answer(.get, "/", [.accept: "text/html", .userAgent: agent]).status == 404)
        }
        #expect(await responder.answer("/").status == 404)
        #expect(await responder.answer(.get, "/", [.accept: "*/*"]).status == 404)
        #expect(await responder.answer(.post, "/", Self.browser).status == 405)
    }

    @Test(arguments: [
        "/releases/com/acme/lib/1.0/lib-1.0.jar", "/releases/com/acme/lib/1.0/lib-1.0.jar.sha1",
        "/releases/com/acme/lib/maven-metadata.xml", "/releases/com/acme/lib/1.0/none.jar", "/releases/",
        "/releases/com/acme/lib/1.0/", "/health",
    ])
    func `what Maven asks for is answered alike with and without pages, whoever asks`(path: String) async throws {
        let backup = try await library()
        let (with, without) = (backup.responder(pages: true), backup.responder())
        for method in [HTTPRequest.Method.get, .head] {
            for fields in [HTTPFields(), Self.browser] {
                let (first, second) = (
                    await with.answer(method, path, fields), await without.answer(method, path, fields)
                )
                #expect(first.head == second.head && first.text == second.text)
            }
        }
    }

    @Test(arguments: ["/", "/-/packages", "/-/style.css", "/-/search?q=lib", "/-/state"])
    func `without pages there are none`(path: String) async throws {
        #expect(await page(try await library().responder(), path).status == 404)
    }

    @Test(arguments: ["/", "/-/packages", "/-/style.css", "/-/none"])
    func `a page needs the token like a file`(path: String) async throws {
        let responder = try await library().responder(token: "s3cret", pages: true)
        await responder.pages?.view.catchUp()
        let bare = await page(responder, path)
        #expect(bare.status == 401)
        #expect(bare.head.headerFields[.wwwAuthenticate] == "Basic realm=\"acme\"")
        #expect(bare.text == "a token is required\n")
        var fields = Self.browser
        fields[.authorization] = "Basic YXdzOnMzY3JldA=="
        #expect(await responder.answer(.get, path, fields).status == (path == "/-/none" ? 404 : 200))
    }

    @Test(arguments: ["/", "/-/packages", "/-/packages/releases", "/-/none", "/-/style.css", "/-/search?q=%22%3E"])
    func `every page says what a browser may do with it, and HEAD says the same`(path: String) async throws {
        let responder = try await library().responder(pages: true)
        let answer = await page(responder, path)
        func field(_ name: String) -> String? { HTTPField.Name(name).flatMap { answer.head.headerFields[$0] } }
        #expect(
            field("Content-Security-Policy")
                == "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
                + "frame-ancestors 'none'"
        )
        #expect(field("X-Content-Type-Options") == "nosniff")
        #expect(field("Referrer-Policy") == "no-referrer")
        #expect(field("X-Frame-Options") == "DENY")
        #expect(field("Cache-Control") == "private, no-cache")
        let head = await responder.answer(.head, path, Self.browser)
        #expect(head.head == answer.head && head.text == "")
        guard answer.status == 200 else { return }
        var again = Self.browser
        again[.ifNoneMatch] = answer.head.headerFields[.eTag]
        #expect(await responder.answer(.get, path, again).status == 304)
    }

    // MARK: What is on a page

    @Test func `the overview says how the backup stands, and what is in it`() async throws {
        let backup = try await library()
        let without = await page(backup.responder(pages: true), "/").text
        #expect(without.contains("No run has left a report"))
        var report = RunReport(runID: "20231114T221320Z-x", domain: "acme", startedAt: Fixture.minute(0))
        report.finishedAt = Fixture.minute(4).extended
        report.versions.listed = 3
        report.versions.copied = 2
        report.versions.missing = 3
        report.versions.failed = 1
        report.outcome = .partial
        let place = Place(Fixture.version("com.acme:lib:3").package, version: "3")
        let failure = RemoteFailure(
            .corrupt,
            operation: .report,
            target: "lib <3>",
            message: "its bytes are \"others\""
        )
        report.failures = [RunReport.Failure(ItemFailure(failure, at: place))]
        try await report.store(in: backup.store, layout: backup.layout, startedAt: Fixture.minute(0))
        let text = await page(backup.responder(pages: true), "/").text
        #expect(text.contains("1 version not protected"))
        #expect(text.contains("/-/packages/releases/com.acme/lib/3"))
        #expect(text.contains("lib &lt;3&gt;: its bytes are &quot;others&quot;"))
        #expect(text.contains("No verification is recorded."))
        #expect(text.contains(#"<a href="/-/packages/releases"><bdi>releases</bdi></a>"#))
        let runs = await page(backup.responder(pages: true), "/-/runs").text
        #expect(runs.contains(#"<a href="/-/runs/20231114T221320Z-x">"#) && runs.contains("partial"))
        let run = await page(backup.responder(pages: true), "/-/runs/20231114T221320Z-x")
        #expect(run.status == 200 && run.text.contains("its bytes are &quot;others&quot;"))
        #expect(await page(backup.responder(pages: true), "/-/runs/none").status == 404)
        #expect(
            await page(backup.responder(pages: true), "/-/verifications").text.contains("No verification is recorded")
        )
        let state = await page(backup.responder(pages: true), "/-/state").text
        #expect(state.contains("State of the backup on 2026-11-22"))
    }

    @Test func `a drill's evidence is listed, shown whole, and on the overview`() async throws {
        let backup = try await library()
        let none = await page(backup.responder(pages: true), "/-/drills").text
        #expect(none.contains("No drill has left evidence"))
        var report = DrillReport(
            drillID: "20231114T221320Z-d",
            domain: "acme",
            backup: "s3://b",
            asked: .init(sample: "2%", packages: [], repositories: ["releases"], asOf: nil, client: "mvn"),
            client: "mvn",
            startedAt: Fixture.minute(0)
        )
        report.tools = ["mvn": "3.8.7"]
        report.files.wanted = 2
        let place = Place(Fixture.version("com.acme:lib:1.0").package, version: "1.0", asset: "lib-1.0.jar")
        report.add(.init(place: place, size: 3, sha256: String(repeating: "a", count: 64), client: "mvn"))
        report.addLost(.init(place: place, key: "acme/maven/<b>", message: "it is \"gone\""))
        report.commands = [.init(line: "mvn -B", startedAt: "2023-11-14T22:13:20Z", seconds: 1.5, exit: 0)]
        report.conclude(stopped: false, at: Fixture.minute(1))
        let stored = Backup(store: backup.store, layout: backup.layout, hashes: testHashes, clock: backup.clock)
        try await report.record(in: stored)
        let responder = backup.responder(pages: true)
        let overview = await page(responder, "/").text
        #expect(overview.contains("1 of 2 files of 0 versions came back"))
        let drills = await page(responder, "/-/drills").text
        #expect(drills.contains(#"<a href="/-/drills/20231114T221320Z-d">"#) && drills.contains("incomplete"))
        let one = await page(responder, "/-/drills/20231114T221320Z-d")
        #expect(one.status == 200)
        for text in [
            "mvn 3.8.7", "2% of releases", "acme/<wbr>maven/<wbr>&lt;b&gt;", "it is &quot;gone&quot;", "mvn -B",
        ] {
            #expect(one.text.contains(text), "\(text)")
        }
        #expect(await page(responder, "/-/drills/none").status == 404)
    }

    @Test func `the way from a repository to a version's files`() async throws {
        let responder = try await library().responder(pages: true)
        #expect(await page(responder, "/-/packages").text.contains(#"href="/-/packages/releases""#))
        let groups = await page(responder, "/-/packages/releases").text
        #expect(Self.order(["com.acme</bdi></a>", "org.other</bdi></a>"], in: groups).count == 2)
        let packages = await page(responder, "/-/packages/releases/com.acme").text
        #expect(packages.contains(#"href="/-/packages/releases/com.acme/lib""#))
        let versions = await page(responder, "/-/packages/releases/com.acme/lib").text
        let names = [">1.10<", ">1.9<", ">1.0<"]
        #expect(Self.order(names, in: versions) == names)
        #expect(versions.contains("Deleted in the domain"))
        let version = await page(responder, "/-/packages/releases/com.acme/lib/1.0").text
        let sums = Fixture.checksums(of: Array("the jar".utf8))
        for sum in [sums.sha256, sums.sha1, sums.md5] { #expect(version.contains("<code>\(sum ?? "none")</code>")) }
        #expect(version.contains(#"<a href="/releases/com/acme/lib/1.0/lib-1.0.jar" download>"#))
        #expect(version.contains("&lt;artifactId&gt;lib&lt;/artifactId&gt;"))
        #expect(version.contains("implementation &#39;com.acme:lib:1.0&#39;"))
        #expect(version.contains("http://localhost/releases/"))
        #expect(version.contains("first recorded, 2 files, 17 B"))
        let deleted = await page(responder, "/-/packages/releases/com.acme/lib/1.9").text
        #expect(
            deleted.contains("lib-1.9.jar") && !deleted.contains("download>") && !deleted.contains("&lt;dependency&gt;")
        )
        for path in ["none", "releases/none", "releases/com.acme/none", "releases/com.acme/lib/none", "releases/com"] {
            #expect(await page(responder, "/-/packages/\(path)").status == 404)
        }
    }

    @Test func `as of a moment, nothing later is shown`() async throws {
        let backup = try await library()
        let responder = backup.responder(asOf: Fixture.minute(1), pages: true)
        let versions = await page(responder, "/-/packages/releases/com.acme/lib").text
        #expect(versions.contains(">1.10<") && !versions.contains(">1.9<"))
        #expect(await page(responder, "/-/packages/releases/org.other").status == 404)
        #expect(await page(responder, "/-/packages/releases/org.other/tool").status == 404)
        #expect(await page(responder, "/-/packages/releases/com.acme/lib/1.9").status == 404)
        #expect(await page(responder, "/").text.contains("The backup as of"))
    }

    @Test(arguments: [
        ("com.acme", "/-/packages/releases/com.acme/lib\""), ("ACME:L", "/-/packages/releases/com.acme/lib\""),
        ("com.acme:lib:1.0", "/-/packages/releases/com.acme/lib\""),
        ("lib-1.0.jar", "/-/packages/releases/com.acme/lib/1.0\""),
        ("tool-2.pom", "/-/packages/releases/org.other/tool/2\""),
        (Fixture.checksums(of: Array("another".utf8)).sha256 ?? "", "/-/packages/releases/com.acme/lib/1.10\""),
        (Fixture.checksums(of: Array("another".utf8)).sha1 ?? "", "/-/packages/releases/com.acme/lib/1.10\""),
    ])
    func `a search finds coordinates, files and hashes`(text: String, link: String) async throws {
        let responder = try await library().responder(pages: true)
        let query = PageQuery(page: 1, text: text)
        let found = await page(responder, query.target(of: .search, page: 1))
        #expect(found.status == 200 && found.text.contains(link))
    }

    @Test func `a search that finds nothing says so`() async throws {
        let responder = try await library().responder(pages: true)
        #expect(await page(responder, "/-/search?q=none:none").text.contains("No package has such coordinates."))
        #expect(await page(responder, "/-/search?q=none.jar").text.contains("No file found."))
        let none = String(repeating: "0", count: 64)
        #expect(await page(responder, "/-/search?q=\(none)").text.contains("No file found."))
        #expect(await page(responder, "/-/search").status == 200)
    }

    // MARK: Names that are meant to harm

    @Test func `hostile names are shown inert on every page, and their links lead to them`() async throws {
        let backup = Fixture()
        let hostile = [
            "<script>alert(1)</script>", "\"onmouseover=\"alert(1)", "'><img src=x onerror=alert(1)>",
            "\u{202E}gpj.exe\u{2066}",
            "javascript:alert(1)", "{{raw}}", "&lt;b&gt;", String(repeating: "w", count: 255), "..", "%2e%2e", "a?b#c",
        ]
        for name in hostile {
            let coordinates = VersionCoordinates(
                package: PackageCoordinates(repository: "releases", namespace: name, name: name),
                version: name
            )
            try backup.place(coordinates, asset: "\(name).jar")
        }
        let responder = backup.responder(pages: true)
        for name in hostile {
            let package = PackageCoordinates(repository: "releases", namespace: name, name: name)
            let paths: [PagePath] = [
                .overview, .repositories, .repository("releases"), .group(repository: "releases", namespace: name),
                .package(package), .version(VersionCoordinates(package: package, version: name)), .state,
            ]
            for path in paths {
                let answer = await page(responder, path.target)
                #expect(answer.status == 200, "\(path)")
                Self.expectInert(answer.text)
            }
            let search = await page(responder, PageQuery(page: 1, text: name).target(of: .search, page: 1))
            #expect(search.status == 200)
            Self.expectInert(search.text)
        }
    }

    private static func expectInert(_ text: String) {
        for mark in ["<script", "<img", "\"onmouseover", "\u{202E}", "\u{2066}"] { #expect(!text.contains(mark)) }
        #expect(!text.contains("href=\"javascript"))
    }

    // MARK: Bounds

    @Test func `long lists come in pages`() async throws {
        let backup = Fixture()
        for number in 0..<450 {
            try backup.place(Fixture.version("com.acme:lib:1.\(number)"), asset: "lib-1.\(number).jar")
            try backup.place(Fixture.version("com.acme:lib\(number):1"), asset: "a.jar")
        }
        let responder = backup.responder(pages: true)
        let first = await page(responder, "/-/packages/releases/com.acme/lib").text
        #expect(first.contains("1–100 of 450") && first.contains(">1.449<") && !first.contains(">1.349<"))
        let last = await page(responder, "/-/packages/releases/com.acme/lib?page=5").text
        #expect(last.contains("401–450 of 450") && last.contains(">1.0<"))
        #expect(await page(responder, "/-/packages/releases/com.acme/lib?page=999").text == last)
        let packages = await page(responder, "/-/packages/releases/com.acme?page=2").text
        #expect(packages.contains("101–200 of 451"))
        let found = await page(responder, "/-/search?q=lib&page=2").text
        #expect(found.contains("101–200 of 451"))
    }

    @Test func `a store that cannot be read gives a page that says so, and later one from before`() async throws {
        let backup = try await library()
        let responder = backup.responder(pages: true)
        #expect(await page(responder, "/").status == 200)
        backup.store.conduct.fail("s3.ListObjectsV2", with: .unavailable)
        backup.clock.advance(by: .seconds(120))
        let behind = await page(responder, "/")
        #expect(behind.status == 200 && behind.text.contains("cannot be read at the moment"))
        let none = await page(backup.responder(pages: true), "/")
        #expect(none.status == 503 && none.text.contains("The backup cannot be read"))
    }
}

extension BackupFixture {
    func place(_ version: VersionCoordinates, asset name: String) throws {
        let bytes = Array("x".utf8)
        let asset = Asset(name: name, size: 1, checksums: Self.checksums(of: bytes))
        let manifest = Manifest(
            coordinates: version,
            revision: "cmV2",
            status: .published,
            properties: VersionProperties(origin: .internal),
            recordedAt: Self.minute(0),
            recordedBy: Manifest.Recorder(door: "reconcile", version: "1"),
            assets: [Manifest.StoredAsset(asset: asset, key: layout.key(of: name, in: version), versionID: nil)]
        )
        store.place(try manifest.canonicalBytes(), at: layout.key(of: manifest.record).value)
    }
}
