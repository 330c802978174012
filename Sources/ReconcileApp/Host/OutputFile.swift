import AWSServices
import Glibc
import SystemPackage

/// A file that a setting names for a report or for metrics, or standard output.
///
/// A link is followed, the mode of a file that is there is kept, and what is no regular file (a device, a FIFO) is
/// written through and stays what it is.
package struct OutputFile: Hashable, Sendable {
    /// The flag that names it, such as `--report`.
    package let flag: String
    package let path: String
    /// The longest that the reader of a FIFO may take.
    package var patience = InputFile.patience

    package init(flag: String, path: String) {
        self.flag = flag
        self.path = path
    }

    /// Why it cannot be written.
    package struct Unwritable: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// Whether it is standard output.
    private var isStandardOutput: Bool { path == "-" }

    /// Checks, without writing anything, that the file can be written.
    package func check() throws(Unwritable) {
        guard !isStandardOutput else { return }
        let there = try attributes()
        if there?.isDirectory == true { throw unwritable("it is a directory") }
        guard there == nil else {
            guard unsafe access(path, W_OK) == 0 else { throw unwritable(Errno.current) }
            return
        }
        let folder = FilePath(path).removingLastComponent()
        guard unsafe access(folder.isEmpty ? "." : folder.string, W_OK | X_OK) == 0 else {
            throw unwritable("\(folder.isEmpty ? "." : folder.string): \(Errno.current)")
        }
    }

    /// Writes all of it over what is there, as it comes.
    package func write(_ bytes: [UInt8]) throws(Unwritable) {
        do {
            if isStandardOutput {
                try FileDescriptor.standardOutput.writeAll(bytes)
            } else {
                try Self.put(bytes, in: path, within: patience)
            }
        } catch {
            throw unwritable(error)
        }
    }

    /// Puts the bytes in the file's place as a whole, so that nobody reads half of them.
    package func replace(_ bytes: [UInt8]) throws(Unwritable) {
        let there = try attributes()
        guard !isStandardOutput, there?.isRegular ?? true else { return try write(bytes) }
        do {
            let target = try Self.target(of: path)
            let fresh = FilePath("\(target).\(getpid()).tmp")
            try Self.put(bytes, in: fresh.string, within: patience)
            do {
                // The collector that reads metrics is another user.
                guard unsafe chmod(fresh.string, there?.mode ?? 0o644) == 0 else { throw Errno.current }
                guard unsafe rename(fresh.string, target) == 0 else { throw Errno.current }
            } catch {
                unsafe unlink(fresh.string)
                throw error
            }
        } catch {
            throw unwritable(error)
        }
    }

    /// What is there; nil for nothing, and for a FIFO or device that somebody else reads.
    package func readIfRegular() -> String? {
        guard let there = try? attributes(), there.isRegular else { return nil }
        return (try? InputFile.read(path)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Prints text on standard output; a reader that has seen enough is not a failure.
    package static func print(_ text: String) throws(Unwritable) {
        do {
            try FileDescriptor.standardOutput.writeAll(text.utf8)
        } catch Errno.brokenPipe {
            return
        } catch {
            throw Unwritable(description: "standard output cannot be written: \(error)")
        }
    }

    // MARK: Files

    private struct Attributes {
        let type: mode_t
        let mode: mode_t

        var isRegular: Bool { type == S_IFREG }
        var isDirectory: Bool { type == S_IFDIR }
    }

    /// Of what the path leads to; nil where that is nothing.
    private func attributes() throws(Unwritable) -> Attributes? {
        var status = stat()
        if unsafe stat(path, &status) == 0 {
            return Attributes(type: status.st_mode & S_IFMT, mode: status.st_mode & 0o7777)
        }
        if errno == ENOENT { return nil }
        throw unwritable(Errno.current)
    }

    /// The path behind a chain of links; the path itself where it is none.
    static func target(of path: String) throws -> String {
        var path = FilePath(path)
        for _ in 0..<40 {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            let count = unsafe readlink(path.string, &buffer, buffer.count - 1)
            guard count >= 0 else { return path.string }
            let link = FilePath(String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self))
            path = link.isAbsolute ? link : path.removingLastComponent().pushing(link)
        }
        throw Errno.tooManySymbolicLinkLevels
    }

    private static func put(_ bytes: [UInt8], in path: String, within time: Duration) throws {
        let end = ContinuousClock.now + time
        // A FIFO that nobody reads must not hold up the end of a run.
        let descriptor = try FileDescriptor.open(
            FilePath(path),
            .writeOnly,
            options: [.create, .truncate, .nonBlocking],
            permissions: [.ownerReadWrite, .groupRead, .otherRead]
        )
        try descriptor.closeAfter {
            var rest = bytes[...]
            while !rest.isEmpty {
                // A FIFO may have a reader that reads no further.
                try descriptor.wait(for: POLLOUT, until: end, endsOnCancellation: false)
                do {
                    rest = rest.dropFirst(try unsafe rest.withUnsafeBytes { try unsafe descriptor.write($0) })
                } catch Errno.wouldBlock {
                    continue
                }
            }
        }
    }

    private func unwritable(_ reason: Any) -> Unwritable {
        Unwritable(description: "\(flag) \(path) cannot be written: \(reason)")
    }
}

extension Errno {
    fileprivate static var current: Errno { Errno(rawValue: errno) }
}
