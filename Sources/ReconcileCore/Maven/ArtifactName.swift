/// The group and artifact of a Maven package, regardless of the repository.
package struct ArtifactName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let group: ExactText
    package let artifact: ExactText

    package init(_ group: String, _ artifact: String) {
        self.group = ExactText(group)
        self.artifact = ExactText(artifact)
    }

    package var description: String { "\(group):\(artifact)" }

    package static func < (left: ArtifactName, right: ArtifactName) -> Bool {
        (left.group, left.artifact) < (right.group, right.artifact)
    }
}

/// One version of a Maven package, regardless of the repository.
package struct ArtifactVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let name: ArtifactName
    package let version: ExactText

    package init(_ name: ArtifactName, _ version: String) {
        self.name = name
        self.version = ExactText(version)
    }

    package init(_ coordinates: VersionCoordinates) {
        self.init(ArtifactName(coordinates.package.namespace, coordinates.package.name), coordinates.version)
    }

    package var description: String { "\(name):\(version)" }

    package static func < (left: ArtifactVersion, right: ArtifactVersion) -> Bool {
        (left.name, left.version) < (right.name, right.version)
    }
}
