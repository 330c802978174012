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
    }

    private var moved: Int64 = -1
    private var since: ContinuousClock.Instant?

    /// Takes a look into account; the deadline that has passed, if one has.
    mutating func note(_ look: Look, _ deadlines: HTTPDeadlines, now: ContinuousClock.Instant) -> Overdue? {
        guard let since, look.isConnected, !look.isHeld, look.moved == moved else {
            since = now
            moved = look.moved
            return nil
        }
        let isMoving = look.isSending || look.hasHead
        guard now - since > (isMoving ? deadlines.stall : deadlines.firstByte) else { return nil }
        return isMoving ? .stall : .firstByte
    }
}
