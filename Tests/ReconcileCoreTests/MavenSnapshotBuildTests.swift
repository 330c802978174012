import ReconcileCore
import Testing

@Suite struct MavenSnapshotBuildTests {
    @Test(arguments: [
        ("1.0-20210728.194552-1", "1.0", "20210728.194552", 1),
        ("7.0-B4-20171127.090519-3", "7.0-B4", "20171127.090519", 3),
        ("07.20.3-20120809.112920-97", "07.20.3", "20120809.112920", 97),
        ("1-20210728.194552-1-20210729.194552-2", "1-20210728.194552-1", "20210729.194552", 2),
        ("1.0-20210728.194552-007", "1.0", "20210728.194552", 7),
        ("ü-20210728.194552-1", "ü", "20210728.194552", 1),
    ])
    func `a build version is taken apart`(version: String, base: String, timestamp: String, number: Int) throws {
        let build = try #require(SnapshotBuild(version))
        #expect(build.base == base)
        #expect(build.timestamp == timestamp)
        #expect(build.buildNumber == number)
        #expect(build.snapshotVersion == base + "-SNAPSHOT")
    }

    @Test(arguments: [
        "", "1.0", "1.0-SNAPSHOT", "1.15.2-20200307.202953", "-20210728.194552-1", "20210728.194552-1",
        "1.0-20210728.194552-", "1.0-20210728-194552-1", "1.0-20210728.19455-1", "1.0-2021072.8194552-1",
        "1.0-20210728.194552-1a", "1.0-20210728.194552-+1", "1.0-20210728.194552--1", "1.0-20210728.194552.1-1",
        "1.0-2021072٣.194552-1", "1.0-20210728.194552-99999999999999999999", "1.0-20210728.194552-1 ",
    ])
    func `another form is no build`(version: String) {
        #expect(SnapshotBuild(version) == nil)
    }

    @Test func `builds ascend by time, then by number`() throws {
        let versions = ["1-20210728.194552-9", "1-20210728.194552-10", "1-20210729.000000-2"]
        let builds = versions.compactMap(SnapshotBuild.init)
        #expect(builds.count == 3)
        #expect(builds.reversed().sorted() == builds)
        #expect(builds[0].updated == "20210728194552")
    }
}
