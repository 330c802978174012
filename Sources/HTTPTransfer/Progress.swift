/// Whether an exchange still moves, judged from what was seen at the last looks. Pure: the loop brings the time.
struct Progress {
    /// What can be seen of an exchange at one time.
    struct Look {
        /// The connection stands; before that curl's own connect deadline counts.
        var isConnected: Bool
        /// The caller holds the transfer back, so that nothing can move.
        var isHeld: Bool
        /// Bytes of a body that is still to be sent.
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

    /// A response that begins later than this after its request is a sign that the peer has too much to do; a body of which
    /// nothing moves for so long is stalled.
    static let late: Duration = .seconds(5)

    /// Whether the response had not begun `late` after the request was sent.
    private(set) var isLate = false
    private var moved: Int64 = -1
    private var since: ContinuousClock.Instant?
    private var lastLook: ContinuousClock.Instant?
    /// Time in which a body could move since its pace was last judged, and the bytes at that moment.
    private var stretch: Duration = .zero
    private var movedBefore: Int64 = 0

    /// Whether nothing had moved for `late` at the last look, although the peer could have moved it.
    func isStalled(at now: ContinuousClock.Instant) -> Bool { since.map { now - $0 > Self.late } ?? false }

    /// Takes a look into account; the deadline that has passed, if one has.
    mutating func note(_ look: Look, _ deadlines: HTTPDeadlines, now: ContinuousClock.Instant) -> Overdue? {
        let isMoving = look.isConnected && (look.isSending || look.hasHead)
        // A machine that slept looks late once.
        if isMoving, !look.isHeld, let lastLook { stretch += min(now - lastLook, .seconds(1)) }
        lastLook = now
        // What does not move now is left to the deadline below.
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
