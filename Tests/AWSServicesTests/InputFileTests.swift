import AWSServices
import Foundation
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
        // Its bytes are gone, and settings are read more than once.
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

    @Test func `a pipe that ended empty is an empty file`() throws {
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        defer { close(ends[0]) }
        close(ends[1])
        #expect(try InputFile.read("/dev/fd/\(ends[0])") == [])
    }

    @Test func `a FIFO is read from whoever opens it later`() async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/fifo"
            #expect(unsafe mkfifo(path, 0o600) == 0)
            // Reading holds a thread of the tasks' pool, and the others may be held as well.
            let writer = Thread {
                usleep(50_000)
                let writer = unsafe open(path, O_WRONLY)
                defer { close(writer) }
                for piece in ["ab", "c"] {
                    _ = unsafe write(writer, piece, piece.utf8.count)
                    usleep(50_000)
                }
            }
            writer.start()
            let read = try InputFile.read(path, within: .seconds(60))
            #expect(read == Array("abc".utf8))
        }
    }

    @Test func `nobody waits for ever for a FIFO that nobody writes, or writes without an end`() async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/fifo"
            #expect(unsafe mkfifo(path, 0o600) == 0)
            let silent = #expect(throws: InputFile.Unreadable.self) { try InputFile.read(path, within: .zero) }
            #expect(silent?.description == "\(path) cannot be read: nothing wrote it to its end within 0 seconds")
            // Open for both, a FIFO never ends.
            let writer = unsafe open(path, O_RDWR)
            defer { close(writer) }
            #expect(unsafe write(writer, "a", 1) == 1)
            #expect(throws: InputFile.Unreadable.self) { try InputFile.read(path, within: .zero) }
        }
    }

    @Test func `a task that is cancelled stops waiting`() async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/fifo"
            #expect(unsafe mkfifo(path, 0o600) == 0)
            let waiting = Task.detached { try InputFile.read(path, within: .seconds(60)) }
            waiting.cancel()
            let stopped = await #expect(throws: InputFile.Unreadable.self) { try await waiting.value }
            #expect(stopped?.description == "\(path) cannot be read: Operation canceled")
        }
    }
}
