import ReconcileCore

/// The files of a drill's Maven build: settings, and a module for each file and for each version to resolve. Names in
/// them are plain (`MavenFile`), so only addresses are escaped.
struct MavenProject {
    /// The plugin repository for `mvn`; nil for its own choice, Maven Central or a mirror from its settings.
    let plugins: String?
    let pluginVersion: String

    static let plugin = "org.apache.maven.plugins:maven-dependency-plugin"
    /// The ID under which Maven records that a file came from the backup.
    static let sourceID = "backup"

    var goals: String { "\(Self.plugin):\(pluginVersion)" }

    /// Returns settings with which all that a build resolves comes from the backup, with mandatory checksums; only
    /// plugins come from elsewhere.
    func settings(address: String) -> String {
        let strict = "<enabled>true</enabled><updatePolicy>always</updatePolicy><checksumPolicy>fail</checksumPolicy>"
        let closed = "<releases><enabled>false</enabled></releases><snapshots><enabled>false</enabled></snapshots>"
        let own = "<releases><enabled>true</enabled></releases><snapshots><enabled>false</enabled></snapshots>"
        let source = Self.escaped(address)
        let elsewhere = plugins.map {
            """
                <pluginRepository><id>plugins</id><url>\(Self.escaped($0))</url>\(own)</pluginRepository>
                <pluginRepository><id>central</id><url>\(source)</url>\(closed)</pluginRepository>
            """
        }
        return """
            <settings>
              <mirrors><mirror>
                <id>\(Self.sourceID)</id><mirrorOf>*,!\(plugins == nil ? "central" : "plugins")</mirrorOf><url>\(source)</url>
              </mirror></mirrors>
              <profiles><profile><id>drill</id>
                <repositories>
                  <repository><id>drill</id><url>\(source)</url><releases>\(strict)</releases><snapshots>\(strict)</snapshots></repository>
                  <repository><id>central</id><url>\(source)</url>\(closed)</repository>
                </repositories>
                <pluginRepositories>
            \(elsewhere ?? "")
                </pluginRepositories>
              </profile></profiles>
              <activeProfiles><activeProfile>drill</activeProfile></activeProfiles>
            </settings>

            """
    }

    /// The parent project of all modules.
    func root(modules: [String]) -> String {
        Self.project("drill", parent: nil, "<modules>\(modules.map { "<module>\($0)</module>" }.joined())</modules>")
    }

    /// A module that copies one file, without its dependencies.
    func module(_ name: String, fetching file: MavenFile) -> String {
        let item = Self.coordinates(of: file, version: file.version)
        let configuration =
            "<artifactItems><artifactItem>\(item)</artifactItem></artifactItems>"
            + "<outputDirectory>${project.build.directory}</outputDirectory>"
        return Self.project(name, parent: "drill", build("copy", configuration))
    }

    /// A module that depends on a version, but not on its dependencies. For this, Maven reads the version's POM and
    /// that POM's parents.
    func module(_ name: String, using use: DrillUse) -> String {
        let exclusions =
            "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"
        let dependency = Self.coordinates(of: use.file, version: use.wanted) + exclusions
        return Self.project(
            name,
            parent: "drill",
            "<dependencies><dependency>\(dependency)</dependency></dependencies>" + build("resolve", "")
        )
    }

    private func build(_ goal: String, _ configuration: String) -> String {
        """
        <build><plugins><plugin>
          <groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId>
          <version>\(pluginVersion)</version>
          <executions><execution><id>drill</id><phase>validate</phase><goals><goal>\(goal)</goal></goals>
            <configuration>\(configuration)</configuration>
          </execution></executions>
        </plugin></plugins></build>
        """
    }

    private static func project(_ name: String, parent: String?, _ content: String) -> String {
        let parent = parent.map {
            "<parent><groupId>drill</groupId><artifactId>\($0)</artifactId><version>1</version></parent>"
        }
        return """
            <project>
            <modelVersion>4.0.0</modelVersion>\(parent ?? "<groupId>drill</groupId><version>1</version>")
            <artifactId>\(name)</artifactId><packaging>pom</packaging>
            \(content)
            </project>

            """
    }

    private static func coordinates(of file: MavenFile, version: String) -> String {
        "<groupId>\(file.group)</groupId><artifactId>\(file.artifact)</artifactId><version>\(version)</version>"
            + "<type>\(file.fileExtension)</type>"
            + (file.classifier.map { "<classifier>\($0)</classifier>" } ?? "")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    }
}
