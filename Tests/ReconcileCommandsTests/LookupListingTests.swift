import ReconcileApp
import ReconcileCommands
import ReconcileCore
import Testing

/// What find, status and runs print, for a person and for a program.
@Suite struct LookupListingTests {
    private let place = ListingPlace(domain: "acme", backup: "s3://bucket")
    private let began = Timestamp(seconds: 1_795_336_572)

    private func hit(_ name: String, _ file: String) -> BackupReview.Hit {
        let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")
        let coordinates = VersionCoordinates(package: package, version: name)
        let record = ManifestRecord(coordinates: coordinates, recordedAt: began, revision: nil, status: .published)
        let sums = Checksums(sha1: "abc", sha256: String(repeating: "a", count: 64))
        return BackupReview.Hit(
            record: record,
            stored: Manifest.StoredAsset(
                asset: Asset(name: file, size: 2_048, checksums: sums),
                key: ObjectKey("acme/maven/\(file)"),
                versionID: nil
            )
        )
    }

    @Test func `files are a table where it fits, and stand below their version where it does not`() throws {
        let listing = HitListing(
            [hit("1.0", "app-1.0.jar"), hit("1.0", "a.pom"), hit("1.1", "a-file-of-a-rather-long-name-1.1.jar")],
            of: place
        )
        let hash = String(repeating: "a", count: 64)
        #expect(
            listing.lines(width: 80) == [
                "releases/com.acme:app:1.0, recorded 2026-11-22T08:36:12Z", "  app-1.0.jar  2.0 KiB", "    \(hash)",
                "  a.pom  2.0 KiB", "    \(hash)", "releases/com.acme:app:1.1, recorded 2026-11-22T08:36:12Z",
                "  a-file-of-a-rather-long-name-1.1.jar  2.0 KiB", "    \(hash)",
            ]
        )
        #expect(
            listing.lines(width: 40) == [
                "releases/com.acme:app:1.0, recorded", "2026-11-22T08:36:12Z", "  app-1.0.jar  2.0 KiB", "    \(hash)",
                "  a.pom  2.0 KiB", "    \(hash)", "releases/com.acme:app:1.1, recorded", "2026-11-22T08:36:12Z",
                "  a-file-of-a-rather-long-name-1.1.jar", "  2.0 KiB", "    \(hash)",
            ]
        )
        let wide = HitListing([hit("1.0", "app-1.0.jar"), hit("1.0", "a.pom")], of: place)
        #expect(
            wide.lines(width: 160) == [
                "VERSION                    FILE            SIZE  RECORDED              SHA-256",
                "releases/com.acme:app:1.0  app-1.0.jar  2.0 KiB  2026-11-22T08:36:12Z  \(hash)",
                "releases/com.acme:app:1.0  a.pom        2.0 KiB  2026-11-22T08:36:12Z  \(hash)",
            ]
        )
        let json = try OutputWriter.json(wide)
        for member in [
            #""md5" : null"#, #""sha1" : "abc""#, #""asset" : "a.pom""#, #""recordedAt" : "2026-11-22T08:36:12Z""#,
        ] {
            #expect(json.contains(member), "\(member)")
        }
    }

    private func run(_ outcome: RunReport.Outcome) -> RunReport {
        var report = RunReport(runID: "20261122T083612Z-x", domain: "acme", shard: .whole, startedAt: began)
        report.outcome = outcome
        report.versions.copied = 3
        report.versions.failed = outcome == .partial ? 1 : 0
        return report
    }

    private func lines(_ status: BackupStatus, after seconds: Double = 3_600) -> [String] {
        StatusListing(status, of: place, now: Double(began.seconds) + seconds).lines(width: 80)
    }

    @Test func `on a narrow terminal status writes below its titles and splits no run's ID`() {
        var status = BackupStatus()
        var report = run(.converged)
        report.runID = "20261122T083612Z-1x2y3z9"
        status.runs = [report]
        status.versions = 12
        let lines = StatusListing(status, of: place, now: Double(began.seconds) + 3_600).lines(width: 40)
        #expect(
            lines.prefix(9) == [
                "backup", "  s3://bucket", "  of the domain acme", "last run",
                "  2026-11-22T08:36:12Z, 1h00m ago:", "  converged, 3 copied, 0 failed", "  20261122T083612Z-1x2y3z9",
                "last verification", "  none is recorded",
            ]
        )
        #expect(lines.dropLast().allSatisfy { $0.count <= 40 })
    }

    @Test func `status says what is unprotected and why`() {
        var status = BackupStatus()
        status.runs = [run(.partial)]
        status.versions = 1_102
        status.deleted = 4
        status.newestRecord = began
        let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")
        status.unprotected = [
            BackupStatus.Unprotected(
                place: Place(package, version: "2.0"),
                kind: "corrupt",
                message: "the bytes are not those that are listed",
                runID: "20261122T083612Z-x",
                isStale: true
            )
        ]
        #expect(
            lines(status) == [
                "backup             s3://bucket", "                   of the domain acme",
                "last run           2026-11-22T08:36:12Z, 1h00m ago: partial, 3 copied, 1 failed",
                "                   20261122T083612Z-x", "last verification  none is recorded",
                "last drill         none is recorded",
                "newest record      2026-11-22T08:36:12Z, 1h00m ago",
                "protected          1101 versions, 4 of them deleted in the domain", "unprotected        1 version",
                "  releases/com.acme:app:2.0", "    the bytes are not those that are listed", "",
                "next: reconcile run --domain acme --backup s3://bucket --domain-owner ACCOUNT",
            ]
        )
        status.unprotected = Array(repeating: status.unprotected[0], count: 25)
        #expect(lines(status).contains("  and 5 more; --output json names all"))
    }

    @Test func `the shards of a run are judged as one`() throws {
        var status = BackupStatus()
        var (first, second) = (run(.partial), run(.converged))
        (first.shard, second.shard) = ("0/3", "2/3")
        status.runs = [second, first]
        let lines = lines(status)
        #expect(
            lines[2...4] == [
                "last run           2026-11-22T08:36:12Z, 1h00m ago: partial, 6 copied, 1 failed",
                "                   20261122T083612Z-x", "                   3 shards, no report of 1/3",
            ]
        )
        let listing = StatusListing(status, of: place, now: Double(began.seconds))
        let json = try OutputWriter.json(listing)
        for member in [#""shards" : 3"#, #""1/3""#, #""outcome" : "partial""#, #""copied" : 6"#] {
            #expect(json.contains(member), "\(member)")
        }
        #expect(next(status) == "next: reconcile run")
    }

    @Test func `a run that had a wrong name to look for is a note beside the last run`() throws {
        var status = BackupStatus()
        status.runs = [run(.converged)]
        var later = run(.failed)
        later.runID = "20261122T090000Z-y"
        later.message = "nothing matches --package com.acme:typo"
        status.misdirected = later
        #expect(
            lines(status)[2...7] == [
                "last run           2026-11-22T08:36:12Z, 1h00m ago: converged, 3 copied, 0",
                "                   failed",
                "                   20261122T083612Z-x",
                "                   a later run matched nothing and is not counted here: nothing",
                "                   matches --package com.acme:typo",
                "                   20261122T090000Z-y",
            ]
        )
        let json = try OutputWriter.json(StatusListing(status, of: place, now: Double(began.seconds)))
        #expect(json.contains(#""misdirectedRun" : {"#) && json.contains(#""runID" : "20261122T090000Z-y""#))
    }

    @Test func `versions that were accepted as lost are shown apart, and are not protected`() throws {
        var status = BackupStatus()
        status.runs = [run(.converged)]
        status.versions = 3
        let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")
        status.acceptedAsLost = [VersionCoordinates(package: package, version: "1.0")]
        let lines = lines(status)
        #expect(lines.contains("protected          2 versions"))
        #expect(lines.contains("accepted as lost   1 version"))
        #expect(lines.contains { $0.contains("releases") && $0.contains("com.acme:app") })
        let json = try OutputWriter.json(StatusListing(status, of: place, now: Double(began.seconds)))
        #expect(json.contains(#""acceptedAsLost" : 1"#) && json.contains(#""protected" : 2"#))
    }

    @Test func `a failure that is of no single version is said to hide others`() {
        var status = BackupStatus()
        status.runs = [run(.partial)]
        status.unprotected = [
            BackupStatus.Unprotected(
                place: Place(repository: "releases"),
                kind: "denied",
                message: "not allowed",
                runID: "r",
                isStale: false
            )
        ]
        #expect(lines(status).contains("unprotected        0 versions, and 1 failure that may hide more versions"))
    }

    private func next(_ status: BackupStatus, after seconds: Double = 3_600) -> String {
        lines(status, after: seconds).last.map { $0.split(separator: " ").prefix(3).joined(separator: " ") } ?? ""
    }

    @Test func `the command that comes next is one`() {
        var status = BackupStatus()
        #expect(next(status) == "next: reconcile run")
        status.runs = [run(.failed)]
        #expect(next(status) == "next: reconcile doctor")
        status.runs = [run(.deadline)]
        #expect(next(status) == "next: reconcile run")
        status.runs = [run(.converged)]
        #expect(next(status) == "next: reconcile verify")
        #expect(next(status, after: 3 * 86_400) == "next: reconcile run")
        var verification = VerifyReport(runID: "v", domain: "acme", options: Verifier.Options(), startedAt: began)
        status.verifications = RecordedVerifications([verification])
        #expect(next(status) == "next: nothing; all")
        verification.outcome = .faulty
        status.verifications = RecordedVerifications([verification])
        #expect(next(status) == "next: reconcile runs" && !status.isProtected)
        status.verifications = RecordedVerifications()
        var drill = DrillReport(
            drillID: "d",
            domain: "acme",
            backup: "s3://bucket",
            asked: .init(sample: "2%", packages: [], repositories: [], asOf: nil, client: nil),
            client: "mvn",
            startedAt: began
        )
        status.drill = drill
        #expect(status.isProtected)
        drill.outcome = .incomplete
        status.drill = drill
        #expect(next(status) == "next: reconcile verify" && !status.isProtected)
        status.drill = nil
        let failure = RemoteFailure(.denied, operation: .list, target: "folder", message: "it may not be seen")
        status.hidden = [HiddenFolder(ObjectKey("folder/"), failure)]
        #expect(next(status) == "next: reconcile verify")
    }

    @Test func `status repeats what the last verification warned of`() throws {
        var status = BackupStatus()
        var verification = VerifyReport(runID: "v", domain: "acme", options: Verifier.Options(), startedAt: began)
        verification.warnings = ["a snapshot's document was not backed up"]
        status.verifications = RecordedVerifications([verification])
        #expect(lines(status).contains("                   a snapshot's document was not backed up"))
        let json = try OutputWriter.json(StatusListing(status, of: place, now: 0))
        #expect(json.contains("a snapshot's document was not backed up"))
    }

    @Test func `status names a later verification that does not pass the trust file`() throws {
        var status = BackupStatus()
        let report = VerifyReport(runID: "v", domain: "acme", options: Verifier.Options(), startedAt: began)
        status.verifications = RecordedVerifications([(report: report, isProved: false)])
        let shown = lines(status)
        #expect(shown.contains { $0.contains("none is recorded") } && shown.contains { $0.hasSuffix(" v") })
        #expect(shown.contains { $0.contains("a later one does not pass the trust file") })
        let json = try OutputWriter.json(StatusListing(status, of: place, now: 0))
        #expect(json.contains(#""lastVerification" : null"#) && json.contains(#""runID" : "v""#))
    }

    @Test func `the next command after status has what this one was given, and no more`() {
        let settings = [("domain", "acme"), ("backup", "s3://bucket"), ("domain-owner", "111122223333")].map {
            GivenSetting(option: $0, value: $1, source: "RECONCILE_X")
        }
        let commands = NextCommand(after: ["status"], settings: settings)
        let lines = StatusListing(BackupStatus(), of: place, now: 0, commands: commands).lines(width: 80)
        #expect(
            lines.last
                == "next: reconcile run --domain acme --backup s3://bucket --domain-owner 111122223333"
        )
    }

    @Test func `an ID of a report is never split, and a sentence breaks between words`() throws {
        let id = "20261122T083612Z-0123abcd"
        var report = RunReport(runID: id, domain: "acme", shard: .whole, startedAt: began)
        report.outcome = .partial
        report.versions.copied = 3
        report.versions.failed = 1
        report.finishedAt = "2026-11-22T08:40:22Z"
        let key = BackupLayout(domain: "acme").reportKey(runID: id, startedAt: began)
        let entry = StoredReports.Entry(command: .run, runID: id, key: key, day: "2026-11-22")
        let listing = RunListing([ReportRow(entry: entry, content: .success(.run(report)))], total: 1, of: place)
        #expect(
            listing.lines(width: 130) == [
                "ID                         STARTED                TOOK  JOB  OUTCOME  COPIED  FAILED",
                "20261122T083612Z-0123abcd  2026-11-22T08:36:12Z  4m10s  run  partial       3       1",
            ]
        )
        #expect(
            listing.lines(width: 80) == [
                "ID                         STARTED       TOOK  JOB  OUTCOME  COPIED  FAILED",
                "20261122T083612Z-0123abcd  11-22 08:36  4m10s  run  partial       3       1",
            ]
        )
        #expect(
            listing.lines(width: 64) == [
                "ID                          TOOK  JOB  OUTCOME  COPIED  FAILED",
                "20261122T083612Z-0123abcd  4m10s  run  partial       3       1",
            ]
        )
        #expect(listing.lines(width: 44) == [id, "  run, partial, 3 copied, 1 failed, took", "  4m10s"])
        #expect(listing.lines(width: 30) == [id, "  run, partial, 3 copied, 1", "  failed, took 4m10s"])
        let json = try OutputWriter.json(listing)
        #expect(json.contains(#""dollars" : 0"#) && json.contains(#""prices" : "2026-11-22""#))
    }

    @Test func `a report in words begins with its ID and ends with what failed`() throws {
        var report = run(.partial)
        let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")
        let failure = RemoteFailure(.corrupt, operation: .copy, target: "x", message: "other bytes")
        let item = ItemFailure(failure, version: VersionCoordinates(package: package, version: "2.0"), asset: "a.jar")
        report.failures = [RunReport.Failure(item)]
        report.versions.failed = 3
        let listing = ReportListing(.run(report))
        let lines = listing.lines(width: 80)
        #expect(lines.first == "run 20261122T083612Z-x of the domain acme, 2026-11-22T08:36:12Z")
        #expect(
            lines.suffix(3) == [
                "  releases/com.acme:app:2.0  a.jar", "    copy x: other bytes (corrupt)",
                "  and 2 more; --output json names them",
            ]
        )
        #expect(try Array(OutputWriter.json(listing).utf8) == report.document())
    }
}
