package import ArgumentParser

/// The domain to restore into.
package struct TargetFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The domain to restore into, if it is not the one that --domain names; --domain-owner owns it.",
            valueName: "name"
        )
    )
    package var toDomain: String?

    package init() {}
}

/// The one repository to restore into.
package struct TargetRepositoryFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("The repository to restore into, with one --repository to restore from.", valueName: "name")
    )
    package var toRepository: String?

    package init() {}
}
