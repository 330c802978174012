import Glibc
import Synchronization
package import SystemPackage

/// Reads a small file that a user names: settings, credentials, a token. A pipe or a device is read to its end.
package enum InputFile {
    /// The most that is read, bytes; no file of settings or credentials comes near it.
    package static let limit = 16 << 20
    /// The longest that is waited for a pipe or a device to end, or for anybody to write to it.
    package static let patience = Duration.seconds(30)

    /// Why a file cannot be read.
    package struct Unreadable: Error, Hashable, Sendable, CustomStringConvertible {
        let path: String
        let reason: String

        package var description: String { "\(path) cannot be read: \(reason)" }
    }

    /// Why a file could not be read, for a sentence that has named it.
    static func reason(_ error: any Error) -> String { (error as? Unreadable)?.reason ?? "\(error)" }

    /// The bytes; nil when there is no such file. The calling thread waits for them, less than a second if the task is
    /// cancelled.
    package static func read(_ path: String, within time: Duration = patience) throws(Unreadable) -> [UInt8]? {
        do {
            // Opening a FIFO would wait for a writer.
            let descriptor = try FileDescriptor.open(FilePath(path), .readOnly, options: [.nonBlocking, .closeOnExec])
            return try descriptor.closeAfter {
                guard let pipe = Pipe(descriptor, at: path) else { return try read(descriptor, until: .now + time) }
                if let bytes = pipes.withLock({ $0[pipe] }) { return bytes }
                let bytes = try read(descriptor, until: .now + time)
                pipes.withLock { $0[pipe] = bytes }
                return bytes
            }
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch Errno.fileTooLarge {
            throw Unreadable(path: path, reason: "it is larger than \(limit >> 20) MiB")
        } catch Errno.timedOut {
            let seconds = time.components.seconds
            throw Unreadable(path: path, reason: "nothing wrote it to its end within \(seconds) seconds")
        } catch {
            throw Unreadable(path: path, reason: "\(error)")
        }
    }

    /// What was read from pipes that this process was started with, as a shell's `<(…)`: a second reading finds nothing.
    private static let pipes = Mutex<[Pipe: [UInt8]]>([:])

    private struct Pipe: Hashable {
        let device: dev_t
        let number: ino_t

        /// Nil unless this is an anonymous pipe: a named one may be written to again.
        init?(_ descriptor: FileDescriptor, at path: String) {
            var status = stat()
            guard ["/dev/fd/", "/proc/", "/dev/stdin"].contains(where: { path.hasPrefix($0) }),
                unsafe fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFIFO
            else { return nil }
            device = status.st_dev
            number = status.st_ino
        }
    }

    /// Refuses a pipe or a device in place of a file of certificates, which is read again for new connections.
    ///
    /// - Parameter setting: what names the file.
    package static func requireFile(ofCertificates path: String, namedBy setting: String) throws(InvalidSettings) {
        var status = stat()
        guard unsafe stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return }
        throw InvalidSettings(
            "\(setting): \(path) is a pipe or a device, and the certificates are read again for each new connection: "
                + "save them in a file."
        )
    }

    private static func read(_ descriptor: FileDescriptor, until end: ContinuousClock.Instant) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            // A FIFO that nobody has opened for writing yet is not ready, although reading it without waiting would look
            // like its end.
            try descriptor.wait(for: POLLIN, until: end, endsOnCancellation: true)
            let piece: [UInt8]
            do {
                piece = try unsafe [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                    count = try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
                }
            } catch Errno.wouldBlock {
                continue
            }
            if piece.isEmpty { return bytes }
            guard bytes.count + piece.count <= limit else { throw Errno.fileTooLarge }
            guard ContinuousClock.now < end else { throw Errno.timedOut }
            bytes += piece
        }
    }
}

extension FileDescriptor {
    /// Blocks the calling thread until the descriptor is ready for an event of poll(2), or shows an error.
    ///
    /// - Parameter endsOnCancellation: whether the task's cancellation ends the wait, in less than a second.
    /// - Throws: `Errno.timedOut` at the end, `Errno.canceled` for a cancellation.
    package func wait(
        for event: Int32,
        until end: ContinuousClock.Instant,
        endsOnCancellation: Bool
    ) throws(Errno) {
        var asked = pollfd(fd: rawValue, events: Int16(event), revents: 0)
        repeat {
            if endsOnCancellation, Task.isCancelled { throw Errno.canceled }
            if unsafe poll(&asked, 1, 200) > 0 { return }
        } while ContinuousClock.now < end
        throw Errno.timedOut
    }
}
