import AWSServices
import Glibc
import SystemPackage

/// A file that a setting names for a report or for metrics, or standard output.
///
/// A symbolic link is followed. An existing file keeps its mode and owner. Anything other than a regular file (a
/// device, a FIFO) is written to and not replaced.
package struct OutputFile: Hashable, Sendable {
    /// The flag that names the file, such as `--report`.
    package let flag: String
    package let path: String
    /// How long to wait for the reader of a FIFO.
    package var patience = InputFile.patience

    package init(flag: String, path: String) {
        self.flag = flag
        self.path = path
    }

    /// Why the file cannot be written.
    package struct Unwritable: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    private var isStandardOutput: Bool { path == "-" || path == "/dev/stdout" }

    /// Checks, without writing anything, that the file can be written.
    package func check() throws(Unwritable) {
        guard !isStandardOutput else { return }
        let there = try attributes()
        if there?.isDirectory == true { throw unwritable("it is a directory") }
        guard there == nil else {
            guard unsafe access(path, W_OK) == 0 else { throw unwritable(Errno.current) }
            return
        }
        let folder: FilePath
        do { folder = try FilePath(Self.target(of: path)).removingLastComponent() } catch { throw unwritable(error) }
        guard unsafe access(folder.isEmpty ? "." : folder.string, W_OK | X_OK) == 0 else {
            throw unwritable("\(folder.isEmpty ? "." : folder.string): \(Errno.current)")
        }
    }

    /// Checks each file, and that no two are the same file, because the second would replace the first.
    package static func check(_ outputs: [OutputFile]) throws(Unwritable) {
        var flags: [String: String] = [:]
        for output in outputs {
            try output.check()
            guard !output.isStandardOutput, try output.attributes()?.isRegular ?? true else { continue }
            let target = (try? Self.target(of: output.path)) ?? output.path
            if let other = flags.updateValue(output.flag, forKey: target) {
                throw output.unwritable("\(other) names the same file, and one would take the other's place")
            }
        }
    }

    /// Whether a path leads to the same file; false where there is none.
    package func isSame(as other: String) -> Bool {
        var (own, others) = (stat(), stat())
        guard !isStandardOutput, unsafe stat(path, &own) == 0, unsafe stat(other, &others) == 0 else { return false }
        return own.st_dev == others.st_dev && own.st_ino == others.st_ino
    }

    /// Replaces the file atomically, so that no reader sees half of it. If the directory, mount or owner does not allow
    /// that, the existing file is overwritten.
    ///
    /// It is not a failure if the reader of standard output closes it early.
    package func replace(_ bytes: [UInt8]) throws(Unwritable) {
        guard !isStandardOutput else { return try Self.print(bytes) }
        let there = try attributes()
        do {
            if there?.isRegular ?? true, try hasReplaced(there, by: bytes) { return }
            try Self.put(bytes, in: path, within: patience)
        } catch {
            throw unwritable(error)
        }
    }

    /// Returns false if the existing file can only be overwritten.
    private func hasReplaced(_ there: Attributes?, by bytes: [UInt8]) throws -> Bool {
        let target = try Self.target(of: path)
        let fresh = "\(target).\(getpid()).tmp"
        do {
            // A process with the same ID may have left one; the first process of a container always has the same ID.
            unsafe unlink(fresh)
            try Self.put(bytes, in: fresh, within: patience, isNew: true)
            if let there { try Self.call(unsafe chown(fresh, there.owner, there.group)) }
            // The collector that reads metrics runs as another user.
            try Self.call(unsafe chmod(fresh, there?.mode ?? 0o644))
            try Self.call(unsafe rename(fresh, target))
            return true
        } catch let reason as Errno {
            unsafe unlink(fresh)
            guard there != nil, Self.mayBeWrittenOver.contains(reason) else { throw reason }
            return false
        }
    }

    /// The errors for a directory that takes no new file, a file that another user owns, and a file that is a mount
    /// point.
    private static let mayBeWrittenOver: Set<Errno> = [
        .permissionDenied, .notPermitted, .readOnlyFileSystem, .resourceBusy,
    ]

    private static func call(_ result: CInt) throws {
        guard result == 0 else { throw Errno.current }
    }

    /// Returns the file's contents; nil if there is no file, or if it is a FIFO or device, which has another reader.
    package func readIfRegular() -> String? {
        guard let there = try? attributes(), there.isRegular else { return nil }
        return (try? InputFile.read(path)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Prints text on standard output. It is not a failure if the reader closes it early.
    package static func print(_ text: String) throws(Unwritable) { try print(Array(text.utf8)) }

    private static func print(_ bytes: [UInt8]) throws(Unwritable) {
        do {
            try FileDescriptor.standardOutput.writeAll(bytes)
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
        let owner: uid_t
        let group: gid_t

        var isRegular: Bool { type == S_IFREG }
        var isDirectory: Bool { type == S_IFDIR }
    }

    /// Attributes of the file that the path leads to; nil if there is none.
    private func attributes() throws(Unwritable) -> Attributes? {
        var status = stat()
        if unsafe stat(path, &status) == 0 {
            return Attributes(
                type: status.st_mode & S_IFMT,
                mode: status.st_mode & 0o7777,
                owner: status.st_uid,
                group: status.st_gid
            )
        }
        if errno == ENOENT { return nil }
        throw unwritable(Errno.current)
    }

    /// Returns the path at the end of a chain of symbolic links; the path itself if it is not a link.
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

    private static func put(_ bytes: [UInt8], in path: String, within time: Duration, isNew: Bool = false) throws {
        let end = ContinuousClock.now + time
        // Opening a FIFO that nobody reads must not block the end of a run.
        let descriptor = try FileDescriptor.open(
            FilePath(path),
            .writeOnly,
            options: isNew ? [.create, .exclusiveCreate] : [.create, .truncate, .nonBlocking],
            permissions: [.ownerReadWrite, .groupRead, .otherRead]
        )
        try descriptor.closeAfter { try descriptor.write(bytes[...], until: end) }
    }

    private func unwritable(_ reason: Any) -> Unwritable {
        Unwritable(description: "\(flag) \(path) cannot be written: \(reason)")
    }
}

extension FileDescriptor {
    /// Writes all bytes to a descriptor that does not block. The reader of a FIFO may stop reading.
    func write(_ bytes: ArraySlice<UInt8>, until end: ContinuousClock.Instant) throws {
        var rest = bytes
        while !rest.isEmpty {
            try wait(for: POLLOUT, until: end, endsOnCancellation: false)
            do {
                rest = rest.dropFirst(try unsafe rest.withUnsafeBytes { try unsafe write($0) })
            } catch Errno.wouldBlock {
                continue
            }
        }
    }
}

extension Errno {
    fileprivate static var current: Errno { Errno(rawValue: errno) }
}
