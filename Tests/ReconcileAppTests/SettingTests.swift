import Logging
import ReconcileApp
import ReconcileCore
import Testing

@Suite struct SettingTests {
    private let needed = [
        "RECONCILE_DOMAIN": "my-domain", "RECONCILE_DOMAIN_OWNER": "111122223333",
        "RECONCILE_BACKUP": "s3://my-bucket/some/prefix",
    ]

    private func settings(
        flags: [Setting: [String]] = [:],
        environment: [String: String] = [:],
        file: String? = nil
    ) throws -> RunSettings {
        let all = needed.merging(environment) { $1 }
        let values = try SettingValues(flags: flags, environment: all, file: file.map { Array($0.utf8) })
        return try RunSettings(values, environment: all)
    }

    @Test func `keys, flags and environment names are distinct and follow one rule`() {
        #expect(Set(Setting.all.map(\.key)).count == Setting.all.count)
        #expect(Setting.domainOwner.environmentName == "RECONCILE_DOMAIN_OWNER")
        #expect(Setting.rateListPackageVersionAssets.environmentName == "RECONCILE_RATE_LIST_PACKAGE_VERSION_ASSETS")
        for setting in Setting.all {
            #expect(setting.key.allSatisfy { $0.isLowercase || $0 == "-" }, "\(setting.key)")
        }
    }

    @Test func `without more than the needed, the defaults hold`() throws {
        let settings = try settings()
        #expect(settings.domain == "my-domain")
        #expect(settings.backup == .bucket(name: "my-bucket", prefix: "some/prefix"))
        #expect(settings.reconcile.width == 32)
        #expect(settings.reconcile.selection.shard == .whole)
        #expect(settings.reconcile.selection.internalOnly == false)
        #expect(settings.reconcile.metadataAlways == false)
        #expect(settings.reconcile.writesSidecars == false)
        #expect(settings.reconcile.deletionGuard.allowsMassDeletion == false)
        #expect(settings.deadline == nil)
        #expect(settings.grace == .seconds(25))
        #expect(settings.maxAttempts == 5)
        #expect(
            settings.rates == [
                .listPackages: 160, .listPackageVersions: 160, .listPackageVersionAssets: 160, .accountReads: 640,
                .accountWrites: 80,
            ]
        )
        #expect(settings.logLevel == .info)
        #expect(settings.logFormat == .auto)
    }

    @Test func `a flag wins over the environment, and the environment over the file`() throws {
        let file = #"{"width": 4, "region": "eu-north-1", "log-level": "debug"}"#
        let environment = ["RECONCILE_WIDTH": "8", "RECONCILE_REGION": "eu-west-1"]
        let settings = try settings(flags: [.width: ["16"]], environment: environment, file: file)
        #expect(settings.reconcile.width == 16)
        #expect(settings.region == "eu-west-1")
        #expect(settings.logLevel == .debug)
    }

    @Test func `an empty variable counts as not set`() throws {
        #expect(try settings(environment: ["RECONCILE_WIDTH": ""], file: #"{"width": 4}"#).reconcile.width == 4)
    }

    @Test func `repeatable settings are flags given twice, commas in the environment, lists in the file`() throws {
        let byFlags = try settings(flags: [.repository: ["one", "two"]])
        let byEnvironment = try settings(environment: ["RECONCILE_REPOSITORY": "one,two"])
        let byFile = try settings(file: #"{"repository": ["one", "two"]}"#)
        for settings in [byFlags, byEnvironment, byFile] {
            #expect(settings.reconcile.selection.repositories == ["one", "two"])
        }
    }

    @Test func `the sample's bucket variable names the backup where nothing else does`() throws {
        let environment = ["RECONCILE_BACKUP": "", "DESTINATION_BUCKET": "sample-bucket"]
        #expect(try settings(environment: environment).backup == .bucket(name: "sample-bucket", prefix: ""))
        let both = ["DESTINATION_BUCKET": "sample-bucket"]
        #expect(try settings(environment: both).backup == .bucket(name: "my-bucket", prefix: "some/prefix"))
    }

    @Test func `AWS_MAX_ATTEMPTS holds unless the program's own setting says otherwise`() throws {
        #expect(try settings(environment: ["AWS_MAX_ATTEMPTS": "9"]).maxAttempts == 9)
        let both = ["AWS_MAX_ATTEMPTS": "9", "RECONCILE_MAX_ATTEMPTS": "2"]
        #expect(try settings(environment: both).maxAttempts == 2)
    }

    @Test(
        arguments: [
            (Setting.domain, "", "is needed"),
            (.domainOwner, "1234", "1234 is not an account of 12 digits"),
            (.backup, "ftp://x", "ftp://x is neither s3://bucket/prefix nor file:///directory"),
            (.width, "0", "not a whole number from 1 to 512"),
            (.width, "many", "not a whole number from 1 to 512"),
            (.deadline, "soon", "soon is no duration such as 90s, 50m or 1h30m"),
            (.shard, "3/3", "3/3 is not i/n"),
            (.origin, "external", "external is not internal|all"),
            (.sidecars, "md5", "md5 is not none|sha1"),
            (.package, "a:b:c", "a:b:c is no pattern such as com.acme.*:lib-*"),
            (.rateReads, "-1", "not a number above zero"),
            (.sse, "rot13", "rot13 is neither AES256 nor aws:kms"),
            (.kmsKeyID, "key", "a KMS key needs --sse aws:kms"),
            (.logLevel, "loud", "loud is not level"),
        ] as [(Setting, String, String)]
    )
    func `a value that makes no sense is named with its flag and its variable`(
        setting: Setting,
        value: String,
        reason: String
    ) throws {
        let failure = #expect(throws: SettingFailure.self) {
            let values = setting == .domain ? [:] : [setting: [value]]
            let environment = setting == .domain ? ["RECONCILE_DOMAIN": ""] : [:]
            _ = try settings(flags: values, environment: environment)
        }
        #expect(failure?.message == "--\(setting.key) (or \(setting.environmentName)): \(reason)")
    }

    @Test func `a file with an unknown key is refused, so that a typing error is not silence`() {
        let failure = #expect(throws: SettingFailure.self) { _ = try settings(file: #"{"widht": 4}"#) }
        #expect(failure?.message == "the settings file has an unknown key widht")
    }

    @Test(arguments: ["[1]", "{\"width\": {}}", "{\"width\": null}", "width: 4", ""])
    func `a file that is no JSON object of plain values is refused`(file: String) {
        #expect(throws: SettingFailure.self) { _ = try settings(file: file) }
    }

    private func review(_ values: [Setting: [String]]) throws -> ReviewSettings {
        let now = Timestamp(seconds: 1_795_336_572)
        return try ReviewSettings(SettingValues(flags: values, environment: [:]), now: now)
    }

    @Test func `what is told is everything, unless a time is given or how long ago`() throws {
        #expect(try review([:]).since == nil)
        #expect(try review([:]).output == .auto && review([.output: ["json"]]).output == .json)
        #expect(try review([.since: ["2026-11-22T08:36:12Z"]]).since == Timestamp(seconds: 1_795_336_572))
        #expect(try review([.since: ["24h"]]).since == Timestamp(seconds: 1_795_336_572 - 86_400))
        #expect(try review([.since: ["7d"]]).since == Timestamp(seconds: 1_795_336_572 - 604_800))
    }

    @Test(
        arguments: [
            (Setting.since, "2026-11-22T08:36:13Z", "2026-11-22T08:36:13Z is not over yet"),
            (.since, "yesterday", "yesterday is neither a time such as 2026-11-22T08:36:12Z nor 24h or 7d"),
            (.output, "xml", "xml is not auto|table|json"),
        ] as [(Setting, String, String)]
    )
    func `a time that is to come would tell of nothing for ever, and is refused`(
        setting: Setting,
        value: String,
        reason: String
    ) {
        let failure = #expect(throws: SettingFailure.self) { _ = try review([setting: [value]]) }
        #expect(failure?.message == "--\(setting.key) (or \(setting.environmentName)): \(reason)")
    }

    @Test(
        arguments: [
            ("90s", Duration.seconds(90)), ("50m", .seconds(3_000)), ("2h", .seconds(7_200)),
            ("1h30m", .seconds(5_400)), ("1h1m1s", .seconds(3_661)), ("7d", .seconds(604_800)),
        ]
    )
    func `durations are read`(text: String, duration: Duration) {
        #expect(Duration(spelled: text) == duration)
    }

    @Test(arguments: ["", "0s", "5", "m", "-5m", "5x", "1.5h", "9999999s", "٣s"])
    func `what is no duration is refused`(text: String) {
        #expect(Duration(spelled: text) == nil)
    }

    @Test(
        arguments: [
            ("s3://bucket", BackupLocation.bucket(name: "bucket", prefix: ""), "s3://bucket"),
            ("s3://bucket/", .bucket(name: "bucket", prefix: ""), "s3://bucket"),
            ("s3://bucket/a/b/", .bucket(name: "bucket", prefix: "a/b"), "s3://bucket/a/b"),
            ("file:///srv/backup", .directory("/srv/backup"), "file:///srv/backup"),
        ]
    )
    func `backup locations are read`(text: String, location: BackupLocation, spelled: String) {
        #expect(BackupLocation(text) == location)
        #expect(location.description == spelled)
    }

    @Test(arguments: ["", "bucket", "s3://", "s3://b", "s3://buck et", "s3://bucket/a//b", "file://relative", "/srv"])
    func `what is no backup location is refused`(text: String) {
        #expect(BackupLocation(text) == nil)
    }
}
