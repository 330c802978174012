import FoundationEssentials
import TestSupport
import Testing

/// A Maven plugin `com.acme:greet-maven-plugin:1.0` with the prefix `greet`, or of another name, made of one that the
/// machine has, since a plugin's jar names the plugin.
enum GreetPlugin {
    static let pom = pom(of: "greet-maven-plugin")

    static func pom(of name: String) -> [UInt8] {
        Array(
            """
            <project><modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId>
            <artifactId>\(name)</artifactId><version>1.0</version><packaging>maven-plugin</packaging>
            <dependencies><dependency><groupId>org.codehaus.plexus</groupId><artifactId>plexus-utils</artifactId>
            <version>debian</version></dependency></dependencies></project>
            """.utf8
        )
    }

    static func jar(
        _ name: String = "greet-maven-plugin",
        prefix: String = "greet",
        in scratch: String
    ) async throws -> [UInt8] {
        let jar = "\(scratch)/\(name).jar"
        let script = """
            import sys, zipfile
            old, new = zipfile.ZipFile(sys.argv[1]), zipfile.ZipFile(sys.argv[2], "w")
            for name in old.namelist():
                data = old.read(name)
                if name == "META-INF/maven/plugin.xml":
                    head, rest = data.split(b"<mojos>", 1)
                    head = head.replace(b"org.apache.maven.plugins", b"com.acme").replace(b"3.2.0", b"1.0")
                    head = head.replace(b"maven-clean-plugin", sys.argv[3].encode())
                    head = head.replace(b">clean<", b">" + sys.argv[4].encode() + b"<")
                    data = head + b"<mojos>" + rest
                new.writestr(name, data)
            new.close()
            """
        let plugins = "/usr/share/maven-repo/org/apache/maven/plugins"
        let made = try await run(
            "/usr/bin/python3",
            ["-c", script, "\(plugins)/maven-clean-plugin/3.2.0/maven-clean-plugin-3.2.0.jar", jar, name, prefix]
        )
        try #require(made.status == 0, "\(made.errors)")
        return Array(try Data(contentsOf: URL(filePath: jar)))
    }
}
