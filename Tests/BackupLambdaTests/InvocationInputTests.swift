import BackupLambda
import FoundationEssentials
import ReconcileCore
import Testing

@Suite struct InvocationInputTests {
    private func document(_ text: String) throws(UnknownInput) -> InvocationDocument {
        try InvocationDocument(Array(text.utf8))
    }

    private func input(_ text: String) throws -> InvocationInput {
        guard case .one(let input) = try document(text) else { throw UnexpectedBatch() }
        return input
    }

    private struct UnexpectedBatch: Error {}

    /// The records of a batch, in a line each.
    private func batch(_ text: String) throws -> [String] {
        guard case .batch(let records) = try document(text) else { return [] }
        return records.map { record in
            let asked =
                switch record.input {
                case .success(let input): told(input)
                case .failure(let refusal): refusal.reason
                }
            return "\(record.identifier ?? "-") \(asked)"
        }
    }

    private func told(_ input: InvocationInput) -> String {
        switch input {
        case .version(let event): event.coordinates.map { "\($0)" } ?? event.format
        case .reconcile(let shard): "reconcile \(shard?.description ?? "as set")"
        case .verify(let asked): "verify \(asked.depth.rawValue) \(asked.subset ?? "all")"
        case .drift: "drift"
        }
    }

    private func event(_ detail: String) -> String {
        #"{"version":"0","detail-type":"CodeArtifact Package Version State Change","source":"aws.codeartifact","#
            + #""account":"111122223333","resources":[],"detail":\#(detail)}"#
    }

    private let detail = #"""
        {"domainName":"my-domain","domainOwner":"111122223333","repositoryName":"releases","packageFormat":"maven",
         "packageNamespace":"com.example.app","packageName":"my-app","packageVersion":"1.0.0",
         "packageVersionState":"Published","packageVersionRevision":"0E5DE26A","changes":{"assetsAdded":1},
         "operationType":"Created","sequenceNumber":1,"eventDeduplicationId":"2mEO0A2Ke07rWUTBXk3CAiQhdTXF4N94LNaT/f="}
        """#

    @Test func `a package event names the version that it is about`() throws {
        guard case .version(let event) = try input(event(detail)) else {
            Issue.record("not an event")
            return
        }
        #expect(event.domain == "my-domain")
        #expect(event.domainOwner == "111122223333")
        let package = PackageCoordinates(repository: "releases", namespace: "com.example.app", name: "my-app")
        #expect(event.coordinates == VersionCoordinates(package: package, version: "1.0.0"))
    }

    /// The documents of Tests/Events, for every kind of input: what each asks for, nil for a refusal.
    @Test func `the documents for trying the function out ask for what they are named after`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Events").standardized
        var found: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".json") {
            let text = String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
            found[String(name.dropLast(5))] =
                switch try? document(text) {
                case .one(let input): told(input)
                case .batch(let records): "\(records.count) records"
                case nil: "refused"
                }
        }
        #expect(
            found == [
                "archived": "releases/com.acme:lib:1.0", "by-hand": "reconcile as set",
                "deleted": "releases/com.acme:lib:1.0", "drift": "drift", "nonsense": "refused", "npm": "npm",
                "other-domain": "releases/com.acme:lib:1.0", "other-repository": "third-party/com.acme:lib:1.0",
                "pipe": "2 records", "published": "releases/com.acme:lib:1.0",
                "published-again": "releases/com.acme:lib:1.0", "queue": "3 records",
                "rule-schedule": "reconcile as set", "schedule": "reconcile 0/1",
                "schedule-without-input": "reconcile as set", "shard": "reconcile 2/4",
                "snapshot-build": "releases/com.acme:lib:1.1-20261122.083500-1",
                "topic": "releases/com.acme:lib:1.0", "unfinished": "releases/com.acme:lib:1.1",
                "updated": "releases/com.acme:lib:1.0", "verify": "verify objects all",
                "without-namespace": "refused",
            ]
        )
    }

    @Test(arguments: ["npm", "pypi", "generic"])
    func `an event of another format has no Maven coordinates`(format: String) throws {
        let other = detail.replacing("\"maven\"", with: "\"\(format)\"").replacing("\"com.example.app\"", with: "null")
        guard case .version(let event) = try input(event(other)) else {
            Issue.record("not an event")
            return
        }
        #expect(event.format == format)
        #expect(event.coordinates == nil)
    }

    @Test(
        arguments: [
            (#"{"job":"reconcile"}"#, nil),
            (#"{"job":"reconcile","shard":"3/8"}"#, Shard("3/8")),
            (#"{"job":"reconcile","shard":null}"#, nil),
            (
                #"{"job":"reconcile","shard":"0/1","scheduledTime":"2026-11-22T08:36:12Z","executionId":"d32c5","#
                    + #""attempt":"1"}"#, Shard("0/1")
            ),
            (#"{"version":"0","detail-type":"Scheduled Event","source":"aws.scheduler","detail":"{}"}"#, nil),
            (#"{"version":"0","detail-type":"Scheduled Event","source":"aws.events","detail":{}}"#, nil),
        ] as [(String, Shard?)]
    )
    func `a job and a scheduled event ask for a run`(text: String, shard: Shard?) throws {
        #expect(try input(text) == .reconcile(shard: shard))
    }

    @Test(
        arguments: [
            (#"{"job":"verify"}"#, "verify objects all"),
            (#"{"job":"verify","depth":"manifests"}"#, "verify manifests all"),
            (#"{"job":"verify","depth":"bytes","subset":"today/30","attempt":"1"}"#, "verify bytes today/30"),
            (#"{"job":"verify","depth":"checksums","subset":"3/30"}"#, "verify checksums 3/30"),
            // These depths look at everything, whatever the part.
            (#"{"job":"verify","depth":"objects","subset":"today/30"}"#, "verify objects all"),
            (#"{"job":"drift"}"#, "drift"),
            (#"{"job":"drift","scheduledTime":"2026-11-22T02:37:00Z","executionId":"d32c5"}"#, "drift"),
        ]
    )
    func `a job also asks for a verification or a comparison`(text: String, asked: String) throws {
        #expect(try told(input(text)) == asked)
    }

    @Test func `the part of a verification is that of the day on which it is done`() throws {
        guard case .verify(let asked) = try input(#"{"job":"verify","depth":"bytes","subset":"today/30"}"#) else {
            Issue.record("not a verification")
            return
        }
        let day: Int64 = 86_400
        #expect(asked.sample(at: Timestamp(seconds: 31 * day)) == .subset(part: 1, of: 30))
        #expect(asked.sample(at: Timestamp(seconds: 32 * day + 5)) == .subset(part: 2, of: 30))
    }

    @Test(arguments: [
        ("", "it is not a JSON object"),
        ("null", "it is not a JSON object"),
        ("[1]", "it is not a JSON object"),
        ("[]", "it is a batch without a record"),
        (#"{"Records":[]}"#, "it is a batch without a record"),
        (#"{"Records":[{"eventSource":"aws:s3","s3":{}}]}"#, "it has neither job nor detail-type"),
        (
            #"{"Records":[{"EventSource":"aws:sns","Sns":{"Type":"Notification","Message":"[]"}}]}"#,
            "it is a batch without a record"
        ),
        ("{}", "it has neither job nor detail-type"),
        (#"{"job":"restore"}"#, "the job restore is unknown"),
        (#"{"job":7}"#, "its job must be a string"),
        (#"{"job":"reconcile","shard":7}"#, "the members of the job reconcile must be strings"),
        (#"{"job":"reconcile","depth":"bytes"}"#, "the job reconcile cannot have the member depth"),
        (#"{"job":"verify","shard":"0/4"}"#, "the job verify cannot have the member shard"),
        (#"{"job":"verify","depth":"deep"}"#, "deep is not a depth; write one of manifests, objects, checksums, bytes"),
        (#"{"job":"verify","depth":"bytes","subset":"30/30"}"#, "30/30 is not a subset; write today/30"),
        (#"{"job":"verify","subset":""}"#, " is not a subset; write today/30"),
        (#"{"job":"drift","since":"24h"}"#, "the job drift cannot have the member since"),
        (#"{"job":"reconcile","shards":"0/4"}"#, "the job reconcile cannot have the member shards"),
        (#"{"job":"reconcile","shard":"4/4"}"#, "4/4 is not a shard; write 0/4"),
        (#"{"detail-type":"EC2 Instance State-change Notification","detail":{}}"#, "its detail-type is EC2"),
        (
            #"{"detail-type":"CodeArtifact Package Version State Change","detail":{"domainName":"d"}}"#,
            "it is a package event whose detail does not name a package version"
        ),
    ])
    func `anything else is refused, and told what was expected`(text: String, reason: String) throws {
        let failure = try #require(throws: UnknownInput.self) { try input(text) }
        #expect(failure.reason.hasPrefix(reason), "\(failure.reason)")
        #expect(failure.description.contains(#"{"job": "reconcile", "shard": "0/1"}"#))
    }

    @Test(arguments: ["", #""packageNamespace":null,"#, #""packageNamespace":"","#])
    func `an event of Maven without a namespace is refused for that`(member: String) throws {
        let without = detail.replacing(#""packageNamespace":"com.example.app","#, with: member)
        let failure = try #require(throws: UnknownInput.self) { try input(event(without)) }
        #expect(failure.reason.hasPrefix("it is a package event of the format maven without a packageNamespace"))
        #expect(failure.reason.hasSuffix("which my-app 1.0.0 of the repository releases changed"))
    }

    @Test func `a batch gives each record's input, or what is wrong with it`() throws {
        func message(_ id: String, _ body: String) throws -> String {
            #"{"messageId":"\#(id)","eventSource":"aws:sqs","body":\#(try quoted(body))}"#
        }
        func notification(_ text: String) throws -> String {
            #"{"Type":"Notification","TopicArn":"arn","Message":\#(try quoted(text))}"#
        }
        let messages = [
            try message("a", event(detail)), try message("b", notification(event(detail))),
            try message("c", #"{"job":"reconcile","shard":"1/2"}"#), try message("d", "no JSON"),
            try message("e", "[\(event(detail))]"), #"{"messageId":"f","body":\#(event(detail))}"#,
        ]
        let told = [
            "a releases/com.example.app:my-app:1.0.0", "b releases/com.example.app:my-app:1.0.0", "c reconcile 1/2",
            "d it is not a JSON object", "e it is a batch in a message", "f releases/com.example.app:my-app:1.0.0",
        ]
        // From Lambda's event source mapping, and from a pipe.
        #expect(try batch(#"{"Records":[\#(messages.joined(separator: ","))]}"#) == told)
        #expect(try batch("[\(messages.joined(separator: ","))]") == told)
        // A message that makes no sense is its own affair, also alone.
        #expect(try batch(#"{"Records":[\#(messages[3])]}"#) == ["d it is not a JSON object"])
        // Events of a pipe have no id that its queue knows.
        #expect(
            try batch("[\(event(detail)),{}]")
                == ["- releases/com.example.app:my-app:1.0.0", "- it has neither job nor detail-type"]
        )
        // A message that has no id, or an empty one, is read all the same.
        let nameless = [#"{"eventSource":"aws:sqs","body":\#(event(detail))}"#, try message("", event(detail))]
        for one in nameless {
            #expect(
                try batch(#"{"Records":[\#(messages[2]),\#(one)]}"#)
                    == ["c reconcile 1/2", "- releases/com.example.app:my-app:1.0.0"]
            )
            #expect(try batch(#"{"Records":[\#(one)]}"#) == ["- releases/com.example.app:my-app:1.0.0"])
        }
        let topic = #"{"EventSource":"aws:sns","Sns":\#(try notification(event(detail)))}"#
        #expect(try self.told(input(#"{"Records":[\#(topic)]}"#)) == "releases/com.example.app:my-app:1.0.0")
        #expect(try batch(#"{"Records":[\#(topic),\#(topic)]}"#).count == 2)
    }

    private func quoted(_ text: String) throws -> String {
        String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    }
}
