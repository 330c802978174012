import Cryptography
import FoundationEssentials
import Glibc
import SystemPackage

/// The files of a drill, in a folder that is removed when the drill ends, however it ends.
package enum Scratch {
    /// Creates a folder, calls `body` with it, and removes it with everything in it.
    ///
    /// - Throws: `ToolFailure` if it cannot be created.
    package static func with<Value>(
        below parent: String,
        _ body: (_ folder: String) async throws -> Value
    ) async throws -> Value {
        let name = "reconcile-drill-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let folder = "\(parent.hasSuffix("/") ? String(parent.dropLast()) : parent)/\(name)"
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw ToolFailure("\(folder) cannot be made: \(error). Set TMPDIR to a folder that can be written")
        }
        defer { remove(folder) }
        return try await body(folder)
    }

    static func make(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ToolFailure("\(folder) cannot be made: \(error)")
        }
    }

    static func remove(_ folder: String) {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Writes a file, and creates the folders it is in.
    static func write(_ text: String, to path: String) throws {
        try write(Array(text.utf8), to: path)
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        guard let slash = path.lastIndex(of: "/") else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: String(path[..<slash]),
                withIntermediateDirectories: true
            )
            try Data(bytes).write(to: URL(filePath: path))
        } catch {
            throw ToolFailure("\(path) cannot be written: \(error)")
        }
    }

    /// Returns the text of a file; nil if it does not exist.
    static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The size and hash of a file, and when it arrived.
    struct Found {
        let size: Int64
        let sha256: String
        /// The time of the last change of the file or its name (ctime), in seconds since 1970. Programs cannot set it.
        let arrived: Double
    }

    static func found(at path: String) -> Found? {
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec) else { return nil }
        defer { try? file.close() }
        var status = stat()
        guard unsafe fstat(file.rawValue, &status) == 0 else { return nil }
        var digest = Digest(.sha256)
        var size: Int64 = 0
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = (try? unsafe piece.withUnsafeMutableBytes { try unsafe file.read(into: $0) }) ?? 0
            if count == 0 { break }
            digest.update(Array(piece[..<count]))
            size += Int64(count)
        }
        let arrived = Double(status.st_ctim.tv_sec) + Double(status.st_ctim.tv_nsec) / 1e9
        return Found(size: size, sha256: Hexadecimal.encode(digest.finalize()), arrived: arrived)
    }
}
