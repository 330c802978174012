import AWSServices
import Cryptography
import FoundationEssentials
import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport
import Testing

@Suite struct LocalS3Tests {
    @Test func `a request without a signature is refused`() async throws {
        try await StoreTrial.with { trial in
            let response = try await trial.client.send(
                HTTPRequest(method: .get, url: trial.server.endpoint + "/backup?list-type=2")
            )
            #expect(response.status == 403)
            #expect(Self.code(response) == "AccessDenied")
        }
    }

    @Test func `a request without a signature is taken where signatures are not checked`() async throws {
        var configuration = LocalS3Configuration()
        configuration.checksSignatures = false
        try await StoreTrial.with(configuration) { trial in
            let request = HTTPRequest(method: .put, url: trial.server.endpoint + "/backup/a", body: [1, 2])
            let response = try await trial.client.send(request)
            #expect(response.status == 200)
            #expect(trial.server.bytes(under: "a") == [1, 2])
        }
    }

    @Test func `of an object longer than is kept, size and hash are known and bytes are not`() async throws {
        var configuration = LocalS3Configuration()
        configuration.keptBytes = 3
        try await StoreTrial.with(configuration) { trial in
            let bytes: [UInt8] = [1, 2, 3, 4]
            let written = try await trial.store.write(bytes, to: ObjectKey("long"), .createOnly)
            #expect(written == .stored(versionID: nil))
            let object = try await trial.store.inspect(ObjectKey("long"))
            #expect(object?.size == 4)
            #expect(object?.sha256 == Hexadecimal.encode(Digest.of(bytes, .sha256)))
            await #expect(throws: RemoteFailure.self) { try await trial.store.read(ObjectKey("long"), limit: 10) }
            #expect(trial.server.bytes(under: "long") == nil)

            var forged = try await trial.transport.signed(
                ServiceCall(.work("test"), on: "", method: .put, path: "/backup/forged", payload: .bytes(bytes))
            )
            forged.body = [1, 2, 3, 5]
            #expect(Self.code(try await trial.client.send(forged)) == "XAmzContentSHA256Mismatch")
        }
    }

    @Test func `a header that was changed after signing breaks the signature`() async throws {
        try await StoreTrial.with { trial in
            var request = try await trial.transport.signed(
                ServiceCall(.work("test"), on: "", method: .get, path: "/backup", query: [("list-type", "2")])
            )
            #expect(try await trial.client.send(request).status == 200)
            request.url += "&prefix=a"
            #expect(Self.code(try await trial.client.send(request)) == "SignatureDoesNotMatch")
        }
    }

    @Test func `a body that was changed after signing is refused`() async throws {
        try await StoreTrial.with { trial in
            var request = try await trial.transport.signed(
                ServiceCall(.work("test"), on: "", method: .put, path: "/backup/a", payload: .bytes([1, 2, 3]))
            )
            request.body = [1, 2, 4]
            #expect(Self.code(try await trial.client.send(request)) == "XAmzContentSHA256Mismatch")
            #expect(trial.server.keys().isEmpty)
        }
    }

    @Test func `an unknown access key and a wrong secret are told apart`() async throws {
        let stranger = AWSCredentials(accessKeyID: "STRANGER", secretAccessKey: "local-s3-secret")
        let guesser = AWSCredentials(accessKeyID: "LOCALS3", secretAccessKey: "guess")
        for (credentials, code) in [(stranger, "InvalidAccessKeyId"), (guesser, "SignatureDoesNotMatch")] {
            try await StoreTrial.with(credentials: credentials) { trial in
                let failure = await #expect(throws: RemoteFailure.self) {
                    try await trial.store.list(prefix: ObjectKey(""), after: nil)
                }
                #expect(failure?.kind == .credentials)
                #expect(failure?.message.contains(code) == true)
            }
        }
    }

    @Test func `expired credentials are refused as such`() async throws {
        var configuration = LocalS3Configuration()
        configuration.credentials = [
            AWSCredentials(
                accessKeyID: "TEMPORARY",
                secretAccessKey: "s",
                sessionToken: "t",
                expiration: Date(timeIntervalSinceNow: -1)
            )
        ]
        try await StoreTrial.with(configuration) { trial in
            let response = try await trial.send(.get, query: [("list-type", "2")])
            #expect(Self.code(response) == "ExpiredToken")
        }
    }

    @Test func `a checksum that does not fit the body is a bad digest`() async throws {
        try await StoreTrial.with { trial in
            let right = Data(Digest.of([1, 2, 3], .sha256)).base64EncodedString()
            let wrong = try await trial.send(.put, key: "a", headers: ["x-amz-checksum-sha256": right], body: [9])
            #expect(Self.code(wrong) == "BadDigest")
            let unreadable = try await trial.send(.put, key: "a", headers: ["x-amz-checksum-sha256": "AA=="], body: [9])
            #expect(Self.code(unreadable) == "InvalidRequest")
            #expect(trial.server.keys().isEmpty)
            let put = try await trial.send(.put, key: "a", headers: ["x-amz-checksum-sha256": right], body: [1, 2, 3])
            #expect(put.status == 200)
            let plain = try await trial.send(.head, key: "a").head.headers
            #expect(plain["x-amz-checksum-sha256"] == nil)
            #expect(plain["content-length"] == "3")
            #expect(plain["etag"] == "\"5289df737df57326fcdd22597afb1fac\"")
            let checked = try await trial.send(.head, key: "a", headers: ["x-amz-checksum-mode": "ENABLED"])
            #expect(checked.head.headers["x-amz-checksum-sha256"] == right)
            #expect(checked.head.headers["x-amz-checksum-type"] == "FULL_OBJECT")
        }
    }

    @Test func `If-None-Match meets an object with 412`() async throws {
        try await StoreTrial.with { trial in
            let first = try await trial.send(.put, key: "a", headers: ["If-None-Match": "*"], body: [1])
            #expect(first.status == 200)
            let second = try await trial.send(.put, key: "a", headers: ["If-None-Match": "*"], body: [2])
            #expect(second.status == 412)
            #expect(Self.code(second) == "PreconditionFailed")
            #expect(trial.server.bytes(under: "a") == [1])
        }
    }

    @Test(
        arguments: [
            ("bytes=0-0", 206, [0], "bytes 0-0/5"), ("bytes=1-3", 206, [1, 2, 3], "bytes 1-3/5"),
            ("bytes=3-", 206, [3, 4], "bytes 3-4/5"), ("bytes=-2", 206, [3, 4], "bytes 3-4/5"),
            ("bytes=2-99", 206, [2, 3, 4], "bytes 2-4/5"), ("lines=1-2", 200, [0, 1, 2, 3, 4], nil),
            ("bytes=3-1", 200, [0, 1, 2, 3, 4], nil), ("bytes=-99", 206, [0, 1, 2, 3, 4], "bytes 0-4/5"),
        ] as [(String, Int, [UInt8], String?)]
    )
    func `a range is answered as HTTP has it`(
        range: String,
        status: Int,
        bytes: [UInt8],
        contentRange: String?
    ) async throws {
        try await StoreTrial.with { trial in
            trial.server.store([0, 1, 2, 3, 4], under: "a")
            let response = try await trial.send(.get, key: "a", headers: ["Range": range])
            #expect(response.status == status)
            #expect(response.body == bytes)
            #expect(response.head.headers["content-range"] == contentRange)
            let beyond = try await trial.send(.get, key: "a", headers: ["Range": "bytes=5-9"])
            #expect(Self.code(beyond) == "InvalidRange")
        }
    }

    @Test func `a bucket with versions keeps what is overwritten`() async throws {
        var configuration = LocalS3Configuration()
        configuration.keepsVersions = true
        try await StoreTrial.with(configuration) { trial in
            let first = try await trial.send(.put, key: "a", body: [1]).head.headers["x-amz-version-id"]
            let second = try await trial.send(.put, key: "a", body: [2]).head.headers["x-amz-version-id"]
            let older = try #require(first)
            #expect(older != second)
            #expect(try await trial.send(.get, key: "a").body == [2])
            #expect(try await trial.send(.get, key: "a", query: [("versionId", older)]).body == [1])
            let unknown = try await trial.send(.get, key: "a", query: [("versionId", "nothing")])
            #expect(Self.code(unknown) == "NoSuchVersion")
        }
    }

    @Test func `keys and common prefixes are listed page by page`() async throws {
        try await StoreTrial.with { trial in
            for key in ["a", "b/1", "b/2", "c d+e", "é", "f/x/1", "f/y"] { trial.server.store([1], under: key) }
            var query = [("list-type", "2"), ("delimiter", "/"), ("max-keys", "2"), ("encoding-type", "url")]
            let first = String(decoding: try await trial.send(.get, query: query).body, as: UTF8.self)
            #expect(first.contains("<Key>a</Key>"))
            #expect(first.contains("<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>"))
            #expect(first.contains("<KeyCount>2</KeyCount>"))
            #expect(first.contains("<IsTruncated>true</IsTruncated>"))
            query.append(("continuation-token", Self.element("NextContinuationToken", in: first)))
            let second = String(decoding: try await trial.send(.get, query: query).body, as: UTF8.self)
            #expect(second.contains("<Key>c+d%2Be</Key>"))
            #expect(second.contains("<Prefix>f/</Prefix>"))
            query[4].1 = Self.element("NextContinuationToken", in: second)
            let third = String(decoding: try await trial.send(.get, query: query).body, as: UTF8.self)
            #expect(third.contains("<Key>%C3%A9</Key>"))
            #expect(third.contains("<IsTruncated>false</IsTruncated>"))
            let after = try await trial.send(.get, query: [("list-type", "2"), ("start-after", "b/2")])
            #expect(!String(decoding: after.body, as: UTF8.self).contains("<Key>b/2</Key>"))
            #expect(String(decoding: after.body, as: UTF8.self).contains("<Key>c d+e</Key>"))
            let wrong = try await trial.send(.get, query: [("list-type", "2"), ("continuation-token", "b/1")])
            #expect(Self.code(wrong) == "InvalidArgument")
        }
    }

    @Test func `faults strike as often as they say, and what they fit`() async throws {
        var configuration = LocalS3Configuration()
        configuration.faults = [
            LocalS3Fault(.slowDown, on: "s3.PutObject", .first(2)),
            LocalS3Fault(.error(status: 503, code: "SlowDown", retryAfter: 7), keyPart: "third", .every(3)),
        ]
        try await StoreTrial.with(configuration) { trial in
            var statuses: [Int] = []
            for _ in 0..<3 { statuses.append(try await trial.send(.put, key: "a", body: [1]).status) }
            #expect(statuses == [503, 503, 200])
            let answers = [
                try await trial.send(.get, key: "third"), try await trial.send(.get, key: "third"),
                try await trial.send(.get, key: "third"), try await trial.send(.get, key: "third"),
            ]
            #expect(answers.map(\.status) == [404, 404, 503, 404])
            #expect(answers[2].head.headers["retry-after"] == "7")
            #expect(trial.server.requests == ["s3.PutObject": 3, "s3.GetObject": 4])
            trial.server.inject(LocalS3Fault(.internalError, .always))
            #expect(try await trial.send(.get, key: "a").status == 500)
            trial.server.clearFaults()
            trial.server.resetRequests()
            #expect(try await trial.send(.get, key: "a").status == 200)
            #expect(trial.server.requests == ["s3.GetObject": 1])
        }
    }

    @Test func `a lost answer has done its work, a reset has not`() async throws {
        var configuration = LocalS3Configuration()
        configuration.faults = [
            LocalS3Fault(.lostAnswer, keyPart: "lost", .always), LocalS3Fault(.reset, keyPart: "reset", .always),
        ]
        try await StoreTrial.with(configuration) { trial in
            for key in ["lost", "reset"] {
                let failure = await #expect(throws: RemoteFailure.self) {
                    try await trial.store.write([1], to: ObjectKey(key), .createOnly)
                }
                #expect(failure?.kind == .unavailable)
            }
            #expect(trial.server.keys() == ["lost"])
        }
    }

    @Test func `what it does not know is not implemented`() async throws {
        try await StoreTrial.with { trial in
            let deletion = try await trial.send(.delete, key: "a")
            #expect(deletion.status == 501)
            #expect(try await trial.send(.get, query: [("acl", "")]).status == 501)
            #expect(try await trial.send(.post, key: "a", query: [("uploads", "")]).status == 501)
            #expect(trial.server.requests == ["s3.Other": 3])
        }
    }

    static func code(_ response: HTTPResponse) -> String? {
        let text = String(decoding: response.body, as: UTF8.self)
        let code = element("Code", in: text)
        return code.isEmpty ? nil : code
    }

    static func element(_ name: String, in text: String) -> String {
        guard let start = text.firstRange(of: "<\(name)>"), let end = text.firstRange(of: "</\(name)>") else {
            return ""
        }
        return String(text[start.upperBound..<end.lowerBound])
    }
}
