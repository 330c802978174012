/// Versions that come back before the others, or instead of them, wherever the backup has them.
package struct NeededVersions: Hashable, Sendable {
    private var versions: [ArtifactName: Set<ExactText>] = [:]

    package init(_ versions: some Sequence<ArtifactVersion>) {
        for version in versions { self.versions[version.name, default: []].insert(version.version) }
    }

    package var isEmpty: Bool { versions.isEmpty }

    /// Whether any version of a package is one.
    package func contains(_ package: PackageCoordinates) -> Bool {
        versions[ArtifactName(package.namespace, package.name)] != nil
    }

    package func contains(_ version: VersionCoordinates) -> Bool {
        versions[ArtifactName(version.package.namespace, version.package.name)]?
            .contains(ExactText(version.version)) ?? false
    }
}

/// Which part of what is selected a pass of a restore brings back.
enum RestorePart: Hashable {
    case whole
    case needed
    /// What the pass before it left.
    case rest
}

extension Restorer.Options {
    /// The passes of a restore, in their order.
    var parts: [RestorePart] { needed == nil ? [.whole] : restoresRest ? [.needed, .rest] : [.needed] }

    /// Whether a version comes back in a pass.
    func takes(_ version: VersionCoordinates, in part: RestorePart) -> Bool {
        switch part {
        case .whole: true
        case .needed: needed?.contains(version) ?? true
        case .rest: !(needed?.contains(version) ?? false)
        }
    }
}
