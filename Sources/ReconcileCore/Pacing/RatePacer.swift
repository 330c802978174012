/// The pace of one API: evenly spaced slots, at a rate that falls on a refusal and then recovers.
///
/// A pure value, similar to the generic cell rate algorithm (ITU-T I.371). `book` takes the next turn in the queue and
/// `wait` returns the time until that turn's slot, so any number of callers share the pace. Slots that aren't due move
/// when the rate changes, so a caller must ask again after it has waited.
///
/// A refusal halves the rate, at most once a second, and lowers it to a share of what was accepted in the last second.
/// That share becomes the target rate, because accepted requests are the best measure of what the service allows. Each
/// second of success then closes half of the gap to the target; beyond the target, it adds 1 %, or 10 % after half a
/// minute without a refusal.
package struct RatePacer: Hashable, Sendable {
    /// A turn in the queue of one pacer.
    package struct Turn: Hashable, Sendable {
        fileprivate let number: Int
    }

    /// A hard limit in requests per second; infinite if only refusals show what is allowed.
    package let limit: Double
    /// The current rate in requests per second.
    package private(set) var rate: Double
    private var aim: Double
    private var accepted = LastSecond()

    /// How many turns have been booked; also the number of the next one.
    private var booked = 0
    /// The turn from which slots are counted; earlier turns are due.
    private var origin = 0
    /// The slot of the `origin` turn.
    private var originSlot: Duration = .zero

    private var lastRefusal: Duration?
    private var lastSlowdown: Duration?
    private var lastStep: Duration = .zero

    /// How long a request to hold off is honoured at most; if the service needs longer, the run had better fail and be
    /// started again.
    package static let longestHold: Duration = .seconds(30)
    /// The share of the accepted rate to aim for; the rest is left to others.
    package static let share = 0.8
    /// How long there must be no refusal before the rate climbs fast.
    package static let quiet: Duration = .seconds(30)
    /// How much unused time may be caught up at once.
    private static let burst: Duration = .milliseconds(50)

    /// - Parameter limit: requests per second, above 0.
    package init(limit: Double = .infinity) {
        self.limit = limit
        rate = limit
        aim = limit
    }

    // MARK: The queue

    /// Takes the next turn.
    package mutating func book(at now: Duration) -> Turn {
        let earliest = now - max(.zero, Self.burst - interval)
        if slot(of: booked) < earliest {
            (origin, originSlot) = (booked, earliest)
        }
        defer { booked += 1 }
        return Turn(number: booked)
    }

    /// The time until a turn's slot at the current rate; zero once it is due.
    package func wait(of turn: Turn, at now: Duration) -> Duration {
        turn.number < origin ? .zero : max(.zero, slot(of: turn.number) - now)
    }

    /// How long a request would have to wait if it were booked at this moment.
    package func queue(at now: Duration) -> Duration {
        max(.zero, slot(of: booked) - now)
    }

    private var interval: Duration { .seconds(1 / rate) }

    private func slot(of number: Int) -> Duration { originSlot + interval * (number - origin) }

    /// Changes the rate of the slots that aren't due; the first of these keeps its time.
    private mutating func setRate(_ new: Double, at now: Duration) {
        let due = now < originSlot ? 0 : interval == .zero ? booked - origin : Int((now - originSlot) / interval) + 1
        let first = min(booked, origin + due)
        (origin, originSlot) = (first, slot(of: first))
        rate = new
    }

    // MARK: The rate

    /// Reports that the service throttled a request, and how long it asked to hold off, if it did.
    package mutating func refuse(at now: Duration, retryAfter: Duration?) {
        lastRefusal = now
        lastStep = now
        if lastSlowdown.map({ now - $0 >= .seconds(1) }) ?? true {
            lastSlowdown = now
            // A single refusal among few requests proves little: alone it does not lower the rate below a twentieth of
            // the limit.
            let least = limit.isFinite ? limit / 20 : 1
            let proven = Self.share * Double(accepted.count(at: now))
            aim = max(proven, least / 5)
            setRate(max(min(rate / 2, max(proven, least)), least / 5), at: now)
        }
        if let retryAfter {
            setRate(rate, at: now)
            originSlot = max(originSlot, now + min(retryAfter, Self.longestHold))
        }
    }

    /// Reports that the service answered a request in time.
    package mutating func accept(at now: Duration) {
        accepted.add(at: now)
        guard rate < limit, let lastRefusal else { return }
        aim = max(aim, Self.share * Double(accepted.count(at: now)))
        guard now - lastStep >= .seconds(1) else { return }
        lastStep = now
        let isQuiet = now - lastRefusal >= Self.quiet
        let next = rate < aim * 0.99 ? (rate + aim) / 2 : rate * (isQuiet ? 1.1 : 1.01)
        setRate(min(limit, next), at: now)
    }
}

/// Counts events over the last second, in tenths of a second.
private struct LastSecond: Hashable, Sendable {
    private var counts = [Int](repeating: 0, count: 10)
    /// The tenth being counted, from the clock's start.
    private var current = 0

    mutating func add(at now: Duration) {
        let tenth = Int(now / .milliseconds(100))
        if tenth > current {
            for passed in max(current + 1, tenth - 9)...tenth { counts[passed % 10] = 0 }
            current = tenth
        }
        counts[current % 10] += 1
    }

    func count(at now: Duration) -> Int {
        let oldest = max(0, max(Int(now / .milliseconds(100)), current) - 9)
        return oldest > current ? 0 : (oldest...current).reduce(0) { $0 + counts[$1 % 10] }
    }
}
