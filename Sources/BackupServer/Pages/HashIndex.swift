import ReconcileCore
import Synchronization

/// Which of a backup's versions may have a file of some hash: what was read of their newest records.
///
/// Records never change, so what is known of one stays right. Of each hash the first 32 bits are kept, so what it gives
/// must be looked at. Takes some 250 bytes for a version with a JAR and its POM, and at most `limit`, half of it for the
/// records' keys: of a larger backup, it knows the versions that are listed first, and how many it lacks.
struct HashIndex: Sendable {
    /// The keys of the newest records, one after another.
    private var keys: [UInt8] = []
    /// Where each key ends.
    private var ends: [UInt32] = []
    private var states: [State] = []
    /// The first 32 bits of each hash that was read, and the position of its record.
    private var prints: [UInt32] = []
    private var owners: [UInt32] = []
    /// Records that were read, or were to be.
    private(set) var looked = 0
    /// Versions whose keys found no room.
    private var beyond = 0
    /// Whether the hashes of a further record found no room.
    private var isFull = false
    private let limit: Int
    /// The newest record so far of the version that comes in.
    private var current: ManifestRecord?

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
    var lacksSome: Bool { isFull || beyond > 0 }

    /// Whether there is a record that is to be read and was not yet.
    var hasUnread: Bool { !isFull && looked < ends.count }

    /// The first positions of such records.
    func unread(_ most: Int) -> [Int] {
        hasUnread ? Array(states.indices.lazy.filter { states[$0] == .unread }.prefix(most)) : []
    }

    private var bytes: Int { keys.count + ends.count * 5 + prints.count * 8 }

    func key(at position: Int) -> ObjectKey {
        let start = position == 0 ? 0 : Int(ends[position - 1])
        return ObjectKey(String(decoding: keys[start..<Int(ends[position])], as: UTF8.self))
    }

    // MARK: Filling it

    /// Takes in a record, of which the newest of each version counts. Those of a version come one after another.
    mutating func add(_ record: ManifestRecord, in layout: BackupLayout) {
        guard let before = current, before.coordinates.exact == record.coordinates.exact else {
            close(in: layout)
            current = record
            return
        }
        if before.isOlder(than: record) { current = record }
    }

    /// Ends it: there are no further records.
    mutating func close(in layout: BackupLayout) {
        if let current { append(layout.key(of: current)) }
        current = nil
    }

    private mutating func append(_ key: ObjectKey) {
        guard beyond == 0, bytes + key.value.utf8.count + 5 <= limit / 2 else {
            beyond += 1
            return
        }
        keys += key.value.utf8
        ends.append(UInt32(keys.count))
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
    mutating func adopt(_ known: HashIndex) {
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

    /// The positions of records that may name a file of a hash, in their order.
    ///
    /// - Parameter hash: in lower-case hexadecimal.
    func positions(of hash: String) -> [Int] {
        guard let wanted = UInt32(hash.prefix(8), radix: 16) else { return [] }
        var found: Set<UInt32> = []
        for (print, owner) in zip(prints, owners) where print == wanted { found.insert(owner) }
        return found.sorted().map(Int.init)
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

/// The index of the records that the newest walk over them saw, while it is filled.
final class KnownHashes: Sendable {
    /// Records to be read, by their positions in the index of one walk.
    struct Batch: Sendable {
        let records: [(position: Int, key: ObjectKey)]
        fileprivate let walk: Int
    }

    private struct State {
        var index: HashIndex
        var walk = 0
    }

    private let state: Mutex<State>
    /// One that knows nothing, for a walk.
    let empty: HashIndex

    /// - Parameter limit: bytes.
    init(limit: Int) {
        empty = HashIndex(limit: limit)
        state = Mutex(State(index: empty))
    }

    var current: HashIndex { state.withLock(\.index) }

    var hasUnread: Bool { state.withLock(\.index.hasUnread) }

    /// Takes the records of a new walk, with what is known of them already.
    func begin(_ index: HashIndex) {
        var index = index
        index.adopt(current)
        state.withLock { state in
            state.index = index
            state.walk += 1
        }
    }

    /// Records that were not read yet, at most so many; nil for none.
    func unread(_ most: Int) -> Batch? {
        state.withLock { state in
            let positions = state.index.unread(most)
            guard !positions.isEmpty else { return nil }
            return Batch(records: positions.map { ($0, state.index.key(at: $0)) }, walk: state.walk)
        }
    }

    /// Takes in what reading each of a batch gave, in order: nil for one that cannot be read. Nothing where a walk came
    /// between, after which positions mean others.
    func note(_ read: [[UInt8]?], of batch: Batch) {
        state.withLock { state in
            guard state.walk == batch.walk else { return }
            for (record, bytes) in zip(batch.records, read) { state.index.note(bytes, at: record.position) }
        }
    }
}
