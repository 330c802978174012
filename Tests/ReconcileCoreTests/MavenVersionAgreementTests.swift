import Foundation
import ReconcileCore
import TestSupport
import Testing

/// Compares the order with the one of the Maven that is installed, which must be a 3.8.
@Suite struct MavenVersionAgreementTests {
    @Test(
        .enabled(if: InstalledMaven.found != nil, "needs java and a Maven 3.8 in MAVEN_HOME or /usr/share/maven"),
        .timeLimit(.minutes(1)),
        arguments: [1, 2, 3] as [UInt64]
    )
    func `Maven's own comparison gives the same answers`(seed: UInt64) throws {
        let maven = try #require(InstalledMaven.found)
        var generator = VersionGenerator(seed: seed)
        let versions = (0..<1500).map { _ in generator.next() }
        let neighbours = zip(versions, versions.dropFirst())
        let expected = neighbours.map { left, right in
            let (left, right) = (MavenVersion(left), MavenVersion(right))
            return "   \(left) \(left < right ? "<" : left == right ? "==" : ">") \(right)"
        }
        let answered = try maven.comparisons(of: versions)
        #expect(answered.count == 1499)
        for (expected, answered) in zip(expected, answered) { #expect(expected == answered) }
        // The generator is of use only while it makes neighbours of every kind.
        for sign in ["<", "==", ">"] { #expect(answered.count { $0.contains(" \(sign) ") } > 100) }
    }
}

/// The comparison class of an installed Maven, whose `main` compares each argument with the one before it.
private struct InstalledMaven {
    let java: String
    let classPath: String

    static let found: InstalledMaven? = {
        let environment = ProcessInfo.processInfo.environment
        let lib = (environment["MAVEN_HOME"] ?? "/usr/share/maven") + "/lib"
        let jars = (try? FileManager.default.contentsOfDirectory(atPath: lib)) ?? []
        let path = environment["PATH"] ?? ""
        guard let artifact = jars.first(where: { $0.hasPrefix("maven-artifact") && $0.hasSuffix(".jar") }),
            let lang = jars.first(where: { $0.hasPrefix("commons-lang3") && $0.hasSuffix(".jar") }),
            let java = path.split(separator: ":").map({ "\($0)/java" }).first(
                where: FileManager.default.isExecutableFile
            )
        else { return nil }
        return InstalledMaven(java: java, classPath: "\(lib)/\(artifact):\(lib)/\(lang)")
    }()

    func comparisons(of versions: [String]) throws -> [String] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: java)
        let name = "org.apache.maven.artifact.versioning.ComparableVersion"
        process.arguments = ["-cp", classPath, name] + versions
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("   ")
        }
    }
}

/// Versions that are near each other, the same ones for the same seed.
private struct VersionGenerator {
    private var generator: SeededGenerator
    private var last = ["1"]

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    private static let words = [
        "alpha", "a", "beta", "b", "milestone", "m", "rc", "cr", "snapshot", "ga", "final", "release", "sp", "x", "abc",
        "FINAL", "RC", "SNAPSHOT", "Alpha", "M", "jre", "_", "r_1", "z",
    ]
    private static let numbers = [
        "0", "1", "2", "10", "00", "01", "007", "0000000000", "999999999", "1000000000", "999999999999999999",
        "1000000000000000000", "18446744073709551616", "00000000000000000000", "000000000000000000001", "20210728",
    ]
    private static let separators = [".", ".", ".", "-", "-", "", "", "_", "..", "--", ".-", "-."]

    private mutating func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }

    private mutating func part() -> String {
        switch below(10) {
        case 0...4: Self.words[below(Self.words.count)]
        case 5...8: Self.numbers[below(Self.numbers.count)]
        default: ""
        }
    }

    /// A new version, or the last one with one thing changed, added or taken away.
    mutating func next() -> String {
        switch below(4) {
        case 0:
            last = below(8) == 0 ? [part()] : ["1"]
            for _ in 0..<below(4) { last += [Self.separators[below(Self.separators.count)], part()] }
        case 1: last += [Self.separators[below(Self.separators.count)], part()]
        case 2 where last.count > 1: last.removeLast(1 + below(last.count - 1))
        default:
            let index = below(last.count)
            last[index] = index % 2 == 0 ? part() : Self.separators[below(Self.separators.count)]
        }
        if last.count > 12 { last = ["1"] }
        return last.joined()
    }
}
