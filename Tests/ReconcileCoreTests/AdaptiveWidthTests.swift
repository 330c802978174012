import ReconcileCore
import Testing

@Suite struct AdaptiveWidthTests {
    @Test(arguments: [(384, 64), (1_000, 64), (42, 42), (0, 1)])
    func `it starts at 64, or at its ceiling`(ceiling: Int, start: Int) {
        let width = AdaptiveWidth(ceiling: ceiling, grace: .seconds(25))
        #expect(width.limit == start)
    }

    @Test(arguments: [(16, 16), (512, 298)])
    func `a number fixes the width, below the ceiling`(chosen: Int, used: Int) {
        var width = AdaptiveWidth(.fixed(chosen), ceiling: 298, grace: .seconds(25))
        #expect(width.limit == used)
        width.trouble(at: .zero)
        width.versionEnded(sincePause: nil)
        #expect(width.limit == used)
    }

    @Test func `it grows by one for each asset until rate, thread or trouble show that it is enough`() {
        for shown in ["rate", "thread", "trouble"] {
            var width = AdaptiveWidth(ceiling: 384, grace: .seconds(25))
            func end(moved: Bool, isPaced: Bool = false) {
                guard let place = width.take(1, at: .zero) else { return }
                width.give(place, moved: moved, isPaced: isPaced, at: .zero)
            }
            for _ in 0..<20 { end(moved: true) }
            end(moved: false)
            width.versionEnded(sincePause: nil)
            #expect(width.limit == 85)
            switch shown {
            case "rate": for _ in 0..<85 { end(moved: true, isPaced: true) }
            case "thread": width.versionEnded(sincePause: .milliseconds(100))
            default: width.trouble(at: .zero)
            }
            let limit = shown == "trouble" ? 59 : 85
            #expect(width.limit == limit)
            end(moved: true)
            #expect(width.limit == limit)
            width.versionEnded(sincePause: nil)
            #expect(width.limit == limit + 1)
        }
    }

    @Test func `a wave of assets that finds the rate used up does not end its start`() {
        var width = AdaptiveWidth(ceiling: 384, grace: .seconds(25))
        for _ in 0..<3 {
            for isPaced in [false] + [Bool](repeating: true, count: 63) {
                guard let place = width.take(1, at: .zero) else { return }
                width.give(place, moved: true, isPaced: isPaced, at: .zero)
                width.versionEnded(sincePause: nil, isPaced: true)
            }
        }
        #expect(width.limit == 67)
    }

    @Test func `further work is begun until as many assets wait for a place as there are places`() {
        let width = AdaptiveWidth(ceiling: 384, grace: .seconds(25))
        #expect([0, 64, 65, 1_000].map { width.pieces(whileWaiting: $0) } == [96, 96, 1, 1])
        let fixed = AdaptiveWidth(.fixed(16), ceiling: 384, grace: .seconds(25))
        #expect([0, 100].map { fixed.pieces(whileWaiting: $0) } == [16, 16])
    }

    @Test(arguments: [(0, 192), (1, 192), (4, 48), (12, 16), (1_000_000, 3)])
    func `the more assets a version has, the fewer are begun at once`(assets: Int, pieces: Int) {
        var width = AdaptiveWidth(ceiling: 384, grace: .seconds(25))
        for _ in 0..<100 { width.versionBegins(assets: assets) }
        #expect(width.pieces(whileWaiting: 0) == pieces)
    }

    @Test func `one version of very many assets among small ones leaves work for all places`() {
        var width = AdaptiveWidth(ceiling: 384, grace: .seconds(25))
        width.versionBegins(assets: 100_000)
        #expect(width.pieces(whileWaiting: 0) == 33)
    }

    @Test func `after its start it grows by one for each version, up to its ceiling, unless the thread has no pause`() {
        var width = AdaptiveWidth(ceiling: 74, grace: .seconds(25))
        width.versionEnded(sincePause: .milliseconds(100))
        #expect(width.limit == 64)
        width.versionEnded(sincePause: .milliseconds(99))
        #expect(width.limit == 65)
        for _ in 0..<100 { width.versionEnded(sincePause: nil) }
        #expect(width.limit == 74)
    }

    @Test func `trouble takes three tenths, once a second, down to eight`() {
        var width = AdaptiveWidth(ceiling: 384, grace: .seconds(25))
        width.trouble(at: .zero)
        width.trouble(at: .milliseconds(999))
        #expect(width.limit == 44)
        width.trouble(at: .seconds(1))
        #expect(width.limit == 30)
        for second in 2..<20 { width.trouble(at: .seconds(second)) }
        #expect(width.limit == 8)
    }

    @Test func `eight places are kept for small assets`() {
        var width = AdaptiveWidth(.fixed(20), ceiling: 384, grace: .seconds(600))
        let large = (0..<20).map { _ in width.take(2 << 20, at: .zero) }
        #expect(large.count { $0 != nil } == 12)
        let small = (0..<20).map { _ in width.take(1 << 10, at: .zero) }
        #expect(small.count { $0 != nil } == 8)
        #expect(width.taken == 20)
        for place in (large + small).compactMap(\.self) { width.give(place, moved: false, at: .zero) }
        #expect(width.taken == 0)
        #expect((0..<30).map { _ in width.take(1 << 10, at: .zero) }.count { $0 != nil } == 20)
    }

    @Test(arguments: 1...8)
    func `a narrow width has one place for a large asset`(chosen: Int) {
        var width = AdaptiveWidth(.fixed(chosen), ceiling: 384, grace: .seconds(25))
        #expect(width.take(1 << 30, at: .zero) != nil)
        #expect(width.take(1 << 30, at: .zero) == nil)
    }

    @Test func `no more bytes are in motion than the grace can end, and one asset beyond`() throws {
        var width = AdaptiveWidth(ceiling: 384, grace: .seconds(10))
        func admitted(at second: Int) -> [AdaptiveWidth.Admission] {
            (0..<60).compactMap { _ in width.take(16 << 20, at: .seconds(second)) }
        }
        // Until something has moved, 4 MiB a second are assumed, and eight tenths of the grace are planned with.
        let first = admitted(at: 0)
        #expect(first.count == 3)
        // 48 MiB in two seconds; then 25 times as much in eight.
        for place in first { width.give(place, moved: true, at: .seconds(2)) }
        let second = admitted(at: 2)
        #expect(second.count == 13)
        for place in second { width.give(place, moved: true, at: .seconds(3)) }
        #expect(admitted(at: 3).count > 30)
        // A store that has become slow.
        var late = AdaptiveWidth(ceiling: 384, grace: .seconds(10))
        let slow = late.take(16 << 20, at: .zero)
        try late.give(#require(slow), moved: true, at: .seconds(30))
        #expect((0..<60).compactMap { _ in late.take(16 << 20, at: .seconds(30)) }.count == 2)
    }

    @Test func `a giant is admitted at once, whatever is in motion, and does not hold up the others`() {
        var width = AdaptiveWidth(ceiling: 384, grace: .seconds(10))
        let places = (0..<2).map { _ in width.take(16 << 20, at: .zero) }
        #expect(places.allSatisfy { $0 != nil })
        #expect(width.take(5 << 30, at: .zero) != nil)
        #expect(width.take(5 << 30, at: .zero) == nil)
        if let first = places[0] { width.give(first, moved: false, at: .zero) }
        #expect(width.take(16 << 20, at: .zero) != nil)
        #expect(width.take(16 << 20, at: .zero) == nil)
        #expect((0..<8).map { _ in width.take(1 << 10, at: .zero) }.allSatisfy { $0 != nil })
    }

    @Test func `it says what was waited for, and how long`() {
        var width = AdaptiveWidth(.fixed(1), ceiling: 384, grace: .seconds(25))
        #expect(width.waited(until: .seconds(1)) == [:])
        let place = width.take(1, at: .seconds(1))
        #expect(width.take(1, at: .seconds(2)) == nil)
        #expect(width.waited(until: .seconds(5)) == [.width: .seconds(3)])
        if let place { width.give(place, moved: false, at: .zero) }
        width.nobodyWaits(at: .seconds(6))
        width.quotasBind(true, at: .seconds(7))
        width.quotasBind(true, at: .seconds(8))
        width.quotasBind(false, at: .seconds(9))
        #expect(width.waited(until: .seconds(20)) == [.width: .seconds(4), .quotas: .seconds(2)])
    }
}
