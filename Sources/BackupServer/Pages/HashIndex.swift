import ReconcileCore
import Synchronization

/// Which of a backup's versions may have a file of some hash: what a search has read of their newest records, so that the
/// next one need not read those again.
///
/// Records never change, so what is known of one stays right. Of each hash the first 32 bits are kept, so what it gives
/// must be looked at. Takes some 250 bytes for a version with a JAR and its POM, and at most `limit`: of a larger backup,
/// nothing is kept.
struct HashIndex: Sendable {
    /// The keys of the newest records, one after another.
    private var keys: [UInt8] = []
    /// Where each key ends.
    private var ends: [UInt32] = []
    private var states: [State] = []
    /// The first 32 bits of each hash that was read, and the position of its record.
    private var prints: [UInt32] = []
    private var owners: [UInt32] = []
    /// Whether there is more than may be kept.
    private(set) var isOverfull = false
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

    /// Records, of each version one.
    var count: Int { ends.count }

    /// Positions of records that were not read yet.
    var unread: [Int] { states.indices.filter { states[$0] == .unread } }

    private var bytes: Int { keys.count + ends.count * 5 + prints.count * 8 }

    func key(at position: Int) -> ObjectKey {
        let start = position == 0 ? 0 : Int(ends[position - 1])
        return ObjectKey(String(decoding: keys[start..<Int(ends[position])], as: UTF8.self))
    }

    // MARK: Filling it

    /// Takes in a record, of which the newest of each version counts. Those of a version come one after another.
    mutating func add(_ record: ManifestRecord, in layout: BackupLayout) {
        guard !isOverfull else { return }
        guard let before = current, before.coordinates.exact == record.coordinates.exact else {
            close(in: layout)
            current = record
            return
        }
        if before.isOlder(than: record) { current = record }
    }

    /// Ends it: there are no further records.
    mutating func close(in layout: BackupLayout) {
        if let current, !isOverfull { append(layout.key(of: current)) }
        current = nil
    }

    private mutating func append(_ key: ObjectKey) {
        keys += key.value.utf8
        ends.append(UInt32(keys.count))
        states.append(.unread)
        dropWhatIsTooMuch()
    }

    /// Takes in what a record says; nil for one that cannot be read.
    mutating func note(_ record: [UInt8]?, at position: Int) {
        guard !isOverfull, states[position] == .unread else { return }
        states[position] = record == nil ? .unreadable : .read
        for print in record.map(Self.prints) ?? [] {
            prints.append(print)
            owners.append(UInt32(position))
        }
        dropWhatIsTooMuch()
    }

    /// Takes over what another index knows of the same records; of a backup that is too large for one, nothing.
    mutating func adopt(_ known: HashIndex) {
        guard !isOverfull else { return }
        guard !known.isOverfull else { return overflow() }
        var places: [Int: UInt32] = [:]
        for position in ends.indices where states[position] == .unread {
            places[number(of: position)] = UInt32(position)
        }
        // Of each record known, its position here.
        let moved = known.ends.indices.map { known.states[$0] == .read ? places[known.number(of: $0)] : nil }
        for place in moved.compactMap(\.self) { states[Int(place)] = .read }
        for (print, owner) in zip(known.prints, known.owners) {
            guard let place = moved[Int(owner)] else { continue }
            prints.append(print)
            owners.append(place)
        }
        dropWhatIsTooMuch()
    }

    /// A hash of a record's key: in one of 10^9 backups of 100,000 records, two are the same.
    private func number(of position: Int) -> Int {
        key(at: position).hashValue
    }

    private mutating func dropWhatIsTooMuch() {
        if bytes > limit { overflow() }
    }

    private mutating func overflow() {
        self = HashIndex(limit: limit)
        isOverfull = true
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

/// The index that searches fill, of the records that the newest walk over them saw.
final class KnownHashes: Sendable {
    private let state: Mutex<HashIndex>
    /// One that knows nothing, for a walk.
    let empty: HashIndex

    /// - Parameter limit: bytes.
    init(limit: Int) {
        empty = HashIndex(limit: limit)
        state = Mutex(empty)
    }

    var current: HashIndex { state.withLock(\.self) }

    /// Takes the records of a new walk, with what is known of them already.
    func begin(_ index: HashIndex) {
        state.withLock { state in
            var index = index
            index.adopt(state)
            state = index
        }
    }

    /// Takes in what a search has read, while another walk may have begun.
    func add(_ filled: HashIndex) { state.withLock { $0.adopt(filled) } }
}
