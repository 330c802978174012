import ReconcileCore
import Testing

@Suite struct ChecksumTests {
    @Test(arguments: [
        (ChecksumAlgorithm.md5, "MD5", "md5", 32), (.sha1, "SHA-1", "sha1", 40), (.sha256, "SHA-256", "sha256", 64),
        (.sha512, "SHA-512", "sha512", 128),
    ])
    func `an algorithm has a name, an ending and a length`(
        algorithm: ChecksumAlgorithm,
        name: String,
        ending: String,
        digits: Int
    ) throws {
        #expect(algorithm.serviceName == name)
        #expect(algorithm.fileExtension == ending)
        #expect(algorithm.isWellFormed(String(repeating: "a", count: digits)))
        #expect(!algorithm.isWellFormed(String(repeating: "a", count: digits - 1)))
        #expect(!algorithm.isWellFormed(String(repeating: "A", count: digits)))
        #expect(!algorithm.isWellFormed(String(repeating: "g", count: digits)))
        let parts = try #require(ChecksumAlgorithm.split(algorithm.fileName(of: "app.jar")))
        #expect(parts == ("app.jar", algorithm))
    }

    @Test(arguments: ["app.jar", "sha1", ".sha1", "app.SHA1", "app.sha1.asc", ""])
    func `another name is no checksum file's`(name: String) {
        #expect(ChecksumAlgorithm.split(name) == nil)
    }

    @Test func `each algorithm has its own hash`() {
        var checksums = Checksums()
        for algorithm in ChecksumAlgorithm.allCases { checksums[algorithm] = algorithm.fileExtension }
        #expect(checksums == Checksums(md5: "md5", sha1: "sha1", sha256: "sha256", sha512: "sha512"))
        #expect(ChecksumAlgorithm.allCases.allSatisfy { checksums[$0] == $0.fileExtension })
        #expect(Set(ChecksumAlgorithm.byWeight) == Set(ChecksumAlgorithm.allCases))
    }
}
