import SystemPackage

/// Reads a small file that a user names: settings, credentials, a token. A pipe or a device is read to its end.
package enum InputFile {
    /// The most that is read, bytes; no file of settings or credentials comes near it.
    package static let limit = 16 << 20

    /// Why a file cannot be read.
    package struct Unreadable: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// The bytes; nil when there is no such file.
    package static func read(_ path: String) throws(Unreadable) -> [UInt8]? {
        do {
            let descriptor = try FileDescriptor.open(FilePath(path), .readOnly)
            return try descriptor.closeAfter { try read(descriptor) }
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch Errno.fileTooLarge {
            throw Unreadable(description: "\(path) cannot be read: it is larger than \(limit >> 20) MiB")
        } catch {
            throw Unreadable(description: "\(path) cannot be read: \(error)")
        }
    }

    private static func read(_ descriptor: FileDescriptor) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let piece = try unsafe [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                count = try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if piece.isEmpty { return bytes }
            guard bytes.count + piece.count <= limit else { throw Errno.fileTooLarge }
            bytes += piece
        }
    }
}
