package import ArgumentParser
package import ReconcileCore

/// What it takes to ask the domain itself; a command without this group cannot reach one.
package struct DomainFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("The 12-digit account that owns the domain.", valueName: "account"),
        transform: spelled
    )
    package var domainOwner: AccountID?

    package init() {}
}

/// The most that is asked of CodeArtifact a second, all shards together.
package struct RateFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("ListPackages; the service's quota is 200. (default: 160)", valueName: "per second"),
        transform: spelled
    )
    package var rateListPackages = Rate(160)

    @Option(
        help: ArgumentHelp("ListPackageVersions; the service's quota is 200. (default: 160)", valueName: "per second"),
        transform: spelled
    )
    package var rateListPackageVersions = Rate(160)

    @Option(
        help: ArgumentHelp(
            "ListPackageVersionAssets; the service's quota is 200. (default: 160)",
            valueName: "per second"
        ),
        transform: spelled
    )
    package var rateListPackageVersionAssets = Rate(160)

    @Option(
        help: ArgumentHelp(
            "All reads of the account, including assets; the service's quota is 800. (default: 640)",
            valueName: "per second"
        ),
        transform: spelled
    )
    package var rateReads = Rate(640)

    package init() {}

    /// In requests a second.
    package var limits: [RateClass: Double] {
        [
            .listPackages: rateListPackages.perSecond, .listPackageVersions: rateListPackageVersions.perSecond,
            .listPackageVersionAssets: rateListPackageVersionAssets.perSecond, .accountReads: rateReads.perSecond,
        ]
    }
}

/// The most that is written to CodeArtifact a second.
package struct WriteRateFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "All writes of the account, each asset one; the service's quota is 100. (default: 80)",
            valueName: "per second"
        ),
        transform: spelled
    )
    package var rateWrites = Rate(80)

    package init() {}

    /// In requests a second.
    package var limits: [RateClass: Double] { [.accountWrites: rateWrites.perSecond] }
}
