/// A Maven version string, and whether it is a `-SNAPSHOT` version and of what base.
///
/// A snapshot version ends in `-SNAPSHOT`, in upper case, after at least one byte. `1.0-SNAPSHOT` has the builds
/// `1.0-20210728.194552-1` and so on, which Maven files under it (Maven's documentation, "What is a SNAPSHOT
/// version?"). The bare name `-SNAPSHOT` counts as a release, because its builds would have no base version. So do
/// `1.0SNAPSHOT` and `1.0-snapshot`, which cannot have builds either. Maven's resolver treats every version that ends
/// in `SNAPSHOT` as changing; for that question, see `MavenVersion`.
package struct VersionName: Hashable, Sendable {
    private static let ending = "-SNAPSHOT"

    private let text: ExactText

    package init(_ version: String) {
        text = ExactText(version)
    }

    /// The snapshot version for builds of a base version: `1.0-SNAPSHOT` for `1.0`.
    package init(snapshotOf base: String) {
        self.init(base + Self.ending)
    }

    package var value: String { text.value }

    package var isSnapshot: Bool {
        let (bytes, ending) = (text.value.utf8, Self.ending.utf8)
        return bytes.count > ending.count && bytes.suffix(ending.count).elementsEqual(ending)
    }

    /// The base version of a snapshot: `1.0` for `1.0-SNAPSHOT`; nil for any other version.
    package var snapshotBase: String? {
        isSnapshot ? String(Substring(text.value.utf8.dropLast(Self.ending.utf8.count))) : nil
    }
}

extension VersionCoordinates {
    /// Whether this is a `-SNAPSHOT` version, which shows the files of its newest build.
    package var isSnapshot: Bool { VersionName(version).isSnapshot }
}
