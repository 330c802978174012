/// One request that somebody may send to `reconcile-serve`, and what it may be answered.
struct HTTPAttack: Sendable {
    let name: String
    /// As it goes over the wire.
    let request: String
    let allowed: Set<Int>

    /// - Parameters:
    ///   - target: the request's target, as it is sent.
    ///   - fields: lines of the head, each with its end.
    init(_ name: String, _ target: String, method: String = "GET", fields: String = "", allowed: Set<Int>) {
        self.name = name
        request = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(fields)\r\n"
        self.allowed = allowed
    }

    /// Stands in everything that no request may show.
    static let canary = "CANARY"

    static let jar = "/releases/com/acme/lib/1.0/lib-1.0.jar"

    static var all: [HTTPAttack] { paths + pages + heads + tokens }

    /// Ways out of the folder of a repository, and to what is not for builds.
    private static var paths: [HTTPAttack] {
        let rows: [(String, String)] = [
            ("up and out", "/releases/../../../etc/passwd"), ("up, encoded", "/releases/%2e%2e/%2e%2e/etc/passwd"),
            ("up, encoded twice", "/releases/%252e%252e/%252e%252e/etc/passwd"),
            ("up, in overlong UTF-8", "/releases/%c0%ae%c0%ae/etc/passwd"),
            ("up, with backslashes", "/releases/..%5c..%5cetc%5cpasswd"),
            ("up, in full width", "/releases/%ef%bc%8e%ef%bc%8e/etc/passwd"),
            ("up at the end", "/releases/com/acme/lib/1.0/.."),
            ("a dot for a version", "/releases/com/acme/lib/./lib.jar"),
            ("a slash in a segment", "/releases/com/acme/lib/1.0%2flib-1.0.jar"),
            ("an absolute path", "//etc/passwd"), ("an encoded absolute path", "/%2fetc%2fpasswd"),
            ("a NUL behind the name", "/releases/com/acme/lib/1.0/lib-1.0.jar%00.txt"),
            ("a line end in the name", "/releases/com/acme/lib/1.0/a%0d%0aX-Evil:%20yes"),
            ("a record", "/manifests/maven/releases/com.acme/lib/1.0/20231114T221320Z.cmV2.Published.json"),
            ("a record, up from a repository", "/releases/../../manifests/maven/releases/com.acme/lib/1.0"),
            ("a report", "/runs/2026-01-01/secret.json"), ("a report, up", "/releases/..%2f..%2fruns/secret.json"),
            ("the configuration", "/configuration/20260101T000000Z.json"),
            ("another domain", "/../other/maven/releases/com/acme/lib/1.0/lib-1.0.jar"),
            ("a file of no record", "/releases/com/acme/lib/1.0/stray.jar"),
            ("bytes that are no UTF-8", "/releases/%ff%fe/lib/1.0/lib.jar"),
            ("half an escape", "/releases/com/acme/lib/1.0/lib%2"), ("no hexadecimal", "/releases/%zz/lib/1.0/lib.jar"),
            ("a very long segment", "/releases/\(String(repeating: "a", count: 4_000))/lib/1.0/lib.jar"),
            ("very many segments", "/releases\(String(repeating: "/a", count: 3_000))/1.0/x.jar"),
            ("a file's checksum of a checksum", "\(jar).sha1.sha1.sha1"),
            ("a template", "/releases/$%7bjndi:ldap:x%7d/lib/1.0/lib.jar"),
        ]
        return rows.map { HTTPAttack("a path: \($0.0)", $0.1, allowed: [400, 404, 414]) }
    }

    /// The same against the pages for people.
    private static var pages: [HTTPAttack] {
        let paths: [(String, String)] = [
            ("up and out", "/-/../../etc/passwd"), ("up, encoded", "/-/packages/%2e%2e/%2e%2e/etc/passwd"),
            ("a slash in a segment", "/-/packages/..%2f..%2fetc"), ("a NUL", "/-/packages/%00"),
            ("bytes that are no UTF-8", "/-/packages/releases/com.acme/%ff"),
            ("a line end", "/-/runs/%0d%0aX-Evil:%20yes"), ("a report that is none", "/-/runs/..%2f..%2fmanifests"),
            ("a very long segment", "/-/packages/\(String(repeating: "%41", count: 2_400))"),
            ("an element for a package", "/-/packages/releases/com.acme/%3Cscript%3Ealert(1)%3C%2Fscript%3E"),
            ("a page that is none", "/-/admin"), ("a script", "/-/script.js"),
        ]
        let queries: [(String, String)] = [
            ("an element", "q=%3Cimg%20src=x%20onerror=alert(1)%3E"),
            ("a quote", "q=%22%20autofocus%20onfocus=alert(1)%20x=%22"),
            ("a NUL", "q=%00"), ("a page below the first", "q=lib&page=-1"),
            ("a page beyond all numbers", "q=lib&page=99999999999999999999"),
            ("stars", "q=\(String(repeating: "*", count: 400))"),
            ("a query of 7,000 bytes", "q=\(String(repeating: "x", count: 7_000))"),
            ("a hundred questions", String(repeating: "q=lib&", count: 100)),
        ]
        let asked = paths.map { HTTPAttack("a page: \($0.0)", $0.1, allowed: [400, 404, 414]) }
        return asked + queries.map { HTTPAttack("a search: \($0.0)", "/-/search?\($0.1)", allowed: [200, 400]) }
    }

    /// Heads that are to make the server misread what follows, or do too much.
    private static var heads: [HTTPAttack] {
        [
            HTTPAttack("an upload", jar, method: "PUT", fields: "Content-Length: 0\r\n", allowed: [405]),
            HTTPAttack("a deletion", jar, method: "DELETE", allowed: [405]),
            HTTPAttack("a trace", jar, method: "TRACE", fields: "X-Secret: CANARY\r\n", allowed: [400, 405]),
            HTTPAttack("a method that is none", jar, method: "STEAL", allowed: [400, 405, 501]),
            HTTPAttack("a tunnel", "localhost:1", method: "CONNECT", allowed: [400, 404, 405]),
            HTTPAttack("two lengths", jar, fields: "Content-Length: 1\r\nContent-Length: 2\r\n", allowed: [400]),
            HTTPAttack("a length below zero", jar, fields: "Content-Length: -1\r\n", allowed: [400]),
            HTTPAttack(
                "a length and chunks",
                jar,
                fields: "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                allowed: [400]
            ),
            HTTPAttack("chunks of another kind", jar, fields: "Transfer-Encoding: xchunked\r\n", allowed: [400]),
            HTTPAttack("a second host", jar, fields: "Host: evil\r\n", allowed: [400]),
            HTTPAttack("a folded line", jar, fields: "X-A: b\r\n c: d\r\n", allowed: [200, 400]),
            HTTPAttack("a name with a blank", jar, fields: "X A: b\r\n", allowed: [400]),
            HTTPAttack("a range beyond the end", jar, fields: "Range: bytes=9999-\r\n", allowed: [416]),
            HTTPAttack("a range that ends before it begins", jar, fields: "Range: bytes=5-2\r\n", allowed: [200, 416]),
            HTTPAttack(
                "a range beyond all numbers",
                jar,
                fields: "Range: bytes=0-99999999999999999999999\r\n",
                allowed: [200, 206, 416]
            ),
            HTTPAttack(
                "a thousand ranges",
                jar,
                fields: "Range: bytes=\(String(repeating: "0-0,", count: 1_000))0-0\r\n",
                allowed: [200, 400, 416]
            ),
            HTTPAttack(
                "a thousand tags",
                jar,
                fields: "If-None-Match: \(String(repeating: "\"x\", ", count: 1_000))\"y\"\r\n",
                allowed: [200]
            ),
            HTTPAttack("another version of HTTP's switch", jar, fields: "Upgrade: h2c\r\n", allowed: [200, 400]),
        ]
    }

    /// Ways past the token; only tried against a server that has one.
    private static var tokens: [HTTPAttack] {
        let rows: [(String, String)] = [
            ("none", ""), ("an empty one", "Authorization: Bearer \r\n"), ("half", "Authorization: Bearer s3c\r\n"),
            ("more than all", "Authorization: Bearer s3cret \u{0}\r\n"),
            ("in capitals", "Authorization: Bearer S3CRET\r\n"),
            ("another scheme", "Authorization: Digest s3cret\r\n"), ("no Base64", "Authorization: Basic !!!!\r\n"),
            ("a name alone", "Authorization: Basic YXdz\r\n"),
            ("the empty one first", "Authorization: Bearer x\r\nAuthorization: Bearer s3cret\r\n"),
            ("a proxy's", "Proxy-Authorization: Bearer s3cret\r\n"), ("a cookie", "Cookie: token=s3cret\r\n"),
        ]
        return rows.map { HTTPAttack("a token: \($0.0)", jar, fields: $0.1, allowed: [400, 401]) }
    }
}
