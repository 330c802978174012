/// The parts in which the manifests are listed side by side, and how far each list has come.
///
/// At any time the parts cover every key under the prefixes, each key once. A part is split where a package's manifests
/// begin, so the names of packages only decide who lists what: a wrong one costs a request, and what no name is known
/// of is in the part before it. A pure value: requests go out, the keys of their pages come back.
package struct ManifestRanges: Sendable {
    /// One page to ask for.
    package struct Request: Sendable {
        package let prefix: ObjectKey
        /// Only keys after this one; nil for all.
        package let start: ObjectKey?
        /// Nil for the first page of a part.
        package let token: PageToken?
        fileprivate let part: Int

        /// Which of the lists side by side asks for it.
        var list: Int { part }
    }

    /// As many lists are under way at once.
    package static let width = 4
    /// Every so many packages there is a place for a split.
    package static let spacing = 50

    /// Keys of one prefix that one list goes through.
    private struct Part {
        let number: Int
        let prefix: ObjectKey
        /// Its keys come after this one; nil for the first of a prefix.
        let start: ObjectKey?
        /// Its keys come before this one; nil for the last of a prefix.
        var end: ObjectKey?
        var trail: PageTrail
        var token: PageToken?
        /// The last key that was listed.
        var last: ObjectKey?
        var state = State.untouched
        /// `last` and whether it was done when `seal` was called.
        var sealed: (last: ObjectKey?, isDone: Bool) = (nil, false)

        enum State { case untouched, waiting, running, done }

        /// No key of the part is below it.
        var low: ObjectKey { start ?? prefix }
    }

    /// In key order.
    private var parts: [Part]
    private let trail: PageTrail
    private var nextNumber: Int
    /// Where a part may be split, in key order.
    private var places: [ObjectKey] = []
    private var packages = 0
    private var splits = 0
    private var pages = 0
    /// Nothing has come in since no part was worth a split.
    private var isSplitEnough = false
    /// Whether the store lists in byte order, as its last answer showed.
    private var isOrdered = false

    /// - Parameters:
    ///   - prefixes: none of them the beginning of another.
    ///   - trail: of a listing that has not begun.
    package init(of prefixes: [ObjectKey], trail: PageTrail) {
        parts = Set(prefixes).sorted().enumerated().map { number, prefix in
            Part(number: number, prefix: prefix, start: nil, end: nil, trail: trail)
        }
        self.trail = trail
        nextNumber = parts.count
    }

    // MARK: Listing

    /// The next page to ask for; nil while the lists that are under way must be waited for, and at the end.
    package mutating func next() -> Request? {
        if let index = parts.firstIndex(where: { $0.state == .waiting }) { return begin(index) }
        guard parts.count(where: { $0.state == .running }) < Self.width else { return nil }
        if let index = parts.firstIndex(where: { $0.state == .untouched }) { return begin(index) }
        return split().map { begin($0) }
    }

    private mutating func begin(_ index: Int) -> Request {
        parts[index].state = .running
        let part = parts[index]
        return Request(
            prefix: part.prefix,
            start: part.token == nil ? part.start : nil,
            token: part.token,
            part: part.number
        )
    }

    /// Takes in the keys of a page, and returns how many of them, from the first, belong to the part that asked.
    ///
    /// - Throws: `malformed` for a listing that turns in a circle, or that is not in byte order but should be.
    package mutating func take(
        _ keys: [ObjectKey],
        next token: PageToken?,
        inByteOrder isOrdered: Bool,
        of request: Request
    ) throws(RemoteFailure) -> Int {
        guard let index = parts.firstIndex(where: { $0.number == request.part }) else { return 0 }
        self.isOrdered = isOrdered
        var count = keys.count
        // Once there are several, each relies on the order.
        if isOrdered || splits > 0 {
            var last = parts[index].last ?? parts[index].start
            for key in keys {
                if let last, key <= last { throw parts[index].trail.outOfOrder(key) }
                last = key
            }
            if let end = parts[index].end { count = keys.partitioningIndex { $0 >= end } }
        }
        pages += 1
        isSplitEnough = false
        if count > 0 { parts[index].last = keys[count - 1] }
        if let token, count == keys.count {
            try parts[index].trail.follow(token, after: keys.count)
            parts[index].token = token
            parts[index].state = .waiting
        } else {
            parts[index].state = .done
        }
        return count
    }

    /// Whether every key was listed.
    package var isDone: Bool { parts.allSatisfy { $0.state == .done } }

    // MARK: What is known

    /// Everything that was listed until now is known from here on.
    package mutating func seal() {
        var sealed: [Part] = []
        for var part in parts {
            part.sealed = (part.last, part.state == .done)
            // Nobody asks any more where it was split.
            if part.sealed.isDone, let before = sealed.last, before.sealed.isDone, before.prefix == part.prefix {
                sealed[sealed.count - 1].end = part.end
                sealed[sealed.count - 1].last = part.last ?? before.last
            } else {
                sealed.append(part)
            }
        }
        parts = sealed
    }

    /// Whether every key under a package's prefix was listed before the last `seal`.
    package func covers(_ prefix: ObjectKey) -> Bool {
        let index = parts.partitioningIndex { $0.low > prefix }
        // It is under none of the prefixes.
        guard index > 0 else { return true }
        let sealed = parts[index - 1].sealed
        if sealed.isDone { return true }
        guard isOrdered, let last = sealed.last else { return false }
        return prefix < last && !last.value.utf8.starts(with: prefix.value.utf8)
    }

    // MARK: Splitting

    /// Takes in the prefixes of packages that the source lists, in any order.
    package mutating func offer(_ prefixes: [ObjectKey]) {
        for prefix in prefixes.sorted() {
            if packages % Self.spacing == 0 { places.append(prefix) }
            packages += 1
        }
        places.sort()
        isSplitEnough = false
    }

    /// Splits what the longest list has left in two, and returns the index of the new part; nil if no list is long enough:
    /// a part costs up to one request that its keys do not need.
    private mutating func split() -> Int? {
        guard isOrdered, !isSplitEnough, packages > 200, splits < (packages + 999) / 1_000 + 3 else { return nil }
        var longest = 0
        var ahead = 0..<0
        var passed = 0
        for (index, part) in parts.enumerated() {
            let end =
                part.end.map { end in places.partitioningIndex { $0 >= end } }
                ?? places.partitioningIndex { $0 > part.low && !$0.value.utf8.starts(with: part.prefix.value.utf8) }
            let low = places.partitioningIndex { $0 > part.low }
            let reached =
                part.state == .done ? end : part.last.map { last in places.partitioningIndex { $0 > last } } ?? low
            passed += reached - low
            if end - reached > ahead.count { (longest, ahead) = (index, reached..<end) }
        }
        // The pages that the rest takes if its packages are like those that were listed.
        guard ahead.count * pages >= Self.worthwhile * max(1, passed) else {
            isSplitEnough = true
            return nil
        }
        let place = places[(ahead.lowerBound + ahead.upperBound) / 2]
        let old = parts[longest]
        parts[longest].end = place
        parts.insert(
            Part(number: nextNumber, prefix: old.prefix, start: place, end: old.end, trail: trail),
            at: longest + 1
        )
        nextNumber += 1
        splits += 1
        return longest + 1
    }

    /// A list with fewer pages before it is not split.
    private static let worthwhile = 4
}

extension RandomAccessCollection where Index == Int {
    /// The first index whose element fulfils the condition, which all after it fulfil too; the end if none does.
    fileprivate func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
