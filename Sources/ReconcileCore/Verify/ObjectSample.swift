/// Which of the objects the depths `checksums` and `bytes` look at.
package enum ObjectSample: Hashable, Sendable, CustomStringConvertible {
    case all
    /// Those whose key's hash falls to the part, of equal parts numbered from 0: the same in every process,
    /// permanently, so that all parts together are everything.
    case subset(part: Int, of: Int)
    /// About this share, in 0...1, drawn by the seed.
    case share(Double, seed: UInt64)

    package func contains(_ key: ObjectKey) -> Bool {
        switch self {
        case .all: return true
        case .subset(let part, let count):
            return Self.hash(key, seed: 0) % UInt64(count) == UInt64(part)
        case .share(let share, let seed):
            return Double(Self.hash(key, seed: seed) >> 11) < share * Double(1 << 53 as UInt64)
        }
    }

    /// The most parts: a part of more would be of hardly any object, and a verification of it would prove nothing.
    package static let maximumParts = 1_000

    /// Reads `3/30`, and `today/30`: the number of the day since 1970 (UTC) modulo 30. Nil for anything else.
    package init?(subset text: String, now: Timestamp) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = Int(parts[1]), (1...Self.maximumParts).contains(count) else {
            return nil
        }
        if parts[0] == "today" {
            self = .subset(part: Int(now.seconds / 86_400) % count, of: count)
        } else {
            guard let part = Int(parts[0]), (0..<count).contains(part) else { return nil }
            self = .subset(part: part, of: count)
        }
    }

    /// Reads `5%`, from 0.1 to 100; nil for anything else.
    package init?(share text: String, seed: UInt64) {
        guard text.last == "%", let percent = Double(text.dropLast()), (0.1...100).contains(percent) else {
            return nil
        }
        self = .share(percent / 100, seed: seed)
    }

    package var description: String {
        switch self {
        case .all: "all"
        case .subset(let part, let count): "subset \(part)/\(count)"
        case .share(let share, let seed): "\(share * 100)%, seed \(seed)"
        }
    }

    private static func hash(_ key: ObjectKey, seed: UInt64) -> UInt64 {
        var hash = SeededHash(seed: seed)
        hash.combine(key.value)
        return hash.value
    }
}
