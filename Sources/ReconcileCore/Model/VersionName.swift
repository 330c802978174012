/// What the spelling of a Maven version says of it: whether it is a `-SNAPSHOT` version, and of what.
///
/// A snapshot version is anything, at least one byte, before `-SNAPSHOT` in upper case: `1.0-SNAPSHOT` has the builds
/// `1.0-20210728.194552-1` and so on, which Maven files under it (Maven's documentation, "What is a SNAPSHOT
/// version?"). The bare name `-SNAPSHOT` is a release like any other, since a build of it would have no base version to
/// begin with. So are `1.0SNAPSHOT` and `1.0-snapshot` here: they cannot have builds either. That Maven's resolver
/// looks for every version that ends in `SNAPSHOT` as for a changing one is another question, which `MavenVersion`
/// answers.
package struct VersionName: Hashable, Sendable {
    private static let ending = "-SNAPSHOT"

    private let text: ExactText

    package init(_ version: String) {
        text = ExactText(version)
    }

    /// The snapshot version that builds of a base version belong to: `1.0-SNAPSHOT` of `1.0`.
    package init(snapshotOf base: String) {
        self.init(base + Self.ending)
    }

    package var value: String { text.value }

    package var isSnapshot: Bool {
        let (bytes, ending) = (text.value.utf8, Self.ending.utf8)
        return bytes.count > ending.count && bytes.suffix(ending.count).elementsEqual(ending)
    }

    /// The version that a snapshot works towards: `1.0` of `1.0-SNAPSHOT`; nil for any other version.
    package var snapshotBase: String? {
        isSnapshot ? String(Substring(text.value.utf8.dropLast(Self.ending.utf8.count))) : nil
    }
}

extension VersionCoordinates {
    /// Whether it is a `-SNAPSHOT` version, which shows the files of its newest build.
    package var isSnapshot: Bool { VersionName(version).isSnapshot }
}
