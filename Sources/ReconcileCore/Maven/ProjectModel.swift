/// What a POM says of the artifacts that a build of it, or a use of it, asks repositories for. As written: nothing is
/// inherited, and no property is replaced.
package struct ProjectModel: Hashable, Sendable {
    /// Something that is named by its coordinates: a dependency, a relocation, an artifact in a plugin's configuration.
    package struct Dependency: Hashable, Sendable {
        package var group = ""
        package var artifact = ""
        package var version: String?
        package var type: String?
        package var classifier: String?
        package var scope: String?
        package var isOptional = false

        package init() {}
    }

    /// The POM that this one inherits from.
    package struct Parent: Hashable, Sendable {
        package var group = ""
        package var artifact = ""
        package var version = ""
        /// Where it lies in the source tree; nil where nothing is said, empty where it is to come from a repository.
        package var relativePath: String?

        package init() {}
    }

    /// A plugin, or an extension of the build.
    package struct Plugin: Hashable, Sendable {
        package var group = "org.apache.maven.plugins"
        package var artifact = ""
        package var version: String?
        package var dependencies: [Dependency] = []
        /// What its configuration names by coordinates, such as annotation processors.
        package var artifacts: [Dependency] = []

        package init() {}
    }

    /// What the project says itself, or one of its profiles.
    package struct Section: Hashable, Sendable {
        package var properties: [String: String] = [:]
        package var managed: [Dependency] = []
        package var dependencies: [Dependency] = []
        /// Extensions and report plugins among them.
        package var plugins: [Plugin] = []
        package var managedPlugins: [Plugin] = []
        /// Directories or POMs of its modules, as paths from its own.
        package var modules: [String] = []

        package init() {}
    }

    package var group: String?
    package var artifact: String?
    package var version: String?
    package var packaging: String?
    package var parent: Parent?
    package var own = Section()
    package var profiles: [Section] = []
    /// Where the artifact is found now; what is empty or nil in it stays as it was.
    package var relocation: Dependency?

    package init() {}

    /// Its own part and those of its profiles: which of them a build activates, only that build knows.
    package var sections: [Section] { [own] + profiles }

    /// Its group, by its parent's where it says none.
    package var groupOrParents: String { group ?? parent?.group ?? "" }
    /// Its version, by its parent's where it says none.
    package var versionOrParents: String { version ?? parent?.version ?? "" }
}
