import Glibc
import Synchronization
package import SystemPackage

/// Reads a small file that a user names: settings, credentials, a token. A pipe or a device is read to its end.
package enum InputFile {
    /// The most bytes to read; no settings or credentials file comes near this size.
    package static let limit = 16 << 20
    /// How long to wait for a pipe or a device to end, or for someone to write to it.
    package static let patience = Duration.seconds(30)

    /// A file that cannot be read, and why.
    package struct Unreadable: Error, Hashable, Sendable, CustomStringConvertible {
        let path: String
        let reason: String

        package var description: String { "\(path) cannot be read: \(reason)" }
    }

    /// Why a file could not be read, for a sentence that already names the file.
    static func reason(_ error: any Error) -> String { (error as? Unreadable)?.reason ?? "\(error)" }

    /// The bytes of a file; nil if there is none. Blocks the calling thread; if the task is cancelled, for less than
    /// another second.
    package static func read(_ path: String, within time: Duration = patience) throws(Unreadable) -> [UInt8]? {
        do {
            // Non-blocking, since opening a FIFO would otherwise wait for a writer.
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

    /// The contents of pipes that this process was started with, such as a shell's `<(…)`: reading one again finds
    /// nothing.
    private static let pipes = Mutex<[Pipe: [UInt8]]>([:])

    private struct Pipe: Hashable {
        let device: dev_t
        let number: ino_t

        /// Nil unless this is an anonymous pipe. A named pipe may be written to again.
        init?(_ descriptor: FileDescriptor, at path: String) {
            var status = stat()
            guard ["/dev/fd/", "/proc/", "/dev/stdin"].contains(where: { path.hasPrefix($0) }),
                unsafe fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFIFO
            else { return nil }
            device = status.st_dev
            number = status.st_ino
        }
    }

    /// Rejects a pipe or a device as a certificate file, since that file is read again for new connections.
    ///
    /// - Parameter setting: the setting that names the file.
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
            // A FIFO that nobody has opened for writing does not poll as ready, but a non-blocking read would look like
            // its end.
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
    /// Blocks the calling thread until poll(2) reports the event, or an error, on the descriptor.
    ///
    /// - Parameter endsOnCancellation: whether cancelling the task ends the wait, within a second.
    /// - Throws: `Errno.timedOut` at `end`, `Errno.canceled` on cancellation.
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
