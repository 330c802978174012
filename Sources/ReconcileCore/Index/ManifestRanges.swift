/// The parts into which the listing of manifests is split for concurrent requests, and how far each has come.
///
/// At any time the parts cover every key under the prefixes exactly once. A part is split where a package's manifests
/// begin, so package names only decide which list has which keys: a wrong name costs a request, and packages with
/// unknown names are in the part before. A pure value: requests may be sent, and their keys taken in, in any order.
package struct ManifestRanges: Sendable {
    /// A page to request.
    package struct Request: Sendable {
        package let prefix: ObjectKey
        /// Only keys after this one; nil for all.
        package let start: ObjectKey?
        /// Nil for the first page of a part.
        package let token: PageToken?
        fileprivate let part: Int

        /// Which of the concurrent lists requests it.
        var list: Int { part }
    }

    /// The maximum number of concurrent lists.
    package static let width = 4
    /// The number of packages between two possible split points.
    package static let spacing = 50

    /// A range of keys under one prefix, which one list covers.
    private struct Part {
        let number: Int
        let prefix: ObjectKey
        /// Its keys come after this one; nil for a prefix's first part.
        let start: ObjectKey?
        /// Its keys come before this one; nil for a prefix's last part.
        var end: ObjectKey?
        var trail: PageTrail
        var token: PageToken?
        /// The last listed key.
        var last: ObjectKey?
        var state = State.untouched
        /// `last`, and whether the part was done, when `seal` was called.
        var sealed: (last: ObjectKey?, isDone: Bool) = (nil, false)

        enum State { case untouched, waiting, running, done }

        /// A lower bound for the part's keys.
        var low: ObjectKey { start ?? prefix }
    }

    /// In key order.
    private var parts: [Part]
    private let trail: PageTrail
    private var nextNumber: Int
    /// Possible split points, in key order.
    private var places: [ObjectKey] = []
    private var packages = 0
    private var splits = 0
    private var pages = 0
    /// Whether no part was worth splitting and no page has arrived since.
    private var isSplitEnough = false
    /// Whether the store lists in byte order, according to its last answer.
    private var isOrdered = false

    /// - Parameters:
    ///   - prefixes: none of them is a prefix of another.
    ///   - trail: of a listing that hasn't started.
    package init(of prefixes: [ObjectKey], trail: PageTrail) {
        parts = Set(prefixes).sorted().enumerated().map { number, prefix in
            Part(number: number, prefix: prefix, start: nil, end: nil, trail: trail)
        }
        self.trail = trail
        nextNumber = parts.count
    }

    // MARK: Listing

    /// The next page to request; nil while the running lists must be awaited, and at the end.
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

    /// Takes the keys of a page; returns how many of them, from the start, belong to the part that requested it.
    ///
    /// - Throws: `malformed` for a cyclic listing, or one that should be in byte order but isn't.
    package mutating func take(
        _ keys: [ObjectKey],
        next token: PageToken?,
        inByteOrder isOrdered: Bool,
        of request: Request
    ) throws(RemoteFailure) -> Int {
        guard let index = parts.firstIndex(where: { $0.number == request.part }) else { return 0 }
        self.isOrdered = isOrdered
        var count = keys.count
        // As soon as there are several parts, each relies on the order.
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

    /// Whether every key has been listed.
    package var isDone: Bool { parts.allSatisfy { $0.state == .done } }

    // MARK: Coverage

    /// From here on, everything listed so far counts as covered.
    package mutating func seal() {
        var sealed: [Part] = []
        for var part in parts {
            part.sealed = (part.last, part.state == .done)
            // Merge finished neighbours: nobody asks where they were split.
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
        // The key is under none of the prefixes.
        guard index > 0 else { return true }
        let sealed = parts[index - 1].sealed
        if sealed.isDone { return true }
        guard isOrdered, let last = sealed.last else { return false }
        return prefix < last && !last.value.utf8.starts(with: prefix.value.utf8)
    }

    // MARK: Splitting

    /// Takes the prefixes of packages that the source lists, in any order.
    package mutating func offer(_ prefixes: [ObjectKey]) {
        for prefix in prefixes.sorted() {
            if packages % Self.spacing == 0 { places.append(prefix) }
            packages += 1
        }
        places.sort()
        isSplitEnough = false
    }

    /// Splits the longest remaining range in two and returns the index of the new part; nil if none is long enough,
    /// since a part may cost one request more than its keys need.
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
        // An estimate of the remaining pages, assuming that the packages are like those already listed.
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

    /// The minimum number of remaining pages for a split.
    private static let worthwhile = 4
}

extension RandomAccessCollection where Index == Int {
    /// The first index whose element fulfils the condition, given that all later elements fulfil it too; the end index
    /// if none does.
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
