import FoundationEssentials
import TestSupport
import Testing

/// Real Maven and Gradle, each with empty caches, that take nothing but what one repository has for them.
struct MavenClient {
    private let directory: String
    private let repository: String

    /// - Parameters:
    ///   - directory: where it keeps its files.
    ///   - token: of the user `aws`; nil where none is needed.
    init(in directory: String, repository: String, token: String? = nil) throws {
        self.directory = directory
        self.repository = repository
        let server = "<server><id>backup</id><username>aws</username><password>\(token ?? "")</password></server>"
        // Checksums that fail or are absent end the build. Plugins come from Debian's packages: no network is needed.
        let policy = "<enabled>true</enabled><updatePolicy>always</updatePolicy><checksumPolicy>fail</checksumPolicy>"
        let place =
            "<id>backup</id><url>\(repository)</url><releases>\(policy)</releases><snapshots>\(policy)</snapshots>"
        let settings = """
            <settings>
              <pluginGroups><pluginGroup>com.acme</pluginGroup></pluginGroups>
              <servers>\(token == nil ? "" : server)</servers>
              <mirrors><mirror>
                <id>debian</id><mirrorOf>central</mirrorOf><url>file:///usr/share/maven-repo</url>
              </mirror></mirrors>
              <profiles><profile>
                <id>backup</id>
                <repositories><repository>\(place)</repository></repositories>
              </profile><profile>
                <id>plugins</id>
                <pluginRepositories><pluginRepository>\(place)</pluginRepository></pluginRepositories>
              </profile></profiles>
              <activeProfiles><activeProfile>backup</activeProfile></activeProfiles>
            </settings>
            """
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data(settings.utf8).write(to: URL(filePath: "\(directory)/settings.xml"))
    }

    /// What `mvn dependency:get` resolves, by its name in the local repository; its output where it fails.
    func get(
        _ artifact: String,
        transitive: Bool = true
    ) async throws -> (files: [String: [UInt8]], failure: String?) {
        let local = "\(directory)/m2-\(UInt64.random(in: .min ... .max))"
        let got = try await run(
            "mvn",
            [
                "-B", "-s", "\(directory)/settings.xml", "-Dmaven.repo.local=\(local)",
                "org.apache.maven.plugins:maven-dependency-plugin:3.5.0:get", "-Dartifact=\(artifact)",
                "-Dtransitive=\(transitive)",
            ]
        )
        // Its plugins lie there too.
        let group = (artifact.split(separator: ":").first ?? "").replacing(".", with: "/")
        let jars = try files(below: "\(local)").filter { $0.key.hasPrefix("\(group)/") && $0.key.hasSuffix(".jar") }
        let bytes = try jars.mapValues { Array(try Data(contentsOf: $0)) }
        return (bytes, got.status == 0 ? nil : got.output + got.errors)
    }

    /// A file of a version, by what Maven distinguishes it by; the first one deployed has its own name.
    struct File {
        let classifier: String?
        let type: String
        let content: String

        init(_ classifier: String?, _ type: String, _ content: String) {
            self.classifier = classifier
            self.type = type
            self.content = content
        }
    }

    /// Deploys files as `com.acme:NAME:VERSION` with `mvn deploy:deploy-file`; returns its output if it fails.
    func deploy(_ files: [File], as name: String, _ version: String) async throws -> String? {
        let deployed = "\(directory)/deployed-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: deployed, withIntermediateDirectories: true)
        let paths = try files.enumerated().map { number, file in
            let path = "\(deployed)/\(number).\(file.type)"
            try Data(file.content.utf8).write(to: URL(filePath: path))
            return path
        }
        guard let first = files.first else { return nil }
        let rest = files.dropFirst()
        let attached = [
            "-Dfiles=\(paths.dropFirst().joined(separator: ","))",
            "-Dclassifiers=\(rest.map { $0.classifier ?? "" }.joined(separator: ","))",
            "-Dtypes=\(rest.map(\.type).joined(separator: ","))",
        ]
        let done = try await run(
            "mvn",
            [
                "-B", "-s", "\(directory)/settings.xml", "-Dmaven.repo.local=\(deployed)/m2",
                "org.apache.maven.plugins:maven-deploy-plugin:3.0.0:deploy-file", "-DrepositoryId=backup",
                "-Durl=\(repository)", "-DgroupId=com.acme", "-DartifactId=\(name)", "-Dversion=\(version)",
                "-Dfile=\(paths[0])", "-Dpackaging=\(first.type)",
            ] + (first.classifier.map { ["-Dclassifier=\($0)"] } ?? []) + (rest.isEmpty ? [] : attached)
        )
        return done.status == 0 ? nil : done.output + done.errors
    }

    /// What a build gets that depends on files of `com.acme:NAME:VERSION`, by the names it gives them; its output where
    /// it fails.
    func copyDependencies(
        _ wanted: [File],
        of name: String,
        _ version: String
    ) async throws -> (files: [String: String], failure: String?) {
        let project = "\(directory)/project-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: project, withIntermediateDirectories: true)
        let dependencies = wanted.map { file in
            """
            <dependency><groupId>com.acme</groupId><artifactId>\(name)</artifactId><version>\(version)</version>
            <type>\(file.type)</type>\(file.classifier.map { "<classifier>\($0)</classifier>" } ?? "")</dependency>
            """
        }
        let pom = """
            <project><modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId><artifactId>user</artifactId>
            <version>1</version><packaging>pom</packaging>
            <dependencies>\(dependencies.joined())</dependencies></project>
            """
        try Data(pom.utf8).write(to: URL(filePath: "\(project)/pom.xml"))
        let got = try await run(
            "mvn",
            [
                "-B", "-s", "\(directory)/settings.xml", "-Dmaven.repo.local=\(project)/m2", "-f", "\(project)/pom.xml",
                "org.apache.maven.plugins:maven-dependency-plugin:3.5.0:copy-dependencies",
                "-DoutputDirectory=\(project)/out",
            ]
        )
        guard got.status == 0 else { return ([:], got.output + got.errors) }
        let found = try EndToEndTests.files(below: "\(project)/out")
        return (try found.mapValues { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }, nil)
    }

    /// Runs `mvn PREFIX:GOAL` with plugins of the group `com.acme`, which only the repository has; returns its output if
    /// it fails.
    func runPlugin(_ goals: String...) async throws -> String? {
        let done = try await run(
            "mvn",
            [
                "-B", "-s", "\(directory)/settings.xml", "-Pplugins",
                "-Dmaven.repo.local=\(directory)/m2-\(UInt64.random(in: .min ... .max))",
            ] + goals
        )
        return done.status == 0 ? nil : done.output + done.errors
    }

    /// Builds the project in a directory; returns its output if it fails.
    func build(_ project: String) async throws -> String? {
        let done = try await run(
            "mvn",
            [
                "-B", "-s", "\(directory)/settings.xml", "-Pplugins", "-Dmaven.repo.local=\(directory)/m2", "-f",
                "\(project)/pom.xml", "package",
            ]
        )
        return done.status == 0 ? nil : done.output + done.errors
    }

    /// The contents of the files that Gradle resolves, such as `com.acme:app:1.0:classifier@jar`, sorted; its output where
    /// it fails.
    func getWithGradle(
        _ artifacts: [String],
        token: String?
    ) async throws -> (contents: [String], failure: String?) {
        let (files, failure) = try await fetchWithGradle(artifacts, token: token)
        return (files.map { String(decoding: $0, as: UTF8.self) }.sorted(), failure)
    }

    /// The jar that Gradle resolves; its output where it fails.
    func getWithGradle(_ artifact: String, token: String?) async throws -> (bytes: [UInt8]?, failure: String?) {
        let (files, failure) = try await fetchWithGradle([artifact], token: token)
        return (files.first, failure)
    }

    private func fetchWithGradle(
        _ artifacts: [String],
        token: String?
    ) async throws -> (files: [[UInt8]], failure: String?) {
        let project = "\(directory)/gradle"
        try FileManager.default.createDirectory(atPath: project, withIntermediateDirectories: true)
        // Each on its own: of a snapshot and one of its builds together, Gradle would take one for both.
        let names = artifacts.indices.map { "fetched\($0)" }
        let credentials = token.map { "credentials { username 'aws'; password '\($0)' }" } ?? ""
        let build = """
            configurations { \(names.joined(separator: "; ")) }
            repositories { maven { url '\(repository)'; \(credentials) } }
            dependencies { \(zip(names, artifacts).map { "\($0) '\($1)'" }.joined(separator: "; ")) }
            task fetch(type: Copy) { from \(names.map { "configurations.\($0)" }.joined(separator: ", ")); into 'fetched' }
            """
        try Data(build.utf8).write(to: URL(filePath: "\(project)/build.gradle"))
        try Data().write(to: URL(filePath: "\(project)/settings.gradle"))
        let got = try await run(
            "gradle",
            [
                "--no-daemon", "--console", "plain", "--gradle-user-home", "\(directory)/gradle-home", "-p", project,
                "fetch",
            ]
        )
        guard got.status == 0 else { return ([], got.output + got.errors) }
        let fetched = try files(below: "\(project)/fetched")
        return (try fetched.values.map { Array(try Data(contentsOf: $0)) }, nil)
    }
}
