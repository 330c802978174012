import FoundationEssentials
import TestSupport
import Testing

@testable import AWSServices

/// How a login's cache file is rewritten on a real file system.
@Suite struct FileReplacementTests {
    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private func names(in directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory)
    }

    @Test func `a file is replaced as a whole, for its owner alone`() async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/token.json"
            try Data("old".utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            let replacement = try CredentialAccess.replaceFile(path)
            #expect(try CredentialAccess.readFile(path) == Array("old".utf8))
            try replacement.commit(Array("new".utf8))
            #expect(try CredentialAccess.readFile(path) == Array("new".utf8))
            #expect(try mode(path) == 0o600)
            #expect(try names(in: directory) == ["token.json"])
        }
    }

    @Test func `a replacement that is discarded leaves nothing behind`() async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/token.json"
            try Data("old".utf8).write(to: URL(filePath: path))
            try CredentialAccess.replaceFile(path).discard()
            #expect(try names(in: directory) == ["token.json"])
            #expect(try CredentialAccess.readFile(path) == Array("old".utf8))
        }
    }

    @Test func `a directory that is not there is a fault that names the file`() {
        let fault = #expect(throws: CredentialFault.self) { try CredentialAccess.replaceFile("/nowhere/token.json") }
        #expect(fault?.reason == "/nowhere/token.json cannot be rewritten: No such file or directory")
    }
}
