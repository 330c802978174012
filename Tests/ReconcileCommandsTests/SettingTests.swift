import ArgumentParser
import ReconcileApp
import ReconcileCommands
import ReconcileCore
import Testing

/// What commands make of command line, environment and settings file.
@Suite struct SettingTests {
    private let needed = [
        "RECONCILE_DOMAIN": "my-domain", "RECONCILE_DOMAIN_OWNER": "111122223333",
        "RECONCILE_BACKUP": "s3://my-bucket/some/prefix",
    ]

    private func read(
        _ arguments: [String],
        environment: [String: String] = [:],
        file: String? = nil
    ) throws -> CommandReader<any ParsableCommand>.Reading {
        let reader = CommandReader<any ParsableCommand>(Reconcile.self, unused: Reconcile.unused)
        var environment = needed.merging(environment) { $1 }
        if file != nil { environment["RECONCILE_CONFIG"] = "settings.json" }
        return try reader.read(arguments, environment: environment) { name in
            name == "settings.json" ? file.map { Array($0.utf8) } : nil
        }
    }

    private func run(
        _ flags: [String] = [],
        environment: [String: String] = [:],
        file: String? = nil
    ) throws -> Run {
        try #require(try read(["run"] + flags, environment: environment, file: file).command as? Run)
    }

    @Test func `without more than the required, the defaults hold`() throws {
        let run = try run()
        #expect(run.backup.domain == "my-domain")
        #expect(run.backup.backup == .bucket(name: "my-bucket", prefix: "some/prefix"))
        #expect(run.pace.budget == RunBudget(deadline: nil, grace: .seconds(25)))
        #expect(run.aws.maxAttempts == 5)
        #expect(
            run.rates.limits == [
                .listPackages: 160, .listPackageVersions: 160, .listPackageVersionAssets: 160, .accountReads: 640,
            ]
        )
        #expect(run.log.logLevel == .info && run.log.logFormat == .auto)
        let options = Reconciler.Options(
            selection: run.selection,
            origin: run.origin,
            copying: run.copying,
            recording: run.recording,
            pace: run.pace
        )
        #expect(options == Reconciler.Options())
        let restore = try #require(try read(["restore"]).command as? Restore)
        #expect(restore.writeRate.limits == [.accountWrites: 80])
    }

    @Test(
        arguments: [
            ([], "info"), (["-v"], "debug"), (["-q"], "warning"), (["-v", "--log-level", "trace"], "trace"),
            (["-v", "--log-level", "error"], "debug"), (["--quiet", "--log-level", "error"], "error"),
            (["--quiet", "--no-quiet"], "info"),
        ] as [([String], String)]
    )
    func `verbose and quiet move the level`(flags: [String], level: String) throws {
        #expect("\(try run(flags).log.level)" == level)
    }

    @Test func `verbose and quiet exclude each other, wherever they were given`() throws {
        #expect(throws: UsageFailure("use --verbose or --quiet, not both")) { try run(["-v", "-q"]) }
        #expect(throws: UsageFailure.self) { try run(["-v"], environment: ["RECONCILE_QUIET": "true"]) }
    }

    /// Every option's type once: text, number, choice, duration, rate, flag, list.
    private static let typed: [(option: String, first: String, second: String, expected: @Sendable (Run) -> Bool)] = [
        ("region", "eu-west-1", "eu-north-1", { $0.aws.region == "eu-west-1" }),
        ("max-attempts", "5", "2", { $0.aws.maxAttempts == 5 }),
        ("log-level", "info", "debug", { $0.log.logLevel == .info }),
        ("grace", "25s", "90s", { $0.pace.budget.grace == .seconds(25) }),
        ("rate-reads", "640", "1", { $0.rates.limits[.accountReads] == 640 }),
        ("shard", "0/1", "1/2", { $0.selection.shard == .whole }),
        ("path-style", "false", "true", { !$0.bucket.pathStyle }),
        ("allow-mass-deletion", "true", "false", { $0.copying.guarding.allowMassDeletion }),
        ("repository", "one", "two", { $0.selection.scope.repository == ["one"] }),
        ("package", "com.acme:*", "org:*", { $0.selection.package.map(\.description) == ["com.acme:*"] }),
        ("backup", "s3://one-bucket", "s3://two-bucket", { $0.backup.backup?.description == "s3://one-bucket" }),
    ]

    @Test(arguments: typed.indices)
    func `the command line takes precedence, then the environment, then the file, even for a default`(row: Int) throws {
        let (option, first, second, expected) = Self.typed[row]
        let variable = SettingSources.variable(option)
        let isFlag = first == "true" || first == "false"
        let flag = isFlag ? (first == "true" ? "--\(option)" : "--no-\(option)") : "--\(option)=\(first)"
        func file(_ value: String) -> String { "{\"\(option)\": \"\(value)\"}" }
        #expect(expected(try run([flag])))
        #expect(expected(try run(environment: [variable: first])))
        #expect(expected(try run(file: file(first))) || option == "backup")
        #expect(expected(try run([flag], environment: [variable: second])))
        #expect(expected(try run([flag], file: file(second))))
        #expect(expected(try run([flag], environment: [variable: second], file: file(second))))
        #expect(expected(try run(environment: [variable: first], file: file(second))))
    }

    @Test func `the variables of other programs give what nothing else gives`() throws {
        #expect(try run(environment: ["AWS_MAX_ATTEMPTS": "9"]).aws.maxAttempts == 9)
        #expect(try run(["--max-attempts", "5"], environment: ["AWS_MAX_ATTEMPTS": "2"]).aws.maxAttempts == 5)
        #expect(
            try run(environment: ["AWS_MAX_ATTEMPTS": "9", "RECONCILE_MAX_ATTEMPTS": "2"]).aws.maxAttempts == 2
        )
        #expect(try run(environment: ["AWS_MAX_ATTEMPTS": "9"], file: #"{"max-attempts": 3}"#).aws.maxAttempts == 3)
        #expect(try run(environment: ["AWS_MAX_ATTEMPTS": "many"]).aws.maxAttempts == 5)
        let sample = ["RECONCILE_BACKUP": "", "DESTINATION_BUCKET": "sample-bucket"]
        #expect(try run(environment: sample).backup.backup == .bucket(name: "sample-bucket", prefix: ""))
        let both = ["DESTINATION_BUCKET": "sample-bucket"]
        #expect(try run(environment: both).backup.backup == .bucket(name: "my-bucket", prefix: "some/prefix"))
    }

    @Test func `an empty variable counts as not set`() throws {
        #expect(try run(environment: ["RECONCILE_WIDTH": ""], file: #"{"width": 4}"#).pace.width == 4)
    }

    @Test func `repeatable options are given twice, by commas in the environment, as lists in the file`() throws {
        let byFlags = try run(["--repository", "one", "--repository", "two"])
        let byEnvironment = try run(environment: ["RECONCILE_REPOSITORY": "one,two"])
        let byFile = try run(file: #"{"repository": ["one", "two"]}"#)
        for run in [byFlags, byEnvironment, byFile] { #expect(run.selection.scope.repository == ["one", "two"]) }
    }

    @Test(
        arguments: [
            ("true", true), ("TRUE", true), ("yes", true), ("1", true), ("false", false), ("no", false), ("0", false),
        ]
    )
    func `a Boolean is read one way wherever it stands`(text: String, value: Bool) throws {
        let verify = try read(["verify"], environment: ["RECONCILE_REPAIR": text]).command as? Verify
        #expect(verify?.repairing.repair == value)
        let inFile = try read(["verify"], file: "{\"repair\": \"\(text)\"}").command as? Verify
        #expect(inFile?.repairing.repair == value)
        #expect(
            try run(environment: ["RECONCILE_ALLOW_MASS_DELETION": text]).copying.guarding.allowMassDeletion == value
        )
    }

    @Test func `the last of a flag and its opposite wins`() throws {
        let on = try read(["verify", "--no-repair", "--repair"]).command as? Verify
        let off = try read(["verify", "--repair", "--no-repair"], environment: ["RECONCILE_REPAIR": "yes"]).command
        #expect(on?.repairing.repair == true && (off as? Verify)?.repairing.repair == false)
    }

    @Test(
        arguments: [
            (
                "RECONCILE_REPAIR", "banana",
                "RECONCILE_REPAIR: \"banana\" is neither true nor false"
            ),
            (
                "RECONCILE_WIDTH", "0",
                "RECONCILE_WIDTH: The value '0' is invalid for '--width <n>': write auto, or a whole number from 1 to 512"
            ),
            (
                "RECONCILE_SUBSET", "30/30",
                "RECONCILE_SUBSET: The value '30/30' is invalid for '--subset <k/n>': write a part such as 3/30 or today/30"
                    + "; the first number is below the second, and that is 1000 at most"
            ),
            (
                "RECONCILE_METRICS_PUSH", "http://user:secret@gateway",
                "RECONCILE_METRICS_PUSH: The value '…@gateway' is invalid for '--metrics-push <url>': it holds a user name"
            ),
            (
                "RECONCILE_KMS_KEY_ID", "key",
                "RECONCILE_KMS_KEY_ID: --kms-key-id requires --sse aws:kms"
            ),
        ]
    )
    func `a wrong value is named with the place it came from`(variable: String, value: String, text: String) throws {
        let failure = #expect(throws: UsageFailure.self) { _ = try read(["verify"], environment: [variable: value]) }
        #expect(failure?.description == text)
    }

    @Test func `every wrong value is named at once`() throws {
        let failure = #expect(throws: UsageFailure.self) {
            _ = try read(["run"], environment: ["RECONCILE_GRACE": "soon"], file: #"{"width": "many"}"#)
        }
        #expect(
            failure?.description == """
                width in settings.json: The value 'many' is invalid for '--width <n>': write auto, or a whole number from 1 to 512
                RECONCILE_GRACE: The value 'soon' is invalid for '--grace <duration>': write 90s, 50m or 1h30m
                """
        )
    }

    @Test(arguments: ["show", "history", "verify", "drift", "restore", "run", "plan"])
    func `settings of other commands are ignored`(command: String) throws {
        let operands = ["show", "history"].contains(command) ? ["com.acme:app"] : []
        let environment = ["RECONCILE_LISTEN": "foo"]
            .merging(["restore", "show"].contains(command) ? [:] : ["RECONCILE_AS_OF": "tomorrow"]) { $1 }
            .merging(command == "verify" ? [:] : ["RECONCILE_REPAIR": "banana"]) { $1 }
        let reading = try read([command] + operands, environment: environment, file: #"{"listen": "foo"}"#)
        #expect(reading.warnings.isEmpty)
    }

    @Test func `names that no command has are warned about with the nearest, and Kubernetes' are not`() throws {
        let reading = try read(
            ["verify"],
            environment: [
                "RECONCILE_DEPHT": "bytes", "RECONCILE_SERVE_SERVICE_HOST": "10.0.0.1",
                "RECONCILE_SERVE_SERVICE_PORT_HTTP": "80", "RECONCILE_SERVE_PORT": "tcp://10.0.0.1:80",
                "RECONCILE_SERVE_PORT_80_TCP_ADDR": "10.0.0.1", "RECONCILE_SERVE_TOKEN": "secret",
            ],
            file: #"{"widht": 4, "zzzzzzzzzzz": 1}"#
        )
        #expect(
            reading.warnings == [
                "RECONCILE_DEPHT is not a setting and is ignored; did you mean RECONCILE_DEPTH?",
                "widht in settings.json is not a setting and is ignored; did you mean width?",
                "zzzzzzzzzzz in settings.json is not a setting and is ignored",
            ]
        )
    }

    @Test(
        arguments: [
            (["verify", "--dephts", "bytes"], "--dephts is not an option of verify; did you mean --depth?"),
            (["run", "--repositroy=releases"], "--repositroy is not an option of run; did you mean --repository?"),
            (["status", "--depth", "bytes"], "--depth is not an option of status, but of verify"),
            (["status", "--since", "24h"], "--since is not an option of status, but of drift and runs"),
            (["get", "g:a:1", "-o", "x"], "-o is not an option of get; did you mean --to?"),
            (["status", "-o", "json"], "-o is not an option of status; did you mean --output?"),
            (["verify", "-d", "bytes"], "-d is not an option of verify"),
            (["run", "--output", "json"], "--output is not an option of run; --report - prints its report"),
            (["run", "-x"], "-x is not an option of run"),
            (["help", "verfy"], "verfy is not a command; did you mean verify?"),
            (["run", "--no-such-flag"], "--no-such-flag is not an option of run"),
        ]
    )
    func `an option that a command does not have is answered with the nearest, or with the command that has it`(
        arguments: [String],
        sentence: String
    ) {
        let failure = #expect(throws: UsageFailure.self) { try read(arguments) }
        #expect(failure?.description == sentence)
    }

    @Test(
        arguments: [
            (["run", "--backup", "S3://backup"], "write s3://backup: s3:// is in lower case"),
            (
                ["run", "--backup", "file://srv/backup"],
                "write three slashes and an absolute path, such as file:///srv/backup"
            ),
            (["run", "--backup", "/srv/backup"], "write file:///srv/backup for a directory"),
            (
                ["show", "artifact-000127"],
                "write group:artifact or group:artifact:version: reconcile find artifact-000127 finds its group, and "
                    + "'*:artifact-000127' means any group"
            ),
            (
                ["get", "app-1.0.jar"],
                "write group:artifact:version or group:artifact:version:file, without * and ?: reconcile find app-1.0.jar "
                    + "finds its group"
            ),
        ]
    )
    func `a value that is nearly right is answered with what is wrong`(arguments: [String], sentence: String) {
        let failure = #expect(throws: UsageFailure.self) { try read(arguments) }
        #expect(failure?.description.hasSuffix(sentence) == true, "\(failure?.description ?? "")")
    }

    @Test(arguments: ["https://user@hooks.example/s3cret", "hooks.example/s3cret", "https://hooks.example/s3cret#x"])
    func `no message quotes an address that may be a secret`(value: String) {
        for environment in [["RECONCILE_NOTIFY": value], [:]] {
            let failure = #expect(throws: UsageFailure.self) {
                try run(environment.isEmpty ? ["--notify", value] : [], environment: environment)
            }
            #expect(failure?.description.contains("The value '…' is invalid for '--notify <url>'") == true)
            #expect(failure?.description.contains("s3cret") == false)
        }
    }

    @Test func `an option that a command took and never used is left out with a warning`() throws {
        let reading = try read(["drift", "--offline", "--metadata", "always", "--sse=aws:kms", "--width", "4"])
        #expect(
            reading.warnings == [
                "drift does not use --metadata; the next release will refuse it",
                "drift does not use --sse; the next release will refuse it",
            ]
        )
        #expect((reading.command as? Drift)?.pace.width == 4)
    }

    @Test func `no option that is left out is one that its command has`() throws {
        let shapes = try CommandTree(Reconcile.self).shapes
        for command in shapes {
            let used = Set(command.options.map(\.name)).intersection(Reconcile.unused[command.name] ?? [])
            #expect(used.isEmpty, "\(command.name)")
        }
        #expect(Set(Reconcile.unused.keys).isSubset(of: shapes.map(\.name)))
    }

    @Test func `every program knows every command's options`() throws {
        for command in try CommandTree(Reconcile.self).shapes {
            let environment = Dictionary(
                uniqueKeysWithValues: command.options.map { (SettingSources.variable($0.name), "x") }
            )
            let sources = try SettingSources(environment: environment, file: nil)
            #expect(
                try sources.warnings(own: [], all: { try CommandShape.of(EveryFlag.self).options }).isEmpty,
                "\(command.name)"
            )
        }
    }

    @Test func `the schema that a settings file names is no setting`() throws {
        let text = #"{"$schema": "https://example.com/settings.json", "domian": "d"}"#
        let sources = try SettingSources(environment: [:], file: Array(text.utf8), fileName: "settings.json")
        let warnings = try sources.warnings(own: [], all: { try CommandShape.of(EveryFlag.self).options })
        #expect(warnings == ["domian in settings.json is not a setting and is ignored; did you mean domain?"])
    }

    @Test func `a settings file that names a setting twice is refused`() {
        let text = #"{"domain": "d", "repository": ["releases"], "repository": ["snapshots"]}"#
        let failure = #expect(throws: UsageFailure.self) {
            _ = try SettingSources(environment: [:], file: Array(text.utf8), fileName: "settings.json")
        }
        #expect(
            failure?.description
                == "settings.json is not a settings file: it has repository twice. Write several values as a list"
        )
    }

    @Test func `a list may stand over several lines, and one that names nothing is refused`() throws {
        let run = try run(environment: ["RECONCILE_PACKAGE": "x:y,\n com.example*:*\n\t", "RECONCILE_EXCLUDE": "a:b,"])
        #expect(run.selection.package.map(\.description) == ["x:y", "com.example*:*"])
        #expect(run.selection.scope.exclude.map(\.description) == ["a:b"])
        let failure = #expect(throws: UsageFailure.self) {
            try read(["run"], environment: ["RECONCILE_REPOSITORY": " , "])
        }
        #expect(failure?.description == "RECONCILE_REPOSITORY: the list names nothing")
    }

    @Test func `a value that is right beside another is not blamed for a third`() {
        let failure = #expect(throws: UsageFailure.self) {
            try read(
                ["run"],
                environment: ["RECONCILE_KMS_KEY_ID": "k", "RECONCILE_SSE": "aws:kms", "RECONCILE_WIDTH": "abc"]
            )
        }
        #expect(
            failure?.description
                == "RECONCILE_WIDTH: The value 'abc' is invalid for '--width <n>': write auto, or a whole number from 1 to 512"
        )
    }

    @Test func `a warning about a name stands before what is wrong`() {
        let failure = #expect(throws: UsageFailure.self) {
            try read(["run", "--width", "x"], environment: ["RECONCILE_DOMIAN": "d"])
        }
        #expect(
            failure?.description.hasPrefix("RECONCILE_DOMIAN is not a setting and is ignored; did you mean") == true
        )
    }

    @Test func `an empty name of the settings file is refused`() {
        let failure = #expect(throws: UsageFailure.self) { try run(["--config", ""], file: "{}") }
        #expect(failure?.description == "--config names no file")
    }

    @Test(arguments: [
        (["run", "--repository", ""], "--repository has an empty value"),
        (["verify", "--package=", "--repository="], "--package has an empty value\n--repository has an empty value"),
        (["get", "g:a:1.0", "--output", ""], "--output has an empty value"),
        (["status", "--trust="], "--trust has an empty value"),
    ])
    func `an empty value on the command line is refused`(arguments: [String], message: String) {
        let failure = #expect(throws: UsageFailure.self) { try read(arguments) }
        #expect(failure?.description == message)
    }

    @Test func `an empty value in a list of the file is refused, and an empty variable is not set`() throws {
        let failure = #expect(throws: UsageFailure.self) { try run(file: #"{"repository": ["releases", ""]}"#) }
        #expect(failure?.description == "repository in settings.json: the list has an empty value")
        let command = try run(environment: ["RECONCILE_REPOSITORY": ""], file: #"{"exclude": ""}"#)
        #expect(command.selection.selection == Selection())
    }

    @Test(arguments: ["http://user:pa ss@gateway/", "user:pass@gateway", "http//user:pass@gateway"])
    func `no message quotes a password`(value: String) {
        let failure = #expect(throws: UsageFailure.self) { try run(["--metrics-push", value]) }
        #expect(failure?.description.contains("The value '…@gateway") == true)
    }

    @Test(arguments: ["drift", "restore"])
    func `a time that is to come is refused`(command: String) {
        let option = command == "drift" ? "--since" : "--as-of"
        let failure = #expect(throws: UsageFailure.self) { _ = try read([command, option, "2999-01-01T00:00:00Z"]) }
        #expect(failure?.description.contains("write a time in the past and in UTC") == true)
    }

    @Test func `what drift reports goes back to a time, or so long ago`() throws {
        func since(_ text: String) throws -> Timestamp? {
            (try read(["drift", "--since", text]).command as? Drift)?.drifting.since?.time
        }
        #expect(try since("2026-11-22T08:36:12Z") == Timestamp(seconds: 1_795_336_572))
        let before = Timestamp(secondsSince1970: SystemClock().secondsSince1970())
        let day = try #require(try since("24h"))
        #expect((before.seconds - 86_400...before.seconds - 86_390).contains(day.seconds))
    }

    @Test(arguments: ["[1]", "{\"width\": {}}", "{\"width\": null}", "width: 4", ""])
    func `a file that is not a JSON object of plain values is refused`(file: String) {
        let failure = #expect(throws: UsageFailure.self) { _ = try run(file: file) }
        #expect(failure?.description.hasPrefix("settings.json is not a settings file") == true)
    }

    @Test func `a settings file that is absent is named`() {
        let failure = #expect(throws: UsageFailure.self) { _ = try run(["--config", "absent.json"]) }
        #expect(failure?.description == "the settings file absent.json does not exist; check --config")
    }

    @Test func `each default stands in the help`() throws {
        var seen: Set<String> = []
        for command in try CommandTree(Reconcile.self).shapes where command.name != "report" {
            let type = try #require(Reconcile.configuration.subcommands.first { $0._commandName == command.name })
            let operands = operandsOfCommands[command.name] ?? []
            let plain = "\(try Reconcile.parseAsRoot([command.name] + operands))"
            let words = Reconcile.helpMessage(for: type, columns: 10_000).split(separator: "\n")
            // A group is the same in every command that has it.
            for option in command.options where !option.isFlag && seen.insert(option.name).inserted {
                let names = ["--\(option.name) <", "--\(option.name), "]
                let line = try #require(words.first { line in names.contains { line.contains($0) } })
                guard let start = line.firstRange(of: "default: ") else { continue }
                let value = line[start.upperBound...].prefix { $0 != ")" }
                let given = [command.name] + operands + ["--\(option.name)=\(value)"]
                #expect("\(try Reconcile.parseAsRoot(given))" == plain, "\(command.name) --\(option.name)")
            }
        }
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

    @Test(arguments: ["1e-300", "0", "-1", "nan", "inf", "1e300", "fast"])
    func `a rate that no request could wait for, or that is none, is refused`(text: String) {
        #expect(Rate(spelled: text) == nil)
    }

    @Test func `a token lives an hour unless told otherwise, within the service's limits`() throws {
        #expect(try run().maven.tokenDuration == TokenDuration(spelled: "1h"))
        for text in ["15m", "12h", "0s", "900s"] {
            #expect(TokenDuration(spelled: text)?.description == text || text == "900s")
        }
        for text in ["", "899s", "14m", "12h1s", "0", "0m"] { #expect(TokenDuration(spelled: text) == nil) }
        #expect(throws: UsageFailure.self) { try run(["--maven-endpoint", "https://vpce-1/maven"]) }
    }

    @Test(arguments: ["", "0s", "5", "m", "-5m", "5x", "1.5h", "9999999s", "٣s"])
    func `what is not a duration is refused`(text: String) {
        #expect(Duration(spelled: text) == nil)
    }

    @Test(arguments: ["GLACIER", "DEEP_ARCHIVE", "NONSENSE", "standard", ""])
    func `a storage class that cannot be read at once, or that S3 does not have, is refused`(name: String) throws {
        #expect(try run(["--storage-class", "STANDARD_IA"]).storage.storageClass == .standardIA)
        #expect(throws: (any Error).self) { try run(["--storage-class", name]) }
    }

    @Test(
        arguments: [
            ("s3://bucket", BackupLocation.bucket(name: "bucket", prefix: ""), "s3://bucket"),
            ("s3://bucket/", .bucket(name: "bucket", prefix: ""), "s3://bucket"),
            ("s3://bucket/a/b/", .bucket(name: "bucket", prefix: "a/b"), "s3://bucket/a/b"),
            (
                "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/ap/a/b/",
                .bucket(name: "arn:aws:s3:eu-west-1:111122223333:accesspoint/ap", prefix: "a/b"),
                "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/ap/a/b"
            ),
            (
                "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint:ap/a",
                .bucket(name: "arn:aws:s3:eu-west-1:111122223333:accesspoint:ap", prefix: "a"),
                "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint:ap/a"
            ),
            ("file:///srv/backup", .directory("/srv/backup"), "file:///srv/backup"),
        ]
    )
    func `backup locations are read`(text: String, location: BackupLocation, spelled: String) {
        #expect(BackupLocation(text) == location)
        #expect(location.description == spelled)
    }

    @Test(arguments: ["", "bucket", "s3://", "s3://b", "s3://buck et", "s3://bucket/a//b", "file://relative", "/srv"])
    func `what is not a backup location is refused`(text: String) {
        #expect(BackupLocation(text) == nil)
    }

    @Test func `coordinates as listings print them are answered with how to write them`() throws {
        let misspelling = Misspelling("write com.acme:lib:1.0 --repository releases")
        let text = "releases/com.acme:lib:1.0"
        #expect(throws: misspelling) { try (spelled(text) as VersionPattern) }
        #expect(throws: misspelling) { try (spelled(text) as SelectionPattern) }
        #expect(throws: misspelling) { try (spelled(text) as AssetAddress) }
        #expect(throws: misspelling) { try (spelled(text) as AssetQuery) }
        let address: AssetAddress = try spelled("com.acme:lib:1.0:META-INF/a:b")
        #expect(address.file == "META-INF/a:b")
        let name: AssetQuery = try spelled("a/b")
        #expect(name == .name("a/b"))
    }
}
