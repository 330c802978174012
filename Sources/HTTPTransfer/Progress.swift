/// Decides whether an exchange still makes progress, from repeated looks at it. Pure: the loop passes in the time.
struct Progress {
    /// The state of an exchange at one moment.
    struct Look {
        /// The connection is established; until then only curl's own connect deadline applies.
        var isConnected: Bool
        /// The caller holds the transfer up, so nothing can move.
        var isHeld: Bool
        /// Part of a body is still to be sent.
        var isSending: Bool
        var hasHead: Bool
        /// Bytes sent and received so far.
        var moved: Int64
    }

    /// Which deadline passed.
    enum Overdue {
        case firstByte
        case stall
        case slow
    }

    /// If a response begins later than this after its request, the peer is probably overloaded. A body of which nothing
    /// moves for this long is stalled.
    static let late: Duration = .seconds(5)

    /// Whether the response had not begun `late` after the request was sent.
    private(set) var isLate = false
    private var moved: Int64 = -1
    private var since: ContinuousClock.Instant?
    private var lastLook: ContinuousClock.Instant?
    /// Time in which a body could have moved since its rate was last checked, and the bytes moved by then.
    private var stretch: Duration = .zero
    private var movedBefore: Int64 = 0

    /// Whether nothing had moved for `late` at the last look, although the peer could have moved it.
    func isStalled(at now: ContinuousClock.Instant) -> Bool { since.map { now - $0 > Self.late } ?? false }

    /// Records a look; returns the deadline that has passed, if any.
    mutating func note(_ look: Look, _ deadlines: HTTPDeadlines, now: ContinuousClock.Instant) -> Overdue? {
        let isMoving = look.isConnected && (look.isSending || look.hasHead)
        // Capped, so that a machine that slept counts as late only once.
        if isMoving, !look.isHeld, let lastLook { stretch += min(now - lastLook, .seconds(1)) }
        lastLook = now
        // If nothing moved since the last look, the deadlines below decide.
        if stretch >= deadlines.stall, look.moved != moved {
            let pace = Double(look.moved - movedBefore) / (stretch / .seconds(1))
            (stretch, movedBefore) = (.zero, look.moved)
            if pace < Double(deadlines.leastRate) { return .slow }
        }
        guard let since, look.isConnected, !look.isHeld, look.moved == moved else {
            since = now
            moved = look.moved
            return nil
        }
        if !isMoving, now - since > Self.late { isLate = true }
        guard now - since > (isMoving ? deadlines.stall : deadlines.firstByte) else { return nil }
        return isMoving ? .stall : .firstByte
    }
}
