import ReconcileCore
import Testing

@Suite struct ManifestIndexTests {
    private let first = record(version("1.0"), "2026-01-01T00:00:00Z", revision: "one1")
    private let second = record(version("1.0"), "2026-02-01T00:00:00Z", revision: "two2")
    private let archived = record(version("1.0"), "2026-03-01T00:00:00Z", revision: "two2", status: .archived)

    private func index(_ records: [ManifestRecord]) -> ManifestIndex {
        var index = ManifestIndex(seed: 7)
        for record in records { index.insert(record) }
        index.seal()
        return index
    }

    @Test func `the newest record counts, whatever the order they come in`() {
        for records in [
            [first, second, archived], [first, archived, second], [second, first, archived],
            [second, archived, first], [archived, first, second], [archived, second, first],
        ] {
            var index = index(records)
            #expect(index.newestRecord(of: version("1.0")) == time("2026-03-01T00:00:00Z"))
            #expect(index.match(version("1.0"), revision: "two2", status: .archived) == .inSync)
            #expect(index.match(version("1.0"), revision: "two2", status: .published) == .stale)
            #expect(index.match(version("1.0"), revision: "one1", status: .archived) == .stale)
            #expect(index.isRecorded(version("1.0"), revision: "two2", status: .archived))
            #expect(!index.isRecorded(version("1.0"), revision: "one1", status: .published))
        }
    }

    @Test func `of a package's own records the newest counts, and two of one second count as none`() {
        func own(_ moment: String, _ controls: OriginControls) -> PackageRecord {
            PackageRecord(package: app, recordedAt: time(moment), originControls: controls)
        }
        let open = OriginControls(publish: .allow, upstream: .allow)
        let records = [
            own("2026-01-01T00:00:00Z", .ingested), own("2026-02-01T00:00:00Z", open),
            own("2026-01-15T00:00:00Z", .published),
        ]
        for order in [records, records.reversed()] {
            var index = ManifestIndex(seed: 7)
            for record in order { index.insert(record) }
            index.insert(first)
            index.seal()
            #expect(index.isRecorded(open, of: app))
            #expect(!index.isRecorded(.ingested, of: app) && !index.isRecorded(.published, of: app))
            #expect(index.newestRecord(of: app)?.time == time("2026-02-01T00:00:00Z"))
            #expect(index.newestRecord(of: app)?.controls == open)
            // Of another package nothing is recorded, so it has what publishing gives.
            #expect(index.isRecorded(.published, of: package("lib")) && !index.isRecorded(open, of: package("lib")))
            #expect(index.newestRecord(of: package("lib")) == nil)
            #expect(index.census.values.map(\.present) == [1])

            index.insert(own("2026-02-01T00:00:00Z", .ingested))
            index.seal()
            #expect(!index.isRecorded(open, of: app) && !index.isRecorded(.ingested, of: app))
            #expect(index.newestRecord(of: app).map { $0.controls == nil } == true)
        }
    }

    @Test func `what is not recorded is missing`() {
        var index = index([first])
        #expect(index.match(version("1.1"), revision: "one1", status: .published) == .missing)
        #expect(
            index.match(version("1.0", of: package("app", in: "other")), revision: "one1", status: .published)
                == .missing
        )
        #expect(
            index.match(version("1.0", of: package("app", group: "com")), revision: "one1", status: .published)
                == .missing
        )
        #expect(index.newestRecord(of: version("1.1")) == nil)
        #expect(!index.isUnseen(version("1.1")))
        #expect(!index.isRecorded(version("1.1"), revision: "one1", status: .published))
    }

    @Test func `no revision, an empty one and the word none are three`() {
        var index = index([record(version("1.0"), revision: nil)])
        #expect(index.match(version("1.0"), revision: nil, status: .published) == .inSync)
        #expect(index.match(version("1.0"), revision: "", status: .published) == .stale)
        #expect(index.match(version("1.0"), revision: "none", status: .published) == .stale)
    }

    @Test func `canonically equivalent names are two versions`() {
        var index = index([record(version("caf\u{E9}"))])
        #expect(index.match(version("cafe\u{301}"), revision: "cmV2", status: .published) == .missing)
        #expect(index.match(version("caf\u{E9}"), revision: "cmV2", status: .published) == .inSync)
    }

    @Test func `a deleted version that is listed again is missing`() {
        var index = index([first, record(version("1.0"), "2026-04-01T00:00:00Z", revision: "one1", status: .deleted)])
        #expect(!index.isUnseen(version("1.0")))
        #expect(index.census == [ExactText("releases"): .init(present: 0, unseen: 0, deleted: 1)])
        #expect(index.match(version("1.0"), revision: "one1", status: .published) == .missing)
        #expect(index.census == [:])
    }

    @Test func `equal records of one second are one`() {
        var index = index([first, first, first])
        #expect(index.match(version("1.0"), revision: "one1", status: .published) == .inSync)
        #expect(index.census == [ExactText("releases"): .init(present: 1, unseen: 0, deleted: 0)])
    }

    @Test func `two states of one second are neither, whatever the order`() {
        let deleted = record(version("1.0"), "2026-01-01T00:00:00Z", revision: "one1", status: .deleted)
        for records in [[first, deleted], [deleted, first], [first, deleted, first], [deleted, first, deleted]] {
            var index = index(records)
            #expect(index.isUnseen(version("1.0")))
            #expect(index.census == [ExactText("releases"): .init(present: 1, unseen: 1, deleted: 0)])
            #expect(index.match(version("1.0"), revision: "one1", status: .published) == .stale)
            #expect(index.match(version("1.0"), revision: "one1", status: .deleted) == .stale)
        }
    }

    @Test(arguments: ["2054-01-10T13:37:04Z", "2099-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
    func `a record of a clock far ahead is the newest`(far: String) {
        let ahead = record(version("1.0"), far, revision: "two2")
        for records in [[first, ahead], [ahead, first]] {
            var index = index(records)
            #expect(index.newestRecord(of: version("1.0")) == time(far))
            #expect(index.match(version("1.0"), revision: "two2", status: .published) == .inSync)
        }
    }

    @Test func `the census counts what was not listed, by repository`() {
        var index = index([
            first,
            record(version("2.0")),
            record(version("1.0", of: package("gone", in: "snapshots"))),
            record(version("1.0", of: package("lib", in: "snapshots")), status: .deleted),
        ])
        #expect(index.match(version("1.0"), revision: "other", status: .published) == .stale)
        #expect(
            index.census == [
                ExactText("releases"): .init(present: 2, unseen: 1, deleted: 0),
                ExactText("snapshots"): .init(present: 1, unseen: 1, deleted: 1),
            ]
        )
        #expect(index.isUnseen(version("2.0")))
        #expect(!index.isUnseen(version("1.0")))
    }

    @Test func `thousands of versions are told apart`() {
        var index = index((0..<5000).shuffled().map { record(version("1.\($0)"), revision: "r\($0)") })
        for number in 0..<5000 {
            let match = index.match(version("1.\(number)"), revision: "r\(number)", status: .published)
            if match != .inSync { Issue.record("1.\(number) is \(match)") }
        }
        #expect(index.census == [ExactText("releases"): .init(present: 5000, unseen: 0, deleted: 0)])
    }

    @Test(arguments: [false, true])
    func `a version with more than one record has a history, as new as its newest record`(isReversed: Bool) {
        let records = [
            record(version("1.0"), "2026-11-22T08:00:00Z"), record(version("1.0"), "2026-11-22T09:00:00Z"),
            record(version("1.1"), "2026-11-22T09:00:00Z"),
        ]
        var index = ManifestIndex()
        for record in isReversed ? records.reversed() : records { index.insert(record) }
        index.seal()
        #expect(index.hasHistory(version("1.0"), since: nil))
        #expect(index.hasHistory(version("1.0"), since: time("2026-11-22T09:00:00Z")))
        #expect(!index.hasHistory(version("1.0"), since: time("2026-11-22T09:00:01Z")))
        #expect(!index.hasHistory(version("1.1"), since: nil))
        #expect(!index.hasHistory(version("1.2"), since: nil))
        #expect(index.hasHistories(since: nil) && !index.hasHistories(since: time("2026-11-22T09:00:01Z")))
    }
}
