import Glibc
import ReconcileCore

/// A file that is being written, and becomes an object whole or not at all.
///
/// It has no name until it is published, so a process that is killed leaves nothing behind. Where the file system has no
/// such files, it has a temporary name: it is removed when its owner lets go, published or not, and what a killed process
/// left is swept a day later.
final class PartialFile {
    private let incoming: OpenFile
    private let name: String
    private let file: OpenFile
    private var isNamed: Bool

    /// Creates an empty file in the incoming directory under the root, which is made where it is missing.
    init(under root: OpenFile) throws(SystemFailure) {
        incoming = try root.openDirectory(DirectoryPath.incoming, making: true)
        name = "\(ThisProcess.identifier)-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        let nameless = try incoming.createNamelessFile()
        isNamed = nameless == nil
        if let nameless { file = nameless } else { file = try incoming.createFile(name) }
    }

    deinit {
        // After a rename there is nothing to remove; otherwise the sweep comes back for it.
        if isNamed { try? incoming.remove(name) }
    }

    func append(_ bytes: [UInt8]) throws(SystemFailure) {
        try file.write(bytes)
    }

    /// Makes the bytes durable and gives them their name, in one step for every reader.
    ///
    /// Of any number of create-only publications of one name, in any processes, exactly one is `stored`.
    func publish(
        as target: String,
        in directory: OpenFile,
        _ condition: WriteCondition
    ) throws(SystemFailure) -> WriteOutcome {
        try file.synchronize()
        switch condition {
        case .createOnly:
            do throws(SystemFailure) {
                try publishOnce(as: target, in: directory)
            } catch  where error.code == EEXIST {
                guard try directory.status(of: target)?.kind == .file else { throw SystemFailure(code: EISDIR) }
                return .alreadyExists
            }
        case .overwrite:
            if !isNamed {
                try file.link(into: incoming, as: name)
                isNamed = true
            }
            try incoming.rename(name, into: directory, as: target)
        }
        try directory.synchronize()
        return .stored(versionID: nil)
    }

    private func publishOnce(
        as target: String,
        in directory: OpenFile
    ) throws(SystemFailure) {
        guard isNamed else { return try file.link(into: directory, as: target) }
        do throws(SystemFailure) {
            try incoming.link(name, into: directory, as: target)
        } catch  where error.code == EPERM || error.code == ENOTSUP || error.code == ENOSYS {
            // link(2): EPERM says that the file system has no hard links (FAT, some network mounts).
            try incoming.renameWithoutReplacing(name, into: directory, as: target)
        }
    }

    /// Removes partial files that no one has written to for a day.
    static func sweep(under root: OpenFile) throws(SystemFailure) {
        guard try root.status(of: DirectoryPath.incoming) != nil else { return }
        let incoming = try root.openDirectory(DirectoryPath.incoming)
        let yesterday = ThisProcess.secondsSince1970 - 24 * 60 * 60
        for name in try incoming.entries().map(\.name) {
            guard let status = try incoming.status(of: name), status.kind == .file, status.modified < yesterday
            else { continue }
            try? incoming.remove(name)
        }
    }
}

extension OpenFile {
    /// Opens a directory, and with `making` makes it first where it is missing, durably.
    func openDirectory(_ name: String, making: Bool) throws(SystemFailure) -> OpenFile {
        do throws(SystemFailure) {
            return try openDirectory(name)
        } catch  where making && error.code == ENOENT {
            do throws(SystemFailure) {
                try makeDirectory(name)
            } catch  where error.code == EEXIST {
                // Another writer was faster.
            }
            try synchronize()
            return try openDirectory(name)
        }
    }
}
