import Synchronization

/// A digest of the names of all records of a backup that are not later than a cutoff.
///
/// The names say version, time, revision and status (of the domain's configuration, time and SHA-256), and nothing
/// deletes a record, so the digest of a cutoff that has passed never changes. docs/TRUST.md shows how `sort` and
/// `sha256sum` compute it.
package struct RecordDigest: Hashable, Sendable {
    /// Records up to this second are in it.
    package let cutoff: Timestamp
    /// How many records there are, by repository; packages' own records too.
    package let records: [String: Int]
    /// How many records of the domain's configuration are in it too; nil if it does not cover them.
    package let configurations: Int?
    /// SHA-256 of each group of packages, 256 of them, lower-case hexadecimal.
    package let groups: [String]
    /// SHA-256 of the groups' hashes, one per line.
    package let digest: String

    package init(cutoff: Timestamp, records: [String: Int], configurations: Int?, groups: [String], digest: String) {
        self.cutoff = cutoff
        self.records = records
        self.configurations = configurations
        self.groups = groups
        self.digest = digest
    }

    /// How many records there are.
    package var count: Int { records.values.reduce(configurations ?? 0, +) }

    /// Whether it covers records of the domain's configuration.
    var coversConfiguration: Bool { configurations != nil }

    /// Packages are divided by the first byte of the SHA-256 of their prefix, so that a difference has a place.
    static let groupCount = 256

    /// The digest of the groups' hashes.
    static func digest(ofGroups groups: [String], _ hash: DigestFunction) -> String {
        hash(groups.flatMap { Array("\($0)\n".utf8) }, .sha256)
    }
}

extension [RecordDigest] {
    /// The one of a cutoff, which covers the domain's configuration or not; nil if there is none.
    func upTo(_ cutoff: Timestamp, withConfiguration covers: Bool = false) -> RecordDigest? {
        first { $0.cutoff == cutoff && $0.coversConfiguration == covers }
    }

    /// The one that compares with a digest of which nothing else is known, so either may be meant, with records of the
    /// configuration and without: no set of records has the digest of another. Nil if there is none of the cutoff.
    func comparable(to digest: String, upTo cutoff: Timestamp) -> RecordDigest? {
        let either = filter { $0.cutoff == cutoff }
        return either.first { $0.digest == digest } ?? either.last
    }

    /// The one that covers what another one does, for a comparison; nil if there is none.
    func like(_ other: RecordDigest) -> RecordDigest? {
        upTo(other.cutoff, withConfiguration: other.coversConfiguration)
    }
}

/// Computes digests of records while a listing shows them, in any order in which each package's records come together.
///
/// Memory: some 100 bytes for each package, 40 more for each cutoff up to which its records are others, and the keys of the
/// packages at hand. Safe to call from anywhere.
package final class RecordDigester: Sendable {
    private let root: String
    private let hash: DigestFunction
    private let state: Mutex<State>

    /// The records of some repositories up to a cutoff.
    struct Part: Hashable, Sendable {
        let cutoff: Timestamp
        /// Sorted.
        let repositories: [String]
    }

    private struct State {
        var sums: PackageSums
        var parts: [Part: PackageSums] = [:]
        /// Those that a repository is in, by its name as it is in keys.
        var partsWith: [String: [Part]] = [:]
        /// Later records are in no digest.
        var last: Timestamp?
        /// By the list that shows it.
        var open: [Int: OpenPackage] = [:]
        /// The records of the domain's configuration; nil if they were not listed.
        var configuration: [Listed]?
        var isFinished = false
    }

    package typealias Listed = (key: ObjectKey, recordedAt: Timestamp)

    /// A package whose records are being listed.
    private struct OpenPackage {
        /// Of its keys, below the domain.
        let prefix: String
        var records: [Listed] = []
    }

    /// - Parameter cutoffs: each once; a digest is computed for each.
    package convenience init(cutoffs: Set<Timestamp>, of backup: Backup) {
        self.init(cutoffs: cutoffs, parts: [], of: backup)
    }

    /// - Parameter parts: of each a digest is computed, too, in memory for the packages that are in it.
    init(cutoffs: Set<Timestamp>, parts: Set<Part>, of backup: Backup) {
        root = backup.layout.prefix.value
        hash = backup.hashes.digest
        var state = State(
            sums: PackageSums(cutoffs: cutoffs.sorted()),
            last: cutoffs.union(parts.map(\.cutoff)).max()
        )
        for part in parts {
            state.parts[part] = PackageSums(cutoffs: [part.cutoff])
            for name in part.repositories { state.partsWith[KeySegment.encode(name), default: []].append(part) }
        }
        self.state = Mutex(state)
    }

    /// Takes in a page of records.
    ///
    /// - Parameter list: which of the parallel listings shows them; no package is in two.
    package func add(_ records: some Sequence<Listed>, from list: Int) {
        state.withLock { state in
            guard let last = state.last else { return }
            var package = state.open[list]
            for record in records where record.recordedAt <= last {
                let own = record.key.value.utf8.dropFirst(root.utf8.count)
                if package.map({ own.starts(with: $0.prefix.utf8) }) != true {
                    if let package { close(package, &state) }
                    package = OpenPackage(prefix: Self.prefix(of: own))
                }
                package?.records.append(record)
            }
            state.open[list] = package
        }
    }

    /// Takes in the records of the domain's configuration, all at once: there are digests with them then, too.
    package func add(configuration: [Listed]) {
        state.withLock { $0.configuration = configuration }
    }

    /// Takes in that everything was listed.
    package func finish() {
        state.withLock { state in
            for package in state.open.values { close(package, &state) }
            state.open = [:]
            state.isFinished = true
        }
    }

    /// Whether everything was listed.
    var isFinished: Bool { state.withLock(\.isFinished) }

    /// The digests, in order of their cutoffs, of each without the domain's configuration and, if that was listed, with it;
    /// nil before everything was listed, and if the records of some package did not come together.
    package var digests: [RecordDigest]? {
        state.withLock { state in
            guard state.isFinished else { return nil }
            var digests: [RecordDigest] = []
            for (index, cutoff) in state.sums.cutoffs.enumerated() {
                guard let digest = state.sums.digest(upTo: index, hash) else { return nil }
                digests.append(digest)
                guard let configuration = state.configuration else { continue }
                let counted = section(of: configuration.filter { $0.recordedAt <= cutoff })
                guard let whole = state.sums.digest(upTo: index, hash, with: counted) else { return nil }
                digests.append(whole)
            }
            return digests
        }
    }

    /// The digest of a part that was asked for; nil before everything was listed, and if the records of some package did not
    /// come together.
    func digest(of part: Part) -> RecordDigest? {
        state.withLock { state in state.isFinished ? state.parts[part]?.digest(upTo: 0, hash) : nil }
    }

    private func section(of configuration: [Listed]) -> PackageSums.Section {
        PackageSums.Section(
            count: configuration.count,
            line: "\(Self.configuration) \(digest(of: configuration))",
            group: group(of: Self.configuration)
        )
    }

    /// Where the records of the configuration are, which count as those of one package.
    private static let configuration = "configuration/"

    private func group(of prefix: String) -> Int {
        Int(String(Substring(hash(Array(prefix.utf8), .sha256).utf8.prefix(2))), radix: 16) ?? 0
    }

    /// Of the keys below the domain, sorted, a line each.
    private func digest(of records: some Sequence<Listed>) -> String {
        var lines: [UInt8] = []
        for key in records.map(\.key).sorted() {
            lines.append(contentsOf: key.value.utf8.dropFirst(root.utf8.count))
            lines.append(UInt8(ascii: "\n"))
        }
        return hash(lines, .sha256)
    }

    private func close(_ package: OpenPackage, _ state: inout State) {
        let number = group(of: package.prefix)
        // By how many of the records are in it: those up to a cutoff are the same for all of as many.
        var known: [Int: String] = [:]
        func add(to sums: inout PackageSums) {
            let counted = sums.cutoffs.map { cutoff -> PackageSums.Counted? in
                let records = package.records.filter { $0.recordedAt <= cutoff }
                guard !records.isEmpty else { return nil }
                let digest = known[records.count] ?? digest(of: records)
                known[records.count] = digest
                return PackageSums.Counted(count: records.count, digest: digest)
            }
            sums.add(package.prefix, group: number, counted)
        }
        add(to: &state.sums)
        guard !state.parts.isEmpty else { return }
        for part in state.partsWith[PackageSums.repository(of: package.prefix)] ?? [] {
            add(to: &state.parts[part, default: PackageSums(cutoffs: [part.cutoff])])
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

/// The packages' digests up to each of some cutoffs, compactly: of most packages, all records are in all of them.
private struct PackageSums: Sendable {
    /// In ascending order.
    let cutoffs: [Timestamp]
    /// How many records there are up to each cutoff, by repository.
    private var records: [[String: Int]]
    /// The packages' prefixes, without what all of them have in common, one after another.
    private var names = ChunkedArray<UInt8>()
    private var packages = ChunkedArray<Package>()
    /// One package's after another's.
    private var sums = ChunkedArray<Sum>()

    private struct Package: Sendable {
        let group: UInt8
        /// Where its name ends among the names, and its sums among the sums; they begin where those of the one before end.
        let nameEnd: UInt32
        let sumEnd: UInt32
    }

    private struct Sum: Sendable {
        /// The first cutoff that it is of; it is of the following ones, too, up to that of the package's next sum.
        let since: UInt32
        let digest: (UInt64, UInt64, UInt64, UInt64)
    }

    /// Records of one package up to a cutoff.
    struct Counted {
        let count: Int
        let digest: String
    }

    private static let common = "manifests/maven/"

    init(cutoffs: [Timestamp]) {
        self.cutoffs = cutoffs
        records = cutoffs.map { _ in [:] }
    }

    /// - Parameter counted: for each cutoff, nil if no record of the package is in it.
    mutating func add(_ prefix: String, group: Int, _ counted: [Counted?]) {
        guard counted.contains(where: { $0 != nil }) else { return }
        let name = prefix.utf8.dropFirst(Self.common.utf8.count)
        let repository = Self.repository(of: prefix)
        let decoded = KeySegment.decode(Substring(repository)) ?? repository
        var last = 0
        for (index, counted) in counted.enumerated() {
            guard let counted else { continue }
            records[index][decoded, default: 0] += counted.count
            if counted.count != last { sums.append(Self.sum(counted.digest, since: index)) }
            last = counted.count
        }
        for byte in name { names.append(byte) }
        packages.append(
            Package(group: UInt8(group), nameEnd: UInt32(names.count), sumEnd: UInt32(sums.count))
        )
    }

    private static func sum(_ digest: String, since index: Int) -> Sum {
        var digits = Substring(digest)
        func next() -> UInt64 {
            defer { digits = digits.dropFirst(16) }
            return UInt64(digits.prefix(16), radix: 16) ?? 0
        }
        return Sum(since: UInt32(index), digest: (next(), next(), next(), next()))
    }

    /// The name of a package's repository as it is in keys.
    static func repository(of prefix: String) -> String {
        String(Substring(prefix.utf8.dropFirst(common.utf8.count).prefix { $0 != UInt8(ascii: "/") }))
    }

    /// What is digested beside the packages: one line of a group, if anything is counted.
    struct Section {
        let count: Int
        let line: String
        let group: Int
    }

    /// The digest up to the cutoff at this index; nil if a package came twice.
    func digest(upTo cutoff: Int, _ hash: DigestFunction, with configuration: Section? = nil) -> RecordDigest? {
        var members = [[Int32]](repeating: [], count: RecordDigest.groupCount)
        for (index, package) in packages.enumerated() { members[Int(package.group)].append(Int32(index)) }
        var groups: [String] = []
        for (number, group) in members.enumerated() {
            var lines = group.compactMap { line(of: Int($0), upTo: cutoff) }
            if let configuration, configuration.group == number, configuration.count > 0 {
                lines.append(configuration.line)
            }
            lines.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            // The last 64 bytes are the digest.
            for (line, next) in zip(lines, lines.dropFirst())
            where line.utf8.dropLast(64).elementsEqual(next.utf8.dropLast(64)) {
                return nil
            }
            groups.append(hash(lines.flatMap { Array("\($0)\n".utf8) }, .sha256))
        }
        let digest = RecordDigest.digest(ofGroups: groups, hash)
        return RecordDigest(
            cutoff: cutoffs[cutoff],
            records: records[cutoff],
            configurations: configuration?.count,
            groups: groups,
            digest: digest
        )
    }

    /// Nil for a package that has no record up to the cutoff.
    private func line(of index: Int, upTo cutoff: Int) -> String? {
        let package = packages[index]
        let before = index == 0 ? nil : packages[index - 1]
        let own = sums[Int(before?.sumEnd ?? 0)..<Int(package.sumEnd)]
        guard let sum = own.last(where: { $0.since <= cutoff }) else { return nil }
        let name = String(decoding: names[Int(before?.nameEnd ?? 0)..<Int(package.nameEnd)], as: UTF8.self)
        let (first, second, third, fourth) = sum.digest
        let digest = [first, second, third, fourth].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }
        return "\(Self.common)\(name) \(digest.joined())"
    }
}
