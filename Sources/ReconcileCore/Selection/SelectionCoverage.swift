/// Notes whether a selection covers anything of what is listed, and what comes near it where it covers nothing.
///
/// A wrong name must not look like a domain in which all is well. Shards are not considered: a small domain may leave a
/// shard without a package.
package struct SelectionCoverage: Sendable {
    private let selection: Selection
    /// The patterns that have matched nothing so far, with the names that come near them.
    private var open: [(pattern: VersionPattern, packages: NearestNames, versions: NearestNames)]
    /// The patterns of what is left out that have matched nothing so far.
    private var openExclusions: [VersionPattern]
    /// The selected repositories of which nothing was listed so far.
    private var openRepositories: [String]
    /// Whether anything was listed at all, selected or not.
    private var isAnythingListed = false
    /// What the place of a backup holds instead, where nothing of it was listed.
    private var instead: [String] = []
    /// The repositories that a backup has, where nothing of those that are selected was listed.
    private var repositories: [String] = []
    /// Whether anything that was listed is selected.
    private(set) var coversSomething = false
    /// Whether something that is selected may be where nothing is shown, so that finding nothing says nothing.
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

    /// Takes in a package that the domain or the backup lists.
    package mutating func see(_ package: PackageCoordinates) {
        see(package, version: nil)
    }

    /// Takes in a version that the domain or the backup lists.
    package mutating func see(_ version: VersionCoordinates) {
        see(version.package, version: version)
    }

    /// Takes in that something that is selected may be where the store shows nothing.
    mutating func noteHidden() { isHiddenInPart = true }

    /// Asks the store of a backup of which nothing was listed what it holds instead; requests only then.
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

    /// The part of a package's name that a pattern is about: the namespace alone where any name will do.
    private static func name(_ package: PackageCoordinates, as pattern: VersionPattern) -> String {
        pattern.package.name == "*" ? package.namespace : "\(package.namespace):\(package.name)"
    }

    /// A sentence for each pattern that matched nothing, with the names that come near it.
    package var unmatched: [String] {
        isHiddenInPart
            ? []
            : open.map { pattern, packages, versions in
                let near = versions.names.isEmpty ? packages.names : versions.names
                return "nothing matches --package \(pattern)"
                    + (near.isEmpty ? "" : "; nearest: \(near.joined(separator: ", "))")
            }
    }

    /// A sentence for each selected repository of which nothing was listed.
    package var unseenRepositories: [String] {
        openRepositories.map { "nothing is recorded of the repository \($0); check --repository" }
    }

    /// A sentence for each pattern that was to leave something out and matched nothing.
    package var idleExclusions: [String] {
        openExclusions.map { "nothing matches --exclude \($0), so it leaves nothing out" }
    }

    /// Why nothing was found; nil where something was, or where finding nothing is right.
    ///
    /// - Parameter place: what was listed, as `the domain my-domain`.
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
    /// That none of the selected repositories is among those of a place, and which of them come near; the first few where
    /// none does.
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
