import ReconcileCore
import TestSupport

/// What one undisturbed run must make of a backup: a plain account of docs/DESIGN.md, sections 3, 4 and 6.
struct HistoryModel {
    typealias Versions = [VersionCoordinates: InMemorySource.CurrentVersion]

    /// What the backup knows of a version.
    struct Known: Hashable {
        var revision: String?
        var status: VersionStatus
        /// SHA-256 by name.
        var assets: [String: String]
        /// Two states were recorded in the newest second: neither counts.
        var isAmbiguous = false

        var isPresent: Bool { status != .deleted || isAmbiguous }
    }

    /// What the backup knows of every version, from its manifests, oldest first.
    static func known(_ manifests: [VersionCoordinates: [Manifest]]) -> [VersionCoordinates: Known] {
        manifests.compactMapValues { manifests in
            guard let newest = manifests.last else { return nil }
            let rivals = manifests.filter { $0.recordedAt == newest.recordedAt }
            return Known(
                revision: newest.revision,
                status: newest.status,
                assets: sums(newest.assets.map { ($0.asset.name, $0.asset.checksums.sha256 ?? "") }),
                isAmbiguous: rivals.contains { $0.revision != newest.revision || $0.status != newest.status }
            )
        }
    }

    /// For every version, the SHA-256 of each file as the newest manifest that names it has it; for a build's file of a
    /// snapshot, only the newest manifest counts.
    static func files(_ manifests: [VersionCoordinates: [Manifest]]) -> [VersionCoordinates: [String: String]] {
        Dictionary(
            uniqueKeysWithValues: manifests.map { version, manifests in
                let files = manifests.reversed().flatMap { manifest in
                    manifest.assets.filter { stored in
                        !version.isSnapshot || !stored.asset.name.contains("-2026") || manifest == manifests.last
                    }
                }
                return (version, sums(files.map { ($0.asset.name, $0.asset.checksums.sha256 ?? "") }))
            }
        )
    }

    /// What the source holds now.
    let versions: Versions
    /// What the backup knows before the run.
    let before: [VersionCoordinates: Known]
    /// The files that it knows of each, now or from earlier.
    let files: [VersionCoordinates: [String: String]]
    /// Whether mass deletion is held back.
    let isGuarded: Bool
    /// Whether bytes that are stored under an asset's key are others, and must stay.
    let isHeldBack: (InMemorySource.CurrentVersion) -> Bool

    // MARK: What must be

    /// What the backup must know after the run.
    var after: [VersionCoordinates: Known] {
        let refused = refusedRepositories
        var after = before
        for coordinates in Set(versions.keys).union(before.keys) {
            let isListed = versions[coordinates]?.isListed == true
            if !isListed {
                // What is not listed is looked at only where it was known to be there.
                guard before[coordinates]?.isPresent == true, !refused.contains(coordinates.package.repository)
                else { continue }
            }
            after[coordinates] = state(coordinates)
        }
        return after
    }

    /// How the run must end.
    var exit: ExitStatus {
        let refused = refusedRepositories
        if !refused.isEmpty { return .refused }
        let isShort = versions.values.contains { version in
            guard !isInSync(version), version.isListed || before[version.coordinates]?.isPresent == true else {
                return false
            }
            if version.status.isDownloadable { return isHeldBack(version) }
            return carried(to: version).isShort
        }
        return isShort ? .failures : .converged
    }

    /// How many versions are only in the backup; nil where a guard or a version that is not listed blurs the count.
    var orphaned: Int? {
        guard refusedRepositories.isEmpty, versions.values.allSatisfy(\.isListed) else { return nil }
        return before.keys.filter { versions[$0] == nil }.count
    }

    // MARK: One version

    private func isInSync(_ version: InMemorySource.CurrentVersion) -> Bool {
        guard let known = before[version.coordinates], !known.isAmbiguous else { return false }
        return known.revision == version.revision && known.status == version.status
    }

    private func state(_ coordinates: VersionCoordinates) -> Known? {
        let known = before[coordinates]
        guard let version = versions[coordinates] else {
            return Known(revision: known?.revision, status: .deleted, assets: known?.assets ?? [:])
        }
        if isInSync(version) { return known }
        switch version.status {
        case .unfinished, .deleted: return known
        case .archived, .disposed:
            return Known(revision: version.revision, status: version.status, assets: carried(to: version).assets)
        case .published, .unlisted:
            if isHeldBack(version) { return known }
            let sums = Self.sums(version.assets.map { ($0.value, Picture.sha256($1)) })
            return Known(revision: version.revision, status: version.status, assets: sums)
        }
    }

    /// What is carried over to a version whose bytes are withheld, and whether that lacks files which were never stored.
    private func carried(to version: InMemorySource.CurrentVersion) -> (assets: [String: String], isShort: Bool) {
        guard [.archived, .disposed].contains(version.status), let known = before[version.coordinates] else {
            return ([:], false)
        }
        if known.revision == version.revision { return (known.assets, false) }
        let recorded = files[version.coordinates] ?? [:]
        let listed = Self.sums(version.assets.map { ($0.value, Picture.sha256($1)) })
        if listed.contains(where: { name, sum in recorded[name].map { $0 != sum } ?? false }) { return ([:], false) }
        let held = listed.filter { recorded[$0.key] != nil }
        return (held, held.count < listed.count)
    }

    // MARK: The guard

    /// The repositories in which no deletion may be recorded: too little of what is known is listed, in the repository
    /// or in the whole.
    private var refusedRepositories: Set<String> {
        guard isGuarded else { return [] }
        let known = before.filter(\.value.isPresent).map { ($0.key.package.repository, $0.key, $0.value) }
        func isRefused(_ known: [(String, VersionCoordinates, Known)]) -> Bool {
            func counts(_ known: [(String, VersionCoordinates, Known)]) -> (remaining: Int, expected: Int) {
                let unseen = known.filter { versions[$0.1]?.isListed != true }
                let withdrawn = unseen.filter { !$0.2.isAmbiguous && [.archived, .disposed].contains($0.2.status) }
                return (known.count - unseen.count, known.count - withdrawn.count)
            }
            // Retention removes most snapshots, so they do not count, unless nothing at all is left.
            let releases = counts(known.filter { !$0.1.isSnapshot && SnapshotBuild($0.1.version) == nil })
            if releases.remaining < releases.expected, 2 * releases.remaining < releases.expected { return true }
            let all = counts(known)
            return all.remaining == 0 && all.expected > 0
        }
        let repositories = Set(known.map(\.0))
        return repositories.filter { repository in
            let own = known.filter { $0.0 == repository }
            return isRefused(own) || isRefused(known) && own.contains { versions[$0.1]?.isListed != true }
        }
    }

    private static func sums(_ pairs: [(String, String)]) -> [String: String] {
        Dictionary(pairs) { first, _ in first }
    }
}
