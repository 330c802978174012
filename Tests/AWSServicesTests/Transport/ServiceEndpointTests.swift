import AWSServices
import Testing

@Suite("An endpoint URL")
struct ServiceEndpointTests {
    @Test(
        "is read into scheme, host and base path",
        arguments: [
            ("https://codeartifact.us-west-2.amazonaws.com", "codeartifact.us-west-2.amazonaws.com", ""),
            ("https://codeartifact.us-west-2.amazonaws.com/", "codeartifact.us-west-2.amazonaws.com", ""),
            ("HTTPS://Example.COM:443/maven/Releases/", "example.com", "/maven/Releases"),
            ("https://example.com:8443/maven/releases//", "example.com:8443", "/maven/releases"),
            ("https://example.com:0443", "example.com", ""),
            ("https://[::1]:9000/a", "[::1]:9000", "/a"),
            ("https://example.com/a%20b", "example.com", "/a%20b"),
        ]
    )
    func parts(url: String, host: String, basePath: String) throws {
        let endpoint = try ServiceEndpoint(url)
        #expect(endpoint == ServiceEndpoint(scheme: .https, host: host, basePath: basePath))
    }

    @Test func `drops only its own scheme's usual port`() throws {
        #expect(try ServiceEndpoint("http://example.com:80").host == "example.com")
        #expect(try ServiceEndpoint("http://example.com:443").host == "example.com:443")
        #expect(try ServiceEndpoint("https://example.com:80").host == "example.com:80")
    }

    @Test(
        "is refused with a reason",
        arguments: [
            ("", "does not start with https:// or http://"),
            ("example.com", "does not start with https:// or http://"),
            ("https:/example.com", "does not start with https:// or http://"),
            ("ftp://example.com", "does not start with https:// or http://"),
            ("https://", "has no usable host and port"),
            ("https://:443", "has no usable host and port"),
            ("https://example.com:", "has no usable host and port"),
            ("https://example.com:0", "has no usable host and port"),
            ("https://example.com:65536", "has no usable host and port"),
            ("https://example.com:+44", "has no usable host and port"),
            ("https://[::1", "has no usable host and port"),
            ("https://[::1]x", "has no usable host and port"),
            ("https://example.com?x=1", "has a query or a fragment"),
            ("https://example.com/#x", "has a query or a fragment"),
            ("https://exa mple.com", "contains a space, a control character or a letter outside ASCII"),
            ("https://exämple.com", "contains a space, a control character or a letter outside ASCII"),
            ("https://example.com/\r\nX: y", "contains a space, a control character or a letter outside ASCII"),
        ]
    )
    func refusal(url: String, reason: String) {
        let error = #expect(throws: InvalidEndpoint.self) { try ServiceEndpoint(url) }
        #expect(error?.reason == reason)
    }

    @Test func `with a user name is refused without showing it`() {
        let error = #expect(throws: InvalidEndpoint.self) { try ServiceEndpoint("https://user:secret@example.com/") }
        #expect(error?.description == "The endpoint URL holds a user name.")
    }

    @Test(
        "is on this machine or is not",
        arguments: [
            ("http://localhost:8080", true), ("http://127.0.0.1", true), ("http://127.8.9.1:1", true),
            ("http://[::1]:80/x", true), ("http://127.example.com", false), ("http://10.0.0.1", false),
            ("http://localhost.example.com", false), ("http://[::2]", false),
        ]
    )
    func loopback(url: String, isLoopback: Bool) throws {
        #expect(try ServiceEndpoint(url).isLoopback == isLoopback)
    }

    @Test func `stands before a path as it was given`() throws {
        let endpoint = try ServiceEndpoint("http://127.0.0.1:9000/base/")
        #expect(endpoint.url(endpoint.basePath + "/v1/x?a=b") == "http://127.0.0.1:9000/base/v1/x?a=b")
        #expect(endpoint.description == "http://127.0.0.1:9000/base")
    }
}
