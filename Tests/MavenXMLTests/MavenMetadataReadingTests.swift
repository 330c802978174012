import MavenXML
import ReconcileCore
import Testing
import XMLPull

@Suite struct MavenMetadataReadingTests {
    private func read(_ xml: String) throws -> MavenMetadata { try MavenMetadata(xml: Array(xml.utf8)) }

    private func failure(_ xml: String) -> XMLFailure? {
        #expect(throws: XMLFailure.self) { try read(xml) }
    }

    private static let artifactLevel = """
        <?xml version="1.0" encoding="UTF-8"?>
        <metadata>
          <groupId>com.example</groupId>
          <artifactId>app</artifactId>
          <versioning>
            <latest>1.1-SNAPSHOT</latest>
            <release>1.0</release>
            <versions>
              <version>1.0</version>
              <version>1.1-SNAPSHOT</version>
            </versions>
            <lastUpdated>20261122083612</lastUpdated>
          </versioning>
        </metadata>
        """

    private static let artifactLevelContent = MavenMetadata(
        groupID: "com.example",
        artifactID: "app",
        latest: "1.1-SNAPSHOT",
        release: "1.0",
        versions: ["1.0", "1.1-SNAPSHOT"],
        lastUpdated: "20261122083612"
    )

    @Test func `the artifact level is read`() throws {
        #expect(try read(Self.artifactLevel) == Self.artifactLevelContent)
    }

    @Test(arguments: [
        "\u{FEFF}" + artifactLevel,
        artifactLevel.replacing("\n", with: "\r\n"),
        artifactLevel.replacing("\n", with: ""),
        artifactLevel.replacing("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", with: ""),
        artifactLevel.replacing(
            "<metadata>",
            with: "<!-- c --><metadata xmlns='http://maven.apache.org/METADATA/1.1.0'>"
        ),
        artifactLevel.replacing("<metadata>", with: "<m:metadata xmlns:m='urn:x'>").replacing(
            "</meta",
            with: "</m:meta"
        ),
        artifactLevel.replacing("<metadata>", with: "<metadata xsi:schemaLocation='a b' modelVersion='1.1.0'>"),
        artifactLevel.replacing(">1.0<", with: ">\n  <!-- c -->1<![CDATA[.]]>&#48; \t<"),
        artifactLevel.replacing("<versions>", with: "<versions>text<version/><version> </version><other>9</other>"),
        artifactLevel.replacing("<groupId>", with: "<x><groupId>no</groupId><versions/></x><groupId>"),
        artifactLevel.replacing(
            "<latest>",
            with: "<latest2>9</latest2><versioning><latest>9</latest></versioning><latest>"
        ),
        artifactLevel.replacing("com.example", with: "com<ignored>no</ignored>.example"),
        artifactLevel.replacing("UTF-8", with: "ISO-8859-1"),
    ])
    func `how the document is written does not change what it says`(xml: String) throws {
        #expect(try read(xml) == Self.artifactLevelContent)
    }

    @Test func `the snapshot level is read`() throws {
        let xml = """
            <metadata modelVersion="1.1.0">
              <groupId>com.example</groupId><artifactId>app</artifactId><version>1.0-SNAPSHOT</version>
              <versioning>
                <snapshot><timestamp>20210728.194552</timestamp><buildNumber> 3 </buildNumber></snapshot>
                <lastUpdated>20210728194552</lastUpdated>
                <snapshotVersions>
                  <snapshotVersion>
                    <classifier>sources</classifier><extension>jar</extension>
                    <value>1.0-20210728.194552-3</value><updated>20210728194552</updated>
                  </snapshotVersion>
                  <snapshotVersion><classifier/><extension/><value>1.0-20210728.194552-3</value></snapshotVersion>
                </snapshotVersions>
              </versioning>
            </metadata>
            """
        let expected = MavenMetadata(
            groupID: "com.example",
            artifactID: "app",
            version: "1.0-SNAPSHOT",
            lastUpdated: "20210728194552",
            snapshot: .init(timestamp: "20210728.194552", buildNumber: 3),
            snapshotVersions: [
                .init(
                    classifier: "sources",
                    fileExtension: "jar",
                    value: "1.0-20210728.194552-3",
                    updated: "20210728194552"
                ),
                .init(classifier: nil, fileExtension: "", value: "1.0-20210728.194552-3", updated: nil),
            ]
        )
        #expect(try read(xml) == expected)
    }

    @Test func `a local copy has no timestamp`() throws {
        let xml = "<metadata><versioning><snapshot><localCopy>true</localCopy></snapshot></versioning></metadata>"
        #expect(try read(xml).snapshot == .init(timestamp: nil, buildNumber: nil, localCopy: true))
    }

    @Test func `the plugins of a group are read`() throws {
        let xml = """
            <metadata><plugins>
              <plugin>
                <name>The App &amp; More</name><prefix>app</prefix><artifactId>app-maven-plugin</artifactId>
              </plugin>
              <plugin><artifactId>b-maven-plugin</artifactId><prefix>b</prefix></plugin>
            </plugins></metadata>
            """
        #expect(
            try read(xml).plugins == [
                .init(name: "The App & More", prefix: "app", artifactID: "app-maven-plugin"),
                .init(name: nil, prefix: "b", artifactID: "b-maven-plugin"),
            ]
        )
    }

    @Test func `an empty root says nothing`() throws {
        #expect(try read("<metadata/>") == MavenMetadata())
    }

    @Test(arguments: [
        ("\n<html><body>404</body></html>", 2, "the root element is not <metadata>"),
        ("<project><metadata/></project>", 1, "the root element is not <metadata>"),
        (
            "<metadata>\n<versioning>\n<snapshot>\n<buildNumber>x</buildNumber></snapshot></versioning></metadata>", 4,
            "the build number 'x' is not a number"
        ),
        (
            "<metadata><versioning><snapshotVersions>\n<snapshotVersion/></snapshotVersions></versioning></metadata>",
            2,
            "a <snapshotVersion> has no <value>"
        ),
        (
            "<metadata>\n<plugins><plugin>\n<prefix>p</prefix></plugin></plugins></metadata>", 2,
            "a <plugin> lacks <prefix> or <artifactId>"
        ),
        (
            "<!DOCTYPE metadata [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>\n<metadata>&x;</metadata>",
            1,
            "a DOCTYPE is not accepted: remove it, and write out the entities that it declares"
        ),
        ("<metadata>\n<!-- no end tag -->\n", 2, "the document ends before its root element does, or goes on after it"),
        ("<metadata/>\n<metadata/>", 2, "the document ends before its root element does, or goes on after it"),
        ("", 1, "the document is empty"),
    ])
    func `what is not metadata is refused with line and reason`(xml: String, line: Int, reason: String) {
        #expect(failure(xml) == XMLFailure(line: line, reason: reason))
    }

    @Test func `an entity bomb is refused before it is expanded`() {
        let levels = (1...30).map { level in
            "<!ENTITY e\(level) \"\(String(repeating: "&e\(level - 1);", count: 10))\">"
        }
        let xml = "<!DOCTYPE metadata [<!ENTITY e0 \"boom\">\(levels.joined())]><metadata a='&e30;'>&e30;</metadata>"
        #expect(failure(xml)?.reason.hasPrefix("a DOCTYPE is not accepted") == true)
    }

    @Test func `nesting is bounded`() throws {
        let nested = { (depth: Int) in
            let open = String(repeating: "<x>", count: depth)
            let close = String(repeating: "</x>", count: depth)
            return "<metadata>\(open)\(close)<groupId>g</groupId></metadata>"
        }
        #expect(try read(nested(31)).groupID == "g")
        #expect(failure(nested(32))?.reason == "<x> is nested more than 32 elements deep")
    }

    @Test func `a hundred thousand versions are read, and more than sixteen mebibytes are not`() throws {
        let list = { (count: Int) in
            let versions = (0..<count).map { "<version>1.\($0)</version>" }.joined()
            return "<metadata><versioning><versions>\(versions)</versions></versioning></metadata>"
        }
        let versions = try read(list(100_000)).versions
        #expect(versions.count == 100_000)
        #expect(versions.last == "1.99999")
        let bytes = Array("<metadata>".utf8) + [UInt8](repeating: 0x20, count: 16 << 20)
        let failure = #expect(throws: XMLFailure.self) { try MavenMetadata(xml: bytes) }
        #expect(failure?.reason.hasPrefix("the document has 16777226 bytes") == true)
    }

    @Test(arguments: [
        artifactLevelContent,
        MavenMetadata(),
        MavenMetadata(
            groupID: "a<b>&\"'",
            artifactID: "é 日本 😀 ]]>",
            version: "1-SNAPSHOT",
            snapshot: .init(timestamp: "20210728.194552", buildNumber: 1, localCopy: true),
            snapshotVersions: [.init(classifier: "c", fileExtension: "", value: "v", updated: nil)],
            plugins: [.init(name: "n", prefix: "p", artifactID: "a"), .init(name: nil, prefix: "q", artifactID: "b")]
        ),
    ])
    func `what is written is read back`(metadata: MavenMetadata) throws {
        #expect(try MavenMetadata(xml: metadata.render()) == metadata)
    }
}
