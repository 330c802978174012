import ReconcileCore

/// The files that make a build of a drill: settings, and a module for each file and for each version that is to be
/// resolved. Names in them are plain (`MavenFile`), so nothing is escaped but addresses.
struct MavenProject {
    /// Where `mvn` gets its own plugins; nil for its own choice, Maven Central or a mirror that its settings name.
    let plugins: String?
    let pluginVersion: String

    static let plugin = "org.apache.maven.plugins:maven-dependency-plugin"
    /// The id under which Maven notes where a file came from.
    static let sourceID = "backup"

    var goals: String { "\(Self.plugin):\(pluginVersion)" }

    /// Whatever a build looks for comes from the backup alone, with checksums or not at all; only plugins come from
    /// elsewhere.
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

    /// The project that all modules are in.
    func root(modules: [String]) -> String {
        Self.project("drill", parent: nil, "<modules>\(modules.map { "<module>\($0)</module>" }.joined())</modules>")
    }

    /// A module that copies one file, and nothing that it depends on.
    func module(_ name: String, fetching file: MavenFile) -> String {
        let item = Self.coordinates(of: file, version: file.version)
        let configuration =
            "<artifactItems><artifactItem>\(item)</artifactItem></artifactItems>"
            + "<outputDirectory>${project.build.directory}</outputDirectory>"
        return Self.project(name, parent: "drill", build("copy", configuration))
    }

    /// A module that depends on a version, and on nothing that this depends on. Maven reads the version's POM for it, with
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
