import Synchronization

/// A digest of the names of all records of a backup that are not later than a cutoff.
///
/// The names say version, time, revision and status, and nothing deletes a record, so the digest of a cutoff that has
/// passed never changes. docs/TRUST.md shows how `sort` and `sha256sum` compute it.
package struct RecordDigest: Hashable, Sendable {
    /// Records up to this second are in it.
    package let cutoff: Timestamp
    /// How many records there are, by repository; packages' own records too.
    package let records: [String: Int]
    /// SHA-256 of each group of packages, 256 of them, lower-case hexadecimal.
    package let groups: [String]
    /// SHA-256 of the groups' hashes, one per line.
    package let digest: String

    package init(cutoff: Timestamp, records: [String: Int], groups: [String], digest: String) {
        self.cutoff = cutoff
        self.records = records
        self.groups = groups
        self.digest = digest
    }

    /// How many records there are.
    package var count: Int { records.values.reduce(0, +) }

    /// Packages are divided by the first byte of the SHA-256 of their prefix, so that a difference has a place.
    static let groupCount = 256

    /// The digest of the groups' hashes.
    static func digest(ofGroups groups: [String], _ hash: DigestFunction) -> String {
        hash(groups.flatMap { Array("\($0)\n".utf8) }, .sha256)
    }
}

extension [RecordDigest] {
    /// The one of a cutoff; nil if there is none.
    func upTo(_ cutoff: Timestamp) -> RecordDigest? { first { $0.cutoff == cutoff } }
}

/// Computes digests of records while a listing shows them, in any order in which each package's records come together.
///
/// Memory: some 100 bytes for each package and cutoff, and the keys of the packages at hand. Safe to call from anywhere.
package final class RecordDigester: Sendable {
    private let root: String
    private let hash: DigestFunction
    private let state: Mutex<State>

    private struct State {
        var sums: [PackageSums]
        /// By the list that shows it.
        var open: [Int: OpenPackage] = [:]
        var isFinished = false
    }

    /// A package whose records are being listed.
    private struct OpenPackage {
        /// Of its keys, below the domain.
        let prefix: String
        var records: [(key: ObjectKey, recordedAt: Timestamp)] = []
    }

    /// - Parameter cutoffs: each once; a digest is computed for each.
    package init(cutoffs: Set<Timestamp>, of backup: Backup) {
        root = backup.layout.prefix.value
        hash = backup.hashes.digest
        state = Mutex(State(sums: cutoffs.sorted().map(PackageSums.init)))
    }

    /// Takes in a page of records.
    ///
    /// - Parameter list: which of the parallel listings shows them; no package is in two.
    func add(_ records: some Sequence<(key: ObjectKey, recordedAt: Timestamp)>, from list: Int) {
        state.withLock { state in
            guard let earliest = state.sums.last?.cutoff else { return }
            var package = state.open[list]
            for record in records where record.recordedAt <= earliest {
                let own = record.key.value.utf8.dropFirst(root.utf8.count)
                if package.map({ own.starts(with: $0.prefix.utf8) }) != true {
                    if let package { close(package, &state.sums) }
                    package = OpenPackage(prefix: Self.prefix(of: own))
                }
                package?.records.append(record)
            }
            state.open[list] = package
        }
    }

    /// Takes in that everything was listed.
    func finish() {
        state.withLock { state in
            for package in state.open.values { close(package, &state.sums) }
            state.open = [:]
            state.isFinished = true
        }
    }

    /// The digests, in order of their cutoffs; nil before everything was listed, and if the records of some package did not
    /// come together.
    package var digests: [RecordDigest]? {
        state.withLock { state in
            guard state.isFinished else { return nil }
            var digests: [RecordDigest] = []
            for sums in state.sums {
                guard let digest = sums.digest(hash) else { return nil }
                digests.append(digest)
            }
            return digests
        }
    }

    private func close(_ package: OpenPackage, _ sums: inout [PackageSums]) {
        let records = package.records.sorted { $0.key < $1.key }
        let group = hash(Array(package.prefix.utf8), .sha256).utf8.prefix(2)
        let number = Int(String(Substring(group)), radix: 16) ?? 0
        var known: (count: Int, digest: String)?
        for index in sums.indices.reversed() {
            let counted = records.filter { $0.recordedAt <= sums[index].cutoff }
            guard !counted.isEmpty else { break }
            if known?.count != counted.count {
                var lines: [UInt8] = []
                for record in counted {
                    lines.append(contentsOf: record.key.value.utf8.dropFirst(root.utf8.count))
                    lines.append(UInt8(ascii: "\n"))
                }
                known = (counted.count, hash(lines, .sha256))
            }
            sums[index].add(package.prefix, group: number, count: counted.count, digest: known?.digest ?? "")
        }
    }

    /// The prefix of the package that a key is of: `manifests/maven/<repository>/<namespace>/<package>/`.
    private static func prefix(of key: Substring.UTF8View) -> String {
        var end = key.startIndex
        for _ in 0..<5 {
            guard let slash = key[end...].firstIndex(of: UInt8(ascii: "/")) else { break }
            end = key.index(after: slash)
        }
        return String(Substring(key[..<end]))
    }
}

/// The packages' digests up to one cutoff, compactly.
private struct PackageSums: Sendable {
    let cutoff: Timestamp
    private var records: [String: Int] = [:]
    /// The packages' prefixes, without what all of them have in common, one after another.
    private var names = ChunkedArray<UInt8>()
    private var packages = ChunkedArray<Package>()

    private struct Package: Sendable {
        let group: UInt8
        /// Where its name ends among the names; it begins where the one before ends.
        let end: UInt32
        let digest: (UInt64, UInt64, UInt64, UInt64)
    }

    private static let common = "manifests/maven/"

    init(cutoff: Timestamp) {
        self.cutoff = cutoff
    }

    mutating func add(_ prefix: String, group: Int, count: Int, digest: String) {
        let name = prefix.utf8.dropFirst(Self.common.utf8.count)
        let repository = String(Substring(name.prefix { $0 != UInt8(ascii: "/") }))
        records[KeySegment.decode(Substring(repository)) ?? repository, default: 0] += count
        for byte in name { names.append(byte) }
        var digits = Substring(digest)
        func next() -> UInt64 {
            defer { digits = digits.dropFirst(16) }
            return UInt64(digits.prefix(16), radix: 16) ?? 0
        }
        packages.append(
            Package(group: UInt8(group), end: UInt32(names.count), digest: (next(), next(), next(), next()))
        )
    }

    /// Nil if a package came twice.
    func digest(_ hash: DigestFunction) -> RecordDigest? {
        var members = [[Int32]](repeating: [], count: RecordDigest.groupCount)
        for (index, package) in packages.enumerated() { members[Int(package.group)].append(Int32(index)) }
        var groups: [String] = []
        for group in members {
            let lines = group.map { line(of: Int($0)) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            // The last 64 bytes are the digest.
            for (line, next) in zip(lines, lines.dropFirst())
            where line.utf8.dropLast(64).elementsEqual(next.utf8.dropLast(64)) {
                return nil
            }
            groups.append(hash(lines.flatMap { Array("\($0)\n".utf8) }, .sha256))
        }
        let digest = RecordDigest.digest(ofGroups: groups, hash)
        return RecordDigest(cutoff: cutoff, records: records, groups: groups, digest: digest)
    }

    private func line(of index: Int) -> String {
        let start = index == 0 ? 0 : Int(packages[index - 1].end)
        let package = packages[index]
        let name = String(decoding: names[start..<Int(package.end)], as: UTF8.self)
        let (first, second, third, fourth) = package.digest
        let digest = [first, second, third, fourth].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }
        return "\(Self.common)\(name) \(digest.joined())"
    }
}
