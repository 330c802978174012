/// A package destination that retries failed requests according to its policy.
///
/// Each attempt to publish reads the body again: store and service fail and are retried together.
package struct RetryingDestination: PackageDestination {
    private let base: any PackageDestination
    private let policy: RetryPolicy

    package init(_ base: any PackageDestination, policy: RetryPolicy) {
        self.base = base
        self.policy = policy
    }

    package func publish(
        _ body: any AssetBody,
        of asset: Asset,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws {
        try await policy.run { try await base.publish(body, of: asset, in: directory, of: package) }
    }

    package func publish(
        _ bytes: [UInt8],
        as name: String,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws {
        try await policy.run { try await base.publish(bytes, as: name, in: directory, of: package) }
    }

    package func publish(
        _ bytes: [UInt8],
        as name: String,
        ofGroup namespace: String,
        in repository: String
    ) async throws {
        try await policy.run { try await base.publish(bytes, as: name, ofGroup: namespace, in: repository) }
    }

    package func setStatus(_ status: VersionStatus, of version: VersionCoordinates) async throws {
        try await policy.run { try await base.setStatus(status, of: version) }
    }

    package func setOriginControls(_ controls: OriginControls, of package: PackageCoordinates) async throws {
        try await policy.run { try await base.setOriginControls(controls, of: package) }
    }

    package func upstreams(of repository: String) async throws -> [String] {
        try await policy.run { try await base.upstreams(of: repository) }
    }
}
