import AWSServices
import Glibc
import SystemPackage

/// A file whose bytes stay under a temporary name until they are verified. `publish` then renames it, or writes the
/// bytes to standard output, a device or a FIFO.
///
/// The temporary file is removed on deinit if it was not published.
package final class ProvedFile {
    /// The destination path; `-` for standard output.
    package let path: String
    private let replaces: Bool
    /// Nil if the bytes are written to the destination instead of renamed.
    private let target: String?
    private let incoming: String
    private let descriptor: FileDescriptor

    /// Creates the temporary file, beside the destination or in the system's directory for temporary files.
    ///
    /// - Parameters:
    ///   - replaces: whether to replace an existing file. Its mode is kept; a symbolic link is kept and leads to the
    ///     new bytes.
    ///   - temporary: the system's directory for temporary files.
    /// - Throws: `OutputFile.Unwritable`, also if a file exists that must not be replaced.
    package init(at path: String, replaces: Bool, temporary: String) throws(OutputFile.Unwritable) {
        self.path = path
        self.replaces = replaces
        let kind = path == "-" ? S_IFCHR : Self.kind(of: path)
        do {
            target = kind == nil || kind == S_IFREG ? try replaces ? OutputFile.target(of: path) : path : nil
            if kind == S_IFREG, !replaces { throw Errno.fileExists }
            if kind == S_IFDIR { throw Errno.isDirectory }
            let name = ".reconcile-\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 16)).tmp"
            let folder = target.map { FilePath($0).removingLastComponent() } ?? FilePath(temporary)
            incoming = folder.pushing(FilePath(name)).string
            descriptor = try FileDescriptor.open(
                FilePath(incoming),
                .readWrite,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead]
            )
        } catch {
            throw Self.unwritable(path, error)
        }
    }

    deinit {
        try? descriptor.close()
        // After a rename there is nothing to remove.
        unsafe unlink(incoming)
    }

    /// Discards what was written, for another attempt.
    package func restart() throws {
        do {
            try descriptor.resize(to: 0)
            try descriptor.seek(offset: 0, from: .start)
        } catch {
            throw Self.unwritable(path, error)
        }
    }

    package func append(_ bytes: [UInt8]) throws {
        do {
            try descriptor.writeAll(bytes)
        } catch {
            throw Self.unwritable(path, error)
        }
    }

    /// Publishes the bytes: renames the file in one step, or writes them to the destination. It is not a failure if the
    /// reader of standard output closes it early.
    package func publish() throws(OutputFile.Unwritable) {
        do {
            guard let target else { return try pass() }
            guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
            guard !replaces else {
                if let mode = Self.mode(of: target), fchmod(descriptor.rawValue, mode & 0o7777) != 0 {
                    throw Errno(rawValue: errno)
                }
                guard unsafe rename(incoming, target) == 0 else { throw Errno(rawValue: errno) }
                return
            }
            if unsafe link(incoming, target) == 0 { return }
            // link(2): EPERM means that the file system has no hard links.
            guard [EPERM, ENOTSUP, ENOSYS].contains(errno) else { throw Errno(rawValue: errno) }
            guard Self.kind(of: target) == nil else { throw Errno.fileExists }
            guard unsafe rename(incoming, target) == 0 else { throw Errno(rawValue: errno) }
        } catch Errno.brokenPipe {
            return
        } catch {
            throw Self.unwritable(path, error)
        }
    }

    private func pass() throws {
        try descriptor.seek(offset: 0, from: .start)
        // Opening a FIFO that nobody reads must not block.
        let output =
            path == "-"
            ? nil : try FileDescriptor.open(FilePath(path), .writeOnly, options: [.closeOnExec, .nonBlocking])
        defer { try? output?.close() }
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = try unsafe piece.withUnsafeMutableBytes { try unsafe descriptor.read(into: $0) }
            guard count > 0 else { return }
            guard let output else {
                try FileDescriptor.standardOutput.writeAll(piece[..<count])
                continue
            }
            try output.write(piece[..<count], until: .now + InputFile.patience)
        }
    }

    /// The type of file that a path leads to; nil if there is none.
    private static func kind(of path: String) -> mode_t? { mode(of: path).map { $0 & S_IFMT } }

    private static func mode(of path: String) -> mode_t? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode : nil
    }

    /// Whether a path leads to a directory.
    package static func isDirectory(_ path: String) -> Bool { kind(of: path) == S_IFDIR }

    private static func unwritable(_ path: String, _ reason: any Error) -> OutputFile.Unwritable {
        let name = path == "-" ? "standard output" : path
        if case Errno.fileExists = reason {
            return OutputFile.Unwritable(
                description: "\(name) is already there and was left as it is; --force replaces it"
            )
        }
        return OutputFile.Unwritable(description: "\(name) cannot be written: \(reason)")
    }
}
