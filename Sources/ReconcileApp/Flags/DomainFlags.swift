package import AWSServices
package import ArgumentParser
package import ReconcileCore

/// The settings required to call the domain; a command without this group cannot reach one.
package struct DomainFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("The 12-digit account that owns the domain.", valueName: "account"),
        transform: spelled
    )
    package var domainOwner: AccountID?

    package init() {}
}

/// How to reach the domain's Maven repositories.
package struct MavenFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the Maven repositories answer, in a VPC without private DNS: the address of the "
                + "codeartifact.repositories endpoint, https://vpce-….d.codeartifact.….vpce.amazonaws.com.",
            valueName: "url"
        ),
        transform: mavenLocation
    )
    package var mavenEndpoint: MavenLocation?

    @Option(
        help: ArgumentHelp(
            "How long CodeArtifact's tokens are valid, 15m to 12h, or 0s for as long as the role's session; they are "
                + "renewed in time. (default: \(TokenDuration.standard))",
            valueName: "duration"
        ),
        transform: spelled
    )
    package var tokenDuration = TokenDuration.standard

    package init() {}

    /// The access in the form that the CodeArtifact adapters take.
    var access: MavenAccess { MavenAccess(location: mavenEndpoint, tokenLifetime: tokenDuration.span.span.duration) }
}

/// Parses the address of the Maven endpoint; throws `Misspelling` with the reason if it is not valid.
@Sendable private func mavenLocation(_ text: String) throws -> MavenLocation {
    do {
        return try MavenLocation(text)
    } catch {
        throw Misspelling("it \(error.reason)")
    }
}

/// How long a CodeArtifact token is valid (API reference, GetAuthorizationToken).
package struct TokenDuration: Spelled, Hashable, CustomStringConvertible {
    package let span: TimeSpanOrZero

    package static let standard = TokenDuration(span: TimeSpanOrZero(seconds: 3_600))

    private init(span: TimeSpanOrZero) {
        self.span = span
    }

    package init?(spelled text: String) {
        guard let span = TimeSpanOrZero(spelled: text) else { return nil }
        let seconds = span.span.duration.components.seconds
        guard seconds == 0 || (900...43_200).contains(seconds) else { return nil }
        self.init(span: span)
    }

    package static let spelling = "15m to 12h, or 0s for as long as the role's session"

    package var description: String { span.description }
}

/// The maximum rates of requests to CodeArtifact, for all shards together.
package struct RateFlags: ParsableArguments {
    private static let lists = Rate(160)
    private static let reads = Rate(640)

    @Option(
        help: ArgumentHelp(
            "Most ListPackages calls a second; the service's quota is 200. (default: \(RateFlags.lists))",
            valueName: "per second"
        ),
        transform: spelled
    )
    package var rateListPackages = RateFlags.lists

    @Option(
        help: ArgumentHelp(
            "Most ListPackageVersions calls a second; the service's quota is 200. (default: \(RateFlags.lists))",
            valueName: "per second"
        ),
        transform: spelled
    )
    package var rateListPackageVersions = RateFlags.lists

    @Option(
        help: ArgumentHelp(
            "Most ListPackageVersionAssets calls a second; the service's quota is 200. (default: \(RateFlags.lists))",
            valueName: "per second"
        ),
        transform: spelled
    )
    package var rateListPackageVersionAssets = RateFlags.lists

    @Option(
        help: ArgumentHelp(
            "Most reads a second, downloads of assets included; the account's quota is 800. (default: \(RateFlags.reads))",
            valueName: "per second"
        ),
        transform: spelled
    )
    package var rateReads = RateFlags.reads

    package init() {}

    /// The limits, in requests per second.
    package var limits: [RateClass: Double] {
        [
            .listPackages: rateListPackages.perSecond, .listPackageVersions: rateListPackageVersions.perSecond,
            .listPackageVersionAssets: rateListPackageVersionAssets.perSecond, .accountReads: rateReads.perSecond,
        ]
    }
}

/// The maximum rate of writes to CodeArtifact.
package struct WriteRateFlags: ParsableArguments {
    private static let writes = Rate(80)

    @Option(
        help: ArgumentHelp(
            "Most writes a second, one for each asset; the account's quota is 100. (default: \(WriteRateFlags.writes))",
            valueName: "per second"
        ),
        transform: spelled
    )
    package var rateWrites = WriteRateFlags.writes

    package init() {}

    /// The limits, in requests per second.
    package var limits: [RateClass: Double] { [.accountWrites: rateWrites.perSecond] }
}

/// Whether a run records the domain's configuration.
package struct ConfigurationFlags: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Record the domain's repositories, upstreams, policies, tags and package groups if they have changed."
    )
    package var recordConfiguration = true

    package init() {}
}
