/// Compares the versions that a domain lists after a restore into one of its repositories with their records.
package struct ListedComparison: Sendable {
    private let source: any PackageSource
    private let repository: String

    /// What evidence names instead of a client.
    package static let client = "domain"

    package init(of source: any PackageSource, in repository: String) {
        (self.source, self.repository) = (source, repository)
    }

    /// The first package of the versions that the repository already has; nil if it has none. Only then does its
    /// content afterwards come from the restore. Costs a list per package.
    package func firstPresent(of versions: [ManifestRecord], layout: BackupLayout) async throws -> PackageCoordinates? {
        var seen: Set<ObjectKey> = []
        for record in versions {
            let package = moved(record.coordinates).package
            guard seen.insert(layout.manifestsPrefix(of: package)).inserted else { continue }
            if try await !source.allVersions(of: package).isEmpty { return package }
        }
        return nil
    }

    /// Compares each file's size and hashes, and each version's status. Costs a list per package, and one per version.
    ///
    /// - Parameter failures: the failures of the restore, which explain missing files.
    /// - Throws: a failure of the domain to answer; `CancellationError` if stopped.
    package func compare(
        _ manifests: [Manifest],
        after failures: [RunReport.Failure],
        into report: inout DrillReport,
        layout: BackupLayout,
        stop: StopSignal
    ) async throws {
        var listed: (prefix: ObjectKey, versions: [ExactText: ListedVersion])?
        for manifest in manifests {
            if stop.reason != nil { throw CancellationError() }
            let version = moved(manifest.coordinates)
            let prefix = layout.manifestsPrefix(of: version.package)
            if listed?.prefix != prefix { listed = (prefix, try await source.allVersions(of: version.package)) }
            report.files.wanted += manifest.assets.count
            guard let found = listed?.versions[ExactText(version.version)] else {
                let reason = failures.first { Self.isOf($0.place, manifest.coordinates) }?.message
                for stored in manifest.assets {
                    report.addLost(finding(stored, of: manifest, reason ?? "the domain does not list the version"))
                }
                continue
            }
            if found.status != manifest.status {
                report.add(
                    DrillReport.Finding(
                        place: Place(manifest.coordinates.package, version: manifest.coordinates.version),
                        key: "\(layout.key(of: manifest.record))",
                        message:
                            "the domain lists it as \(found.status.rawValue); its record says \(manifest.status.rawValue)"
                    )
                )
            }
            try await compare(manifest, as: version, &report)
        }
    }

    private func compare(_ manifest: Manifest, as version: VersionCoordinates, _ report: inout DrillReport) async throws
    {
        let assets = try await source.allAssets(of: version)
        for stored in manifest.assets {
            let wanted = stored.asset
            guard let found = assets.first(where: { ExactText($0.name) == ExactText(wanted.name) }) else {
                report.addLost(finding(stored, of: manifest, "the domain does not list the file"))
                continue
            }
            let other = ChecksumAlgorithm.allCases.first { algorithm in
                guard let own = wanted.checksums[algorithm], let listed = found.checksums[algorithm] else {
                    return false
                }
                return own != listed
            }
            if found.size != wanted.size {
                report.addLost(
                    finding(
                        stored,
                        of: manifest,
                        "the domain lists \(found.size) bytes; its record names \(wanted.size)"
                    )
                )
            } else if let other {
                report.addLost(
                    finding(
                        stored,
                        of: manifest,
                        "the domain lists the \(other.serviceName) \(found.checksums[other] ?? ""); its record names "
                            + "\(wanted.checksums[other] ?? "")"
                    )
                )
            } else if let sha256 = found.checksums.sha256, wanted.checksums.sha256 != nil {
                let place = Place(
                    manifest.coordinates.package,
                    version: manifest.coordinates.version,
                    asset: wanted.name
                )
                report.add(DrillReport.Returned(place: place, size: found.size, sha256: sha256, client: Self.client))
            } else {
                report.addLost(finding(stored, of: manifest, "the domain lists no SHA-256 of it"))
            }
        }
    }

    private func moved(_ version: VersionCoordinates) -> VersionCoordinates {
        let own = version.package
        let package = PackageCoordinates(repository: repository, namespace: own.namespace, name: own.name)
        return VersionCoordinates(package: package, version: version.version)
    }

    private func finding(_ stored: Manifest.StoredAsset, of manifest: Manifest, _ message: String)
        -> DrillReport.Finding
    {
        let version = manifest.coordinates
        return DrillReport.Finding(
            place: Place(version.package, version: version.version, asset: stored.asset.name),
            key: "\(stored.key)",
            message: message
        )
    }

    /// Whether a failure concerns a version or its whole package.
    private static func isOf(_ place: Place, _ version: VersionCoordinates) -> Bool {
        place.namespace == version.package.namespace && place.package == version.package.name
            && (place.version == nil || place.version == version.version)
    }
}
