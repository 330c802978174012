import ReconcileCore

/// Which of a backup's versions may have a file of some name or hash: the keys of their newest records, and what was read
/// of these.
///
/// Records never change, so what is known of one stays right. Of each hash the first 32 bits are kept, so what it gives
/// must be looked at. Takes some 250 bytes for a version with a JAR and its POM, and at most `limit`, half of it for the
/// records' keys: of a larger backup, it knows the versions that are listed first, and how many it lacks.
struct RecordIndex: Sendable {
    /// The keys of the newest records, one after another, in byte order once all are there.
    private var keys: [UInt8] = []
    /// Where each key ends.
    private var ends: [UInt32] = []
    /// How many records each version has.
    private var counts: [UInt32] = []
    private var states: [State] = []
    /// The first 32 bits of each hash that was read, and the position of its record.
    private var prints: [UInt32] = []
    private var owners: [UInt32] = []
    /// Records that were read, or were to be.
    private(set) var looked = 0
    /// Versions whose keys found no room.
    private var beyond = 0
    private var isInOrder = true
    /// Whether the hashes of a further record found no room.
    private var isFull = false
    private let limit: Int
    /// The newest record so far of the version that comes in, and how many there were.
    private var current: (newest: ManifestRecord, count: UInt32)?

    /// How a record was found.
    private enum State: UInt8 {
        case unread
        case read
        /// It says nothing now, and may be repaired before the next walk.
        case unreadable
    }

    /// - Parameter limit: bytes.
    init(limit: Int) { self.limit = limit }

    /// Versions of the backup.
    var versions: Int { ends.count + beyond }

    /// Whether some versions can never be looked at, for want of room.
    var lacksSome: Bool { isFull || lacksKeys }

    /// Whether the keys of some versions found no room.
    var lacksKeys: Bool { beyond > 0 }

    /// Whether there is a record that is to be read and was not yet.
    var hasUnread: Bool { !isFull && looked < ends.count }

    /// The first positions of such records.
    func unread(_ most: Int) -> [Int] {
        hasUnread ? Array(states.indices.lazy.filter { states[$0] == .unread }.prefix(most)) : []
    }

    private var bytes: Int { keys.count + ends.count * 9 + prints.count * 8 }

    func key(at position: Int) -> ObjectKey {
        ObjectKey(String(decoding: bytes(at: position), as: UTF8.self))
    }

    /// A key.
    private func bytes(at position: Int) -> ArraySlice<UInt8> {
        keys[(position == 0 ? 0 : Int(ends[position - 1]))..<Int(ends[position])]
    }

    // MARK: Filling it

    /// Takes in a record, of which the newest of each version counts. Those of a version come one after another.
    mutating func add(_ record: ManifestRecord, in layout: BackupLayout) {
        guard let before = current, before.newest.coordinates.exact == record.coordinates.exact else {
            close(in: layout)
            current = (record, 1)
            return
        }
        current = (before.newest.isOlder(than: record) ? record : before.newest, before.count + 1)
    }

    /// Ends it: there are no further records.
    mutating func close(in layout: BackupLayout) {
        if let current { append(layout.key(of: current.newest), current.count) }
        current = nil
    }

    /// Puts the keys into byte order, where the store lists in another. None of the records was read yet.
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

    /// Takes in what a record says; nil for one that cannot be read.
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

    /// Takes over what another index knows of the same records, into one of which none was read.
    mutating func adopt(_ known: RecordIndex) {
        guard bytes + known.prints.count * 8 <= limit else { return }
        var places: [Int: UInt32] = [:]
        for position in ends.indices { places[number(of: position)] = UInt32(position) }
        // Of each record known, its position here.
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

    /// A hash of a record's key: in one of 10^9 backups of 100,000 records, two are the same.
    private func number(of position: Int) -> Int {
        key(at: position).hashValue
    }

    // MARK: Asking it

    /// How many versions have their records under a prefix.
    func versions(under prefix: ObjectKey) -> Int { positions(under: Array(prefix.value.utf8)).count }

    /// Of each version whose records are under a prefix, the newest record and their number, in order of the keys.
    func records(under prefix: ObjectKey, in layout: BackupLayout) -> [(newest: ManifestRecord, records: Int)] {
        positions(under: Array(prefix.value.utf8)).compactMap { position in
            layout.record(at: key(at: position)).map { ($0, Int(counts[position])) }
        }
    }

    /// The positions of records that may name a file of a hash, in their order.
    ///
    /// - Parameter hash: in lower-case hexadecimal.
    func positions(of hash: String) -> [Int] {
        guard let wanted = UInt32(hash.prefix(8), radix: 16) else { return [] }
        var found: Set<UInt32> = []
        for (print, owner) in zip(prints, owners) where print == wanted { found.insert(owner) }
        return found.sorted().map(Int.init)
    }

    /// The positions of the records of versions that may have a file, the likeliest first.
    ///
    /// - Parameter packages: those that may have it.
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

    /// The positions of the records whose keys begin with some bytes.
    private func positions(under prefix: [UInt8]) -> Range<Int> {
        let start = count { $0.lexicographicallyPrecedes(prefix) }
        return start..<max(start, count { !prefix.lexicographicallyPrecedes($0.prefix(prefix.count)) })
    }

    /// How many keys come first of which something holds; it holds of no later one.
    private func count(where holds: (ArraySlice<UInt8>) -> Bool) -> Int {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(bytes(at: middle)) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Lengths of hashes in hexadecimal: MD5, SHA-1, SHA-256, SHA-512.
    private static let lengths: Set<Int> = [32, 40, 64, 128]

    /// The first 32 bits of every text in a record that may be a hash. Cheaper than reading the record as one.
    private static func prints(in record: [UInt8]) -> [UInt32] {
        var prints: [UInt32] = []
        var start = 0
        for (index, byte) in record.enumerated() where byte == UInt8(ascii: "\"") {
            if lengths.contains(index - start), let print = print(of: record[start..<index]) { prints.append(print) }
            start = index + 1
        }
        return prints
    }

    /// Nil for a text that is not hexadecimal throughout.
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
