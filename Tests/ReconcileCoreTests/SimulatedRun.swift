import ReconcileCore
import TestSupport

/// A first backup against a service, a store and a line that exist only as numbers, on a time of its own: what the laws of
/// pace and width make of them.
///
/// Each version is a list of assets, its assets side by side (a redirect from the service, which counts as a read, a GET
/// and a PUT), a description beside them and a manifest. What is refused is sent again after the waits of `RetryPolicy`,
/// without a place.
final class SimulatedRun {
    /// How the other side behaves; may change in the middle of a run.
    struct Conditions {
        /// Of each round trip.
        var latency: Duration = .milliseconds(100)
        /// Of the store's answer to a PUT, instead.
        var storeLatency: Duration?
        /// Requests a second that are accepted, each with a bucket that holds those of a second.
        var reads = 200.0
        var assetLists = 50.0
        var puts = Double.infinity
        /// PUTs a second that a store ends, one after another, however many wait.
        var serialPuts: Double?
        /// Bytes a second of the line, and of one transfer on it.
        var line = 1e9
        var stream = 50e6
    }

    /// Requests of one kind, as they were answered.
    struct Count {
        var accepted = 0
        var refused = 0
        var refusedShare: Double { Double(refused) / Double(max(1, accepted + refused)) }
    }

    private struct Bucket {
        var tokens: Double?
        var filled: Duration = .zero

        mutating func admits(_ rate: Double, at now: Duration) -> Bool {
            guard rate.isFinite else { return true }
            tokens = min(rate, (tokens ?? rate) + (now - filled).inSeconds * rate)
            filled = now
            guard let left = tokens, left >= 1 else { return false }
            tokens = left - 1
            return true
        }
    }

    private static let listAssets = ServiceOperation(
        .domain,
        service: "codeartifact",
        name: "ListPackageVersionAssets",
        rates: [.listPackageVersionAssets, .accountReads]
    )
    private static let read = ServiceOperation(.domain, service: "maven", name: "GetAsset", rates: [.accountReads])
    private static let put = ServiceOperation(.store, service: "s3", name: "PutObject", isWrite: true)

    /// The run's own limits: a quarter of the default ones, since a quarter of the requests shows the same in a quarter of
    /// the time.
    static let limits: [RateClass: Double] = [.accountReads: 160, .listPackageVersionAssets: 40]

    var conditions: Conditions
    private(set) var width: AdaptiveWidth
    private var pacers = RatePacers(limits: SimulatedRun.limits)

    private(set) var now: Duration = .zero
    private var agenda = Agenda()
    private var changes: [(time: Duration, change: (SimulatedRun) -> Void)] = []
    private var readBucket = Bucket()
    private var listBucket = Bucket()
    private var putBucket = Bucket()
    private var lineIsFree: Duration = .zero
    private var storeIsFree: Duration = .zero
    private(set) var longestAnswer: Duration = .zero
    private var waiting: [(version: Int, bytes: Int64, begin: (AdaptiveWidth.Admission) -> Void)] = []
    private var begun = 0
    private var random = SeededGenerator(seed: 14)
    private let backoff = RetryPolicy.Backoff()

    /// The assets of the next version; nil when there is none left.
    private let nextVersion: () -> [Int64]?
    private var running = 0
    private var isWaitingForPacers = false
    private(set) var stopped: Duration?

    private(set) var domain = Count()
    private(set) var domainLater = Count()
    private(set) var store = Count()
    private(set) var storeLater = Count()
    private(set) var protected: [Duration] = []
    private(set) var bytesMoved: Int64 = 0
    private(set) var bytesMovedInTime: Int64 = 0
    private(set) var lastEnd: Duration = .zero
    private(set) var mostBytesInMotion: Int64 = 0
    private var bytesInMotion: Int64 = 0

    init(
        _ conditions: Conditions,
        width: AdaptiveWidth = AdaptiveWidth(ceiling: 384, grace: .seconds(25)),
        versions nextVersion: @escaping () -> [Int64]?
    ) {
        self.conditions = conditions
        self.width = width
        self.nextVersion = nextVersion
    }

    /// Changes the conditions in the middle of the run.
    func change(at time: Duration, _ change: @escaping (inout Conditions) -> Void) {
        changes.append((time, { change(&$0.conditions) }))
    }

    /// Runs until a time at which it is stopped, or until all is done; then what is in motion ends.
    func run(until end: Duration) {
        for (time, change) in changes { agenda.add(at: time) { change(self) } }
        agenda.add(at: end) {
            self.stopped = self.now
            self.bytesMovedInTime = self.bytesMoved
        }
        startVersions()
        while let (time, action) = agenda.next() {
            now = max(now, time)
            action()
        }
    }

    // MARK: Versions

    /// Law 1: nothing is begun while the pacers that it needs have a queue.
    private func startVersions() {
        while stopped == nil, running < width.pieces(whileWaiting: waiting.count) {
            let queue = max(pacers.queue(for: Self.listAssets, at: now), pacers.queue(for: Self.put, at: now))
            guard queue < RateGovernor.fullQueue else {
                width.quotasBind(true, at: now)
                if !isWaitingForPacers {
                    isWaitingForPacers = true
                    agenda.add(at: now + queue - RateGovernor.fullQueue + .milliseconds(1)) {
                        self.isWaitingForPacers = false
                        self.startVersions()
                    }
                }
                return
            }
            width.quotasBind(false, at: now)
            guard let assets = nextVersion() else { return }
            running += 1
            begun += 1
            copy(assets, of: begun)
        }
    }

    private func copy(_ assets: [Int64], of version: Int) {
        send(Self.listAssets) {
            var open = assets.count + 1
            let end = {
                open -= 1
                guard open == 0 else { return }
                self.send(Self.put) {
                    self.protected.append(self.now)
                    self.running -= 1
                    self.width.versionEnded(sincePause: .zero, isPaced: self.areReadsPaced)
                    self.servePlaces()
                    self.startVersions()
                }
            }
            self.width.versionBegins(assets: assets.count)
            for bytes in assets { self.move(bytes, of: version, retry: 0, end) }
            self.send(Self.read, then: end)
        }
    }

    // MARK: Assets

    private func move(_ bytes: Int64, of version: Int, retry: Int, _ end: @escaping () -> Void) {
        waiting.append(
            (
                version,
                bytes,
                { place in
                    self.bytesInMotion += bytes
                    self.mostBytesInMotion = max(self.mostBytesInMotion, self.bytesInMotion)
                    let leave = { (moved: Bool) in
                        self.width.give(place, moved: moved, isPaced: self.areReadsPaced, at: self.now)
                        self.bytesInMotion -= bytes
                        self.lastEnd = self.now
                        self.servePlaces()
                    }
                    let again = {
                        leave(false)
                        self.agenda.add(at: self.now + self.pause(retry)) {
                            self.move(bytes, of: version, retry: retry + 1, end)
                        }
                    }
                    let put = self.pacers.book(Self.put, at: self.now)
                    self.sendOnce(Self.read) { accepted in
                        guard accepted else { return again() }
                        self.agenda.add(at: self.now + self.conditions.latency) {
                            self.transfer(bytes) {
                                self.arrive(Self.put, at: put) { accepted in
                                    guard accepted else { return again() }
                                    leave(true)
                                    end()
                                }
                            }
                        }
                    }
                }
            )
        )
        servePlaces()
    }

    private var areReadsPaced: Bool { pacers.queue(for: Self.read, at: now) >= RateGovernor.busyQueue }

    private func servePlaces() {
        var index = 0
        while index < waiting.count {
            guard stopped == nil else { return waiting.removeAll() }
            if let place = width.take(waiting[index].bytes, at: now) {
                waiting.remove(at: index).begin(place)
            } else {
                index += 1
                // What follows is as large, in these runs, or finds one of the places that are kept.
                if index > 16 { return }
            }
        }
        if waiting.isEmpty { width.nobodyWaits(at: now) }
    }

    private func transfer(_ bytes: Int64, _ end: @escaping () -> Void) {
        let piece = min(bytes, 8 << 20)
        lineIsFree = max(lineIsFree, now) + .seconds(Double(piece) / conditions.line)
        agenda.add(at: max(lineIsFree, now + .seconds(Double(piece) / conditions.stream))) {
            self.bytesMoved += piece
            if bytes > piece { self.transfer(bytes - piece, end) } else { end() }
        }
    }

    // MARK: Requests

    private func pause(_ retry: Int) -> Duration {
        let fraction = Double.random(in: 0..<1, using: &random)
        return backoff.wait(retry: retry, throttled: true, retryAfter: nil, fraction: fraction)
    }

    private func send(_ request: ServiceOperation, retry: Int = 0, then end: @escaping () -> Void) {
        sendOnce(request) { accepted in
            guard !accepted else { return end() }
            self.agenda.add(at: self.now + self.pause(retry)) { self.send(request, retry: retry + 1, then: end) }
        }
    }

    private func sendOnce(_ request: ServiceOperation, _ end: @escaping (Bool) -> Void) {
        arrive(request, at: pacers.book(request, at: now), end)
    }

    /// Sends a request when its slots are due; it is judged when it arrives and answered after a round trip.
    private func arrive(_ request: ServiceOperation, at places: RatePacers.Turns, _ end: @escaping (Bool) -> Void) {
        let wait = pacers.wait(of: places, at: now)
        guard wait <= .zero else {
            return agenda.add(at: now + min(wait, .seconds(1))) { self.arrive(request, at: places, end) }
        }
        let accepted =
            switch request {
            case Self.listAssets:
                listBucket.admits(conditions.assetLists, at: now) && readBucket.admits(conditions.reads, at: now)
            case Self.put: putBucket.admits(conditions.puts, at: now)
            default: readBucket.admits(conditions.reads, at: now)
            }
        var answer = now + (request == Self.put ? conditions.storeLatency ?? conditions.latency : conditions.latency)
        if request == Self.put, accepted, let serial = conditions.serialPuts {
            storeIsFree = max(storeIsFree, now) + .seconds(1 / serial)
            answer += storeIsFree - now
        }
        let sent = now
        agenda.add(at: answer) {
            if self.now - sent > AdaptiveWidth.slowAnswer { self.width.trouble(at: self.now) }
            self.longestAnswer = max(self.longestAnswer, self.now - sent)
            self.count(request, accepted)
            end(accepted)
        }
    }

    private func count(_ request: ServiceOperation, _ accepted: Bool) {
        func add(_ count: inout Count) {
            if accepted { count.accepted += 1 } else { count.refused += 1 }
        }
        let isLate = now >= .seconds(5)
        if request == Self.put {
            add(&store)
            if isLate { add(&storeLater) }
            if !accepted { width.trouble(at: now) }
        } else {
            add(&domain)
            if isLate { add(&domainLater) }
        }
        if accepted { pacers.accept(request, at: now) } else { pacers.refuse(request, at: now, retryAfter: nil) }
    }
}

/// What happens when: a binary heap of actions by time, those of one time in the order in which they were added.
private struct Agenda {
    private var entries: [(time: Duration, number: Int, action: () -> Void)] = []
    private var added = 0

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (entries[left].time, entries[left].number) < (entries[right].time, entries[right].number)
    }

    mutating func add(at time: Duration, _ action: @escaping () -> Void) {
        entries.append((time, added, action))
        added += 1
        var index = entries.count - 1
        while index > 0, precedes(index, (index - 1) / 2) {
            entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func next() -> (time: Duration, action: () -> Void)? {
        guard !entries.isEmpty else { return nil }
        entries.swapAt(0, entries.count - 1)
        let first = entries.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < entries.count && precedes(child, least) {
                least = child
            }
            guard least != index else { return (first.time, first.action) }
            entries.swapAt(least, index)
            index = least
        }
    }
}
