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
            // With the slash as the lowest byte, names are compared segment by segment.
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

    /// FNV-1a: the same on every page and in every process, and unrelated to the text's order.
    private static func scatter(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

/// What ListObjectsV2 was asked.
struct LocalS3ListQuery: Sendable {
    var prefix = ""
    var delimiter: String?
    /// Only keys after this one in byte order.
    var startAfter: String?
    /// Only keys and common prefixes after this one in listing order.
    var after: String?
    /// Keys and common prefixes together.
    var limit = 1000

    /// The page; `keys` must be in the order.
    func page(of keys: [String], in order: LocalS3Order) -> LocalS3ListPage {
        var page = LocalS3ListPage()
        guard limit > 0 else { return page }
        var position = firstIndex(of: keys, in: order)
        while position < keys.count {
            let key = keys[position]
            position += 1
            guard key.utf8.starts(with: prefix.utf8) else {
                // A prefix's keys are next to each other, so nothing can follow them.
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

    /// The first key that can be on the page.
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

    /// The key up to and with the first delimiter after the prefix.
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
    /// The key or common prefix that the next page starts after; nil on the last page.
    var next: String?
    fileprivate var last: String?

    var count: Int { keys.count + commonPrefixes.count }

    fileprivate mutating func append(_ key: String, common: String?) {
        if let common { commonPrefixes.append(common) } else { keys.append(key) }
        last = common ?? key
    }
}

/// A continuation token: the place in the listing, spelled so that no client takes it for a key.
enum LocalS3Token {
    static func encode(_ place: String) -> String {
        "1." + Hexadecimal.encode(Array(place.utf8))
    }

    /// Nil for a text that no listing gave out.
    static func decode(_ token: String) -> String? {
        guard token.hasPrefix("1."), let bytes = Hexadecimal.decode(String(token.dropFirst(2))) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
