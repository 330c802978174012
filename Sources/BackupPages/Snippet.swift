import Cryptography
import ReconcileCore

/// The path of a file in a Maven repository.
enum MavenTarget {
    /// Returns the path, percent-encoded.
    static func of(_ asset: String, in version: VersionCoordinates) -> String {
        let directory = BackupLayout.versionDirectory(of: version.version, holding: asset)
        let folders = version.package.namespace.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        return ([version.package.repository] + folders + [version.package.name, directory, asset])
            .reduce("") { "\($0)/\(PercentEncoding.encode($1, keepSlash: false))" }
    }
}

/// Snippets to copy into a build that uses a version from this server.
enum Snippet {
    /// - Parameter address: the address of this server as the reader's browser used it: `http://host:port`.
    static func dependency(_ manifest: Manifest, on address: String) -> HTML {
        let (package, version) = (manifest.coordinates.package, manifest.coordinates.version)
        let isJar = manifest.assets.contains { $0.asset.name.hasSuffix(".jar") }
        let type = isJar ? "" : "\n    <type>pom</type>"
        let maven = """
            <dependency>
                <groupId>\(xml(package.namespace))</groupId>
                <artifactId>\(xml(package.name))</artifactId>
                <version>\(xml(version))</version>\(type)
            </dependency>
            """
        let gradle = """
            repositories {
                maven { url = uri('\(groovy(url(package.repository, address)))') }
            }
            dependencies {
                implementation '\(groovy("\(package.namespace):\(package.name):\(version)"))'
            }
            """
        return """
            <section aria-labelledby="use"><h2 id="use">Use it</h2>
            <div class="snippets">
            \(figure("Maven", maven))
            \(figure("Gradle", gradle))
            </div></section>
            """
    }

    static func repository(_ name: String, on address: String) -> HTML {
        let maven = """
            <mirror>
                <id>codeartifact</id>
                <mirrorOf>codeartifact</mirrorOf>
                <url>\(xml(url(name, address)))</url>
            </mirror>
            """
        return """
            <section aria-labelledby="use"><h2 id="use">Build from it</h2>
            <div class="snippets">
            \(figure("Maven, in settings.xml", maven))
            \(figure("Gradle", "repositories {\n    maven { url = uri('\(groovy(url(name, address)))') }\n}"))
            </div></section>
            """
    }

    private static func figure(_ title: String, _ code: String) -> HTML {
        "<figure><figcaption>\(title)</figcaption><pre tabindex=\"0\"><code>\(code)</code></pre></figure>"
    }

    private static func url(_ repository: String, _ address: String) -> String {
        "\(address)/\(PercentEncoding.encode(repository, keepSlash: false))/"
    }

    private static func xml(_ text: String) -> String {
        text.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;"][$0] ?? String($0) }.joined()
    }

    /// Escapes text for single quotes.
    private static func groovy(_ text: String) -> String {
        text.map { $0 == "\\" || $0 == "'" ? "\\\($0)" : String($0) }.joined()
    }
}
