import Glibc

/// An open file or directory; the only place in this module that calls POSIX.
///
/// It is closed when its last reference goes. A name is one path segment, and a path consists of several, relative to
/// an open directory. No call follows a symbolic link there, so nothing outside the directory that was opened first can
/// be reached. Calls interrupted by a signal are repeated; any other failure is a `SystemFailure`. Calls block their
/// thread for as long as the file system does.
final class OpenFile: Sendable {
    /// Returns the entry that a file system would find for a name, or the name itself if there is none.
    typealias Resolution = @Sendable (_ name: String, _ entries: [String]) -> String

    private let raw: CInt
    /// Nil to use the file system's own; tests pass one that treats names as the same.
    private let resolution: Resolution?

    private init(_ raw: CInt, _ resolution: Resolution?) {
        self.raw = raw
        self.resolution = resolution
    }

    deinit {
        _ = close(raw)
    }

    /// Opens a directory by its path, following symbolic links in the path.
    static func directory(at path: String, resolution: Resolution? = nil) throws(SystemFailure) -> OpenFile {
        OpenFile(try completed { unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }, resolution)
    }

    /// Makes a directory at a path; its parent must exist.
    static func makeDirectory(at path: String) throws(SystemFailure) {
        _ = try completed { unsafe mkdir(path, 0o755) }
    }

    func openDirectory(_ name: String) throws(SystemFailure) -> OpenFile {
        try opened(name, O_RDONLY | O_DIRECTORY)
    }

    /// Opens for reading. Never waits for the writer of a named pipe.
    func openFile(_ name: String) throws(SystemFailure) -> OpenFile {
        try opened(name, O_RDONLY | O_NONBLOCK)
    }

    /// Opens for reading a file anywhere below this directory in a single call. Nil if that fails for whatever reason;
    /// open one directory after another to find out why.
    ///
    /// - Parameter path: names separated by slashes, none of them empty, `.` or `..`.
    func openFile(below path: String) -> OpenFile? {
        guard resolution == nil, let systemCall = unsafe Self.systemCall else { return nil }
        var how = Self.howToOpenFile
        let size = MemoryLayout.size(ofValue: how)
        let opened = try? completed { unsafe systemCall(Self.openAt2, Int(raw), path, &how, size) }
        return opened.map { OpenFile(CInt($0), nil) }
    }

    /// Creates a file for writing; fails with EEXIST when the name is taken.
    func createFile(_ name: String) throws(SystemFailure) -> OpenFile {
        try opened(name, O_WRONLY | O_CREAT | O_EXCL)
    }

    /// Creates a nameless file for writing in this directory's file system; nil if that is not supported. The kernel
    /// removes the file with its last descriptor unless it gets a name first.
    func createNamelessFile() throws(SystemFailure) -> OpenFile? {
        // Without /proc the file could never get a name.
        guard resolution == nil, unsafe access(Self.ownDescriptors, X_OK) == 0 else { return nil }
        do throws(SystemFailure) {
            let flags = Self.nameless | O_WRONLY | O_CLOEXEC
            return OpenFile(try completed { unsafe openat(raw, ".", flags, 0o644) }, nil)
        } catch  where [EOPNOTSUPP, EISDIR, EINVAL, ENOENT].contains(error.code) {
            // open(2): the file system or the kernel does not support the flag.
            return nil
        }
    }

    /// Names this nameless file in a directory of the same file system; fails with EEXIST if the name is taken.
    func link(into directory: OpenFile, as newName: String) throws(SystemFailure) {
        let newName = directory.resolved(newName)
        let own = "\(Self.ownDescriptors)/\(raw)"
        _ = try completed { unsafe linkat(AT_FDCWD, own, directory.raw, newName, AT_SYMLINK_FOLLOW) }
    }

    /// O_TMPFILE of <fcntl.h>, which is visible only to sources compiled with _GNU_SOURCE. Its own bit is the same on
    /// every architecture that this program is built for, but O_DIRECTORY is not.
    private static let nameless: CInt = 0o20_000_000 | O_DIRECTORY

    private static let ownDescriptors = "/proc/self/fd"

    private func opened(_ name: String, _ flags: CInt) throws(SystemFailure) -> OpenFile {
        let name = resolved(name)
        return OpenFile(
            try completed { unsafe openat(raw, name, flags | O_NOFOLLOW | O_CLOEXEC, 0o644) },
            resolution
        )
    }

    private func resolved(_ name: String) -> String {
        guard let resolution else { return name }
        return resolution(name, (try? entries().map(\.name)) ?? [])
    }

    func makeDirectory(_ name: String) throws(SystemFailure) {
        let name = resolved(name)
        _ = try completed { unsafe mkdirat(raw, name, 0o755) }
    }

    func status() throws(SystemFailure) -> FileStatus {
        var status = stat()
        _ = try completed { unsafe fstat(raw, &status) }
        return FileStatus(status)
    }

    /// The status of what a name refers to, without following symbolic links; nil if it does not exist.
    func status(of name: String) throws(SystemFailure) -> FileStatus? {
        let name = resolved(name)
        var status = stat()
        do throws(SystemFailure) {
            _ = try completed { unsafe fstatat(raw, name, &status, AT_SYMLINK_NOFOLLOW) }
        } catch  where error.code == ENOENT {
            return nil
        }
        return FileStatus(status)
    }

    /// The next bytes of a file, at most `count`; empty at the end.
    func read(upTo count: Int) throws(SystemFailure) -> [UInt8] {
        try [UInt8](capacity: count) { bytes throws(SystemFailure) in
            try unsafe bytes.withUnsafeMutableBufferPointer { buffer, taken throws(SystemFailure) in
                taken = try completed { unsafe Glibc.read(raw, buffer.baseAddress, buffer.count) }
            }
        }
    }

    /// Moves to an offset from the start of the file, where reading continues.
    func seek(to offset: Int64) throws(SystemFailure) {
        _ = try completed { lseek(raw, off_t(offset), SEEK_SET) }
    }

    func write(_ bytes: [UInt8]) throws(SystemFailure) {
        var written = 0
        while written < bytes.count {
            let start = written
            written += try completed {
                unsafe bytes.withUnsafeBytes { buffer in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[start...])
                    return unsafe Glibc.write(raw, rest.baseAddress, rest.count)
                }
            }
        }
    }

    /// Waits until the data written to the file, or the names changed in the directory, would survive a crash.
    func synchronize() throws(SystemFailure) {
        _ = try completed { fsync(raw) }
    }

    /// Gives a file a second name in another directory of the same file system; fails with EEXIST if the name is taken.
    func link(
        _ name: String,
        into directory: OpenFile,
        as newName: String
    ) throws(SystemFailure) {
        let newName = directory.resolved(newName)
        _ = try completed { unsafe linkat(raw, name, directory.raw, newName, 0) }
    }

    /// Moves a file within the file system, replacing any file with the new name.
    func rename(
        _ name: String,
        into directory: OpenFile,
        as newName: String
    ) throws(SystemFailure) {
        let newName = directory.resolved(newName)
        _ = try completed { unsafe renameat(raw, name, directory.raw, newName) }
    }

    /// Moves a file within the file system; fails with EEXIST if the name is taken, and with ENOTSUP if replacing a
    /// file cannot be ruled out.
    func renameWithoutReplacing(
        _ name: String,
        into directory: OpenFile,
        as newName: String
    ) throws(SystemFailure) {
        guard let renameAt2 = unsafe Self.renameAt2 else { throw SystemFailure(code: ENOTSUP) }
        let newName = directory.resolved(newName)
        do throws(SystemFailure) {
            _ = try completed { unsafe renameAt2(raw, name, directory.raw, newName, Self.noReplace) }
        } catch  where error.code == EINVAL || error.code == ENOSYS {
            // rename(2): the file system, or the kernel, does not know the flag.
            throw SystemFailure(code: ENOTSUP)
        }
    }

    func remove(_ name: String) throws(SystemFailure) {
        let name = resolved(name)
        _ = try completed { unsafe unlinkat(raw, name, 0) }
    }

    /// The entries of a directory except `.` and `..`, in no particular order. Leaves out names that are not UTF-8.
    func entries() throws(SystemFailure) -> [DirectoryEntry] {
        // A directory stream owns its descriptor and position, so it needs a separate one.
        let own = try completed { unsafe openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = unsafe fdopendir(own) else {
            let code = errno
            _ = close(own)
            throw SystemFailure(code: code)
        }
        defer { _ = unsafe closedir(stream) }
        var entries: [DirectoryEntry] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                guard errno == 0 else { throw SystemFailure(code: errno) }
                return entries
            }
            guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
            let bytes = unsafe (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
            guard let name = unsafe String(validatingCString: bytes), name != ".", name != ".." else { continue }
            entries.append(DirectoryEntry(name: name, kind: unsafe FileStatus.Kind(entryType: entry.pointee.d_type)))
        }
    }

    private typealias SystemCall =
        @convention(c) (Int, Int, UnsafePointer<CChar>, UnsafeMutableRawPointer, Int) -> Int

    /// syscall(2), looked up by name: glibc has no function for openat2(2), and Swift cannot import functions with
    /// variable arguments.
    private static let systemCall: SystemCall? = unsafe dlsym(nil, "syscall").map {
        unsafe unsafeBitCast($0, to: SystemCall.self)
    }

    /// The number of openat2, the same on every architecture; Linux has had it since 5.6.
    private static let openAt2 = 437

    /// The open_how of <linux/openat2.h>: flags, mode, and RESOLVE_NO_SYMLINKS with RESOLVE_BENEATH.
    private static let howToOpenFile: (UInt64, UInt64, UInt64) = (
        UInt64(O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), 0, 0x04 | 0x08
    )

    private typealias RenameAt2 =
        @convention(c) (CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt) -> CInt

    /// glibc's renameat2, looked up by name: its header declares it only for sources compiled with _GNU_SOURCE.
    private static let renameAt2: RenameAt2? = unsafe dlsym(nil, "renameat2").map {
        unsafe unsafeBitCast($0, to: RenameAt2.self)
    }

    /// RENAME_NOREPLACE of <linux/fs.h>.
    private static let noReplace: CUnsignedInt = 1
}

/// One entry of a directory.
struct DirectoryEntry: Hashable, Sendable {
    let name: String
    /// Nil if the file system reports it only with the status.
    let kind: FileStatus.Kind?
}

/// What the file system reports about a file.
struct FileStatus: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case file, directory, symbolicLink, other

        init?(entryType: UInt8) {
            switch Int(entryType) {
            case Int(DT_REG): self = .file
            case Int(DT_DIR): self = .directory
            case Int(DT_LNK): self = .symbolicLink
            case Int(DT_UNKNOWN): return nil
            default: self = .other
            }
        }
    }

    let kind: Kind
    /// In bytes.
    let size: Int64
    /// Seconds since 1970.
    let modified: Int
    /// Equal for two names of the same file or directory within a file system.
    let inode: UInt64

    init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symbolicLink
        default: kind = .other
        }
        size = Int64(status.st_size)
        modified = status.st_mtim.tv_sec
        inode = UInt64(status.st_ino)
    }
}

/// A failed POSIX call, by its errno.
struct SystemFailure: Error, Hashable, Sendable {
    let code: CInt

    /// The system's own description of the failure.
    var reason: String {
        unsafe String(cString: strerror(code))
    }
}

/// The current time and process, for the names and ages of partial files.
enum ThisProcess {
    static var identifier: Int32 { getpid() }
    static var secondsSince1970: Int { time(nil) }
}

/// The only place that turns a POSIX return value into a Swift error.
private func completed<Value: SignedInteger>(_ call: () -> Value) throws(SystemFailure) -> Value {
    while true {
        let value = call()
        if value >= 0 { return value }
        guard errno == EINTR else { throw SystemFailure(code: errno) }
    }
}
