/// How much is done at once, as a person chooses it.
package enum Width: Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// As much as brings more.
    case auto
    case fixed(Int)

    package init(integerLiteral value: Int) {
        self = .fixed(value)
    }

    /// Pieces of work at once, for work that learns nothing on its way.
    package var pieces: Int {
        switch self {
        case .auto: AdaptiveWidth.start
        case .fixed(let width): width
        }
    }

    /// The most pieces of work at once.
    package var most: Int {
        switch self {
        case .auto: AdaptiveWidth.most
        case .fixed(let width): width
        }
    }
}

/// How many assets may be in motion at once, and how many of their bytes: the law of `--width auto`, a pure value.
///
/// The width grows by one for each version that ends, as long as neither the rate of the assets' requests nor the thread
/// that moves the bytes holds them up, and falls to seven tenths on trouble, once a second at most. At the start, it grows
/// by one for each asset that is moved as well, which doubles it in the time that an asset takes. The start is over with
/// trouble, when the thread has no pause, or once the rate has held up as many assets in a row as there are places: one
/// alone may have come with all those that were begun at the same time.
///
/// Two budgets hold at any width: open files, which give its ceiling, and bytes, so that what is in motion when a run is
/// stopped can end within its grace. One asset is admitted beyond the budget of bytes, so that a giant is neither left nor
/// waited for, and some places are kept for small assets, so that large ones do not hold up the versions that have none.
///
/// Times are readings of a `RunClock`.
package struct AdaptiveWidth: Hashable, Sendable {
    /// The place that one asset has while its bytes are in motion.
    package struct Admission: Hashable, Sendable {
        fileprivate let bytes: Int64
        fileprivate let begun: Duration
        /// Beyond the budget of bytes, which it does not count for.
        fileprivate let isExtra: Bool

        fileprivate var isSmall: Bool { bytes < AdaptiveWidth.small }
    }

    /// The width to start at.
    package static let start = 64
    /// The most that it grows to.
    package static let most = 384
    /// The least that trouble leaves.
    package static let least = 8
    /// Places kept for small assets.
    package static let kept = 8
    /// An asset of fewer bytes is a small one.
    package static let small: Int64 = 1 << 20
    /// For how long the thread that moves bytes may have no pause before the width stops growing.
    package static let busy: Duration = .milliseconds(100)
    /// An answer that begins later is trouble.
    package static let slowAnswer: Duration = .seconds(5)

    /// Bytes that may be in motion however slow they are.
    private static let leastBytes = 16.0 * 1_048_576
    /// What is assumed until bytes have been moved, per second.
    private static let assumedPace = 4.0 * 1_048_576
    /// The share of the grace that bytes in motion are to end in.
    private static let shareOfGrace = 0.8

    /// The most places there may be.
    package let ceiling: Int
    private let isFixed: Bool
    private let grace: Duration

    /// How many places there are.
    package private(set) var limit: Int
    /// How many of them are taken.
    package private(set) var taken = 0
    /// The most that were taken at a time.
    package private(set) var mostTaken = 0
    private var smallTaken = 0
    private var extraTaken = false
    /// Of the assets in motion, without the extra one.
    private var bytesInMotion: Int64 = 0
    private var pace = BytePace()
    private var lastTrouble: Duration?
    /// Nothing has shown yet how much is enough.
    private var isStarting = true
    /// Assets in a row that found the rate used up.
    private var pacedInARow = 0
    /// How many assets a version has: an average of which the last ones make up most.
    private var assets = 2.0
    private var waits = WaitTimes()

    /// - Parameters:
    ///   - width: a fixed one neither grows nor falls.
    ///   - ceiling: the pipes that the process may have open.
    ///   - grace: the time that what is in motion has to end when the run is stopped.
    package init(_ width: Width = .auto, ceiling: Int, grace: Duration) {
        isFixed = width != .auto
        self.ceiling = max(1, min(ceiling, width.most))
        limit = max(1, min(self.ceiling, width.pieces))
        self.grace = grace
    }

    /// The assets of another version are about to be moved. More than there are places count as so many.
    package mutating func versionBegins(assets count: Int) {
        assets += (Double(min(count, limit)) - assets) / 16
    }

    /// How many pieces of work may run, most of which wait for an answer without a place: a fixed width bounds them too.
    ///
    /// A version waits for about seven answers, one after the other, and has its places during three of them: thrice as
    /// many as can have all their places keep these taken, and further ones would only hold memory.
    ///
    /// - Parameter waiting: the assets that have no place yet. Once there are as many as places, there is enough to do until
    ///   a further version's assets are known.
    package func pieces(whileWaiting waiting: Int) -> Int {
        if isFixed { return limit }
        return waiting > limit ? 1 : max(1, Int((3 * Double(limit) / max(1, assets)).rounded()))
    }

    // MARK: Places

    /// Takes a place for an asset; nil if there is none for it now.
    ///
    /// Where several wait, the one that has waited longest is to ask first.
    package mutating func take(_ bytes: Int64, at now: Duration) -> Admission? {
        let isSmall = bytes < Self.small
        guard taken < limit, isSmall || taken - smallTaken < max(1, limit - Self.kept) else {
            waitForPlace(.width, at: now)
            return nil
        }
        let fits = Double(bytesInMotion) + Double(bytes) <= allowedBytes(at: now) || isSmall && smallTaken < Self.kept
        guard fits || !extraTaken else {
            waitForPlace(.bytes, at: now)
            return nil
        }
        let place = Admission(bytes: bytes, begun: now, isExtra: !fits)
        taken += 1
        if isSmall { smallTaken += 1 }
        if fits { bytesInMotion += bytes } else { extraTaken = true }
        mostTaken = max(mostTaken, taken)
        return place
    }

    /// Gives a place back: the asset's bytes have arrived or failed, or it has to wait for its next attempt.
    ///
    /// - Parameters:
    ///   - moved: whether all its bytes went to the store.
    ///   - isPaced: whether a request for another asset would wait for its rate.
    package mutating func give(_ place: Admission, moved: Bool, isPaced: Bool = false, at now: Duration) {
        taken -= 1
        if place.isSmall { smallTaken -= 1 }
        if place.isExtra { extraTaken = false } else { bytesInMotion -= place.bytes }
        guard moved else { return }
        pace.add(place.bytes, from: place.begun, to: now)
        pacedInARow = isPaced ? pacedInARow + 1 : 0
        if pacedInARow >= limit { isStarting = false }
        if isStarting, !isPaced { grow() }
    }

    /// Nobody waits for a place any more.
    package mutating func nobodyWaits(at now: Duration) {
        waitForPlace(nil, at: now)
    }

    private func allowedBytes(at now: Duration) -> Double {
        max(Self.leastBytes, (pace.perSecond(at: now) ?? Self.assumedPace) * grace.inSeconds * Self.shareOfGrace)
    }

    // MARK: What is learned

    /// A version was protected.
    ///
    /// - Parameters:
    ///   - sincePause: how long ago the thread that moves bytes last had nothing to do; nil if that is not known.
    ///   - isPaced: whether a request for another asset would wait for its rate.
    package mutating func versionEnded(sincePause: Duration?, isPaced: Bool = false) {
        if sincePause.map({ $0 >= Self.busy }) ?? false {
            isStarting = false
        } else if !isPaced {
            grow()
        }
    }

    private mutating func grow() {
        if !isFixed, limit < ceiling { limit += 1 }
    }

    /// A time-out, a store that asks to slow down or fails (5xx), or an answer that began after `slowAnswer`.
    package mutating func trouble(at now: Duration) {
        guard !isFixed, lastTrouble.map({ now - $0 >= .seconds(1) }) ?? true else { return }
        (lastTrouble, isStarting) = (now, false)
        limit = max(min(Self.least, ceiling), limit * 7 / 10)
    }

    // MARK: What bound the run

    /// A version or listing waits for the pacers, or no longer does.
    package mutating func quotasBind(_ isBinding: Bool, at now: Duration) {
        waits.set(.quotas, isBinding, at: now)
    }

    /// How long the run had to wait for each bound; absent where it never did. Times of two may overlap.
    package func waited(until now: Duration) -> [WidthBound: Duration] {
        waits.total(at: now)
    }

    private mutating func waitForPlace(_ bound: WidthBound?, at now: Duration) {
        waits.set(.width, bound == .width, at: now)
        waits.set(.bytes, bound == .bytes, at: now)
    }
}

/// What keeps a run from having more in motion.
package enum WidthBound: String, Hashable, Sendable, CaseIterable, Codable {
    /// The rates of the service, or those of a store that asked to slow down.
    case quotas
    /// The width: as it was chosen, as far as it had grown, or as open files allow.
    case width
    /// The bytes that the grace can end.
    case bytes
}

/// How long each bound was waited for.
private struct WaitTimes: Hashable, Sendable {
    private var ended: [WidthBound: Duration] = [:]
    private var begun: [WidthBound: Duration] = [:]

    mutating func set(_ bound: WidthBound, _ isBinding: Bool, at now: Duration) {
        guard isBinding != (begun[bound] != nil) else { return }
        if let begin = begun.removeValue(forKey: bound) {
            ended[bound, default: .zero] += now - begin
        } else {
            begun[bound] = now
        }
    }

    func total(at now: Duration) -> [WidthBound: Duration] {
        ended.merging(begun.mapValues { now - $0 }, uniquingKeysWith: +)
    }
}

/// Bytes moved a second, over the last ten seconds.
private struct BytePace: Hashable, Sendable {
    private static let window = 10
    /// Of each second, as if the bytes of an asset had moved evenly.
    private var moved = [Double](repeating: 0, count: window)
    /// The second that is being counted, from the clock's start.
    private var current = 0
    /// When the first of the assets that have been moved was begun.
    private var begun: Duration?

    mutating func add(_ bytes: Int64, from start: Duration, to end: Duration) {
        begun = min(begun ?? start, start)
        let last = max(Int(end.components.seconds), current)
        if last > current {
            for passed in max(current + 1, last - Self.window + 1)...last { moved[passed % Self.window] = 0 }
            current = last
        }
        let time = (end - start).inSeconds
        guard time > 0 else { return moved[last % Self.window] += Double(bytes) }
        for second in max(Int(start.components.seconds), last - Self.window + 1, 0)...last {
            let part = min(end, .seconds(second + 1)) - max(start, .seconds(second))
            moved[second % Self.window] += Double(bytes) * max(0, part.inSeconds) / time
        }
    }

    /// Nil until something was moved.
    func perSecond(at now: Duration) -> Double? {
        guard let begun else { return nil }
        let oldest = max(0, max(Int(now.components.seconds), current) - Self.window + 1)
        let bytes = oldest > current ? 0 : (oldest...current).reduce(0) { $0 + moved[$1 % Self.window] }
        return bytes / max(1, min(now - .seconds(oldest), now - begun).inSeconds)
    }
}
