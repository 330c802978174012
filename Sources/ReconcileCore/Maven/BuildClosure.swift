/// Which versions a build takes from a repository, as far as POMs say: parents, imports, dependencies with their own,
/// plugins and extensions. Pure: it asks questions about the repository's versions and POMs, and the caller answers
/// them.
///
/// It errs on the side of too much. It includes versions that Maven's mediation would drop, because Maven reads their
/// POMs first, and whatever an exclusion, an inactive profile or a narrower classifier would leave out. Like Maven, it
/// skips the optional, provided and test dependencies of a dependency. It cannot see what POMs don't mention: plugins
/// named on the command line, and artifacts that plugins look up by themselves.
package struct BuildClosure: Sendable {
    /// Something it must know before it can go on.
    package enum Question: Hashable, Sendable {
        /// All versions of a package in the repository.
        case versions(ArtifactName)
        /// The POM of a version in the repository.
        case model(ArtifactVersion)
    }

    /// Why a version is wanted, as far as that matters.
    enum Role: Hashable {
        case dependency
        /// A plugin or an extension; its optional dependencies count.
        case plugin
    }

    /// A pending piece of work.
    enum Item: Hashable {
        case project(Int)
        /// A package version as requested; a nil version means that nothing specifies one.
        case need(ArtifactName, String?, Role)
        /// A package version that may be needed; if the repository lacks it, it is not reported as absent.
        case guess(ArtifactName, String)
        case version(ArtifactVersion, Role)
    }

    /// Thrown if an item cannot be done yet.
    struct Unanswered: Error {
        var questions: [Question]
    }

    /// The source tree's own POMs.
    let projects: [ProjectModel]
    /// The indices of the source tree's POMs, by name.
    let own: [ArtifactName: [Int]]
    var versions: [ArtifactName: [String]] = [:]
    var models: [ArtifactVersion: ProjectModel?] = [:]
    /// POMs that others inherit from or import, so they are kept.
    var shared: Set<ArtifactVersion> = []
    /// What an imported POM contributes, by its version.
    var imported: [ArtifactVersion: Managed] = [:]
    /// Imports that this round tried and that wait for an answer.
    var unfinished: Set<ArtifactVersion> = []

    /// The repository's versions that the build needs.
    package internal(set) var wanted: Set<ArtifactVersion> = []
    /// What the build needs and the repository lacks, as `group:artifact:version`.
    package internal(set) var absent: Set<String> = []

    private var open: [Item]
    private var seen: Set<Item> = []
    /// Versions that a project of the source tree imposes on what its dependencies request.
    private var overrides: [ArtifactName: Set<String>] = [:]
    private var reached: Set<ArtifactName> = []

    /// The most items taken in: more than any build has, and a bound on what a hostile POM can cost.
    package static let limit = 200_000
    /// Whether there were more items than `limit`, so that the result is incomplete.
    package private(set) var isOverfull = false

    /// - Parameters:
    ///   - projects: the POMs of the source tree.
    ///   - listed: versions that the user names.
    ///   - extensions: Maven core extensions for this source tree.
    package init(
        projects: [ProjectModel],
        listed: [ArtifactVersion] = [],
        extensions: [ProjectModel.Plugin] = []
    ) {
        self.projects = projects
        var own: [ArtifactName: [Int]] = [:]
        for (index, project) in projects.enumerated() {
            let properties = ProjectProperties([project])
            let group = properties.value(of: project.groupOrParents)
            own[ArtifactName(group, properties.value(of: project.artifact ?? "")), default: []].append(index)
        }
        self.own = own
        open = projects.indices.map { .project($0) }
        open += listed.map { .need($0.name, $0.version.value, .dependency) }
        open += extensions.map { .need(ArtifactName($0.group, $0.artifact), $0.version, .plugin) }
        seen = Set(open)
    }

    /// Works as far as it can and returns the open questions; empty when the closure is complete.
    package mutating func questions() -> [Question] {
        var questions: Set<Question> = []
        var waiting: [Item] = []
        unfinished = []
        while let item = open.popLast() {
            do throws(Unanswered) {
                try perform(item)
            } catch {
                questions.formUnion(error.questions)
                waiting.append(item)
            }
        }
        open = waiting
        return Array(questions)
    }

    package mutating func tell(versions: [String], of name: ArtifactName) {
        self.versions[name] = versions
    }

    /// - Parameter model: nil if the version has no POM or an unreadable one.
    package mutating func tell(model: ProjectModel?, of version: ArtifactVersion) {
        models.updateValue(model, forKey: version)
    }

    // MARK: Items

    private mutating func add(_ item: Item) {
        guard seen.count < Self.limit else {
            isOverfull = true
            return
        }
        if seen.insert(item).inserted { open.append(item) }
    }

    private mutating func perform(_ item: Item) throws(Unanswered) {
        switch item {
        case .project(let index): try perform(projects[index])
        case .need(let name, let version, let role):
            for version in try choose(name, version) { add(.version(version, role)) }
        case .guess(let name, let version):
            guard try present(name).contains(where: { ExactText($0) == ExactText(version) }) else { return }
            add(.need(name, version, .dependency))
        case .version(let version, let role):
            try perform(version, role)
            if !shared.contains(version) { models[version] = nil }
        }
    }

    /// Performs a project of the source tree: everything in its POM counts.
    private mutating func perform(_ project: ProjectModel) throws(Unanswered) {
        let inherited = try inherit(project)
        let managed = try managed(inherited)
        for (name, entries) in managed.entries {
            for version in entries.flatMap(\.versions) { override(name, version) }
        }
        for dependency in inherited.chain.flatMap(\.sections).flatMap(\.dependencies) {
            add(dependency, inherited, managed, .dependency) { scope in scope != "system" }
        }
        let sections = inherited.chain.flatMap(\.sections)
        let versions = sections.flatMap(\.managedPlugins)
        var named: Set<ArtifactName> = []
        for plugin in sections.flatMap(\.plugins) {
            named.insert(inherited.name(plugin.group, plugin.artifact))
            add(plugin, inherited, managed, versions)
        }
        for plugin in StandardPlugins.of(packaging: project.packaging ?? "jar")
        where !named.contains(inherited.name(plugin.group, plugin.artifact)) {
            add(plugin, inherited, managed, versions)
        }
    }

    /// Performs a version of the repository: its relocation, and the dependencies that come with using it.
    private mutating func perform(_ version: ArtifactVersion, _ role: Role) throws(Unanswered) {
        for name in StandardPlugins.companions(of: version.name) { add(.guess(name, version.version.value)) }
        guard let model = try model(of: version) else { return }
        let inherited = try inherit(model)
        let dependencies = inherited.chain.flatMap(\.sections).flatMap(\.dependencies)
        // Dependency management matters only if a dependency leaves its version open.
        let isManaged = dependencies.contains { $0.version == nil }
        let managed = isManaged ? try managed(inherited) : Managed()
        if let relocation = model.relocation {
            let name = inherited.name(
                relocation.group.isEmpty ? model.groupOrParents : relocation.group,
                relocation.artifact.isEmpty ? model.artifact ?? "" : relocation.artifact
            )
            for text in inherited.properties.values(of: relocation.version ?? model.versionOrParents) {
                reach(name, text, role)
            }
        }
        for dependency in dependencies where !dependency.isOptional || role == .plugin {
            add(dependency, inherited, managed, .dependency) { scope in
                scope != "system" && scope != "test" && scope != "provided"
            }
        }
    }

    /// - Parameter takes: whether a dependency with that scope counts; called with nil if it has no scope.
    private mutating func add(
        _ dependency: ProjectModel.Dependency,
        _ inherited: Inherited,
        _ managed: Managed,
        _ role: Role,
        where takes: (_ scope: String?) -> Bool
    ) {
        let name = inherited.name(dependency.group, dependency.artifact)
        let known = managed.entry(of: name, dependency)
        guard takes(dependency.scope.map(inherited.properties.value(of:)) ?? known?.scope) else { return }
        let versions = dependency.version.map(inherited.properties.values(of:)) ?? known?.versions ?? []
        for version in versions { reach(name, version, role) }
        if versions.isEmpty { reach(name, nil, role) }
    }

    private mutating func add(
        _ plugin: ProjectModel.Plugin,
        _ inherited: Inherited,
        _ managed: Managed,
        _ versions: [ProjectModel.Plugin]
    ) {
        let name = inherited.name(plugin.group, plugin.artifact)
        let alike = versions.filter { inherited.name($0.group, $0.artifact) == name }
        let written = plugin.version.map { [$0] } ?? alike.compactMap(\.version)
        let texts = written.flatMap(inherited.properties.values(of:))
        for text in texts { add(.need(name, text, .plugin)) }
        if texts.isEmpty {
            // Maven takes a plugin's newest release; for its own plugins it takes the versions that it was built with.
            add(.need(name, name.group.value == "org.apache.maven.plugins" ? nil : "RELEASE", .plugin))
        }
        for dependency in (alike + [plugin]).flatMap({ $0.dependencies + $0.artifacts }) {
            add(dependency, inherited, managed, .plugin) { _ in true }
        }
    }

    /// Adds a dependency in the requested version and in those that the source tree imposes.
    private mutating func reach(_ name: ArtifactName, _ version: String?, _ role: Role) {
        add(.need(name, version, role))
        guard reached.insert(name).inserted else { return }
        for version in overrides[name] ?? [] { add(.need(name, version, .dependency)) }
    }

    private mutating func override(_ name: ArtifactName, _ version: String) {
        guard overrides[name, default: []].insert(version).inserted, reached.contains(name) else { return }
        add(.need(name, version, .dependency))
    }
}

/// The plugins that Maven adds to every build, and artifacts that they look up without a POM mentioning them.
private enum StandardPlugins {
    static func of(packaging: String) -> [ProjectModel.Plugin] {
        let always = ["clean", "install", "deploy", "site"]
        let built = packaging == "pom" ? [] : ["resources", "compiler", "surefire"]
        let own = ["war", "ear", "ejb", "rar"].contains(packaging) ? [packaging] : packaging == "pom" ? [] : ["jar"]
        let plugin = packaging == "maven-plugin" ? ["plugin"] : []
        return (always + built + own + plugin).map { name in
            var plugin = ProjectModel.Plugin()
            plugin.artifact = "maven-\(name)-plugin"
            return plugin
        }
    }

    /// Artifacts with the same version as the plugin, from which it chooses at run time.
    static func companions(of name: ArtifactName) -> [ArtifactName] {
        let surefire = ["maven-surefire-plugin", "maven-failsafe-plugin"]
        guard name.group.value == "org.apache.maven.plugins", surefire.contains(name.artifact.value) else { return [] }
        return ["junit3", "junit4", "junit47", "junit-platform", "testng"].map {
            ArtifactName("org.apache.maven.surefire", "surefire-\($0)")
        }
    }
}
