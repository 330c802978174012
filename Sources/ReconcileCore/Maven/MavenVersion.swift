/// A version in Maven's order, which decides what `latest` and `release` name.
///
/// The order is that of `ComparableVersion` in maven-artifact 3.8.7, including its quirks. Two versions may be equal in
/// it and still be spelled differently (`1.0` and `1-ga`); `description` keeps the spelling. A few spellings form a
/// cycle (`1-x` < `1-ga0.rc` < `1-ga` < `1-x`), so put versions in a total order before you sort them.
///
/// A version is lower-cased and split at `.` and `-` and between digits and letters. A `-`, and a change between digits
/// and letters, opens a list nested in the previous one. Zeros and release words at the end of a list don't count. Only
/// ASCII digits are digits here; all others are letters.
package struct MavenVersion: Sendable, CustomStringConvertible {
    package let description: String

    /// The lists, outermost first. A list can contain another only as its last item, so nesting is the order of this
    /// array, and no version can overflow the stack.
    private let lists: [[Item]]

    package init(_ version: String) {
        description = version
        lists = Self.parse(version)
    }

    /// Whether Maven's resolver treats the version as changing: `1.0-SNAPSHOT`, a build of one, and anything else that
    /// ends in `SNAPSHOT`. For whether a version has builds, see `VersionName`.
    package var isSnapshot: Bool {
        description.hasSuffix("SNAPSHOT") || SnapshotBuild(description) != nil
    }

    fileprivate enum Item {
        case number(Number)
        case qualifier(Qualifier)
    }

    /// A number of any length.
    fileprivate struct Number {
        /// Maven stores up to 9 digits in an int and up to 18 in a long, and compares the three types before the
        /// values.
        let width: Int
        let digits: [UInt8]

        /// Leading zeros don't count towards the type, except that an all-zero number keeps all of them.
        init(_ text: [UInt8]) {
            let digits = Array(text.drop { $0 == UInt8(ascii: "0") })
            let counted = digits.isEmpty ? text.count : digits.count
            width = counted <= 9 ? 0 : counted <= 18 ? 1 : 2
            self.digits = digits
        }

        func order(_ other: Number) -> Order {
            let byLength = Order(width, other.width).then(Order(digits.count, other.digits.count))
            guard byLength == .same, digits != other.digits else { return byLength }
            return digits.lexicographicallyPrecedes(other.digits) ? .before : .after
        }
    }

    /// A word. Known words are ordered by rank; all others come after them, in alphabetical order.
    fileprivate struct Qualifier {
        static let release = 5
        private static let ranks = [
            "alpha": 0, "beta": 1, "milestone": 2, "rc": 3, "cr": 3, "snapshot": 4, "": release, "ga": release,
            "final": release, "release": release, "sp": 6,
        ]
        private static let abbreviations = ["a": 0, "b": 1, "m": 2]

        let rank: Int
        /// In UTF-16, the unit that Java compares; empty for a known word.
        let word: [UInt16]

        init(_ word: String, beforeDigit: Bool) {
            let known = beforeDigit ? Self.abbreviations[word] ?? Self.ranks[word] : Self.ranks[word]
            rank = known ?? 7
            self.word = known == nil ? Array(word.utf16) : []
        }

        func order(_ other: Qualifier) -> Order {
            guard rank == other.rank, word != other.word else { return Order(rank, other.rank) }
            return word.lexicographicallyPrecedes(other.word) ? .before : .after
        }
    }
}

// MARK: Parsing

extension MavenVersion {
    private static func parse(_ version: String) -> [[Item]] {
        var lists: [[Item]] = [[]]
        var token = ""
        var isNumber = false

        func append(_ item: Item) { lists[lists.count - 1].append(item) }
        func open() { lists.append([]) }
        func opensForWord() -> Bool { lists.last?.isEmpty == false }
        func close(_ token: String) {
            append(isNumber ? .number(Number(Array(token.utf8))) : .qualifier(Qualifier(token, beforeDigit: false)))
        }

        for scalar in version.lowercased().unicodeScalars {
            let isDigit = ("0"..."9").contains(scalar)
            if scalar == "." || scalar == "-" {
                // An empty part is a zero.
                if token.isEmpty { append(.number(Number([]))) } else { close(token) }
                token = ""
                if scalar == "-" { open() }
                continue
            }
            if !token.isEmpty, isDigit != isNumber {
                if isNumber {
                    close(token)
                } else {
                    // A word after a dot is treated as if after a hyphen: 1.0.rc2 is 1.0-rc2.
                    if opensForWord() { open() }
                    append(.qualifier(Qualifier(token, beforeDigit: true)))
                }
                token = ""
                open()
            }
            isNumber = isDigit
            token.unicodeScalars.append(scalar)
        }
        if !token.isEmpty {
            if !isNumber, opensForWord() { open() }
            close(token)
        }
        return normalized(lists)
    }

    /// Removes items that count as nothing from the end of each list, then the lists left empty at the end.
    private static func normalized(_ lists: [[Item]]) -> [[Item]] {
        var lists = lists
        for index in lists.indices.reversed() {
            while let last = lists[index].last, last.orderToNothing == .same { lists[index].removeLast() }
            if lists[index].isEmpty, index == lists.count - 1 { lists.removeLast() }
        }
        return lists
    }
}

// MARK: Order

extension MavenVersion: Comparable {
    package static func < (left: MavenVersion, right: MavenVersion) -> Bool { left.order(right) == .before }

    /// Equal in Maven's order.
    package static func == (left: MavenVersion, right: MavenVersion) -> Bool { left.order(right) == .same }

    fileprivate enum Order {
        case before, same, after

        init(_ left: Int, _ right: Int) { self = left < right ? .before : left > right ? .after : .same }

        func then(_ next: @autoclosure () -> Order) -> Order { self == .same ? next() : self }

        var reversed: Order {
            switch self {
            case .before: .after
            case .same: .same
            case .after: .before
            }
        }
    }

    private func order(_ other: MavenVersion) -> Order {
        for depth in 0..<max(lists.count, other.lists.count) {
            let left = depth < lists.count ? lists[depth] : []
            let right = depth < other.lists.count ? other.lists[depth] : []
            for index in 0..<max(left.count, right.count) {
                let order: Order
                switch (index < left.count ? left[index] : nil, index < right.count ? right[index] : nil) {
                case (let item?, let other?): order = item.order(other)
                // After a list's own items comes the nested list or nothing.
                case (let item?, nil): order = depth + 1 < other.lists.count ? item.orderToList : item.orderToNothing
                case (nil, let item?):
                    order = (depth + 1 < lists.count ? item.orderToList : item.orderToNothing).reversed
                case (nil, nil): order = .same
                }
                if order != .same { return order }
            }
        }
        return .same
    }
}

extension MavenVersion.Item {
    /// A number comes after a word.
    fileprivate func order(_ other: MavenVersion.Item) -> MavenVersion.Order {
        switch (self, other) {
        case (.number(let left), .number(let right)): left.order(right)
        case (.number, .qualifier): .after
        case (.qualifier, .number): .before
        case (.qualifier(let left), .qualifier(let right)): left.order(right)
        }
    }

    /// 1.1 comes after 1-1, and 1-sp before 1-1.
    fileprivate var orderToList: MavenVersion.Order {
        switch self {
        case .number: .after
        case .qualifier: .before
        }
    }

    /// 1.1 comes after 1, 1.0 equals it, and 1-rc comes before it.
    fileprivate var orderToNothing: MavenVersion.Order {
        switch self {
        case .number(let number): number.digits.isEmpty ? .same : .after
        case .qualifier(let qualifier): MavenVersion.Order(qualifier.rank, MavenVersion.Qualifier.release)
        }
    }
}
