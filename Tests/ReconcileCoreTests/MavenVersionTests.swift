import ReconcileCore
import Testing

@Suite struct MavenVersionTests {
    /// Each row ascends strictly.
    @Test(arguments: [
        ["1", "1.1", "1.2", "1.10", "2", "10"],
        [
            "1-alpha-1", "1-alpha-2", "1-alpha-10", "1-beta-1", "1-milestone-1", "1-rc-1", "1-SNAPSHOT", "1", "1-sp",
            "1-sp-1", "1-abc", "1-xyz", "1-1", "1-2", "1.1",
        ],
        ["1-a1", "1-b1", "1-m1", "1-rc1", "1", "1-a", "1-b", "1-m"],
        ["1.0-alpha", "1.0-alpha-1", "1.0-beta", "1.0-cr1", "1.0-cr2", "1.0", "1.0.1"],
        ["2.0.0.alpha1", "2.0.0.rc1", "2.0.0", "2.0.0.x", "2.0.0-1", "2.0.0.1"],
        ["5.23.1", "5.23.1-IMG-RELEASE", "5.23.2", "5.23.2-IMG-RELEASE", "5.23.2.1-IMG-RELEASE", "5.23.3"],
        ["1.0-SNAPSHOT", "1.0-20210728.194552-1", "1.0-20210728.194552-2", "1.0-20210729.000000-1", "1.0.1-SNAPSHOT"],
        ["dcm4chee-arc-light-5.2.1", "dcm4chee-arc-light-5.10.1", "3.3.4-r1"],
        ["7.0-B3", "7.0-B4-SNAPSHOT", "7.0-B4"],
        ["1.999999999", "1.1000000000", "1.999999999999999999", "1.1000000000000000000", "1.10000000000000000000"],
        ["1.18446744073709551615", "1.18446744073709551616", "1.340282366920938463463374607431768211456"],
        ["1.0", "1_0", "1_1", "1.1"],
        ["-1", "1"],
        ["0.9", "1-rc", "1"],
        ["1.0.0.RC1", "1.0.0-RC2"],
    ])
    func `versions ascend in Maven's order`(versions: [String]) {
        for (lower, left) in versions.enumerated() {
            for (upper, right) in versions.enumerated() {
                #expect((MavenVersion(left) < MavenVersion(right)) == (lower < upper), "\(left) < \(right)")
                #expect((MavenVersion(left) == MavenVersion(right)) == (lower == upper), "\(left) == \(right)")
            }
        }
    }

    @Test(arguments: [
        [
            "1", "1.0", "1.0.0", "1-0", "1.0-0", "01", "1-ga", "1.0.GA", "1-FINAL", "1-release", "1.", "1-", "1..",
            "1.0-",
        ],
        ["1-rc1", "1-RC-1", "1-cr1", "1.0-CR-1", "1rc1", "1.RC1"],
        ["1-a1", "1-ALPHA-1", "1-alpha1", "1a1", "1.0.0-alpha-1"],
        ["1.0-Beta-2", "1-b2", "1.beta2"],
        ["", "0", "0.0", "ga", "final-0", ".", "-", "--"],
        ["1.000000000000000000000000000000001", "1.1"],
        ["1-x", "1.x", "1x", "1.0.X"],
    ])
    func `spellings of one version are equal`(versions: [String]) {
        for left in versions {
            for right in versions {
                #expect(MavenVersion(left) == MavenVersion(right), "\(left) == \(right)")
                #expect(!(MavenVersion(left) < MavenVersion(right)), "\(left) < \(right)")
            }
        }
    }

    @Test func `a number of ten zeros is held like a long one, as Maven holds it`() {
        #expect(MavenVersion("1.5.1") < MavenVersion("1.0000000000.1"))
        #expect(MavenVersion("1.0.1") < MavenVersion("1.5.1"))
    }

    @Test(arguments: [
        ("1.0-SNAPSHOT", true), ("SNAPSHOT", true), ("1.0-20210728.194552-1", true), ("1.0SNAPSHOT", true),
        ("1.0", false), ("1.15.2-20200307.202953", false), ("1.0-snapshot", false), ("1.0-SNAPSHOT-1", false),
        ("", false),
    ])
    func `a snapshot is known by its ending`(version: String, isSnapshot: Bool) {
        #expect(MavenVersion(version).isSnapshot == isSnapshot)
    }

    @Test func `the spelling is kept`() {
        #expect(MavenVersion("1.0.FINAL").description == "1.0.FINAL")
    }

    @Test func `a version of fifty thousand parts is compared`() {
        let long = String(repeating: "a-", count: 50_000)
        #expect(MavenVersion(long) < MavenVersion(long + "1"))
        #expect(MavenVersion(long) == MavenVersion(long + "0"))
    }
}
