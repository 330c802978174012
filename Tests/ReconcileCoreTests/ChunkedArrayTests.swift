import Testing

@testable import ReconcileCore

@Suite struct ChunkedArrayTests {
    @Test(arguments: [0, 1, 255, 256, 257, 512, 1_000])
    func `what is appended, changed and sorted is as in an array`(count: Int) {
        var chunked = ChunkedArray<Int>()
        var array: [Int] = []
        for number in 0..<count {
            let element = number * 7_919 % 1_009
            chunked.append(element)
            array.append(element)
        }
        #expect(Array(chunked) == array)
        for index in stride(from: 0, to: count, by: 3) {
            chunked[index] += 5
            array[index] += 5
        }
        #expect(Array(chunked) == array)
        chunked.sort()
        #expect(Array(chunked) == array.sorted())
    }

    @Test(arguments: [0, 1, 255, 256, 257, 600])
    func `what is behind is cut off, and more can be appended`(newCount: Int) {
        var chunked = ChunkedArray<Int>()
        for number in 0..<600 { chunked.append(number) }
        chunked.truncate(to: newCount)
        #expect(Array(chunked) == Array(0..<newCount))
        for number in newCount..<700 { chunked.append(number) }
        #expect(Array(chunked) == Array(0..<700))
    }
}
