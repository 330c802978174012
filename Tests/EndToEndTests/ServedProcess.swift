import FoundationEssentials
import SystemPackage
import Testing

/// The process that listens on a port of this machine, as `/proc` shows it.
struct ServedProcess {
    private let directory: String

    /// Nil where no process of this user listens there.
    init?(port: Int) throws {
        let hex = String(port, radix: 16, uppercase: true)
        let local = ":" + String(repeating: "0", count: 4 - hex.count) + hex
        let table = try Self.whole("/proc/net/tcp")
        // "  0: 0100007F:1F90 00000000:0000 0A … inode": 0A is a listener.
        let rows = table.split(separator: "\n").map { $0.split(separator: " ") }
        let row = rows.first { $0.count > 9 && $0[1].hasSuffix(local) && $0[3] == "0A" }
        guard let inode = row?[9] else { return nil }
        let files = FileManager.default
        for process in (try? files.contentsOfDirectory(atPath: "/proc")) ?? [] where Int(process) != nil {
            for file in (try? files.contentsOfDirectory(atPath: "/proc/\(process)/fd")) ?? [] {
                let link = try? files.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\(file)")
                if link == "socket:[\(inode)]" {
                    directory = "/proc/\(process)"
                    return
                }
            }
        }
        return nil
    }

    /// A file of `/proc` to its end: it has no size, and each reading gives no more than a page of it.
    private static func whole(_ path: String) throws -> String {
        let file = try FileDescriptor.open(FilePath(path), .readOnly)
        return try file.closeAfter {
            var bytes: [UInt8] = []
            var page = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = try unsafe page.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
                if count == 0 { return String(decoding: bytes, as: UTF8.self) }
                bytes += page[..<count]
            }
        }
    }

    func residentBytes() throws -> Int {
        let status = try String(contentsOf: URL(filePath: "\(directory)/status"), encoding: .utf8)
        let row = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        let kibibytes = try #require(row?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        return kibibytes << 10
    }

    func openSockets() throws -> Int {
        let files = FileManager.default
        return try files.contentsOfDirectory(atPath: "\(directory)/fd").count { file in
            (try? files.destinationOfSymbolicLink(atPath: "\(directory)/fd/\(file)"))?.hasPrefix("socket:") == true
        }
    }
}
