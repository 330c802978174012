/// A failure with its place: a row in the report's `failures`.
package struct ItemFailure: Error, Hashable, Sendable {
    package var place: Place
    package var kind: RemoteFailure.Kind
    package var message: String
    /// The operation that failed; decides whether the whole run must stop.
    package var operation: ServiceOperation

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

    /// Whether every other version would fail in the same way: no credentials, an operation that is denied as a whole,
    /// an unreachable host, or a key whose signatures nobody would trust.
    package var endsRun: Bool {
        switch kind {
        case .credentials, .forbidden, .unreachable: true
        case .absent, .denied, .invalid, .malformed: operation == .sign
        default: false
        }
    }
}

extension RunReport.Failure {
    /// What its message says where a repair helps and another run does not.
    static let repair = "Run verify --repair"

    /// Whether a repair is to be next.
    package var asksForRepair: Bool { message.contains(Self.repair) }
}
