import Glibc
import ReconcileCore

/// A file that is being written, and that becomes an object either completely or not at all.
///
/// It has no name until it is published, so a killed process leaves nothing behind. On file systems without nameless
/// files, it has a temporary name instead: it is removed when its owner releases it, published or not, and whatever a
/// killed process leaves is swept a day later.
final class PartialFile {
    private let incoming: OpenFile
    private let name: String
    private let file: OpenFile
    private var isNamed: Bool

    /// Creates an empty file in the incoming directory under the root, making that directory if it is missing.
    init(under root: OpenFile) throws(SystemFailure) {
        incoming = try root.openDirectory(DirectoryPath.incoming, making: true)
        name = "\(ThisProcess.identifier)-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        let nameless = try incoming.createNamelessFile()
        isNamed = nameless == nil
        if let nameless { file = nameless } else { file = try incoming.createFile(name) }
    }

    deinit {
        // After a rename there is nothing to remove; if the removal fails, a later sweep repeats it.
        if isNamed { try? incoming.remove(name) }
    }

    func append(_ bytes: [UInt8]) throws(SystemFailure) {
        try file.write(bytes)
    }

    /// Makes the bytes durable and names the file, in one atomic step for readers.
    ///
    /// If several processes publish the same name with create-only, exactly one gets `stored`.
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
            // link(2): EPERM means that the file system has no hard links (FAT, some network mounts).
            try incoming.renameWithoutReplacing(name, into: directory, as: target)
        }
    }

    /// Removes partial files that have not been written to for a day.
    static func sweep(under root: OpenFile) throws(SystemFailure) {
        let yesterday = ThisProcess.secondsSince1970 - 24 * 60 * 60
        try forEach(under: root) { name, status, incoming in
            if status.modified < yesterday { try? incoming.remove(name) }
        }
    }

    /// Visits every partial file that has a name: those that killed processes have left, and those that are being written.
    static func forEach(
        under root: OpenFile,
        _ visit: (_ name: String, FileStatus, _ incoming: OpenFile) -> Void
    ) throws(SystemFailure) {
        guard try root.status(of: DirectoryPath.incoming) != nil else { return }
        let incoming = try root.openDirectory(DirectoryPath.incoming)
        for name in try incoming.entries().map(\.name) {
            guard let status = try incoming.status(of: name), status.kind == .file else { continue }
            visit(name, status, incoming)
        }
    }
}

extension OpenFile {
    /// Opens a directory; with `making`, first makes it durably if it is missing.
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
