package import ArgumentParser

/// Region, credentials and repetition of requests to AWS.
package struct AWSFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The domain's AWS region; otherwise AWS_REGION, AWS_DEFAULT_REGION or the profile's.",
            valueName: "region"
        )
    )
    package var region: String?

    @Option(
        help: ArgumentHelp("The AWS profile to take credentials from; otherwise the usual chain.", valueName: "name"),
        completion: Completions.profiles
    )
    package var profile: String?

    @Option(
        help: ArgumentHelp(
            "Maximum attempts per request; otherwise AWS_MAX_ATTEMPTS. (default: 5)",
            valueName: "n"
        ),
        transform: whole(in: 1...100)
    )
    package var maxAttempts = 5

    package init() {}
}
