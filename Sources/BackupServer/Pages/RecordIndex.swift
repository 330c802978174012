import ReconcileCore

/// An index of which versions of a backup may have a file with a given name or hash: the keys of their newest records,
/// and the hashes in the records that were read.
///
/// Records never change, so entries stay valid. Only the first 32 bits of each hash are kept, so matches must be
/// checked. A version with a JAR and its POM takes about 250 bytes. The index takes at most `limit` bytes, half of it
/// for keys; for a larger backup, it has the versions that are listed first, and counts the others.
struct RecordIndex: Sendable {
    /// The keys of the newest records, concatenated; sorted by bytes once all are added.
    private var keys: [UInt8] = []
    /// The end of each key in `keys`.
    private var ends: [UInt32] = []
    /// The number of records of each version.
    private var counts: [UInt32] = []
    private var states: [State] = []
    /// The first 32 bits of each hash that was read; `owners` has the position of its record.
    private var prints: [UInt32] = []
    private var owners: [UInt32] = []
    /// The number of records that were read, or found unreadable.
    private(set) var looked = 0
    /// The number of versions whose keys did not fit.
    private var beyond = 0
    private var isInOrder = true
    /// Whether the hashes of a record did not fit.
    private var isFull = false
    private let limit: Int
    /// The version being added: its newest record so far, and the number of its records.
    private var current: (newest: ManifestRecord, count: UInt32)?

    /// The result of reading a record.
    private enum State: UInt8 {
        case unread
        case read
        /// Gives no hashes at present; may be repaired before the next walk.
        case unreadable
    }

    /// - Parameter limit: the maximum size in bytes.
    init(limit: Int) { self.limit = limit }

    /// The number of versions in the backup.
    var versions: Int { ends.count + beyond }

    /// Whether some versions cannot be indexed for lack of space.
    var lacksSome: Bool { isFull || lacksKeys }

    /// Whether the keys of some versions did not fit.
    var lacksKeys: Bool { beyond > 0 }

    /// Whether any record is still to be read.
    var hasUnread: Bool { !isFull && looked < ends.count }

    /// Returns the positions of the first such records.
    func unread(_ most: Int) -> [Int] {
        hasUnread ? Array(states.indices.lazy.filter { states[$0] == .unread }.prefix(most)) : []
    }

    private var bytes: Int { keys.count + ends.count * 9 + prints.count * 8 }

    func key(at position: Int) -> ObjectKey {
        ObjectKey(String(decoding: bytes(at: position), as: UTF8.self))
    }

    /// Returns the bytes of a key.
    private func bytes(at position: Int) -> ArraySlice<UInt8> {
        keys[(position == 0 ? 0 : Int(ends[position - 1]))..<Int(ends[position])]
    }

    // MARK: Filling

    /// Adds a record; only the newest of each version is kept. Records of the same version must be added consecutively.
    mutating func add(_ record: ManifestRecord, in layout: BackupLayout) {
        guard let before = current, before.newest.coordinates.exact == record.coordinates.exact else {
            close(in: layout)
            current = (record, 1)
            return
        }
        current = (before.newest.isOlder(than: record) ? record : before.newest, before.count + 1)
    }

    /// Finishes adding: there are no further records.
    mutating func close(in layout: BackupLayout) {
        if let current { append(layout.key(of: current.newest), current.count) }
        current = nil
    }

    /// Sorts the keys by bytes, if the store lists in another order. Must be called before any record is read.
    mutating func sort() {
        guard !isInOrder else { return }
        let order = ends.indices.sorted { bytes(at: $0).lexicographicallyPrecedes(bytes(at: $1)) }
        var (keys, ends): ([UInt8], [UInt32]) = ([], [])
        for position in order {
            keys += bytes(at: position)
            ends.append(UInt32(keys.count))
        }
        counts = order.map { counts[$0] }
        (self.keys, self.ends, isInOrder) = (keys, ends, true)
    }

    private mutating func append(_ key: ObjectKey, _ count: UInt32) {
        guard beyond == 0, bytes + key.value.utf8.count + 9 <= limit / 2 else {
            beyond += 1
            return
        }
        if let last = ends.indices.last, key.value.utf8.lexicographicallyPrecedes(bytes(at: last)) { isInOrder = false }
        keys += key.value.utf8
        ends.append(UInt32(keys.count))
        counts.append(count)
        states.append(.unread)
    }

    /// Adds the hashes of a record; nil for a record that cannot be read.
    mutating func note(_ record: [UInt8]?, at position: Int) {
        guard !isFull, states[position] == .unread else { return }
        let found = record.map(Self.prints) ?? []
        guard bytes + found.count * 8 <= limit else {
            isFull = true
            return
        }
        looked += 1
        states[position] = record == nil ? .unreadable : .read
        for print in found {
            prints.append(print)
            owners.append(UInt32(position))
        }
    }

    /// Takes over what another index knows about the same records. Must be called before any record of this index is
    /// read.
    mutating func adopt(_ known: RecordIndex) {
        guard bytes + known.prints.count * 8 <= limit else { return }
        var places: [Int: UInt32] = [:]
        for position in ends.indices { places[number(of: position)] = UInt32(position) }
        // The position in this index of each record that the other has read.
        let moved = known.ends.indices.map { known.states[$0] == .read ? places[known.number(of: $0)] : nil }
        for place in moved.compactMap(\.self) {
            states[Int(place)] = .read
            looked += 1
        }
        for (print, owner) in zip(known.prints, known.owners) {
            guard let place = moved[Int(owner)] else { continue }
            prints.append(print)
            owners.append(place)
        }
    }

    /// Returns a hash of a record's key; for 100,000 records, the chance that two are equal is below one in 10^9.
    private func number(of position: Int) -> Int {
        key(at: position).hashValue
    }

    // MARK: Queries

    /// Returns the number of versions whose records are under a prefix.
    func versions(under prefix: ObjectKey) -> Int { positions(under: Array(prefix.value.utf8)).count }

    /// Returns the newest record and the number of records of each version under a prefix, sorted by key.
    func records(under prefix: ObjectKey, in layout: BackupLayout) -> [(newest: ManifestRecord, records: Int)] {
        positions(under: Array(prefix.value.utf8)).compactMap { position in
            layout.record(at: key(at: position)).map { ($0, Int(counts[position])) }
        }
    }

    /// Returns the positions of records that may contain a hash, in ascending order.
    ///
    /// - Parameter hash: in lower-case hexadecimal.
    func positions(of hash: String) -> [Int] {
        guard let wanted = UInt32(hash.prefix(8), radix: 16) else { return [] }
        var found: Set<UInt32> = []
        for (print, owner) in zip(prints, owners) where print == wanted { found.insert(owner) }
        return found.sorted().map(Int.init)
    }

    /// Returns the positions of records of versions that may have a file, the likeliest first.
    ///
    /// - Parameter packages: the packages that may have the file.
    func positions(of file: SoughtFile, in packages: [PackageCoordinates], _ layout: BackupLayout) -> [Int] {
        var found: [(match: Int, position: Int)] = []
        for package in packages {
            let prefix = Array(layout.manifestsPrefix(of: package).value.utf8)
            for position in positions(under: prefix) {
                let version = bytes(at: position).dropFirst(prefix.count).prefix { $0 != UInt8(ascii: "/") }
                guard let version = KeySegment.decode(String(decoding: version, as: UTF8.self)),
                    let match = file.match(version, of: package)
                else { continue }
                found.append((match, position))
            }
        }
        return found.sorted { ($1.match, $0.position) < ($0.match, $1.position) }.map(\.position)
    }

    /// Returns the positions of the records whose keys begin with these bytes.
    private func positions(under prefix: [UInt8]) -> Range<Int> {
        let start = count { $0.lexicographicallyPrecedes(prefix) }
        return start..<max(start, count { !prefix.lexicographicallyPrecedes($0.prefix(prefix.count)) })
    }

    /// Returns how many keys satisfy a condition that holds for the first keys and for none after them.
    private func count(where holds: (ArraySlice<UInt8>) -> Bool) -> Int {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(bytes(at: middle)) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The lengths of hashes in hexadecimal: MD5, SHA-1, SHA-256, SHA-512.
    private static let lengths: Set<Int> = [32, 40, 64, 128]

    /// Returns the first 32 bits of every string in a record that may be a hash. This is cheaper than decoding the
    /// record.
    private static func prints(in record: [UInt8]) -> [UInt32] {
        var prints: [UInt32] = []
        var start = 0
        for (index, byte) in record.enumerated() where byte == UInt8(ascii: "\"") {
            if lengths.contains(index - start), let print = print(of: record[start..<index]) { prints.append(print) }
            start = index + 1
        }
        return prints
    }

    /// Returns nil if the text is not all hexadecimal.
    private static func print(of text: ArraySlice<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for (offset, byte) in text.enumerated() {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            if offset < 8 { value = value << 4 | UInt32(digit) }
        }
        return value
    }
}
