/// What became of the copy of one version. A failure of one version is a value: the run goes on with the others.
package enum CopyOutcome: Hashable, Sendable {
    /// The version is protected in its present state: its manifest is written.
    case committed(CopySummary)
    /// There is nothing to protect yet; why, for the log.
    case skipped(String)
    /// The version is not committed. What was stored of it stays and is adopted by the next run.
    case failed(CopyFailures)
    /// The task was cancelled; as for `failed`.
    case interrupted
}

/// A committed version.
package struct CopySummary: Hashable, Sendable {
    package var manifest: Manifest
    /// Assets whose bytes were moved.
    package var copied: Int
    /// Assets whose bytes were there already.
    package var adopted: Int
    /// Bytes moved.
    package var bytes: Int64
}

/// Why a version is not committed.
package struct CopyFailures: Hashable, Sendable {
    /// At least one, each with the asset it is about where it is about one.
    package var failures: [ItemFailure]
    /// Seconds since 1970 when the version was published, where the source could say.
    package var publishedTime: Double?
}

/// One failure, placed: the row of the report's `failures`.
package struct ItemFailure: Error, Hashable, Sendable {
    package var place: Place
    package var kind: RemoteFailure.Kind
    package var message: String
    /// The operation that failed; decides whether the whole run must stop.
    package var operation: String

    package init(_ failure: RemoteFailure, at place: Place = Place()) {
        self.place = place
        kind = failure.kind
        message = failure.description
        operation = failure.operation
    }

    package init(_ failure: RemoteFailure, repository: String) {
        self.init(failure, at: Place(repository: repository))
    }

    package init(_ failure: RemoteFailure, package: PackageCoordinates) {
        self.init(failure, at: Place(package))
    }

    package init(_ failure: RemoteFailure, version: VersionCoordinates, asset: String? = nil) {
        self.init(failure, at: Place(version.package, version: version.version, asset: asset))
    }

    /// Whether every further version would fail alike: no credentials, or a store that may not be written.
    package var endsRun: Bool {
        switch kind {
        case .credentials: true
        case .denied: operation.hasSuffix(".PutObject") || operation.hasSuffix(".Write")
        default: false
        }
    }
}

extension RemoteFailure {
    /// Any error of a port as a `RemoteFailure`; nil for a cancellation.
    package static func narrowing(_ error: any Error, operation: String, target: String) -> RemoteFailure? {
        if let failure = error as? RemoteFailure { return failure }
        if error is CancellationError { return nil }
        return RemoteFailure(.invalid, operation: operation, target: target, message: "\(error)")
    }
}
