package import ArgumentParser

/// Whose signatures make records count.
package struct TrustFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The trust file, as reconcile trust prints it: only records signed by a key in it count. Keep it outside the "
                + "backup.",
            valueName: "file"
        ),
        completion: .file()
    )
    package var trust: String?

    package init() {}
}

/// The key that signs the records a command writes.
package struct SigningFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Sign every record with this P-256 key: the ARN of a KMS key, or a file with a private key in PEM, not "
                + "encrypted. Requires --trust.",
            valueName: "arn|file"
        ),
        completion: .file()
    )
    package var signingKey: String?

    package init() {}
}
