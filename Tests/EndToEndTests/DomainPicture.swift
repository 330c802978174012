import Cryptography
import FoundationEssentials
import LocalServices
import ReconcileCore

/// What a domain holds, as far as it is to come back: every version's status and the bytes of its assets, and every
/// package's origin controls.
struct DomainPicture: Hashable, Sendable, CustomStringConvertible {
    /// One line a version: coordinates, status, and each asset with its size and SHA-256.
    let lines: [String]
    /// One line a package.
    let controls: [String]

    init(_ server: LocalCodeArtifact) async throws {
        var lines: [String] = []
        let packages = server.packages
        controls = packages.map { "\($0) \(server.originControls(of: $0)?.description ?? "gone")" }.sorted()
        for package in packages {
            for (name, status) in server.versions(of: package) ?? [:] {
                let version = VersionCoordinates(package: package, version: name)
                let assets = try await server.assets(of: version) ?? []
                let words = assets.map { "\($0.name) \($0.size) \($0.checksums.sha256 ?? "")" }.sorted()
                lines.append("\(version) \(status.rawValue): \(words.joined(separator: ", "))")
            }
        }
        self.lines = lines.sorted()
    }

    /// What the two do not share, a line each.
    func differences(from other: DomainPicture) -> [String] {
        let (mine, others) = (Set(lines + controls), Set(other.lines + other.controls))
        return mine.subtracting(others).map { "+ \($0)" }.sorted() + others.subtracting(mine).map { "- \($0)" }.sorted()
    }

    var description: String { (controls + lines).joined(separator: "\n") }
}

extension LocalCodeArtifact {
    /// What `--accept-unproved` takes to have a restore of a directory open packages to upstream repositories.
    ///
    /// - Parameter arguments: of the restore; of a selection only `--repository` is looked at.
    static func acceptance(
        of backup: String,
        in domain: String = "my-domain",
        for arguments: [String]
    ) throws -> [String] {
        guard let path = backup.firstMatch(of: /^file:\/\/(.*)$/)?.output.1,
            !arguments.contains("--no-allow-upstream")
        else { return [] }
        let places = arguments.indices.dropLast().filter { arguments[$0] == "--repository" }.map { arguments[$0 + 1] }
        let folder = "\(path)/\(domain)/manifests"
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        let keys = try files(below: folder).keys
            .filter { $0.hasSuffix(".upstream-ALLOW.json") }
            .filter { key in places.isEmpty || places.contains { key.hasPrefix("maven/\($0)/") } }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard !keys.isEmpty else { return [] }
        let digest = Digest.of(keys.flatMap { Array("manifests/\($0)\n".utf8) }, .sha256)
        return ["--accept-unproved", Hexadecimal.encode(digest)]
    }

    /// Runs `reconcile restore` as a process of its own, one that may open packages to upstream repositories.
    func restore(
        from backup: String,
        _ arguments: [String] = [],
        environment more: [String: String] = [:],
        seconds: Double = 300
    ) async throws -> Reconciled {
        let acceptance = try Self.acceptance(of: backup, in: configuration.domain, for: arguments)
        return try await reconcile(
            "restore",
            backup,
            ["--rate-writes", "10000", "--allow-upstream"] + acceptance + arguments,
            environment: more,
            seconds: seconds
        )
    }

    /// Every package of the configured repositories.
    var packages: [PackageCoordinates] { configuration.repositories.flatMap { packages(in: $0.name) } }

    /// Removes everything, as an accident does.
    func loseEverything() throws {
        for package in packages { try delete(package) }
    }
}
