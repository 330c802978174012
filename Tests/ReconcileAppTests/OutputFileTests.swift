import FoundationEssentials
import Glibc
import ReconcileApp
import TestSupport
import Testing

@Suite struct OutputFileTests {
    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func `a file that is there keeps its mode, and a new one is readable by all`() async throws {
        try await withScratchDirectory { directory in
            let (old, new) = ("\(directory)/old", "\(directory)/new")
            _ = FileManager.default.createFile(atPath: old, contents: Data("earlier".utf8))
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: old)
            for path in [old, new] {
                let file = OutputFile(flag: "--metrics-file", path: path)
                try file.check()
                try file.replace(Array("x\n".utf8))
                #expect(try text(path) == "x\n")
            }
            #expect(try mode(old) == 0o640)
            #expect(try mode(new) == 0o644)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["new", "old"])
        }
    }

    @Test func `a link is followed and stays a link`() async throws {
        try await withScratchDirectory { directory in
            try FileManager.default.createDirectory(atPath: "\(directory)/real", withIntermediateDirectories: false)
            let link = "\(directory)/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "real/target")
            let file = OutputFile(flag: "--report", path: link)
            try file.check()
            try file.replace([65])
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "real/target")
            #expect(try text("\(directory)/real/target") == "A")
        }
    }

    @Test("A proved file replaces what a link leads to, and keeps its mode", arguments: [true, false])
    func provedLinks(exists: Bool) async throws {
        try await withScratchDirectory { directory in
            let (link, target) = ("\(directory)/link", "\(directory)/target")
            if exists {
                _ = FileManager.default.createFile(atPath: target, contents: Data("earlier".utf8))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: target)
            }
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "target")
            let file = try ProvedFile(at: link, replaces: true, temporary: directory)
            try file.append([65])
            try file.publish()
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "target")
            #expect(try text(target) == "A")
            #expect(try mode(target) == (exists ? 0o600 : 0o644))
        }
    }

    @Test func `a FIFO and a device are written through`() async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/fifo"
            #expect(unsafe mkfifo(path, 0o600) == 0)
            let file = OutputFile(flag: "--metrics-file", path: path)
            // Nobody reads it yet.
            #expect(throws: OutputFile.Unwritable.self) { try file.replace([65]) }
            let reader = unsafe open(path, O_RDONLY | O_NONBLOCK)
            defer { close(reader) }
            try file.replace([65, 66])
            var bytes = [UInt8](repeating: 0, count: 8)
            #expect(unsafe read(reader, &bytes, 8) == 2)
            var status = stat()
            #expect(unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
            let device = OutputFile(flag: "--metrics-file", path: "/dev/null")
            try device.check()
            try device.replace([65])
            #expect(unsafe stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
        }
    }

    @Test func `proved bytes go through a FIFO, and nobody waits for one that has no reader`() async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/fifo"
            #expect(unsafe mkfifo(path, 0o600) == 0)
            func publish() throws {
                let file = try ProvedFile(at: path, replaces: false, temporary: directory)
                try file.append([65, 66])
                try file.publish()
            }
            let failure = #expect(throws: OutputFile.Unwritable.self) { try publish() }
            #expect(failure?.description == "\(path) cannot be written: No such device or address")
            let reader = unsafe open(path, O_RDONLY | O_NONBLOCK)
            defer { close(reader) }
            try publish()
            var bytes = [UInt8](repeating: 0, count: 8)
            #expect(unsafe read(reader, &bytes, 8) == 2)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["fifo"])
        }
    }

    @Test func `an output is the same file as another path to it`() async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/report.json"
            let output = OutputFile(flag: "--html", path: path)
            #expect(!output.isSame(as: path))
            try output.replace([65])
            #expect(output.isSame(as: "\(directory)/../\(directory.split(separator: "/").last ?? "")/report.json"))
            #expect(!output.isSame(as: directory))
        }
    }

    @Test func `nobody waits for ever for a reader that reads no further`() async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/fifo"
            #expect(unsafe mkfifo(path, 0o600) == 0)
            let reader = unsafe open(path, O_RDONLY | O_NONBLOCK)
            defer { close(reader) }
            var file = OutputFile(flag: "--report", path: path)
            file.patience = .zero
            let failure = #expect(throws: OutputFile.Unwritable.self) {
                try file.replace([UInt8](repeating: 65, count: 1 << 20))
            }
            #expect(failure?.description == "--report \(path) cannot be written: Connection timed out")
        }
    }

    @Test func `what cannot be written is known before anything is`() async throws {
        try await withScratchDirectory { directory in
            for (path, reason) in [
                (directory, "it is a directory"),
                ("\(directory)/no/file", "\(directory)/no: No such file or directory"),
                ("\(directory)/\(String(repeating: "x", count: 300))", "File name too long"),
            ] {
                let failure = #expect(throws: OutputFile.Unwritable.self) {
                    try OutputFile(flag: "--report", path: path).check()
                }
                #expect(failure?.description == "--report \(path) cannot be written: \(reason)")
            }
            try OutputFile(flag: "--report", path: "-").check()
            try OutputFile(flag: "--report", path: "\(directory)/new.json").check()
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }

    @Test func `two outputs cannot be one file, and may be one device`() async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/both"
            try FileManager.default.createSymbolicLink(atPath: "\(directory)/link", withDestinationPath: path)
            let report = OutputFile(flag: "--report", path: path)
            for name in [path, "\(directory)/link"] {
                let metrics = OutputFile(flag: "--metrics-file", path: name)
                let failure = #expect(throws: OutputFile.Unwritable.self) { try OutputFile.check([report, metrics]) }
                let reason = "--report names the same file, and one would take the other's place"
                #expect(failure?.description == "--metrics-file \(name) cannot be written: \(reason)")
            }
            for device in ["/dev/null", "-"] {
                try OutputFile.check(["--report", "--metrics-file"].map { OutputFile(flag: $0, path: device) })
            }
        }
    }

    @Test func `a link to a file that is not there yet is checked where it leads`() async throws {
        try await withScratchDirectory { directory in
            let link = "\(directory)/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "no/target")
            let failure = #expect(throws: OutputFile.Unwritable.self) {
                try OutputFile(flag: "--report", path: link).check()
            }
            #expect(
                failure?.description == "--report \(link) cannot be written: \(directory)/no: No such file or directory"
            )
        }
    }

    /// Opens a file for reading before it is written, and reads it afterwards.
    @Test func `a reader of the file that was there reads none of the new one`() async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/report.json"
            _ = FileManager.default.createFile(atPath: path, contents: Data("earlier".utf8))
            let reader = unsafe open(path, O_RDONLY)
            defer { close(reader) }
            try OutputFile(flag: "--report", path: path).replace(Array("later".utf8))
            var bytes = [UInt8](repeating: 0, count: 16)
            #expect(unsafe read(reader, &bytes, 16) == 7)
            #expect(try text(path) == "later")
        }
    }

    @Test func `a file in a folder that takes no other is written over`() async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/report.json"
            _ = FileManager.default.createFile(atPath: path, contents: Data("earlier".utf8))
            // Root may write there all the same, and replaces the file.
            #expect(unsafe chmod(directory, 0o555) == 0)
            defer { unsafe chmod(directory, 0o755) }
            let file = OutputFile(flag: "--report", path: path)
            try file.check()
            try file.replace(Array("later".utf8))
            #expect(try text(path) == "later")
        }
    }

    @Test func `what a process of the same number left does not stand in the way`() async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/report.json"
            try FileManager.default.createSymbolicLink(
                atPath: "\(path).\(getpid()).tmp",
                withDestinationPath: "\(directory)/other"
            )
            try OutputFile(flag: "--report", path: path).replace([65])
            #expect(try text(path) == "A")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["report.json"])
        }
    }
}
