/// Which versions a build takes from a repository, as far as POMs say: parents, imports, dependencies and theirs, plugins
/// and extensions. Pure: it asks for what the repository has and for POMs, and is told.
///
/// It takes too much rather than too little. Versions that Maven's mediation would drop are in it, since Maven reads their
/// POMs first, and so is whatever an exclusion, an inactive profile or a narrower classifier would leave out. Of a
/// dependency, what is optional, provided or for its tests is left out, as Maven does. What is not in POMs is not in it:
/// plugins that are named on the command line, artifacts that plugins look for by themselves.
package struct BuildClosure: Sendable {
    /// What it must be told before it can go on.
    package enum Question: Hashable, Sendable {
        /// Every version that the repository has of a package.
        case versions(ArtifactName)
        /// The POM of a version that the repository has.
        case model(ArtifactVersion)
    }

    /// Why a version is wanted, as far as it matters.
    enum Role: Hashable {
        case dependency
        /// A plugin or an extension, whose optional dependencies count.
        case plugin
    }

    /// Work that is not done yet.
    enum Item: Hashable {
        case project(Int)
        /// Something of a package, by the version as it is asked for; nil where nothing says which.
        case need(ArtifactName, String?, Role)
        /// The same where it only may be needed: if it is not there, nobody misses it.
        case guess(ArtifactName, String)
        case version(ArtifactVersion, Role)
    }

    /// An item cannot be done yet.
    struct Unanswered: Error {
        var questions: [Question]
    }

    /// The source tree's own POMs.
    let projects: [ProjectModel]
    /// The positions of the source tree's POMs by their names.
    let own: [ArtifactName: [Int]]
    var versions: [ArtifactName: [String]] = [:]
    var models: [ArtifactVersion: ProjectModel?] = [:]
    /// What others inherit or import, so that it is kept.
    var shared: Set<ArtifactVersion> = []
    /// What imports give, by the POM that is imported.
    var imported: [ArtifactVersion: Managed] = [:]
    /// Imports that were tried in this round and wait for an answer.
    var unfinished: Set<ArtifactVersion> = []

    /// The versions of the repository that the build needs.
    package internal(set) var wanted: Set<ArtifactVersion> = []
    /// What it needs and the repository lacks, as `group:artifact:version`.
    package internal(set) var absent: Set<String> = []

    private var open: [Item]
    private var seen: Set<Item> = []
    /// Versions that a project of the source tree gives to whatever its dependencies ask for.
    private var overrides: [ArtifactName: Set<String>] = [:]
    private var reached: Set<ArtifactName> = []

    /// Items that are taken in: more than any build has, and what a hostile POM may cost.
    package static let limit = 200_000
    /// Whether it has more items than that, so that the rest is unknown.
    package private(set) var isOverfull = false

    /// - Parameters:
    ///   - projects: the POMs of the source tree.
    ///   - listed: versions that are named by hand.
    ///   - extensions: of Maven itself, for this source tree.
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

    /// Goes on as far as it can; empty at the end.
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

    /// - Parameter model: nil where it has no POM, or none that can be read.
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

    /// A project of the source tree: everything in its POM counts.
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

    /// A version of the repository: its relocation, and what its use takes.
    private mutating func perform(_ version: ArtifactVersion, _ role: Role) throws(Unanswered) {
        for name in StandardPlugins.companions(of: version.name) { add(.guess(name, version.version.value)) }
        guard let model = try model(of: version) else { return }
        let inherited = try inherit(model)
        let dependencies = inherited.chain.flatMap(\.sections).flatMap(\.dependencies)
        // What is managed matters only where something is left open.
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

    /// - Parameter takes: whether a dependency of that scope counts; asked with nil where it has none.
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
            // Maven takes a plugin's newest release, but for its own plugins the versions that it was built with.
            add(.need(name, name.group.value == "org.apache.maven.plugins" ? nil : "RELEASE", .plugin))
        }
        for dependency in (alike + [plugin]).flatMap({ $0.dependencies + $0.artifacts }) {
            add(dependency, inherited, managed, .plugin) { _ in true }
        }
    }

    /// A dependency, in the version that is asked for and in those that the source tree gives to it.
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

/// The plugins that Maven adds to a build by itself, and what those look for without a POM that says so.
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

    /// Artifacts of the same version that a plugin chooses from when it runs.
    static func companions(of name: ArtifactName) -> [ArtifactName] {
        let surefire = ["maven-surefire-plugin", "maven-failsafe-plugin"]
        guard name.group.value == "org.apache.maven.plugins", surefire.contains(name.artifact.value) else { return [] }
        return ["junit3", "junit4", "junit47", "junit-platform", "testng"].map {
            ArtifactName("org.apache.maven.surefire", "surefire-\($0)")
        }
    }
}
