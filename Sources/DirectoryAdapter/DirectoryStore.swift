import Cryptography
import Glibc
package import ReconcileCore
import Synchronization

/// An object store in a directory: the built-in default, an air-gapped copy, or a NAS.
///
/// A key is a path under the directory. Bytes are written to a file that is not an object yet, checked and made
/// durable; only then does the file get its name. So an object is always either complete or absent, even after a crash.
/// Several processes may write at once. Symbolic links under the directory are never followed or listed; the directory
/// itself may be one. If the file system treats several names as the same, an object is found only under its exact
/// name, and writing a second such name fails with `conflict`. Nothing is deleted except partial files; a failed write
/// may leave empty directories. Calls block their thread for as long as the file system does.
package final class DirectoryStore: ObjectStore {
    package let location: String
    let ledger: RequestLedger
    let root: OpenFile
    let names: ExactNames
    private let isSwept = Mutex(false)
    /// The first two segments of listed prefixes, `<top>/<name>`, where folders were found to be folders.
    let unlinked = Mutex<Set<String>>([])

    /// Opens the directory at an absolute path; `create` makes it if only its last segment is missing.
    ///
    /// Never makes parents: if one is missing, that usually means a missing mount. Writes nothing else, except that
    /// `create` makes the directory for unfinished files if no other entry shows whether the file system ignores case.
    package convenience init(directory: String, create: Bool, ledger: RequestLedger) throws(RemoteFailure) {
        try self.init(directory: directory, create: create, resolution: nil, ledger: ledger)
    }

    /// - Parameter resolution: resolves names instead of the file system; nil to use the file system.
    init(
        directory: String,
        create: Bool,
        resolution: OpenFile.Resolution?,
        ledger: RequestLedger
    ) throws(RemoteFailure) {
        location = "file://\(directory)"
        self.ledger = ledger
        do throws(SystemFailure) {
            if create {
                do throws(SystemFailure) {
                    try OpenFile.makeDirectory(at: directory)
                } catch  where error.code == EEXIST {
                    // The usual case: the directory exists.
                }
            }
            root = try OpenFile.directory(at: directory, resolution: resolution)
            names = try Self.names(in: root, create: create)
        } catch  where error.code == ENOENT {
            let missing = create ? "its parent directory does not exist" : "the directory does not exist"
            throw RemoteFailure(
                .absent,
                operation: DirectoryOperations.open,
                target: location,
                message: "\(missing); make it or mount it, then run again"
            )
        } catch {
            throw error.described(operation: DirectoryOperations.open, target: location)
        }
    }

    private static func names(in root: OpenFile, create: Bool) throws(SystemFailure) -> ExactNames {
        let names = try ExactNames(probing: root)
        guard create, names.foldsCase == nil else { return names }
        // Whatever prevents this also prevents every write, and the write reports it.
        guard (try? root.openDirectory(DirectoryPath.incoming, making: true)) != nil else { return names }
        return try ExactNames(probing: root)
    }

    package var keepsWrites: Bool { true }

    package var operations: StoreOperations {
        StoreOperations(
            list: DirectoryOperations.list,
            inspect: DirectoryOperations.inspect,
            read: DirectoryOperations.read,
            write: DirectoryOperations.write,
            takesCasesForOne: names.foldsCase == true
        )
    }

    /// Always false: overwriting a file loses its previous bytes.
    package func keepsVersions() async throws -> Bool? { false }

    /// False although pages are in byte order: parallel listings would gain nothing, since each page rereads its
    /// directories.
    package var listsInByteOrder: Bool { false }

    package func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? {
        let operation = DirectoryOperations.inspect
        ledger.sent(operation)
        return try await describingFailures(operation: operation, target: key.value) {
            guard let file = try open(key, operation: operation) else { return nil }
            var digest = Digest(.sha256)
            var size: Int64 = 0
            while true {
                try Task.checkCancellation()
                let bytes = try file.read(upTo: 256 * 1024)
                if bytes.isEmpty { break }
                digest.update(bytes)
                size += Int64(bytes.count)
            }
            return InspectedObject(size: size, sha256: Hexadecimal.encode(digest.finalize()), versionID: nil)
        }
    }

    package func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        DirectoryBody(store: self, key: key, range: range)
    }

    /// The bytes of one file.
    private struct DirectoryBody: AssetBody {
        let store: DirectoryStore
        let key: ObjectKey
        let range: Range<Int64>?

        var origin: BodyOrigin? { BodyOrigin(DirectoryOperations.read, key.value) }

        /// Small, since a slow reader holds two or three pieces and a server has hundreds of readers.
        private static let pieceBytes: Int64 = 64 << 10

        func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
            let operation = DirectoryOperations.read
            store.ledger.sent(operation)
            let file = try await describingFailures(operation: operation, target: key.value) {
                let file = try store.open(key, operation: operation)
                if let range { try file?.seek(to: range.lowerBound) }
                return file
            }
            guard let file else {
                throw RemoteFailure(.absent, operation: operation, target: key.value, message: "the file is absent")
            }
            var left = range.map { $0.upperBound - $0.lowerBound } ?? .max
            while left > 0 {
                try Task.checkCancellation()
                let piece = try await describingFailures(operation: operation, target: key.value) {
                    try file.read(upTo: Int(min(Self.pieceBytes, left)))
                }
                if piece.isEmpty { break }
                left -= Int64(piece.count)
                try await receive(piece)
            }
        }
    }

    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        let operation = DirectoryOperations.read
        ledger.sent(operation)
        return try await describingFailures(operation: operation, target: key.value) {
            guard let file = try open(key, operation: operation) else { return nil }
            var bytes: [UInt8] = []
            while bytes.count <= limit {
                let piece = try file.read(upTo: min(256 * 1024, limit + 1 - bytes.count))
                if piece.isEmpty { return bytes }
                bytes += piece
            }
            throw RemoteFailure(
                .invalid,
                operation: operation,
                target: key.value,
                message: "the file is larger than the \(limit) bytes that are read at most"
            )
        }
    }

    package func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        try await read(key, limit: max(bytes.count, MavenMetadata.maximumBytes)) == bytes
    }

    package func write(
        _ bytes: [UInt8],
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await write(to: key, condition, waits: false) {
            let partial = try PartialFile(under: root)
            try partial.append(bytes)
            return partial
        }
    }

    package func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        let writing = BodyOrigin(DirectoryOperations.write, key.value)
        return try await write(to: key, condition, waits: true) {
            let check = ContentCheck(size: asset.size, sha256: asset.checksums.sha256)
            var partial: PartialFile?
            try await body.read { piece in
                try Task.checkCancellation()
                check.update(piece)
                if let problem = check.excess { throw body.corrupt(problem, for: writing) }
                let file = try partial ?? PartialFile(under: root)
                partial = file
                try file.append(piece)
            }
            if let problem = check.verdict() { throw body.corrupt(problem, for: writing) }
            return try partial ?? PartialFile(under: root)
        }
    }

    /// - Parameters:
    ///   - waits: whether `fill` waits for bytes. If so, `fill` must not create the file before the first bytes arrive,
    ///     and no directory stays open meanwhile: there may be more such writes than the process may have open files.
    ///   - fill: creates the file with all its bytes.
    private func write(
        to key: ObjectKey,
        _ condition: WriteCondition,
        waits: Bool,
        _ fill: () async throws -> PartialFile
    ) async throws -> WriteOutcome {
        let operation = DirectoryOperations.write
        let path = try DirectoryPath(key, operation: operation)
        ledger.sent(operation)
        do {
            let outcome = try await publish(at: path, key, condition, waits: waits, fill)
            ledger.accepted(operation)
            return outcome
        } catch let failure as RemoteFailure where failure.kind == .denied && failure.operation == operation {
            // Pass zero as the time: nothing waits for the permission to return.
            throw ledger.refused(failure, at: .zero)
        }
    }

    private func publish(
        at path: DirectoryPath,
        _ key: ObjectKey,
        _ condition: WriteCondition,
        waits: Bool,
        _ fill: () async throws -> PartialFile
    ) async throws -> WriteOutcome {
        try await describingFailures(operation: DirectoryOperations.write, target: key.value) {
            sweepOnce()
            var opened: OpenFile? = try openParent(of: path, making: true)
            if let parent = opened {
                try names.require(path.name, in: parent, path: path.directory)
                // Avoids reading a body in vain; the publication below is what decides.
                if condition == .createOnly, try parent.status(of: path.name)?.kind == .file { return .alreadyExists }
            }
            if waits { opened = nil }
            let partial = try await fill()
            try Task.checkCancellation()
            let parent = try opened ?? openParent(of: path, making: true)
            let outcome = try partial.publish(as: path.name, in: parent, condition)
            do {
                // Another writer may have published under the other name first, or the file system may have changed the
                // name.
                try names.require(path.name, in: parent, path: path.directory)
            } catch {
                if condition == .createOnly, outcome != .alreadyExists { try? parent.remove(path.name) }
                throw error
            }
            return outcome
        }
    }

    private func openParent(of path: DirectoryPath, making: Bool) throws -> OpenFile {
        var directory = try root.openDirectory(".")
        var place = ""
        for name in path.parents {
            do {
                directory = try names.openDirectory(name, in: directory, path: place, making: making)
            } catch let failure as SystemFailure where failure.code == ENOTDIR && !making {
                // Nothing can exist under a file, but a symbolic link must be reported, since it is not followed.
                throw try directory.status(of: name)?.kind == .file ? SystemFailure(code: ENOENT) : failure
            }
            place += name + "/"
        }
        return directory
    }

    /// Opens the object's file; nil if there is none, or if something other than a file has its name.
    private func open(_ key: ObjectKey, operation: ServiceOperation) throws -> OpenFile? {
        let path = try DirectoryPath(key, operation: operation)
        do {
            let isInDoubt = names.areInDoubt(path.name) || path.parents.contains(where: names.areInDoubt)
            let file =
                if !isInDoubt, let file = root.openFile(below: key.value) {
                    file
                } else {
                    try openListed(path)
                }
            return try file.status().kind == .file ? file : nil
        } catch let failure as SystemFailure where failure.code == ENOENT {
            return nil
        } catch is NameCollision {
            return nil
        }
    }

    /// Opens one directory after another, checking that each name is listed exactly.
    private func openListed(_ path: DirectoryPath) throws -> OpenFile {
        let parent = try openParent(of: path, making: false)
        let file = try parent.openFile(path.name)
        try names.require(path.name, in: parent, path: path.directory)
        return file
    }

    /// Ignores failures: the partial files of killed processes only cost space, so a failed sweep must not fail the
    /// write.
    private func sweepOnce() {
        let isFirst = isSwept.withLock { isSwept in
            defer { isSwept = true }
            return !isSwept
        }
        if isFirst { try? PartialFile.sweep(under: root) }
    }
}
