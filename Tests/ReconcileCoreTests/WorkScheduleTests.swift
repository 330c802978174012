import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// A tree of work: each number down to zero adds two of the next smaller one.
private struct Tree: WorkSchedule {
    var waiting: [Int]
    var absorbed = 0
    /// The number of items that the schedule itself believes to be running.
    var running = 0
    var mostRunning = 0

    mutating func next() -> Int? {
        guard let item = waiting.popLast() else { return nil }
        running += 1
        mostRunning = max(mostRunning, running)
        return item
    }

    mutating func absorb(_ outcome: Int) {
        running -= 1
        absorbed += 1
        if outcome > 0 { waiting += [outcome - 1, outcome - 1] }
    }
}

@Suite struct WorkScheduleTests {
    @Test(arguments: [1, 2, 5, 32, 0, -1])
    func `everything is done, never wider than told`(width: Int) async {
        var tree = Tree(waiting: [9])
        let running = Mutex((now: 0, most: 0))
        await drive(&tree, width: width) { item in
            running.withLock { running in
                running.now += 1
                running.most = max(running.most, running.now)
            }
            await Task.yield()
            running.withLock { $0.now -= 1 }
            return item
        }
        #expect(tree.absorbed == 1023)
        #expect(tree.mostRunning == max(1, width))
        #expect(running.withLock { $0.most } <= max(1, width))
    }

    @Test func `a schedule without work ends at once`() async {
        var tree = Tree(waiting: [])
        await drive(&tree, width: 4) { $0 }
        #expect(tree.absorbed == 0)
    }

    @Test func `work that is cancelled is still taken in`() async {
        let absorbed = await withTaskGroup(of: Int.self) { group in
            group.cancelAll()
            group.addTask {
                var tree = Tree(waiting: [3])
                await drive(&tree, width: 4) { item in Task.isCancelled ? 0 : item }
                return tree.absorbed
            }
            return await group.next()
        }
        #expect(absorbed == 1)
    }
}

@Suite struct PageTrailTests {
    @Test func `new tokens are followed`() throws {
        var trail = PageTrail(operation: TestOperations.listPackages, target: "releases")
        for number in 0..<1000 { try trail.follow(PageToken("token \(number)"), after: 1) }
    }

    @Test func `a token seen twice, and an empty one, are errors`() throws {
        var trail = PageTrail(operation: TestOperations.listPackages, target: "releases")
        try trail.follow(PageToken("a"), after: 1)
        try trail.follow(PageToken("b"), after: 1)
        func failure(_ message: String) -> RemoteFailure {
            RemoteFailure(.malformed, operation: TestOperations.listPackages, target: "releases", message: message)
        }
        #expect(throws: failure("the listing gave the same page token twice")) {
            try trail.follow(PageToken("a"), after: 1)
        }
        #expect(throws: failure("the listing gave an empty page token")) { try trail.follow(PageToken(""), after: 1) }
    }

    @Test func `an endless listing ends`() {
        var trail = PageTrail(operation: .work("o"), target: "t")
        var followed = 0
        let failure = #expect(throws: RemoteFailure.self) {
            while followed < 1_000_000 {
                try trail.follow(PageToken("\(followed)"), after: 1)
                followed += 1
            }
        }
        #expect(followed == 200_000)
        #expect(failure?.message == "the listing has no end")
    }

    @Test func `a thousand empty pages in turn are no listing`() throws {
        var trail = PageTrail(operation: .work("o"), target: "t")
        func follow(_ tokens: Range<Int>, after count: Int = 0) throws(RemoteFailure) {
            for token in tokens { try trail.follow(PageToken("\(token)"), after: count) }
        }
        try follow(0..<999)
        try follow(999..<1000, after: 1)
        try follow(1000..<1999)
        let failure = #expect(throws: RemoteFailure.self) { try follow(1999..<2000) }
        #expect(failure?.message == "the listing has no end")
    }

    @Test func `a store that repeats its token is not walked for ever`() async {
        let store = InMemoryStore(pageSize: 1)
        for name in ["a", "b", "c"] { store.place([1], at: name) }
        store.conduct.repeatTokens(of: "s3.ListObjectsV2")
        let failure = await #expect(throws: RemoteFailure.self) {
            try await store.forEachObject(under: ObjectKey("")) { _ in }
        }
        #expect(failure?.kind == .malformed)
        #expect(store.conduct.counts == ["s3.ListObjectsV2": 2])
    }
}

@Suite struct StopSignalTests {
    @Test func `the first reason stays`() {
        let stop = StopSignal()
        #expect(stop.reason == nil)
        stop.raise(.deadline)
        stop.raise(.signal)
        #expect(stop.reason == .deadline)
    }
}

@Suite struct RequestLedgerTests {
    @Test func `requests, retries and throttled answers are counted`() {
        let ledger = RequestLedger()
        for name in ["a", "b", "a"] { ledger.sent(.work(name)) }
        ledger.retried()
        ledger.throttled()
        ledger.throttled()
        #expect(ledger.snapshot.requests == ["a": 2, "b": 1])
        #expect(ledger.snapshot.retries == 1)
        #expect(ledger.snapshot.throttled == 2)
    }

    @Test func `requests of one name that need different rights are one in a report`() {
        let ledger = RequestLedger()
        let before = ledger.snapshot
        for action in ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObject"] {
            let right = IAMRight(action, on: .object)
            ledger.sent(ServiceOperation(.store, service: "s3", name: "GetObject", rights: [right]))
        }
        #expect(ledger.snapshot.sent.count == 2)
        #expect(ledger.snapshot.since(before).requests == ["s3.GetObject": 3])
    }
}
