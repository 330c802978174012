import ArgumentParser
import ReconcileApp
import ReconcileCommands
import Testing

/// What `reconcile settings` prints.
@Suite struct SettingsListingTests {
    private func listing(
        _ arguments: [String] = [],
        _ environment: [String: String] = [:],
        file: String? = nil,
        awsConfig: String? = nil
    ) throws -> SettingsListing {
        try Settings.parse(arguments).inForce(environment: environment) { name in
            switch name {
            case "settings.json": file.map { Array($0.utf8) }
            case "aws": awsConfig.map { Array($0.utf8) }
            default: nil
            }
        }
    }

    /// The lines of some settings, their columns divided by one space.
    private func lines(_ listing: SettingsListing, _ names: String...) -> [String] {
        listing.lines(width: 80).map { $0.split(separator: " ").joined(separator: " ") }
            .filter { line in names.contains { line.hasPrefix("\($0) ") } }
    }

    @Test func `each value stands beside the place that it was found in`() throws {
        let listing = try listing(
            ["--domain", "d", "--width=8", "-v", "--config", "settings.json"],
            [
                "RECONCILE_DOMAIN": "other", "RECONCILE_REPOSITORY": "one, two", "AWS_MAX_ATTEMPTS": "9",
                "DESTINATION_BUCKET": "sample-bucket", "AWS_REGION": "eu-west-1",
            ],
            file: #"{"width": 4, "exclude": ["com.acme:*", "org:x"], "grace": "90s", "allow-empty": true}"#
        )
        let expected = [
            "backup DESTINATION_BUCKET s3://sample-bucket", "domain the command line d", "domain-owner missing -",
            "repository RECONCILE_REPOSITORY one,two", "exclude exclude in settings.json com.acme:*,org:x",
            "allow-empty allow-empty in settings.json true", "region AWS_REGION eu-west-1",
            "max-attempts AWS_MAX_ATTEMPTS 9", "width the command line 8", "deadline default -",
            "grace grace in settings.json 90s", "rate-reads default 640", "config the command line settings.json",
            "log-level default info", "verbose the command line true", "quiet default false",
        ]
        for line in expected { #expect(lines(listing, String(line.prefix { $0 != " " })) == [line]) }
        #expect(listing.lines(width: 80).last == "missing --domain-owner")
    }

    @Test func `the settings are those of the command that is asked for`() throws {
        let listing = try listing(["--for", "verify", "--depth", "bytes"])
        #expect(lines(listing, "depth", "origin") == ["depth the command line bytes"])
        for command in SettingsSubject.Command.allValueStrings {
            #expect(!(try self.listing(["--for", command]).lines(width: 80).isEmpty))
        }
    }

    @Test func `a command without settings cannot be asked for`() {
        let names = ["run", "verify", "sign", "settings", "report", "help", "nope"]
        #expect(names.filter { SettingsSubject.Command(argument: $0) != nil } == ["run", "verify", "sign"])
    }

    @Test func `the profile's region is named with its profile`() throws {
        let environment = ["AWS_CONFIG_FILE": "aws", "AWS_PROFILE": "p"]
        let listing = try listing([], environment, awsConfig: "[profile p]\nregion = eu-north-1\n")
        let expected = ["region region of the profile p eu-north-1", "profile AWS_PROFILE p"]
        #expect(lines(listing, "region", "profile") == expected)
    }

    @Test func `nothing that may be a secret is printed`() throws {
        let environment = ["RECONCILE_NOTIFY": "https://hooks.example:8443/s3cret?token=s3cret"]
        let listing = try listing(["--metrics-push", "http://gateway:9091/path"], environment)
        #expect(
            lines(listing, "notify", "metrics-push") == [
                "metrics-push the command line http://gateway:9091/path",
                "notify RECONCILE_NOTIFY https://hooks.example:8443",
            ]
        )
        #expect(!(try OutputWriter.json(listing)).contains("s3cret"))
    }

    @Test func `the document has a truth value for a flag, an array for a list and null for nothing`() throws {
        let text = try OutputWriter.json(
            listing(["--repository", "one", "--repository", "two", "--no-path-style"])
        )
        for part in [
            #""name" : "repository","source" : "the command line","value" : ["one","two"]"#,
            #""name" : "path-style","source" : "the command line","value" : false"#,
            #""name" : "deadline","source" : "default","value" : null"#,
        ] {
            let line = text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined()
            #expect(line.contains(part), "\(text)")
        }
    }

    @Test func `a value that is wrong is refused as the command refuses it`() {
        let failure = #expect(throws: UsageFailure.self) { try listing([], ["RECONCILE_WIDTH": "many"]) }
        #expect(failure?.description.hasPrefix("RECONCILE_WIDTH: The value 'many' is invalid") == true)
        #expect(throws: UsageFailure("--dephts is not an option of verify; did you mean --depth?")) {
            try listing(["--for", "verify", "--dephts", "bytes"])
        }
    }
}
