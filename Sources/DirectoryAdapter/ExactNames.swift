import ReconcileCore
import Synchronization

/// Looks names up by their bytes on a file system that may take others for the same name.
///
/// Some ignore case (FAT, NTFS, SMB, ext4 with casefold), some the form of accented letters (HFS+, APFS, ZFS with
/// normalization). Which names are one there, only the file system knows: a name is the one that was asked for if its
/// directory lists exactly that. Names outside ASCII are checked so everywhere, the others where the file system
/// ignores case or may do so. A check reads the directory once, and remembers directories that passed.
final class ExactNames: Sendable {
    /// Whether names that differ only in case are one; nil where the directory has no entry that shows it.
    let foldsCase: Bool?
    /// Paths of directories, from the root, that are listed as they are spelled.
    private let passed = Mutex<Set<ExactText>>([])

    /// Looks an entry of the directory up under its name in the other case, and writes nothing.
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
            // An entry that went away meanwhile shows nothing.
            if (try? directory.status(of: name.value)) != nil { return false }
        }
        return nil
    }

    /// Whether a lookup of this name may find an entry of another one.
    func areInDoubt(_ name: String) -> Bool {
        foldsCase != false || !name.utf8.allSatisfy { $0 < 0x80 }
    }

    /// The directory of this name below another one, made where it is missing and `making` is set.
    ///
    /// - Parameter path: of the directory to look in, from the root, with a slash at its end where it is not the root.
    /// - Throws: `NameCollision` where the name stands for an entry of another one; `SystemFailure` otherwise.
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

    /// Throws `NameCollision` where the name stands for an entry of another one; a name that stands for nothing passes.
    func require(_ name: String, in directory: OpenFile, path: String) throws {
        guard areInDoubt(name), let status = try directory.status(of: name) else { return }
        let names = try directory.entries().map(\.name)
        if names.contains(where: { ExactText($0) == ExactText(name) }) { return }
        let other = names.first { (try? directory.status(of: $0))?.inode == status.inode }
        // An entry that went away meanwhile stands in nobody's way; one that is not UTF-8 has no name to show.
        guard try other != nil || directory.status(of: name) != nil else { return }
        throw NameCollision(
            name: name,
            other: other ?? Self.twin(of: name, among: names) ?? "another name",
            directory: path
        )
    }

    /// A name that differs only in case or in the form of accented letters: what is left to go by where a file system
    /// gives an entry another inode number under each name, as some network and FUSE file systems do.
    static func twin(of name: String, among names: [String]) -> String? {
        // Strings are equal in whatever form their letters are.
        names.first { $0.lowercased() == name.lowercased() }
    }
}

/// Two names that the file system takes for one.
struct NameCollision: Error, Hashable, Sendable {
    /// As it was asked for.
    let name: String
    /// As the directory lists it.
    let other: String
    /// Its path from the root, with a slash at its end where it is not the root.
    let directory: String
}

extension String {
    /// The same with the case of each ASCII letter changed.
    fileprivate var inOtherCase: String {
        String(decoding: utf8.map { ASCII.isLetterOrDigit($0) && !ASCII.isDigit($0) ? $0 ^ 0x20 : $0 }, as: UTF8.self)
    }
}
