import BackupPages
import ReconcileCore
import Testing

/// That no value becomes markup, and that what is asked for is found where its link says.
@Suite struct HTMLTests {
    @Test func `what is interpolated is text`() {
        let name = "<script>alert('1')</script> & \"quotes\""
        let html: HTML = "<b title=\"\(name)\">\(name)</b>"
        let text = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;quotes&quot;"
        #expect(html.text == "<b title=\"\(text)\">\(text)</b>")
    }

    @Test func `characters that act on the reader's screen are seen instead`() {
        let name = "a\u{1B}[31mb\u{202E}c\u{2066}d\u{200F}e\u{85}f\u{7F}g\u{0}\r"
        let html: HTML = "\(name)"
        #expect(html.text == "a\u{FFFD}[31mb\u{FFFD}c\u{FFFD}d\u{FFFD}e\u{FFFD}f\u{FFFD}g\u{FFFD}\u{FFFD}")
        let plain: HTML = "\("één 中文 🙂 עברית")"
        #expect(plain.text == "één 中文 🙂 עברית")
    }

    @Test func `pieces are markup, none is nothing, numbers are grouped`() {
        let piece: HTML = "<i>\(1_234_567)</i>"
        let none: HTML? = nil
        let html: HTML = "\(piece)\(none)\([piece, "<br>"])\(-999)\(-1_000)"
        #expect(html.text == "<i>1,234,567</i><i>1,234,567</i><br>-999-1,000")
    }

    // MARK: Paths

    private static let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "lib")

    private static let pages: [(PagePath, String)] = [
        (.overview, "/"), (.style, "/-/style.css"), (.icon, "/-/icon.svg"), (.search, "/-/search"),
        (.repositories, "/-/packages"), (.repository("releases"), "/-/packages/releases"),
        (.group(repository: "releases", namespace: "com.acme"), "/-/packages/releases/com.acme"),
        (.package(package), "/-/packages/releases/com.acme/lib"),
        (.version(VersionCoordinates(package: package, version: "1.0+x")), "/-/packages/releases/com.acme/lib/1.0%2Bx"),
        (.version(VersionCoordinates(package: package, version: "..")), "/-/packages/releases/com.acme/lib/~.."),
        (.version(VersionCoordinates(package: package, version: "~1")), "/-/packages/releases/com.acme/lib/~~1"),
        (.version(VersionCoordinates(package: package, version: "")), "/-/packages/releases/com.acme/lib/~"),
        (
            .version(VersionCoordinates(package: package, version: "a/b?c#d")),
            "/-/packages/releases/com.acme/lib/a%2Fb%3Fc%23d"
        ),
        (
            .version(VersionCoordinates(package: package, version: "<b>\"é")),
            "/-/packages/releases/com.acme/lib/%3Cb%3E%22%C3%A9"
        ),
        (.unprotected, "/-/unprotected"), (.runs, "/-/runs"),
        (.run("20261129T080000Z-x"), "/-/runs/20261129T080000Z-x"),
        (.verifications, "/-/verifications"), (.verification("1"), "/-/verifications/1"),
        (.drills, "/-/drills"), (.drill("1"), "/-/drills/1"), (.state, "/-/state"),
    ]

    @Test(arguments: pages)
    func `a page is found where its link says`(page: PagePath, target: String) {
        #expect(page.target == target)
        #expect(PagePath(target) == page)
    }

    @Test(arguments: [
        "", "/releases", "/-", "/-/none", "/-/packages/", "/-/packages/a/b/c/d/e", "/-/packages/%zz", "/-/packages/%FF",
        "/-/style.css/x", "/releases/-/packages", "/-/runs/a/b",
    ])
    func `what no page has is none`(path: String) {
        #expect(PagePath(path) == (path == "/-/packages/" ? .repository("") : nil))
    }

    @Test(arguments: [
        ("/-/search", PageQuery()), ("/-/search?q=a+b%2Bc&page=3", PageQuery(page: 3, text: "a b+c")),
        ("/-/search?q=+x+&page=-7", PageQuery(page: 1, text: "x")), ("/-/search?q=%FF&page=x&z&=&q", PageQuery()),
        ("/-/search?page=99999999999999999999", PageQuery()),
    ])
    func `a query that cannot be read is none`(target: String, query: PageQuery) {
        #expect(PageQuery(target: target) == query)
    }

    @Test func `a page's query asks for the same elsewhere`() {
        let query = PageQuery(page: 1, text: "a b&c=\"")
        #expect(query.target(of: .search, page: 2) == "/-/search?q=a%20b%26c%3D%22&page=2")
        #expect(PageQuery(target: query.target(of: .search, page: 2)) == PageQuery(page: 2, text: "a b&c=\""))
        #expect(PageQuery().target(of: .runs, page: 1) == "/-/runs")
    }

    @Test(arguments: [
        (1, 0, 0..<0, 1), (1, 100, 0..<100, 1), (2, 101, 100..<101, 2), (9, 250, 200..<250, 3), (0, 250, 0..<100, 3),
        (Int.max, 6_000, 5_900..<6_000, 60),
    ])
    func `a page that is not there is the nearest`(page: Int, count: Int, range: Range<Int>, pages: Int) {
        let paging = Paging(page, of: count, size: 100)
        #expect(paging.range == range && paging.pages == pages)
    }
}
