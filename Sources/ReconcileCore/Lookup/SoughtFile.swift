/// The name of a file, or how it begins, for which somebody looks: Maven begins a file's name with those of its package and
/// its version, so few versions can have it.
package struct SoughtFile: Hashable, Sendable {
    private let text: [UInt8]

    package init(_ name: String) { text = Array(name.utf8) }

    /// Whether a package may have the file.
    package func mayBe(of package: PackageCoordinates) -> Bool {
        text.starts(with: package.name.utf8) && text.dropFirst(package.name.utf8.count).first == UInt8(ascii: "-")
    }

    /// How many bytes of the file's name are a version's; nil where the version cannot have the file. Of a package's
    /// versions, one with more of them is likelier to have it.
    ///
    /// A snapshot is found by its base, and so are the builds of one, unless the name says of which build it is.
    ///
    /// - Parameter package: one that may have the file.
    package func match(_ version: String, of package: PackageCoordinates) -> Int? {
        let start = package.name.utf8.count
        func has(_ word: String) -> Bool { text.holds("-\(word)".utf8, from: start) }
        if has(version) { return version.utf8.count }
        if let base = VersionName(version).snapshotBase { return has(base) ? base.utf8.count : nil }
        guard let base = SnapshotBuild(version)?.base, has(base) else { return nil }
        return namesBuild(of: base, after: start + 1) ? nil : base.utf8.count
    }

    /// Whether a base version and a build's time stand at some place.
    private func namesBuild(of base: String, after start: Int) -> Bool {
        let stem = "\(base)-".utf8
        guard text.dropFirst(start).starts(with: stem) else { return false }
        let time = text.dropFirst(start + stem.count).prefix(15)
        return SnapshotBuild.isTimestamp(Substring(decoding: time, as: UTF8.self))
    }
}
