import AWSServices
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@Suite struct InputFileTests {
    @Test func `an empty device is an empty file, and a file that is absent is nil`() throws {
        #expect(try InputFile.read("/dev/null") == [])
        #expect(try InputFile.read("/no/such/file") == nil)
    }

    @Test func `a pipe is read to its end`() throws {
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        defer { close(ends[0]) }
        #expect(unsafe write(ends[1], "abc", 3) == 3)
        close(ends[1])
        #expect(try InputFile.read("/dev/fd/\(ends[0])") == Array("abc".utf8))
    }

    @Test func `what cannot be read, or has no end, is a sentence`() async throws {
        try await withScratchDirectory { directory in
            let folder = #expect(throws: InputFile.Unreadable.self) { try InputFile.read(directory) }
            #expect(folder?.description == "\(directory) cannot be read: Is a directory")
        }
        let endless = #expect(throws: InputFile.Unreadable.self) { try InputFile.read("/dev/zero") }
        #expect(endless?.description == "/dev/zero cannot be read: it is larger than 16 MiB")
    }
}
