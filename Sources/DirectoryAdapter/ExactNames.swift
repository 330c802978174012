import ReconcileCore
import Synchronization

/// Looks up names by their exact bytes, on file systems that may treat different names as the same.
///
/// Some ignore case (FAT, NTFS, SMB, ext4 with casefold), some the form of accented letters (HFS+, APFS, ZFS with
/// normalization). Only the file system knows which names it treats as the same, so a name is accepted only if its
/// directory lists exactly that name. Names outside ASCII are always checked; ASCII names only if the file system
/// ignores case or may do so. A check reads the directory once; directories that passed are remembered.
final class ExactNames: Sendable {
    /// Whether names that differ only in case are the same; nil if the directory has no entry that shows it.
    let foldsCase: Bool?
    /// Paths from the root of directories that are listed with exactly that spelling.
    private let passed = Mutex<Set<ExactText>>([])

    /// Looks up an entry of the directory with its case changed. Writes nothing.
    init(probing directory: OpenFile) throws(SystemFailure) {
        foldsCase = try Self.probe(directory)
    }

    private static func probe(_ directory: OpenFile) throws(SystemFailure) -> Bool? {
        let names = Set(try directory.entries().map { ExactText($0.name) })
        for name in names.sorted() {
            let other = name.value.inOtherCase
            if other == name.value { continue }
            if names.contains(ExactText(other)) { return false }
            if (try? directory.status(of: other)) != nil { return true }
            // An entry that has disappeared in the meantime shows nothing.
            if (try? directory.status(of: name.value)) != nil { return false }
        }
        return nil
    }

    /// Whether looking up this name may find an entry with a different one.
    func areInDoubt(_ name: String) -> Bool {
        foldsCase != false || !name.utf8.allSatisfy { $0 < 0x80 }
    }

    /// Opens the directory `name` in `directory`; with `making`, makes it first if it is missing.
    ///
    /// - Parameter path: the path of `directory` from the root, with a trailing slash; empty for the root.
    /// - Throws: `NameCollision` if the name finds an entry with a different one; otherwise `SystemFailure`.
    func openDirectory(_ name: String, in directory: OpenFile, path: String, making: Bool) throws -> OpenFile {
        let opened = try directory.openDirectory(name, making: making)
        let place = ExactText(path + name)
        guard areInDoubt(name), !passed.withLock({ $0.contains(place) }) else { return opened }
        try require(name, in: directory, path: path)
        passed.withLock { passed in
            if passed.count >= 10_000 { passed = [] }
            passed.insert(place)
        }
        return opened
    }

    /// Throws `NameCollision` if the name finds an entry with a different one. A name that finds nothing passes.
    func require(_ name: String, in directory: OpenFile, path: String) throws {
        guard areInDoubt(name), let status = try directory.status(of: name) else { return }
        let names = try directory.entries().map(\.name)
        if names.contains(where: { ExactText($0) == ExactText(name) }) { return }
        let other = names.first { (try? directory.status(of: $0))?.inode == status.inode }
        // An entry that has disappeared in the meantime is not a collision. An entry whose name is not UTF-8 cannot be
        // shown.
        guard try other != nil || directory.status(of: name) != nil else { return }
        throw NameCollision(
            name: name,
            other: other ?? Self.twin(of: name, among: names) ?? "another name",
            directory: path
        )
    }

    /// Finds a name that differs only in case or in the form of accented letters. Needed where a file system gives an
    /// entry a different inode number under each name, as some network and FUSE file systems do.
    static func twin(of name: String, among names: [String]) -> String? {
        // Swift's strings compare equal whatever form their accented letters have.
        names.first { $0.lowercased() == name.lowercased() }
    }
}

/// Two names that the file system treats as the same.
struct NameCollision: Error, Hashable, Sendable {
    /// The name that was looked up.
    let name: String
    /// The name that the directory lists.
    let other: String
    /// The directory's path from the root, with a trailing slash; empty for the root.
    let directory: String
}

extension String {
    /// The string with the case of every ASCII letter swapped.
    fileprivate var inOtherCase: String {
        String(decoding: utf8.map { ASCII.isLetterOrDigit($0) && !ASCII.isDigit($0) ? $0 ^ 0x20 : $0 }, as: UTF8.self)
    }
}
