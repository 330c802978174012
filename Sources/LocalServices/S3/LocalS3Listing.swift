import Cryptography

/// The order of a bucket's listing.
struct LocalS3Order: Sendable {
    let kind: LocalS3Configuration.ListOrder

    init(_ kind: LocalS3Configuration.ListOrder) {
        self.kind = kind
    }

    func precedes(_ left: String, _ right: String) -> Bool {
        switch kind {
        case .bytes:
            return left.utf8.lexicographicallyPrecedes(right.utf8)
        case .directories:
            // Treats the slash as the lowest byte, which compares names segment by segment.
            let slash = UInt8(ascii: "/")
            return left.utf8.lexicographicallyPrecedes(right.utf8) { first, second in
                if first == second || second == slash { return false }
                return first == slash || first < second
            }
        case .shuffled:
            let (first, second) = (Self.scatter(left), Self.scatter(right))
            return first == second ? left.utf8.lexicographicallyPrecedes(right.utf8) : first < second
        }
    }

    /// FNV-1a: the same on every page and in every process, and unrelated to alphabetical order.
    private static func scatter(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

/// The parameters of a ListObjectsV2.
struct LocalS3ListQuery: Sendable {
    var prefix = ""
    var delimiter: String?
    /// List only keys after this one in byte order.
    var startAfter: String?
    /// List only keys and common prefixes after this one in listing order.
    var after: String?
    /// The most keys and common prefixes together.
    var limit = 1000

    /// The page of the listing; `keys` must be in listing order.
    func page(of keys: [String], in order: LocalS3Order) -> LocalS3ListPage {
        var page = LocalS3ListPage()
        guard limit > 0 else { return page }
        var position = firstIndex(of: keys, in: order)
        while position < keys.count {
            let key = keys[position]
            position += 1
            guard key.utf8.starts(with: prefix.utf8) else {
                // A prefix's keys are adjacent, so none can follow.
                if order.kind != .shuffled && order.precedes(prefix, key) { break }
                continue
            }
            if let startAfter, !startAfter.utf8.lexicographicallyPrecedes(key.utf8) { continue }
            let common = commonPrefix(of: key)
            if let common, common == after || common == page.commonPrefixes.last { continue }
            if page.count == limit {
                page.next = page.last
                break
            }
            page.append(key, common: common)
        }
        return page
    }

    /// The index of the first key that can be on the page.
    private func firstIndex(of keys: [String], in order: LocalS3Order) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(keys[middle], order) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func isBefore(_ key: String, _ order: LocalS3Order) -> Bool {
        if let after, !order.precedes(after, key) { return true }
        if let startAfter, order.kind == .bytes, !order.precedes(startAfter, key) { return true }
        return order.kind != .shuffled && order.precedes(key, prefix)
    }

    /// The part of the key up to and including the first delimiter after the prefix; nil if there is none.
    private func commonPrefix(of key: String) -> String? {
        guard let delimiter = delimiter.map({ Array($0.utf8) }), !delimiter.isEmpty else { return nil }
        let bytes = Array(key.utf8)
        var start = prefix.utf8.count
        while start + delimiter.count <= bytes.count {
            if bytes[start..<start + delimiter.count].elementsEqual(delimiter) {
                return String(decoding: bytes[..<(start + delimiter.count)], as: UTF8.self)
            }
            start += 1
        }
        return nil
    }
}

/// One page of a listing.
struct LocalS3ListPage: Hashable, Sendable {
    var keys: [String] = []
    var commonPrefixes: [String] = []
    /// The key or common prefix after which the next page starts; nil on the last page.
    var next: String?
    fileprivate var last: String?

    var count: Int { keys.count + commonPrefixes.count }

    fileprivate mutating func append(_ key: String, common: String?) {
        if let common { commonPrefixes.append(common) } else { keys.append(key) }
        last = common ?? key
    }
}

/// Continuation tokens: a position in the listing, encoded so that no client mistakes it for a key.
enum LocalS3Token {
    static func encode(_ place: String) -> String {
        "1." + Hexadecimal.encode(Array(place.utf8))
    }

    /// Nil if the text is not a token of a listing.
    static func decode(_ token: String) -> String? {
        guard token.hasPrefix("1."), let bytes = Hexadecimal.decode(String(token.dropFirst(2))) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
