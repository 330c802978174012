/// Tracks whether a selection matches anything that is listed, and which names come close to what it doesn't match.
///
/// A mistyped name must not look like a domain in which all is well. Shards are ignored, because a small domain may
/// leave a shard without packages.
package struct SelectionCoverage: Sendable {
    private let selection: Selection
    /// The include patterns that have matched nothing so far, with the closest names.
    private var open: [(pattern: VersionPattern, packages: NearestNames, versions: NearestNames)]
    /// The exclude patterns that have matched nothing so far.
    private var openExclusions: [VersionPattern]
    /// The selected repositories for which nothing has been listed so far.
    private var openRepositories: [String]
    /// Whether anything has been listed, selected or not.
    private var isAnythingListed = false
    /// What the store contains instead if nothing of the backup was listed.
    private var instead: [String] = []
    /// The backup's repositories if nothing of the selected ones was listed.
    private var repositories: [String] = []
    /// Whether anything listed is selected.
    private(set) var coversSomething = false
    /// Whether selected records may be in a folder that the store refuses to list, so that finding nothing is
    /// inconclusive.
    private var isHiddenInPart = false

    package init(of selection: Selection) {
        var whole = selection
        whole.shard = .whole
        self.selection = whole
        openExclusions = whole.exclude
        openRepositories = whole.repositories
        open = whole.include.map { pattern in
            (
                pattern,
                NearestNames(to: pattern.package.name == "*" ? pattern.package.namespace : "\(pattern.package)"),
                NearestNames(to: "\(pattern)")
            )
        }
    }

    /// Notes a package that the domain or the backup lists.
    package mutating func see(_ package: PackageCoordinates) {
        see(package, version: nil)
    }

    /// Notes a version that the domain or the backup lists.
    package mutating func see(_ version: VersionCoordinates) {
        see(version.package, version: version)
    }

    /// Notes that selected records may be in a folder that the store refuses to list.
    mutating func noteHidden() { isHiddenInPart = true }

    /// If nothing of a backup was listed, asks the store what it contains instead. Sends no requests otherwise.
    mutating func look(around backup: Backup) async {
        guard !isAnythingListed, !selection.mayBeEmpty else { return }
        instead = await backup.others()
        if instead.isEmpty, !selection.repositories.isEmpty { repositories = await backup.repositories() }
    }

    private mutating func see(_ package: PackageCoordinates, version: VersionCoordinates?) {
        isAnythingListed = true
        guard !coversSomething || !open.isEmpty || !openRepositories.isEmpty || !openExclusions.isEmpty,
            selection.contains(repository: package.repository)
        else { return }
        func matches(_ pattern: VersionPattern) -> Bool {
            guard pattern.version != nil else { return pattern.package.matches(package) }
            return version.map(pattern.matches) ?? false
        }
        openRepositories.removeAll { ExactText($0) == ExactText(package.repository) }
        openExclusions.removeAll(where: matches)
        open.removeAll { matches($0.pattern) }
        let name = "\(package.namespace):\(package.name)"
        for index in open.indices {
            open[index].packages.offer(Self.name(package, as: open[index].pattern))
            if let version, open[index].pattern.package.matches(package) {
                open[index].versions.offer("\(name):\(version.version)")
            }
        }
        guard !coversSomething, version != nil || !selection.namesVersions else { return }
        coversSomething =
            (selection.include.isEmpty || selection.include.contains(where: matches))
            && !selection.excludes(package) && !(version.map(selection.excludes) ?? false)
    }

    /// The part of a package's name that a pattern constrains: the namespace alone if the pattern accepts any name.
    private static func name(_ package: PackageCoordinates, as pattern: VersionPattern) -> String {
        pattern.package.name == "*" ? package.namespace : "\(package.namespace):\(package.name)"
    }

    /// A sentence for each include pattern that matched nothing, with the closest names.
    package var unmatched: [String] {
        isHiddenInPart
            ? []
            : open.map { pattern, packages, versions in
                let near = versions.names.isEmpty ? packages.names : versions.names
                return "nothing matches --package \(pattern)"
                    + (near.isEmpty ? "" : "; nearest: \(near.joined(separator: ", "))")
            }
    }

    /// A sentence for each selected repository for which nothing was listed.
    package var unseenRepositories: [String] {
        openRepositories.map { "nothing is recorded of the repository \($0); check --repository" }
    }

    /// A sentence for each exclude pattern that matched nothing.
    package var idleExclusions: [String] {
        openExclusions.map { "nothing matches --exclude \($0), so it leaves nothing out" }
    }

    /// Why nothing was found; nil if something was, or if finding nothing is fine.
    ///
    /// - Parameter place: what was listed, such as `the domain my-domain`.
    package func failure(listing place: String, at location: String) -> RemoteFailure? {
        guard !coversSomething, !selection.mayBeEmpty, !isHiddenInPart else { return nil }
        let reason =
            if !isAnythingListed, !repositories.isEmpty {
                "\(place) \(selection.lack(among: repositories)); check --repository"
            } else if !isAnythingListed {
                "\(place) has no package\(Backup.sentence(of: instead)); check --domain, --repository and --backup"
            } else if !open.isEmpty {
                unmatched.joined(separator: ". ")
            } else {
                "--exclude skips everything in \(place)"
            }
        return RemoteFailure(
            .absent,
            operation: .list,
            target: location,
            message: "\(reason). Nothing was done; if that is expected, add --allow-empty"
        )
    }
}

extension Selection {
    /// States that a place has none of the selected repositories, with the closest names, or with the first few of the
    /// place's repositories if none is close.
    package func lack(among others: [String]) -> String {
        let near = repositories.flatMap { wanted in
            var near = NearestNames(to: wanted)
            for name in others { near.offer(name) }
            return near.names
        }
        return "has nothing of \(repositories.joined(separator: ", ")); "
            + (near.isEmpty ? "it has \(others.firstFew(5))" : "nearest: \(near.joined(separator: ", "))")
    }
}
