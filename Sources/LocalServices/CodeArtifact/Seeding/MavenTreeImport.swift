import FoundationEssentials
import ReconcileCore

/// Imports a directory laid out like a Maven repository; the bytes stay on disk.
///
/// In `group/as/path/artifact/version/files`, a directory with files is a version, its parent the artifact, and the
/// rest the group. Symbolic links are followed. Checksum files and maven-metadata.xml are skipped, since the service
/// generates them. So is anything that the service would reject: a file in a snapshot's directory that does not belong
/// to a build, as `mvn install` leaves it, and names that are not valid coordinates. Only directories are opened, so
/// starting is fast.
struct MavenTreeImport {
    let root: String
    /// Deep enough for any group; also ends a loop of links.
    private static let deepest = 32

    /// The result of an import.
    struct Result {
        var packages: [PackageKey: PackageState] = [:]
        /// Paths of files that the service would reject, sorted.
        var leftOut: [String] = []
    }

    /// Finds the packages; throws if a directory cannot be read or there is no version.
    func packages(repository: String, publishedTime: Double) throws -> Result {
        var result = Result()
        try walk(root, segments: []) { segments, files in
            guard segments.count >= 3, let version = segments.last, !files.isEmpty else { return }
            let key = PackageKey(
                namespace: segments.dropLast(2).joined(separator: "."),
                name: segments[segments.count - 2]
            )
            let path = segments.joined(separator: "/") + "/"
            let taken = files.filter { Self.isTaken($0, of: version, key) }
            result.leftOut += Set(files).subtracting(taken).map { path + $0 }
            guard !taken.isEmpty else { return }
            let assets = taken.sorted().map { StoredAsset(name: $0, content: .file(path: "\(root)/\(path)\($0)")) }
            let seed = Self.seed(repository, segments)
            var package = result.packages[key] ?? PackageState(controls: .published)
            package.add(
                assets,
                version: version,
                artifact: key.name,
                blank: VersionState(
                    status: .published,
                    revision: Self.revision(seed),
                    origin: EntryPoint(name: repository, origin: .internal),
                    publishedTime: publishedTime,
                    assets: []
                )
            )
            result.packages[key] = package
        }
        guard !result.packages.isEmpty else { throw SeedingFailure("no Maven version is under \(root)") }
        result.leftOut.sort()
        return result
    }

    /// Whether the service would accept a file.
    private static func isTaken(_ name: String, of version: String, _ key: PackageKey) -> Bool {
        guard Parameters.Pattern.asset.admits(name),
            [key.namespace, key.name, version].allSatisfy(Parameters.Pattern.coordinate.admits)
        else { return false }
        return !VersionName(version).isSnapshot
            || SnapshotNames.buildVersion(of: name, artifact: key.name, snapshot: version) != nil
    }

    private func walk(
        _ directory: String,
        segments: [String],
        _ visit: (_ segments: [String], _ files: [String]) -> Void
    ) throws {
        guard segments.count <= Self.deepest else { return }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw SeedingFailure("the directory \(directory) cannot be read. Does it exist, and may this user read it?")
        }
        var files: [String] = []
        for name in names.sorted() where !name.hasPrefix(".") {
            let path = directory + "/" + name
            if Self.isDirectory(path) {
                try walk(path, segments: segments + [name], visit)
            } else if Self.isAsset(name), FileManager.default.fileExists(atPath: path) {
                files.append(name)
            }
        }
        visit(segments, files)
    }

    private static func isDirectory(_ path: String) -> Bool {
        let resolved = URL(filePath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: resolved)
        return attributes?[.type] as? FileAttributeType == .typeDirectory
    }

    private static func isAsset(_ name: String) -> Bool {
        let isMetadata = name.hasPrefix("maven-metadata") && name.hasSuffix(".xml")
        let isChecksum = ChecksumAlgorithm.split(name) != nil
        return !isMetadata && !isChecksum && !name.hasPrefix("_") && !name.hasSuffix(".lastUpdated")
    }

    /// FNV-1a over the names: the same tree gets the same revisions at every start.
    private static func seed(_ repository: String, _ segments: [String]) -> UInt64 {
        ([repository] + segments).joined(separator: "/").utf8.reduce(0xcbf2_9ce4_8422_2325) { hash, byte in
            (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
    }

    private static func revision(_ seed: UInt64) -> String {
        var random = SplitMix64(seed: seed)
        return Data(random.bytes(32)).base64EncodedString()
    }
}

/// The sandbox cannot be set up as configured.
package struct SeedingFailure: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension PackageState {
    /// Adds the files of a version directory: as one version, or as the builds of a snapshot plus the snapshot itself.
    ///
    /// `blank` has what all added versions share; builds become Unlisted.
    mutating func add(_ assets: [StoredAsset], version: String, artifact: String, blank: VersionState) {
        var builds: [String: [StoredAsset]] = [:]
        if VersionName(version).isSnapshot {
            for asset in assets {
                guard
                    let build = SnapshotNames.buildVersion(of: asset.name, artifact: artifact, snapshot: version)
                else { continue }
                builds[build, default: []].append(asset)
            }
        }
        for (build, assets) in builds {
            var state = blank.with(assets)
            state.status = .unlisted
            versions[build] = state
        }
        let newest = builds.keys.compactMap { build in SnapshotBuild(build).map { ($0, build) } }.max { $0.0 < $1.0 }
        versions[version] = blank.with(newest.flatMap { builds[$0.1] } ?? assets)
    }
}

extension VersionState {
    fileprivate func with(_ assets: [StoredAsset]) -> VersionState {
        var state = self
        state.assets = assets
        return state
    }
}
