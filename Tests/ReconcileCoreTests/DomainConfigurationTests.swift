import TestSupport
import Testing

@testable import ReconcileCore

/// The record of a domain's configuration: its bytes, what the reader refuses, and what counts as a change.
@Suite struct DomainConfigurationTests {
    private typealias Restriction = DomainConfiguration.PackageGroup.Restriction

    private static let releases = DomainConfiguration.Repository(
        name: "releases",
        properties: .known(
            .init(description: "ours", upstreams: ["shared", "central"], externalConnections: ["public:maven-central"])
        ),
        policy: .known(nil),
        tags: .unknown
    )

    private static let group = DomainConfiguration.PackageGroup(
        pattern: "/maven/com.acme/*",
        contactInfo: nil,
        description: "d",
        restrictions: [
            Restriction(type: "PUBLISH", mode: "ALLOW_SPECIFIC_REPOSITORIES", repositories: .known(["b", "a"])),
            Restriction(type: "EXTERNAL_UPSTREAM", mode: "BLOCK"),
        ],
        tags: .known([])
    )

    private static func configuration(
        policy: DomainConfiguration.Part<String?> = .unknown,
        tags: DomainConfiguration.Part<[ResourceTag]> = .known([
            .init(key: "b", value: "2"), .init(key: "a", value: "1"),
        ]),
        repositories: [DomainConfiguration.Repository] = [releases],
        groups: DomainConfiguration.Part<[DomainConfiguration.PackageGroup]> = .known([group])
    ) -> DomainConfiguration {
        DomainConfiguration(
            identity: DomainIdentity(name: "acme", owner: "111122223333"),
            encryptionKey: .known("arn:aws:kms:eu-west-1:111122223333:key/k"),
            policy: policy,
            tags: tags,
            repositories: repositories,
            packageGroups: groups
        )
    }

    private static let text =
        #"{"domain":"acme","encryptionKey":"arn:aws:kms:eu-west-1:111122223333:key/k","format":1,"owner":"111122223333","#
        + #""packageGroups":[{"description":"d","pattern":"/maven/com.acme/*","restrictions":[{"mode":"BLOCK","#
        + #""repositories":[],"type":"EXTERNAL_UPSTREAM"},{"mode":"ALLOW_SPECIFIC_REPOSITORIES","repositories":["a","b"],"#
        + #""type":"PUBLISH"}],"tags":[]}],"repositories":[{"name":"releases","properties":{"description":"ours","#
        + #""externalConnections":["public:maven-central"],"upstreams":["shared","central"]},"unknown":["tags"]}],"#
        + #""tags":[{"key":"a","value":"1"},{"key":"b","value":"2"}],"unknown":["policy"]}"#

    @Test func `a record is literally this, and reads back as what was written`() throws {
        let bytes = Self.configuration().canonicalBytes()
        #expect(String(decoding: bytes, as: UTF8.self) == Self.text)
        #expect(try DomainConfiguration.decode(bytes).configuration == Self.configuration())
        let none = Self.configuration(policy: .known(nil), repositories: [], groups: .unknown)
        #expect(try DomainConfiguration.decode(none.canonicalBytes()).configuration == none)
        #expect(none != Self.configuration(policy: .unknown, repositories: [], groups: .unknown))
    }

    @Test(
        "The reader refuses what is not a record",
        arguments: [
            (#""format":1"#, #""format":2"#, "form"),
            (#""owner":"111122223333","#, "", "form"),
            (#""owner""#, #""color":"red","owner""#, "members"),
            (#""owner""#, #""domain":"acme","owner""#, "members"),
            (#","unknown":["policy"]"#, #","unknown":["owner"]"#, "form"),
            (#","unknown":["policy"]"#, #","unknown":["policy","tags"]"#, "form"),
            (#""tags":[{"key":"a","value":"1"},{"key":"b","value":"2"}],"#, "", "form"),
            (#""type":"PUBLISH""#, #""type":"EXTERNAL_UPSTREAM""#, "names"),
            (#"["shared","central"]"#, #"null"#, "form"),
        ]
    )
    func refusals(_ was: String, _ now: String, _ rule: String) throws {
        let text = Self.text.replacing(was, with: now)
        #expect(text != Self.text)
        let refusal = #expect(throws: RecordRefusal.self) { try DomainConfiguration.decode(Array(text.utf8)) }
        #expect(refusal?.rule.rawValue == rule, "\(String(describing: refusal))")
    }

    @Test func `a repository or a group that stands twice is refused`() {
        let twice = Self.configuration(repositories: [Self.releases, Self.releases]).canonicalBytes()
        let refusal = #expect(throws: RecordRefusal.self) { try DomainConfiguration.decode(twice) }
        #expect(refusal?.description == "it has the repository releases twice (rule: names)")
        let groups = Self.configuration(groups: .known([Self.group, Self.group])).canonicalBytes()
        #expect(throws: RecordRefusal.self) { try DomainConfiguration.decode(groups) }
    }

    @Test func `a difference says what changed, from what, to what`() {
        var releases = Self.releases
        releases.properties = .known(
            .init(description: nil, upstreams: ["central", "shared"], externalConnections: [])
        )
        let group = DomainConfiguration.PackageGroup(
            pattern: Self.group.pattern,
            contactInfo: "ops",
            description: "d",
            restrictions: [
                Restriction(type: "PUBLISH", mode: "ALLOW_SPECIFIC_REPOSITORIES", repositories: .known(["b", "c"])),
                Restriction(type: "EXTERNAL_UPSTREAM", mode: "ALLOW"),
            ],
            tags: .known([])
        )
        let new = DomainConfiguration.Repository(
            name: "new",
            properties: .unknown,
            policy: .unknown,
            tags: .unknown
        )
        let later = Self.configuration(tags: .known([]), repositories: [releases, new], groups: .known([group]))
        let changes = later.changes(since: Self.configuration())
        #expect(
            changes.map(\.sentence) == [
                "the domain: tags was a=1, b=2, is none",
                "repository new is new",
                "repository releases: description was ours, is none",
                "repository releases: upstreams was shared, central, is central, shared",
                "repository releases: external connections was public:maven-central, is none",
                "package group /maven/com.acme/*: contact was none, is ops",
                "package group /maven/com.acme/*: restriction EXTERNAL_UPSTREAM was BLOCK, is ALLOW (allows more)",
                "package group /maven/com.acme/*: restriction PUBLISH was a, b, is b, c (allows more)",
            ]
        )
        #expect(changes.filter(\.isOfAccess).map(\.part) == ["restriction EXTERNAL_UPSTREAM", "restriction PUBLISH"])
        let gone = Self.configuration(repositories: [], groups: .known([])).changes(since: Self.configuration())
        #expect(gone.map(\.sentence) == ["repository releases is gone", "package group /maven/com.acme/* is gone"])
    }

    @Test func `what either side does not know is no difference`() {
        let known = Self.configuration(policy: .known("{}"), groups: .known([]))
        #expect(known.changes(since: Self.configuration(groups: .unknown)).isEmpty)
        #expect(Self.configuration(groups: .unknown).changes(since: known).isEmpty)
        #expect(known.knowsMore(than: Self.configuration(groups: .unknown)))
        #expect(!Self.configuration(groups: .unknown).knowsMore(than: known))
        #expect(
            Self.configuration(groups: .unknown).unknownParts == [
                "the domain's permissions policy", "the domain's package groups", "the tags of repository releases",
            ]
        )
    }

    // MARK: Policies

    private static func policy(_ statements: String...) -> String {
        #"{"Version":"2012-10-17","Statement":["# + statements.joined(separator: ",") + "]}"
    }

    private static func allow(
        _ action: String,
        to principal: String = #"{"AWS":"arn:aws:iam::444455556666:root"}"#,
        effect: String = "Allow",
        more: String = ""
    ) -> String {
        #"{"Effect":"\#(effect)","Action":\#(action),"Principal":\#(principal),"Resource":"*"\#(more)}"#
    }

    private static let reads = policy(allow(#"["codeartifact:List*","codeartifact:ReadFromRepository"]"#))
    private static let all = policy(allow(#""codeartifact:*""#, to: #""*""#))

    @Test(
        "A policy that lets more in is marked",
        arguments: [
            (nil, reads, true), (reads, nil, false), (reads, all, true), (all, reads, false),
            // Another spelling of the same.
            (reads, policy(allow(#""codeartifact:ReadFromRepository""#), allow(#""codeartifact:list*""#)), false),
            // One of those that a pattern covers already.
            (reads, policy(allow(#""codeartifact:ListPackages""#)), false),
            (policy(allow(#""codeartifact:ListPackages""#)), reads, true),
            // A denial that goes.
            (
                policy(allow(#""codeartifact:*""#), allow(#""codeartifact:Delete*""#, effect: "Deny")),
                policy(allow(#""codeartifact:*""#)), true
            ),
            (
                policy(allow(#""codeartifact:*""#)),
                policy(allow(#""codeartifact:*""#), allow(#""codeartifact:Delete*""#, effect: "Deny")), false
            ),
            // A condition that goes.
            (
                policy(allow(#""codeartifact:*""#, more: #","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#)),
                policy(allow(#""codeartifact:*""#)), true
            ),
            (
                policy(allow(#""codeartifact:*""#)),
                policy(allow(#""codeartifact:*""#, more: #","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#)),
                false
            ),
            // Another account.
            (reads, policy(allow(#""codeartifact:List*""#, to: #"{"AWS":"arn:aws:iam::777788889999:root"}"#)), true),
            (reads, "no policy", true),
        ] as [(String?, String?, Bool)]
    )
    func widening(_ was: String?, _ now: String?, _ isWider: Bool) throws {
        let changes = Self.configuration(policy: .known(now)).changes(since: Self.configuration(policy: .known(was)))
        let change = try #require(changes.first)
        #expect(changes.count == 1 && change.part == "permissions policy" && change.isOfAccess)
        #expect(change.widens == isWider, "\(change.sentence)")
        #expect((change.from, change.to) == (was, now))
    }

    @Test func `the change of a policy names what is granted now and what no longer`() throws {
        let change = try #require(
            Self.configuration(policy: .known(Self.policy(Self.allow(#""codeartifact:DeletePackage""#))))
                .changes(since: Self.configuration(policy: .known(Self.reads))).first
        )
        #expect(
            change.sentence
                == "the domain has another permissions policy (allows more): now Allow codeartifact:DeletePackage on * to "
                + "arn:aws:iam::444455556666:root; no longer Allow codeartifact:List* on * to "
                + "arn:aws:iam::444455556666:root; no longer Allow codeartifact:ReadFromRepository on * to "
                + "arn:aws:iam::444455556666:root"
        )
    }
}
