import Foundation
import Testing

/// Every kept input goes through its target: `Corpus`, from which fuzzing starts, and `Fixtures`, what it has found.
@Suite struct CorpusTests {
    @Test(.timeLimit(.minutes(1)), arguments: FuzzTarget.all.map(\.name))
    func `every kept input keeps its target's properties`(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let files = try Self.files(in: "Corpus/\(name)") + Self.files(in: "Fixtures/\(name)")
        #expect(!files.isEmpty)
        for file in files {
            #expect(throws: Never.self, "\(file.lastPathComponent)") { try target.check(Array(Data(contentsOf: file))) }
        }
    }

    @Test func `every folder of inputs is a target's`() throws {
        let names = FuzzTarget.all.map(\.name)
        #expect(try Self.files(in: "Corpus").map(\.lastPathComponent) == names)
        #expect(try Self.files(in: "Fixtures").allSatisfy { names.contains($0.lastPathComponent) })
    }

    /// In order of name; none where the folder does not exist.
    private static func files(in folder: String) throws -> [URL] {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(folder)
        guard FileManager.default.fileExists(atPath: url.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
}
