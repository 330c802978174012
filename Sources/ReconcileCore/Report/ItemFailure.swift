/// A failure with its place: a row in the report's `failures`.
package struct ItemFailure: Error, Hashable, Sendable {
    package var place: Place
    package var kind: RemoteFailure.Kind
    package var message: String
    /// The operation that failed; decides whether the whole run must stop.
    package var operation: ServiceOperation
    /// Whether a repair helps and another run does not.
    package var needsRepair = false

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

extension RunReport.Failure: Codable {
    private enum CodingKeys: String, CodingKey {
        case repository, namespace, package, version, asset, kind, message, needsRepair
    }

    package init(from decoder: any Decoder) throws {
        place = try Place(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try container.decode(String.self, forKey: .kind)
        message = try container.decode(String.self, forKey: .message)
        needsRepair = try container.decodeIfPresent(Bool.self, forKey: .needsRepair) ?? false
    }

    /// Writes every member of the place, as null if the failure concerns something larger, and `needsRepair` only if it is
    /// true.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(place.repository, forKey: .repository)
        try container.encode(place.namespace, forKey: .namespace)
        try container.encode(place.package, forKey: .package)
        try container.encode(place.version, forKey: .version)
        try container.encode(place.asset, forKey: .asset)
        try container.encode(kind, forKey: .kind)
        try container.encode(message, forKey: .message)
        if needsRepair { try container.encode(needsRepair, forKey: .needsRepair) }
    }
}
