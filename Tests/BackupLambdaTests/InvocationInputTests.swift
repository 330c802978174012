import BackupLambda
import FoundationEssentials
import ReconcileCore
import Testing

@Suite struct InvocationInputTests {
    private func input(_ text: String) throws -> InvocationInput { try InvocationInput(Array(text.utf8)) }

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
            let document = Array(try Data(contentsOf: folder.appending(path: name)))
            found[String(name.dropLast(5))] =
                switch try? InvocationInput(document) {
                case .version(let event): event.coordinates.map { "\($0)" } ?? event.format
                case .reconcile(let shard): "reconcile \(shard?.description ?? "as set")"
                case nil: "refused"
                }
        }
        #expect(
            found == [
                "archived": "releases/com.acme:lib:1.0", "by-hand": "reconcile as set",
                "deleted": "releases/com.acme:lib:1.0", "nonsense": "refused", "npm": "npm",
                "other-domain": "releases/com.acme:lib:1.0", "other-repository": "third-party/com.acme:lib:1.0",
                "published": "releases/com.acme:lib:1.0", "published-again": "releases/com.acme:lib:1.0",
                "rule-schedule": "reconcile as set", "schedule": "reconcile 0/1",
                "schedule-without-input": "reconcile as set", "shard": "reconcile 2/4",
                "snapshot-build": "releases/com.acme:lib:1.1-20261122.083500-1",
                "unfinished": "releases/com.acme:lib:1.1", "updated": "releases/com.acme:lib:1.0",
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

    @Test(arguments: [
        ("", "it is not a JSON object"),
        ("null", "it is not a JSON object"),
        ("[1]", "it is not a JSON object"),
        ("{}", "it has neither job nor detail-type"),
        (#"{"job":"restore"}"#, "there is no job restore"),
        (#"{"job":7}"#, "its job and shard are to be texts"),
        (#"{"job":"reconcile","shards":"0/4"}"#, "a job has no member shards"),
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
}
