import ReconcileCore
import TestSupport
import Testing

/// Which packages a walk over the records shows.
@Suite struct BackupContentsTests {
    private func record(_ repository: String, _ namespace: String, _ name: String, _ version: String, _ second: Int64)
        -> ManifestRecord
    {
        let package = PackageCoordinates(repository: repository, namespace: namespace, name: name)
        return ManifestRecord(
            coordinates: VersionCoordinates(package: package, version: version),
            recordedAt: Timestamp(seconds: second),
            revision: nil,
            status: .published
        )
    }

    @Test func `versions are counted once, in any order, and folders in byte order`() {
        var census = BackupContents.Census()
        for (namespace, name, version, second) in [
            ("b", "x", "1", 5), ("a", "y", "1", 1), ("b", "x", "2", 2), ("b", "x", "1", 9), ("a-b", "z", "1", 3),
        ] as [(String, String, String, Int64)] {
            census.add(record("releases", namespace, name, version, second))
        }
        census.add(record("releases-old", "a", "y", "1", 4))
        let contents = census.contents
        #expect(contents.packages.map(\.coordinates.namespace) == ["a", "a-b", "b", "a"])
        #expect(contents.packages.map(\.versions) == [1, 1, 2, 1])
        #expect(contents.repositories.map(\.name) == ["releases", "releases-old"])
        #expect(contents.repositories.map(\.packages) == [3, 1] && contents.repositories.map(\.versions) == [4, 1])
        #expect(contents.repositories.map(\.newestRecord.seconds) == [9, 4])
        #expect(contents.groups(in: "releases").map(\.name) == ["a", "a-b", "b"])
        #expect(contents.packages(in: "releases", ofGroup: "b").map(\.newestRecord.seconds) == [9])
        #expect(contents.groups(in: "none").isEmpty && contents.packages(in: "releases", ofGroup: "none").isEmpty)
    }

    @Test func `packages beyond the limit are counted`() {
        var census = BackupContents.Census(limit: 2)
        for number in 0..<5 {
            for version in 0..<3 { census.add(record("releases", "a", "p\(number)", "\(version)", 1)) }
        }
        #expect(census.contents.packages.map(\.versions) == [3, 3] && census.contents.unlisted == 3)
    }

    @Test(
        arguments: [
            ("acme", ["lib", "Tool"]), ("ACME:L", ["lib"]), ("me:tool", ["Tool"]), ("com.acme:lib:1.0", ["lib"]),
            ("acme:lib:1.0", []), ("Äpfel", ["äpfel"]), ("fel", ["äpfel"]), ("lib.jar", []), ("e:", ["lib", "Tool"]),
        ] as [(String, [String])]
    )
    func `packages are found by any part of their coordinates, in whatever case`(text: String, names: [String]) {
        var census = BackupContents.Census()
        for (namespace, name) in [("com.acme", "Tool"), ("com.Acme", "lib"), ("org", "äpfel")] {
            census.add(record("releases", namespace, name, "1.0", 1))
        }
        #expect(census.contents.packages(matching: text).map(\.coordinates.name) == names)
    }
}
