/// The name, or the start of the name, of a file that a user is looking for. Maven's file names start with the
/// package's name and the version, so few versions can have it.
package struct SoughtFile: Hashable, Sendable {
    private let text: [UInt8]

    package init(_ name: String) { text = Array(name.utf8) }

    /// Whether the file may belong to a package.
    package func mayBe(of package: PackageCoordinates) -> Bool {
        text.starts(with: package.name.utf8) && text.dropFirst(package.name.utf8.count).first == UInt8(ascii: "-")
    }

    /// How many bytes of the file's name are the version's; nil if the version cannot have the file. Among a package's
    /// versions, a higher number is a better match.
    ///
    /// A snapshot and its builds match by their base version, unless the name says which build it belongs to.
    ///
    /// - Parameter package: a package that may have the file.
    package func match(_ version: String, of package: PackageCoordinates) -> Int? {
        let start = package.name.utf8.count
        func has(_ word: String) -> Bool { text.holds("-\(word)".utf8, from: start) }
        if has(version) { return version.utf8.count }
        if let base = VersionName(version).snapshotBase { return has(base) ? base.utf8.count : nil }
        guard let base = SnapshotBuild(version)?.base, has(base) else { return nil }
        return namesBuild(of: base, after: start + 1) ? nil : base.utf8.count
    }

    /// Whether a base version and a build's time follow at a position.
    private func namesBuild(of base: String, after start: Int) -> Bool {
        let stem = "\(base)-".utf8
        guard text.dropFirst(start).starts(with: stem) else { return false }
        let time = text.dropFirst(start + stem.count).prefix(15)
        return SnapshotBuild.isTimestamp(Substring(decoding: time, as: UTF8.self))
    }
}
