import Testing

@testable import LocalServices

@Suite struct LocalS3ListingTests {
    static let keys = ["a", "a-b/1", "a/1", "a/2", "a/b/1", "a0", "b"]

    @Test func `byte order puts a hyphen before a slash, directory order does not`() {
        let bytes = LocalS3Order(.bytes)
        let directories = LocalS3Order(.directories)
        #expect(Self.keys.sorted(by: bytes.precedes) == ["a", "a-b/1", "a/1", "a/2", "a/b/1", "a0", "b"])
        #expect(Self.keys.sorted(by: directories.precedes) == ["a", "a/1", "a/2", "a/b/1", "a-b/1", "a0", "b"])
    }

    @Test(arguments: LocalS3Configuration.ListOrder.allCases, [1, 2, 3, 1000])
    func `pages of any size hold every key once`(kind: LocalS3Configuration.ListOrder, limit: Int) {
        let order = LocalS3Order(kind)
        let sorted = Self.keys.sorted(by: order.precedes)
        for prefix in ["", "a", "a/", "a-", "b", "c"] {
            var found: [String] = []
            var query = LocalS3ListQuery(prefix: prefix, limit: limit)
            repeat {
                let page = query.page(of: sorted, in: order)
                #expect(page.count <= limit)
                found += page.keys
                query.after = page.next
            } while query.after != nil
            #expect(found == sorted.filter { $0.hasPrefix(prefix) })
        }
    }

    @Test func `a shuffled listing is in no order of bytes`() {
        let order = LocalS3Order(.shuffled)
        let keys = (0..<50).map { "k\($0)" }
        #expect(keys.sorted(by: order.precedes) != keys.sorted())
        #expect(Set(keys.sorted(by: order.precedes)) == Set(keys))
    }

    @Test(arguments: [1, 2, 3, 1000])
    func `a common prefix is listed once, also where pages meet`(limit: Int) {
        let order = LocalS3Order(.bytes)
        var query = LocalS3ListQuery(prefix: "", delimiter: "/", limit: limit)
        var rows: [String] = []
        repeat {
            let page = query.page(of: Self.keys, in: order)
            rows += (page.keys + page.commonPrefixes).sorted()
            query.after = page.next
        } while query.after != nil
        #expect(rows.sorted() == ["a", "a-b/", "a/", "a0", "b"])
    }
}
