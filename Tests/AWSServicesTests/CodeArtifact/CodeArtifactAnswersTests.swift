import HTTPTransfer
import ReconcileCore
import Testing

@testable import AWSServices

@Suite("An answer of CodeArtifact")
struct CodeArtifactAnswersTests {
    private let call = ServiceCall(.work("codeartifact.Test"), on: "target", method: .post, path: "/")

    private func decode<Answer: JSONReadable>(_ type: Answer.Type, _ json: String) throws -> Answer {
        try call.read(type, from: HTTPResponse(head: HTTPResponseHead(status: 200), body: Array(json.utf8)))
    }

    @Test func `lists versions with the members that a backup needs`() throws {
        let page = try decode(
            VersionPage.self,
            #"""
            {"defaultDisplayVersion":null,"format":"maven","namespace":"com.example","package":"a","extra":{"x":[1]},
             "versions":[{"version":"1.1","revision":"Ciqe5/9y+A=","status":"Published","mood":"new",
               "origin":{"domainEntryPoint":{"repositoryName":"releases"},"originType":"INTERNAL"}},
              {"version":"1.0","revision":null,"status":"Archived","origin":null},
              {"version":"0.9","status":"Sleeping","origin":{"originType":"ELSEWHERE"}}],
             "nextToken":"a+/="}
            """#
        )
        let rows = page.versions
        #expect(rows.map(\.version) == ["1.1", "1.0", "0.9"])
        #expect(rows.map(\.revision) == ["Ciqe5/9y+A=", nil, nil])
        #expect(rows.map { VersionStatus(wire: $0.status) } == [.published, .archived, .unlisted])
        #expect(rows.map { VersionOrigin($0.origin) } == [.internal, .unknown, .unknown])
        #expect(PageToken(wire: page.nextToken) == PageToken("a+/="))
    }

    @Test(
        "without a list must have a token",
        arguments: ["{}", #"{"versions":null,"nextToken":null}"#, #"{"nextToken":""}"#, #"{"message":"hello"}"#]
    )
    func nothing(json: String) {
        func refused<Page: JSONReadable>(_ type: Page.Type, saying words: String) {
            let failure = #expect(throws: RemoteFailure.self) { try decode(type, json) }
            #expect(failure?.kind == .malformed)
            #expect(failure?.message.contains(words) == true)
        }
        refused(RepositoryPage.self, saying: "has no repositories")
        refused(PackagePage.self, saying: "has no packages")
        refused(VersionPage.self, saying: "has no versions")
        refused(AssetListPage.self, saying: "has no assets")
    }

    @Test(
        "may be empty, and may leave its list out where more pages come",
        arguments: [
            (#"{"repositories":[],"packages":[],"versions":[],"assets":[]}"#, nil), (#"{"nextToken":"t"}"#, "t"),
        ]
    )
    func empty(json: String, token: String?) throws {
        #expect(try decode(RepositoryPage.self, json).repositories.isEmpty)
        #expect(try decode(PackagePage.self, json).packages.isEmpty)
        #expect(try decode(AssetListPage.self, json).assets.isEmpty)
        let page = try decode(VersionPage.self, json)
        #expect(page.versions.isEmpty)
        #expect(page.nextToken == token)
    }

    @Test func `with an empty token has no next page`() {
        #expect(PageToken(wire: "") == nil)
    }

    @Test("spells every status", arguments: VersionStatus.allCases)
    func statuses(status: VersionStatus) {
        #expect(VersionStatus(wire: status.rawValue) == status)
    }

    @Test func `without a status counts as unlisted, so that its bytes are tried`() {
        #expect(VersionStatus(wire: nil) == .unlisted)
        #expect(VersionStatus(wire: "published") == .unlisted)
    }

    @Test(
        "gives a time as a number or as text",
        arguments: [
            ("1567920624.849", 1_567_920_624.849), ("1567920624", 1_567_920_624), ("1.5e9", 1_500_000_000),
            (#""2019-09-08T05:30:24Z""#, 1_567_920_624), (#""2019-09-08T07:30:24+02:00""#, 1_567_920_624),
            (#""2019-09-08T05:30:24.500Z""#, 1_567_920_624.5),
        ]
    )
    func times(json: String, seconds: Double) throws {
        let details = try decode(VersionDetails.self, #"{"packageVersion":{"publishedTime":\#(json)}}"#)
        let time = try #require(details.packageVersion.properties.publishedTime)
        #expect(abs(time - seconds) < 0.001)
    }

    @Test(
        "with a time outside the years 1 to 9999 is refused, as no report could count from it",
        arguments: ["1e300", "-1e300", "253402300800", "-62135596801"]
    )
    func impossibleTimes(json: String) {
        #expect(throws: RemoteFailure.self) {
            try decode(VersionDetails.self, #"{"packageVersion":{"publishedTime":\#(json)}}"#)
        }
        #expect(throws: RemoteFailure.self) {
            try decode(TokenAnswer.self, #"{"authorizationToken":"t","expiration":\#(json)}"#)
        }
    }

    @Test func `may leave out the time`() throws {
        let none = try decode(VersionDetails.self, #"{"packageVersion":{}}"#)
        #expect(none.packageVersion.properties.publishedTime == nil)
        let null = try decode(VersionDetails.self, #"{"packageVersion":{"publishedTime":null}}"#)
        #expect(null.packageVersion.properties.publishedTime == nil)
    }

    @Test(
        "that cannot be read is a malformed failure that says where",
        arguments: [
            (#"{"versions":[{"version":"1"},{"revision":"r"}]}"#, "versions.1 has no version"),
            (#"{"versions":[{"version":7}]}"#, "versions.0.version is not a string"),
            (#"{"versions":{}}"#, "versions is not an array"), ("", "The answer cannot be read"),
            ("{", "The answer cannot be read"),
            ("[]", "The answer cannot be read"), ("<html>", "The answer cannot be read"),
            ("\u{0}\u{0}\u{0}", "The answer cannot be read"),
            (String(repeating: "[", count: 100_000), "The answer cannot be read"),
        ]
    )
    func unreadable(json: String, words: String) throws {
        let failure = try #require(throws: RemoteFailure.self) { try decode(VersionPage.self, json) }
        #expect(failure.kind == .malformed)
        #expect(failure.message.contains(words))
    }

    @Test func `cut anywhere or with any byte changed is read or refused, and never more`() throws {
        let whole = Array(
            #"{"versions":[{"version":"1é","revision":"r\u00e9","status":"Published","origin":{"originType":null}}]}"#
                .utf8
        )
        for index in whole.indices {
            let cut = HTTPResponse(head: HTTPResponseHead(status: 200), body: Array(whole[..<index]))
            #expect(throws: RemoteFailure.self) { try call.read(VersionPage.self, from: cut) }
            for byte: UInt8 in [0x00, 0x22, 0x5C, 0x7B, 0x7D, 0x80, 0xFF] {
                var bytes = whole
                bytes[index] = byte
                do {
                    let response = HTTPResponse(head: HTTPResponseHead(status: 200), body: bytes)
                    #expect((try call.read(VersionPage.self, from: response).versions).count <= 1)
                } catch {
                    #expect(error.kind == .malformed)
                }
            }
        }
    }

    private func asset(_ json: String) throws -> Asset {
        let page = try decode(AssetListPage.self, #"{"assets":[\#(json)],"versionRevision":"r"}"#)
        return try Asset(try #require(page.assets.first))
    }

    @Test func `lists an asset with its hashes in lower case`() throws {
        let md5 = String(repeating: "aB", count: 16)
        let sha256 = String(repeating: "0f", count: 32)
        let asset = try asset(
            #"{"name":"a 1.jar","size":5368709120,"hashes":{"MD5":"\#(md5)","SHA-1":null,"SHA-256":"\#(sha256)","CRC":"1"}}"#
        )
        #expect(
            asset
                == Asset(
                    name: "a 1.jar",
                    size: 5_368_709_120,
                    checksums: Checksums(md5: md5.lowercased(), sha256: sha256)
                )
        )
    }

    @Test(arguments: [#"{"name":"a","size":0}"#, #"{"name":"a","size":0,"hashes":null}"#])
    func `may list an asset without hashes`(json: String) throws {
        #expect(try asset(json) == Asset(name: "a", size: 0, checksums: Checksums()))
    }

    @Test(
        "with an asset that makes no sense is refused by name",
        arguments: [
            (#"{"name":"a"}"#, "The asset a has no valid size."),
            (#"{"name":"a","size":null}"#, "The asset a has no valid size."),
            (#"{"name":"a","size":-1}"#, "The asset a has no valid size."),
            (#"{"name":"a","size":1,"hashes":{"MD5":"12"}}"#, "The asset a has no readable MD5: 12."),
            (#"{"name":"a","size":1,"hashes":{"SHA-256":""}}"#, "The asset a has no readable SHA-256: ."),
        ]
    )
    func senseless(json: String, words: String) {
        let error = #expect(throws: UnreadableAnswer.self) { try asset(json) }
        #expect(error?.description == words)
    }
}
