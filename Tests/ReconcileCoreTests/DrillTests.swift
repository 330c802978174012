import ReconcileCore
import Testing

/// Which versions a drill draws, what a client asks for their files by, and what its evidence concludes.
@Suite struct DrillTests {
    private static func record(
        _ name: String,
        _ version: String = "1.0",
        status: VersionStatus = .published,
        at seconds: Int64 = 1_700_000_000
    ) -> ManifestRecord {
        let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: name)
        return ManifestRecord(
            coordinates: VersionCoordinates(package: package, version: version),
            recordedAt: Timestamp(seconds: seconds),
            revision: "cmV2",
            status: status
        )
    }

    private static func drawn(_ records: [ManifestRecord], _ sample: String, day: String = "2026-11-29") throws
        -> [String]
    {
        var draw = DrillDraw(try #require(DrillSample(sample)), day: day)
        for record in records { draw.add(record) }
        return draw.versions().map { "\($0.coordinates.package.name):\($0.coordinates.version)" }
    }

    private static let thousand = (0..<1_000).map { record("lib\($0)") }

    @Test func `a day's sample is the same each time, and another the next day`() throws {
        let today = try Self.drawn(Self.thousand, "5%")
        #expect(try Self.drawn(Self.thousand.reversed(), "5%") == today)
        #expect((25...80).contains(today.count))
        let tomorrow = try Self.drawn(Self.thousand, "5%", day: "2026-11-30")
        #expect(Set(today).intersection(tomorrow).count < 20)
    }

    @Test func `at least twenty versions are drawn, or all that there are`() throws {
        #expect(try Self.drawn(Self.thousand, "0.1%").count == 20)
        #expect(try Self.drawn(Self.thousand, "3").count == 20)
        #expect(try Self.drawn(Self.thousand, "57").count == 57)
        #expect(try Self.drawn(Array(Self.thousand.prefix(7)), "1%").count == 7)
        #expect(try Self.drawn(Self.thousand, "100%").count == 1_000)
    }

    @Test func `the newest record of a version counts, and what is not for clients is never drawn`() throws {
        var draw = DrillDraw(.count(1), day: "2026-11-29")
        draw.add(Self.record("kept", at: 1_700_000_000))
        draw.add(Self.record("kept", at: 1_700_000_009))
        draw.add(Self.record("gone", at: 1_700_000_000))
        draw.add(Self.record("gone", status: .deleted, at: 1_700_000_020))
        draw.add(Self.record("disposed", status: .disposed))
        let versions = draw.versions()
        #expect(versions.map(\.coordinates.package.name) == ["kept"])
        #expect(versions.map(\.recordedAt.seconds) == [1_700_000_009])
        #expect(draw.available == 1)
        #expect(draw.newestRecord?.seconds == 1_700_000_020)
    }

    @Test func `of what is not to be drawn only the time counts`() throws {
        var draw = DrillDraw(.share(1), day: "2026-11-29")
        draw.add(Self.record("needed", at: 1_700_000_000))
        draw.pass(Self.record("other", at: 1_700_000_020))
        #expect(draw.versions().map(\.coordinates.package.name) == ["needed"])
        #expect(draw.available == 1)
        #expect(draw.newestRecord?.seconds == 1_700_000_020)
    }

    @Test func `snapshots, plugins, parents and BOMs are drawn where there are any`() throws {
        let special = [
            Self.record("app", "1.0-SNAPSHOT"), Self.record("app", "1.0-20210728.194552-1"),
            Self.record("acme-maven-plugin"), Self.record("acme-parent"), Self.record("platform-bom"),
        ]
        for day in ["2026-11-29", "2026-11-30", "2026-12-01"] {
            let names = Set(try Self.drawn(Self.thousand + special, "1%", day: day))
            #expect(names.isSuperset(of: ["acme-maven-plugin:1.0", "acme-parent:1.0", "platform-bom:1.0"]))
            #expect(names.isSuperset(of: ["app:1.0-SNAPSHOT", "app:1.0-20210728.194552-1"]))
        }
    }

    @Test(arguments: ["0%", "0.01%", "101%", "", "%", "0", "-1", "x", "100001"])
    func `what is no sample is refused`(text: String) {
        #expect(DrillSample(text) == nil)
    }

    @Test(arguments: [("2%", "2%"), ("0.5%", "0.5%"), ("100%", "100%"), ("40", "40")])
    func `a sample is said as it was asked for`(text: String, said: String) {
        #expect(DrillSample(text)?.description == said)
    }

    private static func version(_ version: String) -> VersionCoordinates { record("app", version).coordinates }

    @Test func `a file is asked for by classifier and extension, and lies where clients keep it`() throws {
        let jar = try #require(MavenFile("app-1.0.jar", of: Self.version("1.0")))
        #expect(jar.classifier == nil && jar.fileExtension == "jar" && jar.version == "1.0")
        #expect(jar.path == "com/acme/app/1.0/app-1.0.jar")
        let archive = try #require(MavenFile("app-1.0-bin.tar.gz.asc", of: Self.version("1.0")))
        #expect(archive.classifier == "bin" && archive.fileExtension == "tar.gz.asc")
        let build = try #require(
            MavenFile("app-1.0-20210728.194552-12-sources.jar", of: Self.version("1.0-20210728.194552-12"))
        )
        #expect(build.version == "1.0-20210728.194552-12" && build.classifier == "sources")
        #expect(build.path == "com/acme/app/1.0-SNAPSHOT/app-1.0-20210728.194552-12-sources.jar")
        let newest = try #require(
            MavenFile("app-1.0-20210728.194552-12.pom", of: Self.version("1.0-SNAPSHOT"))
        )
        #expect(newest.version == "1.0-20210728.194552-12" && newest.fileExtension == "pom")
        #expect(newest.path == "com/acme/app/1.0-SNAPSHOT/app-1.0-20210728.194552-12.pom")
    }

    @Test(arguments: ["other.jar", "app-1.0", "app-2.0.jar", "app-1.0-<x>.jar", "app-1.0-a'b.jar", "app-1.0..jar"])
    func `a file that no build can name is not asked for`(name: String) {
        #expect(MavenFile(name, of: Self.version("1.0")) == nil)
    }

    @Test func `no version ends the text that it stands in`() {
        for version in ["1'", "1]", "${x}", "a/b", "..", "LATEST"] {
            #expect(MavenFile("app-\(version).jar", of: Self.version(version)) == nil)
        }
    }

    private static func report() -> DrillReport {
        var report = DrillReport(
            drillID: "20261129T080000Z-abc",
            domain: "my-domain",
            backup: "s3://my-bucket",
            asked: .init(sample: "2%", packages: [], repositories: [], asOf: nil, client: nil),
            client: "mvn",
            startedAt: Timestamp(seconds: 1_796_000_000)
        )
        report.files.wanted = 2
        report.add(.init(place: Place(), size: 7, sha256: "ab", client: "mvn"))
        return report
    }

    @Test func `the outcome is what was found, and gives the exit status`() throws {
        let finding = DrillReport.Finding(place: Place(), key: "k", message: "gone")
        let now = Timestamp(seconds: 1_796_000_010)
        func exit(_ change: (inout DrillReport) -> Void, stopped: Bool = false) -> ReconcileCore.ExitStatus {
            var report = Self.report()
            change(&report)
            report.conclude(stopped: stopped, at: now)
            return report.exit
        }
        let second = DrillReport.Returned(place: Place(), size: 3, sha256: "cd", client: "mvn")
        #expect(exit { $0.add(second) } == .converged)
        #expect(exit { $0.addLost(finding) } == .verificationFailed)
        #expect(
            exit {
                $0.add(second)
                $0.add(finding)
            } == .verificationFailed
        )
        #expect(exit { $0.addUntried(finding) } == .failures)
        #expect(exit { _ in } == .failures)
        #expect(exit({ _ in }, stopped: true) == .deadline)
        #expect(exit({ $0.addLost(finding) }, stopped: true) == .verificationFailed)
        #expect(
            exit {
                $0.add(second)
                $0.message = "mvn cannot be run"
            } == .failures
        )
        #expect(
            exit { $0.fail(RemoteFailure(.denied, operation: .drill, target: "t", message: "no")) } == .credentials
        )
    }
}
