/// What one version in the domain needs to match its manifest: the comparison alone, no I/O.
///
/// An asset named maven-metadata.xml is left out of it: the service makes documents of that name itself, and none may
/// be sent into the directory of a release.
package struct VersionPlan: Hashable, Sendable {
    /// A version as the domain has it.
    package struct Present: Hashable, Sendable {
        package var status: VersionStatus
        package var assets: [Asset]

        package init(status: VersionStatus, assets: [Asset]) {
            self.status = status
            self.assets = assets
        }
    }

    /// Assets to publish, the POM first: those after it may be published side by side.
    package private(set) var missing: [Manifest.StoredAsset] = []
    /// Assets that the domain has as they are recorded.
    package private(set) var present = 0
    /// Whether the version's document is to be published: a snapshot's, and a release's own where it is recorded.
    package private(set) var publishesDocument = false
    /// Whether the version's status differs from the recorded one, once its assets are there.
    package private(set) var changesStatus = false
    /// Why the version cannot become what it was without overwriting; a sentence each, with the asset it is about.
    package private(set) var conflicts: [Conflict] = []

    package struct Conflict: Hashable, Sendable {
        package let asset: String?
        package let reason: String
    }

    /// Nothing is to be done, and nothing is wrong.
    package var isInSync: Bool { missing.isEmpty && !publishesDocument && !changesStatus && conflicts.isEmpty }

    /// - Parameters:
    ///   - present: what the domain has of the version; nil for nothing.
    ///   - sharesAssets: for a snapshot, whether an asset is published with a build that is restored too.
    package init(
        _ manifest: Manifest,
        as role: RestoreOrder.Role,
        present: Present?,
        sharesAssets: (_ asset: String) -> Bool = { _ in false }
    ) {
        let recorded = manifest.assets.filter { $0.asset.name != MavenMetadata.fileName }
        changesStatus = present?.status != manifest.status
        // A withdrawn version must not be Published even for an instant, so its document is not
        // sent.
        let hasDocument =
            role == .release && manifest.status == .published && manifest.assets.count > recorded.count
        guard let present else {
            missing = Self.ordered(recorded.filter { !sharesAssets($0.asset.name) }, of: manifest.coordinates)
            publishesDocument = role == .snapshot || hasDocument
            if recorded.isEmpty {
                conflicts = [Conflict(asset: nil, reason: "the backup has no assets of it: none could ever be read")]
            }
            return
        }
        if role == .snapshot {
            compareSnapshot(manifest, recorded: recorded, present: present, sharesAssets: sharesAssets)
        } else {
            compare(recorded, present)
            missing = Self.ordered(missing, of: manifest.coordinates)
            publishesDocument = hasDocument && present.status == .unfinished
        }
    }

    private mutating func compare(_ recorded: [Manifest.StoredAsset], _ present: Present) {
        var held: [ExactText: Asset] = [:]
        for asset in present.assets where asset.name != MavenMetadata.fileName { held[ExactText(asset.name)] = asset }
        for stored in recorded {
            let name = stored.asset.name
            guard let asset = held.removeValue(forKey: ExactText(name)) else {
                missing.append(stored)
                if present.status != .unfinished {
                    let reason = "the domain has the version as \(present.status.rawValue) without this asset"
                    conflicts.append(Conflict(asset: name, reason: "\(reason); a finished version is not changed"))
                }
                continue
            }
            if let difference = Self.difference(asset, stored.asset) {
                conflicts.append(Conflict(asset: name, reason: "the domain holds other bytes: \(difference)"))
            } else {
                self.present += 1
            }
        }
        for name in held.keys.sorted() {
            let reason = "the domain's version has this asset, and the backup's has not"
            conflicts.append(Conflict(asset: name.value, reason: reason))
        }
    }

    /// A snapshot shows one build after another: it may move on to a newer one, and never back.
    private mutating func compareSnapshot(
        _ manifest: Manifest,
        recorded: [Manifest.StoredAsset],
        present: Present,
        sharesAssets: (String) -> Bool
    ) {
        let package = manifest.coordinates.package.name
        guard let base = VersionName(manifest.coordinates.version).snapshotBase else {
            return compare(recorded, present)
        }
        func newestBuild(_ names: [String]) -> SnapshotBuild? {
            names.compactMap { SnapshotFile($0, artifactID: package, base: base)?.build }.max()
        }
        let wanted = newestBuild(recorded.map(\.asset.name))
        let held = newestBuild(present.assets.map(\.name))
        if let wanted, let held, held != wanted {
            guard held < wanted else {
                let newer = "\(held.base)-\(held.timestamp)-\(held.buildNumber)"
                let reason = "the domain already shows the newer build \(newer), which stays"
                conflicts = [Conflict(asset: nil, reason: reason)]
                return
            }
            missing = Self.ordered(recorded.filter { !sharesAssets($0.asset.name) }, of: manifest.coordinates)
            publishesDocument = true
        } else {
            compare(recorded, present)
        }
    }

    /// The POM first: it creates the version, and identifies it while it is unfinished.
    private static func ordered(
        _ assets: [Manifest.StoredAsset],
        of version: VersionCoordinates
    ) -> [Manifest.StoredAsset] {
        let own = ExactText("\(version.package.name)-\(version.version).pom")
        func rank(_ stored: Manifest.StoredAsset) -> Int {
            ExactText(stored.asset.name) == own ? 0 : stored.asset.name.hasSuffix(".pom") ? 1 : 2
        }
        return assets.sorted {
            (rank($0), ExactText($0.asset.name)) < (rank($1), ExactText($1.asset.name))
        }
    }

    /// How two assets of one name differ, by their size and the strongest hash that both have; nil for nothing.
    static func difference(_ held: Asset, _ recorded: Asset) -> String? {
        if held.size != recorded.size { return "\(held.size) bytes, the backup has \(recorded.size)" }
        for algorithm in ChecksumAlgorithm.byWeight {
            guard let held = held.checksums[algorithm], let recorded = recorded.checksums[algorithm] else { continue }
            return held == recorded ? nil : "\(algorithm.serviceName) \(held), the backup has \(recorded)"
        }
        return "neither side has a hash that the other has"
    }
}

extension RestoreOrder.Role {
    /// The Maven directory that an asset of a version is published in.
    package func directory(of asset: String, in version: VersionCoordinates) -> String {
        guard self == .build, let build = SnapshotBuild(version.version),
            SnapshotFile(asset, artifactID: version.package.name, base: build.base) != nil
        else { return version.version }
        return build.snapshotVersion
    }
}
