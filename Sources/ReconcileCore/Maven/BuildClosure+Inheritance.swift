/// How a POM gets its versions: resolution against the repository, inheritance and dependency management.
extension BuildClosure {
    /// A POM together with its ancestors.
    struct Inherited {
        /// The POM, its parent, and so on.
        let chain: [ProjectModel]
        let properties: ProjectProperties

        init(_ chain: [ProjectModel]) {
            self.chain = chain
            properties = ProjectProperties(chain)
        }

        func name(_ group: String, _ artifact: String) -> ArtifactName {
            ArtifactName(properties.value(of: group), properties.value(of: artifact))
        }
    }

    /// The result of dependency management.
    struct Managed {
        struct Entry {
            let type: String
            let classifier: String
            let versions: [String]
            let scope: String?
        }

        var entries: [ArtifactName: [Entry]] = [:]

        /// The entry with the same type and classifier; failing that, any entry of the name, since the two may differ
        /// in ways that aren't visible here.
        func entry(of name: ArtifactName, _ dependency: ProjectModel.Dependency) -> Entry? {
            let alike = entries[name] ?? []
            return alike.first { entry in
                entry.type == dependency.type ?? "jar" && entry.classifier == dependency.classifier ?? ""
            } ?? alike.first
        }
    }

    /// The depth limit for parents, and for imports within imports.
    private static let generations = 64

    func present(_ name: ArtifactName) throws(Unanswered) -> [String] {
        guard let present = versions[name] else { throw Unanswered(questions: [.versions(name)]) }
        return present
    }

    func model(of version: ArtifactVersion) throws(Unanswered) -> ProjectModel? {
        guard let model = models[version] else { throw Unanswered(questions: [.model(version)]) }
        return model
    }

    // MARK: Versions

    /// Resolves a requested version to versions of the repository and adds them to `wanted`. If nothing matches, the
    /// request goes to `absent`, unless the package is the source tree's own.
    ///
    /// A snapshot and all of its builds are wanted together, because they are restored together; only the matching
    /// versions are returned.
    mutating func choose(_ name: ArtifactName, _ text: String?) throws(Unanswered) -> [ArtifactVersion] {
        guard !name.group.value.isEmpty, !name.artifact.value.isEmpty else { return [] }
        let present = try present(name)
        let chosen = Self.meant(by: text, among: present)
        if chosen.isEmpty, own[name] == nil { absent.insert(text.map { "\(name):\($0)" } ?? "\(name)") }
        for version in chosen {
            let snapshot = SnapshotBuild(version)?.snapshotVersion ?? version
            for other in present where ExactText(SnapshotBuild(other)?.snapshotVersion ?? other) == ExactText(snapshot)
            {
                wanted.insert(ArtifactVersion(name, other))
            }
        }
        return chosen.map { ArtifactVersion(name, $0) }
    }

    private static func meant(by text: String?, among present: [String]) -> [String] {
        func newest(_ versions: [String]) -> [String] {
            versions.max { MavenVersion($0) < MavenVersion($1) }.map { [$0] } ?? []
        }
        let releases = present.filter { !MavenVersion($0).isSnapshot }
        switch text {
        case nil: return present
        case "LATEST": return newest(present)
        case "RELEASE": return newest(releases.isEmpty ? present : releases)
        case let text?:
            if let range = VersionRange(text) {
                // A build may or may not accept snapshots, so both are chosen.
                let (all, released) = (present.filter(range.contains), releases.filter(range.contains))
                return newest(released) + newest(all).filter { !newest(released).contains($0) }
            }
            if let exact = present.first(where: { ExactText($0) == ExactText(text) }) { return [exact] }
            // A snapshot that exists only as builds.
            let builds = present.filter { SnapshotBuild($0).map { ExactText($0.snapshotVersion) } == ExactText(text) }
            return newest(builds)
        }
    }

    // MARK: Parents

    /// A POM and those of its ancestors that are available. Ancestors from the repository become wanted.
    mutating func inherit(_ model: ProjectModel) throws(Unanswered) -> Inherited {
        var chain = [model]
        while chain.count < Self.generations, let parent = chain[chain.count - 1].parent {
            let properties = ProjectProperties(chain)
            let name = ArtifactName(properties.value(of: parent.group), properties.value(of: parent.artifact))
            let text = properties.value(of: parent.version)
            if let local = ownParent(name, parent.version, text) {
                chain.append(local)
                continue
            }
            guard let version = try choose(name, text).last else { break }
            shared.insert(version)
            guard let found = try self.model(of: version) else { break }
            chain.append(found)
        }
        return Inherited(chain)
    }

    /// The source tree's POM with this name whose version matches, either as written or with its properties replaced.
    private func ownParent(_ name: ArtifactName, _ raw: String, _ text: String) -> ProjectModel? {
        (own[name] ?? []).lazy.map { projects[$0] }.first { project in
            let version = project.versionOrParents
            return version == raw || ProjectProperties([project]).values(of: version).contains(text)
        }
    }

    // MARK: Dependency management

    /// A POM's managed dependencies. Its own take precedence over its ancestors', and both over imports.
    mutating func managed(_ inherited: Inherited) throws(Unanswered) -> Managed {
        try managed(inherited, within: [])
    }

    private mutating func managed(
        _ inherited: Inherited,
        within open: Set<ArtifactVersion>
    ) throws(Unanswered) -> Managed {
        var managed = Managed()
        var imports: [(ArtifactName, String)] = []
        var isWhole = true
        for model in inherited.chain {
            var level: [ArtifactName: [Managed.Entry]] = [:]
            for dependency in model.sections.flatMap(\.managed) {
                let name = inherited.name(dependency.group, dependency.artifact)
                let versions = dependency.version.map(inherited.properties.values(of:)) ?? []
                if dependency.scope == "import" {
                    imports += versions.map { (name, $0) }
                } else {
                    level[name, default: []].append(
                        Managed.Entry(
                            type: dependency.type ?? "jar",
                            classifier: dependency.classifier ?? "",
                            versions: versions,
                            scope: dependency.scope
                        )
                    )
                }
            }
            managed.entries.merge(level) { nearer, further in nearer + further }
        }
        var questions: [Question] = []
        for (name, text) in imports where open.count < Self.generations {
            do throws(Unanswered) {
                for bom in try managedImports(name, text, within: open) {
                    managed.entries.merge(bom.entries) { nearer, _ in nearer }
                }
            } catch {
                questions += error.questions
                isWhole = false
            }
        }
        guard isWhole else { throw Unanswered(questions: questions) }
        return managed
    }

    private mutating func managedImports(
        _ name: ArtifactName,
        _ text: String,
        within open: Set<ArtifactVersion>
    ) throws(Unanswered) -> [Managed] {
        // A POM of the source tree may be imported before it has ever been published.
        if let local = ownParent(name, text, text) {
            return try managedImport(ArtifactVersion(name, text), local, within: open).map { [$0] } ?? []
        }
        var found: [Managed] = []
        for version in try choose(name, text) {
            if let managed = try managedImport(version, nil, within: open) { found.append(managed) }
        }
        return found
    }

    /// What one POM contributes to those that import it; nil if it cannot be read or imports itself. Each POM is
    /// processed once.
    private mutating func managedImport(
        _ version: ArtifactVersion,
        _ local: ProjectModel?,
        within open: Set<ArtifactVersion>
    ) throws(Unanswered) -> Managed? {
        if let known = imported[version] { return known }
        guard !open.contains(version) else { return nil }
        guard !unfinished.contains(version) else { throw Unanswered(questions: []) }
        do throws(Unanswered) {
            if local == nil { shared.insert(version) }
            let model: ProjectModel?
            if let local { model = local } else { model = try self.model(of: version) }
            guard let model else { return nil }
            let managed = try managed(try inherit(model), within: open.union([version]))
            imported[version] = managed
            return managed
        } catch {
            unfinished.insert(version)
            throw error
        }
    }
}
