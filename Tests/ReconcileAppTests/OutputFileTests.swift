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

    @Test("A file that is there keeps its mode, and a new one is readable by all", arguments: [true, false])
    func modes(replaces: Bool) async throws {
        try await withScratchDirectory { directory in
            let (old, new) = ("\(directory)/old", "\(directory)/new")
            _ = FileManager.default.createFile(atPath: old, contents: Data("earlier".utf8))
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: old)
            for path in [old, new] {
                let file = OutputFile(flag: "--metrics-file", path: path)
                try file.check()
                if replaces { try file.replace(Array("x\n".utf8)) } else { try file.write(Array("x\n".utf8)) }
                #expect(try text(path) == "x\n")
            }
            #expect(try mode(old) == 0o640)
            #expect(try mode(new) == 0o644)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["new", "old"])
        }
    }

    @Test("A link is followed and stays a link", arguments: [true, false])
    func links(replaces: Bool) async throws {
        try await withScratchDirectory { directory in
            try FileManager.default.createDirectory(atPath: "\(directory)/real", withIntermediateDirectories: false)
            let link = "\(directory)/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "real/target")
            let file = OutputFile(flag: "--report", path: link)
            try file.check()
            if replaces { try file.replace([65]) } else { try file.write([65]) }
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

    @Test("A FIFO and a device are written through", arguments: [true, false])
    func fifo(replaces: Bool) async throws {
        try await withScratchDirectory { directory in
            let path = "\(directory)/fifo"
            #expect(unsafe mkfifo(path, 0o600) == 0)
            let file = OutputFile(flag: "--metrics-file", path: path)
            // Nobody reads it yet.
            #expect(throws: OutputFile.Unwritable.self) { try file.replace([65]) }
            let reader = unsafe open(path, O_RDONLY | O_NONBLOCK)
            defer { close(reader) }
            if replaces { try file.replace([65, 66]) } else { try file.write([65, 66]) }
            var bytes = [UInt8](repeating: 0, count: 8)
            #expect(unsafe read(reader, &bytes, 8) == 2)
            var status = stat()
            #expect(unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
            let device = OutputFile(flag: "--metrics-file", path: "/dev/null")
            try device.check()
            if replaces { try device.replace([65]) } else { try device.write([65]) }
            #expect(unsafe stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
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
                try file.write([UInt8](repeating: 65, count: 1 << 20))
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
}
