import ReconcileCore

/// The parameters of UpdatePackageVersionsStatus, DisposePackageVersions and DeletePackageVersions.
struct VersionsChange: Sendable {
    var versions: [String]
    /// The revisions that the versions must have; nil if the caller gives none.
    var revisions: [String: String]?
    var expectedStatus: VersionStatus?
    var target: VersionStatus
}

/// The outcome of such a change: either all versions changed or none.
struct VersionsOutcome: Sendable {
    struct Failure: Hashable, Sendable {
        let code: String
        let message: String
    }

    /// Each version's status, and its current revision or, if it was deleted, its last one.
    var changed: [String: (revision: String, status: VersionStatus)] = [:]
    var failed: [String: Failure] = [:]
}

extension DomainState {
    /// Sets the status of versions. If one of them cannot change, the service skips all the others (user guide, "Update
    /// package version status").
    mutating func change(
        _ change: VersionsChange,
        of key: PackageKey,
        in repository: String,
        at now: Double
    ) throws(ServiceFailure) -> VersionsOutcome {
        var package = try package(key, in: repository)
        var outcome = VersionsOutcome()
        for version in change.versions {
            outcome.failed[version] = Self.objection(to: change, version: version, package.versions[version])
        }
        if !outcome.failed.isEmpty {
            for version in change.versions where outcome.failed[version] == nil {
                outcome.failed[version] = .init(code: "SKIPPED", message: "version \(version) is skipped")
            }
            return outcome
        }
        for version in change.versions {
            guard var state = package.versions[version] else { continue }
            if statusChangesRevision { state.revision = newRevision() }
            outcome.changed[version] = (state.revision, change.target)
            state.status = change.target
            if change.target == .published, state.publishedTime == nil { state.publishedTime = now }
            if change.target == .disposed { state.assets = [] }
            package.versions[version] = change.target == .deleted ? nil : state
        }
        _ = try self.change(key, in: repository) { $0 = package }
        return outcome
    }

    private static func objection(
        to change: VersionsChange,
        version: String,
        _ state: VersionState?
    ) -> VersionsOutcome.Failure? {
        guard let state else { return .init(code: "NOT_FOUND", message: "version \(version) is not found") }
        if let revision = change.revisions?[version], revision != state.revision {
            return .init(
                code: "MISMATCHED_REVISION",
                message: "current revision: \(state.revision), expected revision: \(revision)"
            )
        }
        if let expected = change.expectedStatus, expected != state.status {
            return .init(
                code: "MISMATCHED_STATUS",
                message: "current status: \(state.status.rawValue), expected status: \(expected.rawValue)"
            )
        }
        // A disposed version's bytes are gone for good; all that remains possible is to delete it.
        if state.status == .disposed, change.target != .deleted {
            return .init(code: "NOT_ALLOWED", message: "version \(version) is disposed")
        }
        return nil
    }
}
