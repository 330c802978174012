import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A restore of what one build needs, and that build by real Maven.
@Suite(.timeLimit(.minutes(10)), .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real Maven"))
struct ForBuildTests {
    private struct Plan: Decodable {
        struct Version: Decodable {
            let version: String
        }

        struct Build: Decodable {
            let versions: Int
            let absent: [String]
            let unread: [String]
        }

        let planned: [Version]
        let build: Build
    }

    private static let modules = 20

    @Test func `twenty modules with parent, BOM and plugin build from less than a fifth of the domain`() async throws {
        try await withTimeout(540) {
            try await withScratchDirectory { scratch in
                try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                    let backup = "file://\(scratch)/backup"
                    try await fill(server, in: scratch)
                    let pom = try makeProject(in: scratch)
                    let saved = try await server.reconcile(to: backup)
                    #expect(saved.status == 0, "\(saved.errors)")
                    let before = try await DomainPicture(server)
                    try server.loseEverything()

                    let preview = try await server.restore(
                        from: backup,
                        ["--for-build", pom, "--dry-run", "--output", "json"]
                    )
                    #expect(preview.status == 4, "\(preview.errors)")
                    let plan = try JSONDecoder().decode(Plan.self, from: Data(preview.output.utf8))
                    // Twenty libraries, what they share in the newest version of a range, parent, BOM, plugin.
                    let wanted = (1...Self.modules).map { "releases/com.acme:lib-\($0):1.3" }
                    let others = ["bom:2", "core:1.5", "greet-maven-plugin:1.0", "parent:2"]
                    #expect(plan.planned.map(\.version) == (wanted + others.map { "releases/com.acme:\($0)" }).sorted())
                    #expect(plan.build.versions == 24 && plan.build.unread == [])
                    // What comes from elsewhere, by name: a plugin of Maven's own, and what the plugin of ours takes.
                    #expect(plan.build.absent.contains("org.apache.maven.plugins:maven-jar-plugin"))
                    #expect(plan.build.absent.contains("org.codehaus.plexus:plexus-utils:debian"))
                    #expect(!plan.build.absent.contains { $0.hasPrefix("com.acme:") }, "\(plan.build.absent)")

                    let restored = try await server.restore(from: backup, ["--for-build", pom])
                    #expect(restored.status == 0, "\(restored.errors)")
                    #expect(restored.errors.contains("the build needs 24 versions of the backup"), "\(restored.errors)")
                    #expect(restored.report?.versions.copied == 24)
                    #expect(24 * 5 < before.lines.count)
                    try await build(pom, from: server, in: scratch)

                    let again = try await server.restore(from: backup, ["--for-build", pom])
                    #expect(again.status == 0 && again.report?.versions.inSync == 24, "\(again.errors)")
                    let rest = try await server.restore(from: backup, ["--for-build", pom, "--order", "closure"])
                    #expect(rest.status == 0, "\(rest.errors)")
                    #expect(rest.report?.versions.copied == before.lines.count - 24)
                    #expect(try await DomainPicture(server).differences(from: before) == [])
                }
            }
        }
    }

    @Test func `a list is taken as well, and what cannot be used is refused before anything is sent`() async throws {
        try await withScratchDirectory { scratch in
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                let backup = "file://\(scratch)/backup"
                for number in 1...3 {
                    server.publish(
                        try version("com.acme:app:\(number).0"),
                        assets: ["app-\(number).0.pom": Self.pom("app", "\(number).0")]
                    )
                }
                #expect(try await server.reconcile(to: backup).status == 0)
                try server.loseEverything()
                func list(_ text: String) throws -> String {
                    let path = "\(scratch)/list-\(UInt64.random(in: .min ... .max))"
                    try Data(text.utf8).write(to: URL(filePath: path))
                    return path
                }
                let heading = "\u{FEFF}# what we ship\n\nThe following files have been resolved:\n"
                let lines = heading + "   com.acme:app:jar:2.0:compile\n"
                let listed = try await server.restore(from: backup, ["--for-build", list(lines + "com.acme:gone:1\n")])
                #expect(listed.status == 0 && listed.report?.versions.copied == 1, "\(listed.errors)")
                #expect(listed.errors.contains("com.acme:gone:1"), "\(listed.errors)")

                server.resetRequests()
                for (arguments, status, said) in [
                    (["--for-build", "\(scratch)/none"], 64, "there is no such file"),
                    (["--for-build", try list("com.acme\n")], 64, "line 1 is not group:artifact:version"),
                    (
                        ["--for-build", try list("<settings><servers/></settings>")], 64,
                        "it is not a POM: line 1: the root element is not <project>. A settings.xml names repositories, and no "
                            + "artifacts. --for-build takes a pom.xml, a directory that has one, or a list of "
                            + "group:artifact:version, such as mvn dependency:list prints"
                    ), (["--for-build", try list("<metadata/>")], 64, "not <project>. --for-build takes a pom.xml"),
                    (
                        ["--for-build", try list("<project><modules><module>a</module></modules></project>")], 64,
                        "it is a module"
                    ),
                    (["--for-build", try list("com.acme:gone:1\n")], 8, "nothing of what"),
                    (["--order", "closure"], 64, "requires --for-build"),
                ] {
                    let ended = try await server.restore(from: backup, arguments)
                    #expect(ended.status == status && ended.errors.contains(said), "\(ended.errors)")
                }
                #expect(server.requests == [:])
            }
        }
    }

    // MARK: The domain

    private static func pom(_ name: String, _ version: String, _ more: String = "") -> [UInt8] {
        Array(
            """
            <project><modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId><artifactId>\(name)</artifactId>
            <version>\(version)</version>\(more)</project>
            """.utf8
        )
    }

    /// Libraries in several versions, their BOM and parent, a plugin, and seventy packages that nobody needs.
    private func fill(_ server: LocalCodeArtifact, in scratch: String) async throws {
        let jars = try await compiledLibraries(in: scratch)
        func publish(_ name: String, _ number: String, _ more: String = "", jar: [UInt8]? = nil) throws {
            let coordinates = try version("com.acme:\(name):\(number)")
            let pom = Self.pom(name, number, more)
            if let jar {
                server.publish(coordinates, assets: ["\(name)-\(number).pom": pom, "\(name)-\(number).jar": jar])
            } else {
                server.publish(coordinates, assets: ["\(name)-\(number).pom": pom])
            }
        }
        let core = """
            <dependencies><dependency><groupId>com.acme</groupId><artifactId>core</artifactId>
            <version>[1.0,2.0)</version></dependency></dependencies>
            """
        for number in 1...Self.modules {
            for minor in 0..<5 { try publish("lib-\(number)", "1.\(minor)", core, jar: jars["lib\(number)"]) }
        }
        for number in ["1.0", "1.5", "2.0"] { try publish("core", number, jar: jars["core"]) }
        let managed = (1...Self.modules).map { number in
            """
            <dependency><groupId>com.acme</groupId><artifactId>lib-\(number)</artifactId><version>${libraries}</version></dependency>
            """
        }.joined()
        let section = "<dependencyManagement><dependencies>\(managed)</dependencies></dependencyManagement>"
        for number in 1...3 {
            let packaging = "<packaging>pom</packaging><properties><libraries>1.\(number + 1)</libraries></properties>"
            try publish("bom", "\(number)", packaging + section)
            let inherited = """
                <packaging>pom</packaging><properties><bom>\(number)</bom></properties>
                <dependencyManagement><dependencies><dependency><groupId>com.acme</groupId><artifactId>bom</artifactId>
                <version>${bom}</version><type>pom</type><scope>import</scope></dependency></dependencies></dependencyManagement>
                <build><pluginManagement><plugins><plugin><groupId>com.acme</groupId>
                <artifactId>greet-maven-plugin</artifactId><version>1.0</version></plugin></plugins></pluginManagement></build>
                """
            try publish("parent", "\(number)", inherited)
        }
        for number in 1...70 { try publish("unrelated-\(number)", "1.0") }
        try await publishPlugin(to: server, in: scratch)
    }

    /// A jar for each library and for what they share; each has the classes of all.
    private func compiledLibraries(in scratch: String) async throws -> [String: [UInt8]] {
        let names = (1...Self.modules).map { "lib\($0)" } + ["core"]
        var sources: [String] = []
        for name in names {
            let folder = "\(scratch)/src/com/acme/\(name)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let path = "\(folder)/Made.java"
            let field = name == "core" ? "" : "com.acme.core.Made core;"
            try Data("package com.acme.\(name); public class Made { \(field) }".utf8).write(to: URL(filePath: path))
            sources.append(path)
        }
        let compiled = try await run("javac", ["-d", "\(scratch)/classes"] + sources)
        try #require(compiled.status == 0, "\(compiled.errors)")
        var jars: [String: [UInt8]] = [:]
        for name in names {
            let jar = "\(scratch)/\(name).jar"
            let packed = try await run(
                "/usr/bin/python3",
                ["-m", "zipfile", "-c", jar, "\(scratch)/classes/com"]
            )
            try #require(packed.status == 0, "\(packed.errors)")
            jars[name] = Array(try Data(contentsOf: URL(filePath: jar)))
        }
        return jars
    }

    private func publishPlugin(to server: LocalCodeArtifact, in scratch: String) async throws {
        let jar = try await GreetPlugin.jar(in: scratch)
        server.publish(
            try version("com.acme:greet-maven-plugin:1.0"),
            assets: ["greet-maven-plugin-1.0.jar": jar, "greet-maven-plugin-1.0.pom": GreetPlugin.pom]
        )
    }

    // MARK: The build

    /// Twenty modules, each of which uses one library and the module before it; the path of their POM.
    private func makeProject(in scratch: String) throws -> String {
        let modules = (1...Self.modules).map { "m\($0)" }
        func write(_ text: String, _ path: String) throws {
            let place = URL(filePath: "\(scratch)/project/\(path)")
            try FileManager.default.createDirectory(
                atPath: place.deletingLastPathComponent().path,
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: place)
        }
        try write(
            """
            <project><modelVersion>4.0.0</modelVersion>
            <parent><groupId>com.acme</groupId><artifactId>parent</artifactId><version>2</version><relativePath/></parent>
            <artifactId>root</artifactId><version>${revision}</version><packaging>pom</packaging>
            <properties><revision>7-SNAPSHOT</revision><maven.compiler.release>17</maven.compiler.release>
            <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>
            <modules>\(modules.map { "<module>\($0)</module>" }.joined())</modules>
            <build><plugins><plugin><groupId>com.acme</groupId><artifactId>greet-maven-plugin</artifactId>
            <executions><execution><phase>validate</phase><goals><goal>help</goal></goals></execution></executions>
            </plugin></plugins></build></project>
            """,
            "pom.xml"
        )
        for number in 1...Self.modules {
            let before = """
                <dependency><groupId>com.acme</groupId><artifactId>m\(number - 1)</artifactId>
                <version>${project.version}</version></dependency>
                """
            try write(
                """
                <project><modelVersion>4.0.0</modelVersion>
                <parent><groupId>com.acme</groupId><artifactId>root</artifactId><version>${revision}</version></parent>
                <artifactId>m\(number)</artifactId>
                <dependencies><dependency><groupId>com.acme</groupId><artifactId>lib-\(number)</artifactId></dependency>
                \(number == 1 ? "" : before)</dependencies></project>
                """,
                "m\(number)/pom.xml"
            )
            let other = number == 1 ? "" : "com.acme.m\(number - 1).Used before;"
            try write(
                "package com.acme.m\(number); public class Used { com.acme.lib\(number).Made made; \(other) }",
                "m\(number)/src/main/java/com/acme/m\(number)/Used.java"
            )
        }
        return "\(scratch)/project/pom.xml"
    }

    private func build(_ pom: String, from server: LocalCodeArtifact, in scratch: String) async throws {
        let client = try MavenClient(
            in: "\(scratch)/maven",
            repository: server.mavenEndpoint(repository: "releases"),
            token: server.issueToken()
        )
        let failure = try await client.build(URL(filePath: pom).deletingLastPathComponent().path)
        #expect(failure == nil, "\(failure?.suffix(4_000) ?? "")")
        let built = try files(below: "\(scratch)/project").keys.filter { $0.hasSuffix(".jar") }
        #expect(built.count == Self.modules, "\(built.sorted())")
    }
}
