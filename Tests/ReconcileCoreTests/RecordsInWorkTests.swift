import Testing

@testable import ReconcileCore

@Suite struct RecordsInWorkTests {
    private var records = RecordsInWork()

    private mutating func see(_ folder: UInt64, _ count: Int) {
        records.add(folder)
        for _ in 0..<count { records.see(folder) }
    }

    private mutating func begin(_ folders: UInt64...) -> [Bool] {
        var begun: [Bool] = []
        for folder in folders { begun.append(records.begin(folder)) }
        return begun
    }

    @Test mutating func `packages are begun together up to ten thousand records`() {
        see(1, 4_000)
        see(2, 6_000)
        see(3, 1)
        let begun = begin(1, 2, 3)
        #expect(begun == [true, true, false])
        records.end(1)
        let later = begin(3)
        #expect(later == [true])
    }

    @Test mutating func `a package of more records is looked at alone`() {
        see(1, 1)
        see(2, 10_001)
        let begun = begin(1, 2)
        #expect(begun == [true, false])
        records.end(1)
        let later = begin(2, 1)
        #expect(later == [true, false])
    }

    @Test mutating func `records that are listed after their package was begun count`() {
        see(1, 1_000)
        let begun = begin(1)
        #expect(begun == [true])
        see(1, 9_000)
        see(2, 1)
        let beside = begin(2)
        #expect(beside == [false])
        records.end(1)
        let later = begin(2)
        #expect(later == [true])
    }

    @Test mutating func `what ends twice, or was never begun, frees nothing`() {
        see(1, 6_000)
        see(2, 6_000)
        let begun = begin(1)
        #expect(begun == [true])
        records.end(2)
        let beside = begin(2)
        #expect(beside == [false])
        records.end(1)
        records.end(1)
        let later = begin(2)
        #expect(later == [true])
    }
}
