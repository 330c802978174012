/// How much to do at once, as the user chooses it.
package enum Width: Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// As much as brings more throughput.
    case auto
    case fixed(Int)

    package init(integerLiteral value: Int) {
        self = .fixed(value)
    }

    /// Concurrent pieces of work, for work that does not adapt.
    package var pieces: Int {
        switch self {
        case .auto: AdaptiveWidth.start
        case .fixed(let width): width
        }
    }

    /// The upper bound on concurrent pieces of work.
    package var most: Int {
        switch self {
        case .auto: AdaptiveWidth.most
        case .fixed(let width): width
        }
    }
}

/// How many assets, and how many of their bytes, may be in motion at once: the control law of `--width auto`, as a pure
/// value.
///
/// The width grows by one for each version that ends, unless the rate of asset requests or the thread that moves bytes
/// is the bottleneck. It falls to seven tenths on trouble, at most once a second. During the start phase it also grows
/// by one for each asset moved, which doubles it in the time that one asset takes. The start phase ends on trouble,
/// when the thread has no pause, or once as many assets in a row as there are places were rate-limited; a single one
/// may have come with all those that started at the same time.
///
/// Two budgets apply at any width. Open files set its ceiling. Bytes are limited so that a stopped run can finish what
/// is in motion within its grace period. One asset may exceed the byte budget, so that a giant is neither skipped nor
/// starved. Some places are reserved for small assets, so that large ones don't hold up versions that have none.
///
/// Times are readings of a `RunClock`.
package struct AdaptiveWidth: Hashable, Sendable {
    /// The place of one asset while its bytes are in motion.
    package struct Admission: Hashable, Sendable {
        fileprivate let bytes: Int64
        fileprivate let begun: Duration
        /// Whether it was admitted beyond the byte budget, in which case its bytes don't count towards it.
        fileprivate let isExtra: Bool

        fileprivate var isSmall: Bool { bytes < AdaptiveWidth.small }
    }

    /// The initial width.
    package static let start = 64
    /// The highest width that it grows to.
    package static let most = 384
    /// The lowest width that trouble reduces it to.
    package static let least = 8
    /// Places reserved for small assets.
    package static let kept = 8
    /// Assets with fewer bytes are small.
    package static let small: Int64 = 1 << 20
    /// How long the thread that moves bytes may go without a pause before the width stops growing.
    package static let busy: Duration = .milliseconds(100)
    /// An answer that takes longer to begin counts as trouble.
    package static let slowAnswer: Duration = .seconds(5)

    /// Bytes that may be in motion however slow the transfer is.
    private static let leastBytes = 16.0 * 1_048_576
    /// Bytes per second assumed until something has been moved.
    private static let assumedPace = 4.0 * 1_048_576
    /// The share of the grace period in which bytes in motion must end.
    private static let shareOfGrace = 0.8

    /// The upper bound on `limit`.
    package let ceiling: Int
    private let isFixed: Bool
    private let grace: Duration

    /// The current number of places.
    package private(set) var limit: Int
    /// How many places are taken.
    package private(set) var taken = 0
    /// The most places that were taken at the same time.
    package private(set) var mostTaken = 0
    private var smallTaken = 0
    private var extraTaken = false
    /// Bytes of the assets in motion, except the extra one.
    private var bytesInMotion: Int64 = 0
    private var pace = BytePace()
    private var lastTrouble: Duration?
    /// Whether the width is still in its fast start phase.
    private var isStarting = true
    /// How many assets in a row were rate-limited.
    private var pacedInARow = 0
    /// Assets per version, as a moving average that favours recent versions.
    private var assets = 2.0
    private var waits = WaitTimes()

    /// - Parameters:
    ///   - width: a fixed one neither grows nor shrinks.
    ///   - ceiling: the number of pipes that the process may have open.
    ///   - grace: how long what is in motion may take to end once the run is stopped.
    package init(_ width: Width = .auto, ceiling: Int, grace: Duration) {
        isFixed = width != .auto
        self.ceiling = max(1, min(ceiling, width.most))
        limit = max(1, min(self.ceiling, width.pieces))
        self.grace = grace
    }

    /// Reports that another version's assets are about to be moved. Each version counts for at most `limit` assets.
    package mutating func versionBegins(assets count: Int) {
        assets += (Double(min(count, limit)) - assets) / 16
    }

    /// How many pieces of work may run, most of which wait for an answer without a place. A fixed width limits these
    /// too.
    ///
    /// A version waits for about seven answers in sequence and has its places during three of them. Three times as many
    /// versions as can have their places at once keep all places taken; more would only use memory.
    ///
    /// - Parameter waiting: how many assets don't have a place yet. Once there are more of them than places, one piece
    ///   is enough until another version's assets are known.
    package func pieces(whileWaiting waiting: Int) -> Int {
        if isFixed { return limit }
        return waiting > limit ? 1 : max(1, Int((3 * Double(limit) / max(1, assets)).rounded()))
    }

    // MARK: Places

    /// Takes a place for an asset; nil if there is none for it at the moment.
    ///
    /// If several assets wait, the one that has waited longest must ask first.
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

    /// Returns a place: the asset's bytes have arrived or failed, or it must wait for its next attempt.
    ///
    /// - Parameters:
    ///   - moved: whether all of its bytes went to the store.
    ///   - isPaced: whether a request for another asset would be rate-limited.
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

    /// Reports that nothing waits for a place.
    package mutating func nobodyWaits(at now: Duration) {
        waitForPlace(nil, at: now)
    }

    private func allowedBytes(at now: Duration) -> Double {
        max(Self.leastBytes, (pace.perSecond(at: now) ?? Self.assumedPace) * grace.inSeconds * Self.shareOfGrace)
    }

    // MARK: Feedback

    /// Reports that a version was backed up.
    ///
    /// - Parameters:
    ///   - sincePause: how long ago the thread that moves bytes was last idle; nil if unknown.
    ///   - isPaced: whether a request for another asset would be rate-limited.
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

    /// Reports trouble: a time-out, a store that asks to slow down or fails (5xx), or an answer that took longer than
    /// `slowAnswer` to begin.
    package mutating func trouble(at now: Duration) {
        guard !isFixed, lastTrouble.map({ now - $0 >= .seconds(1) }) ?? true else { return }
        (lastTrouble, isStarting) = (now, false)
        limit = max(min(Self.least, ceiling), limit * 7 / 10)
    }

    // MARK: Bottlenecks

    /// Reports whether a version or listing is waiting for the pacers.
    package mutating func quotasBind(_ isBinding: Bool, at now: Duration) {
        waits.set(.quotas, isBinding, at: now)
    }

    /// How long the run waited for each bound; a bound it never waited for is absent. The times of two bounds may
    /// overlap.
    package func waited(until now: Duration) -> [WidthBound: Duration] {
        waits.total(at: now)
    }

    private mutating func waitForPlace(_ bound: WidthBound?, at now: Duration) {
        waits.set(.width, bound == .width, at: now)
        waits.set(.bytes, bound == .bytes, at: now)
    }
}

/// What limits how much a run has in motion.
package enum WidthBound: String, Hashable, Sendable, CaseIterable, Codable {
    /// The service's rates, or those of a store that asked to slow down.
    case quotas
    /// The width: as chosen, as far as it has grown, or as far as open files allow.
    case width
    /// The bytes that can finish within the grace period.
    case bytes
}

/// How long the run waited for each bound.
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

/// Bytes moved per second over the last ten seconds.
private struct BytePace: Hashable, Sendable {
    private static let window = 10
    /// Bytes for each second, as if the bytes of an asset moved at an even pace.
    private var moved = [Double](repeating: 0, count: window)
    /// The second being counted, from the clock's start.
    private var current = 0
    /// When the earliest of the moved assets started.
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

    /// Nil until something has been moved.
    func perSecond(at now: Duration) -> Double? {
        guard let begun else { return nil }
        let oldest = max(0, max(Int(now.components.seconds), current) - Self.window + 1)
        let bytes = oldest > current ? 0 : (oldest...current).reduce(0) { $0 + moved[$1 % Self.window] }
        return bytes / max(1, min(now - .seconds(oldest), now - begun).inSeconds)
    }
}
