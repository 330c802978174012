import ReconcileCore
import TestSupport

func package(_ name: String, group: String = "com.acme", in repository: String = "releases") -> PackageCoordinates {
    PackageCoordinates(repository: repository, namespace: group, name: name)
}

/// `com.acme:app` of `releases`.
let app = package("app")

func version(_ version: String, of package: PackageCoordinates = app) -> VersionCoordinates {
    VersionCoordinates(package: package, version: version)
}

/// Reads the extended spelling; 1970 for nonsense, which no expectation here is about.
func time(_ text: String) -> Timestamp { Timestamp(extended: text) ?? Timestamp(seconds: 0) }

func record(
    _ coordinates: VersionCoordinates,
    _ recordedAt: String = "2026-11-22T08:36:12Z",
    revision: String? = "cmV2",
    status: VersionStatus = .published
) -> ManifestRecord {
    ManifestRecord(coordinates: coordinates, recordedAt: time(recordedAt), revision: revision, status: status)
}

/// The SHA-256 of a text, in hexadecimal.
func sha256(_ text: String) -> String { testHashes.digest(Array(text.utf8), .sha256) }

extension Reconciler.Options {
    /// Of a run with `--on-mutation fail`.
    static let refusingMutations = {
        var options = Reconciler.Options()
        options.copying.onMutation = .fail
        return options
    }()
}
