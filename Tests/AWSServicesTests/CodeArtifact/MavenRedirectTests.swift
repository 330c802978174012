import HTTPTransfer
import ReconcileCore
import Testing

@testable import AWSServices

@Suite("A redirect of a Maven endpoint")
struct MavenRedirectTests {
    private let get = HTTPRequest(
        method: .get,
        url: "https://d.example.com/maven/releases/a.jar",
        headers: ["Authorization": "Bearer secret", "Accept": "*/*"],
        deadlines: HTTPDeadlines(stall: .seconds(7))
    )

    private func rule(_ endpoint: String = "https://d.example.com/maven/releases/") throws -> MavenRedirect {
        MavenRedirect(from: try ServiceEndpoint(endpoint), operation: MavenOperations.getAsset, target: "a.jar")
    }

    private func head(_ status: Int, _ location: String?) -> HTTPResponseHead {
        HTTPResponseHead(status: status, headers: location.map { ["Location": $0] } ?? [:])
    }

    @Test("is followed without the bearer token", arguments: [301, 302, 303, 307, 308])
    func followed(status: Int) throws {
        let rule = try rule()
        let next = try #require(try rule.next(after: get, head(status, "https://s3.example.com/k?X-Amz-Signature=1")))
        #expect(next.url == "https://s3.example.com/k?X-Amz-Signature=1")
        #expect(next.method == .get)
        #expect(next.headers == ["Accept": "*/*"])
        #expect(next.deadlines == HTTPDeadlines(stall: .seconds(7)))
        #expect(rule.store == "s3.example.com")
    }

    @Test("is no other answer", arguments: [200, 206, 300, 304, 305, 401, 404, 500])
    func others(status: Int) throws {
        let rule = try rule()
        #expect(try rule.next(after: get, head(status, "https://s3.example.com/k")) == nil)
        #expect(rule.store == nil)
    }

    @Test func `is followed once`() throws {
        let rule = try rule()
        _ = try rule.next(after: get, head(307, "https://s3.example.com/k"))
        let failure = try #require(throws: RemoteFailure.self) {
            try rule.next(after: get, head(307, "https://s3.example.com/l"))
        }
        #expect(failure.kind == .malformed)
        #expect(failure.message == "The redirected request was redirected again; only one redirect is followed.")
    }

    @Test(
        "is refused where it leads astray",
        arguments: [
            (nil, "The endpoint answered with a redirect (status 307) that names no location."),
            (
                "/k?X-Amz-Signature=1",
                "The endpoint answered with a redirect to something that is not an http or https URL."
            ),
            (
                "ftp://s3.example.com/k",
                "The endpoint answered with a redirect to something that is not an http or https URL."
            ),
            (
                "//s3.example.com/k",
                "The endpoint answered with a redirect to something that is not an http or https URL."
            ),
            (
                "https://u:p@s3.example.com/k",
                "The endpoint answered with a redirect to something that is not an http or https URL."
            ),
            (
                "http://s3.example.com/k?X-Amz-Signature=1",
                "The endpoint answered with a redirect to plain http on s3.example.com; only https is followed."
            ),
        ] as [(String?, String)]
    )
    func refused(location: String?, message: String) throws {
        let rule = try rule()
        let failure = try #require(throws: RemoteFailure.self) { try rule.next(after: get, head(307, location)) }
        #expect(
            failure == RemoteFailure(.malformed, operation: MavenOperations.getAsset, target: "a.jar", message: message)
        )
    }

    @Test(
        "to plain http is followed only from plain http on this machine",
        arguments: [
            ("http://127.0.0.1:9000/maven/releases/", true), ("http://localhost/", true),
            ("http://sandbox.example.com/", false), ("https://127.0.0.1:9000/", false),
        ]
    )
    func plain(endpoint: String, isFollowed: Bool) throws {
        let rule = try rule(endpoint)
        let next = try? rule.next(after: get, head(307, "http://127.0.0.1:9001/k"))
        #expect(next?.url == (isFollowed ? "http://127.0.0.1:9001/k" : nil))
    }
}
