/// The parts of a POM that name artifacts which building or using it requests from repositories. As written: nothing is
/// inherited, and no property is replaced.
package struct ProjectModel: Hashable, Sendable {
    /// Something named by its coordinates: a dependency, a relocation, or an artifact in a plugin's configuration.
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
        /// The path of its POM in the source tree; nil if the element is absent, empty if the parent must come from a
        /// repository.
        package var relativePath: String?

        package init() {}
    }

    /// A plugin or a build extension.
    package struct Plugin: Hashable, Sendable {
        package var group = "org.apache.maven.plugins"
        package var artifact = ""
        package var version: String?
        package var dependencies: [Dependency] = []
        /// Artifacts that its configuration names by coordinates, such as annotation processors.
        package var artifacts: [Dependency] = []

        package init() {}
    }

    /// The content of the project itself or of one of its profiles.
    package struct Section: Hashable, Sendable {
        package var properties: [String: String] = [:]
        package var managed: [Dependency] = []
        package var dependencies: [Dependency] = []
        /// Includes extensions and report plugins.
        package var plugins: [Plugin] = []
        package var managedPlugins: [Plugin] = []
        /// The directories or POMs of its modules, relative to its own.
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
    /// The artifact's new coordinates; parts that are empty or nil are unchanged.
    package var relocation: Dependency?

    package init() {}

    /// Its own section and those of all profiles, since only a build knows which profiles it activates.
    package var sections: [Section] { [own] + profiles }

    /// Its group, or its parent's if it has none.
    package var groupOrParents: String { group ?? parent?.group ?? "" }
    /// Its version, or its parent's if it has none.
    package var versionOrParents: String { version ?? parent?.version ?? "" }
}
