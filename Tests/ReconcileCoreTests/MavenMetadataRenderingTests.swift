import ReconcileCore
import Testing

@Suite struct MavenMetadataRenderingTests {
    private func text(_ metadata: MavenMetadata) -> String { String(decoding: metadata.render(), as: UTF8.self) }

    @Test func `the artifact level is written like Maven's`() {
        let metadata = MavenMetadata(
            groupID: "com.example",
            artifactID: "app",
            latest: "1.1-SNAPSHOT",
            release: "1.0",
            versions: ["1.0", "1.1-SNAPSHOT"],
            lastUpdated: "20261122083612"
        )
        #expect(
            text(metadata) == """
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
        )
    }

    @Test func `the snapshot level is written like Maven's`() throws {
        let metadata = try #require(
            MavenMetadata.snapshotLevel(
                groupID: "com.example",
                artifactID: "app",
                version: "1.0-SNAPSHOT",
                assetNames: ["app-1.0-20210728.194552-1.pom", "app-1.0-20210728.194552-1-sources.jar"]
            )
        )
        #expect(
            text(metadata) == """
                <?xml version="1.0" encoding="UTF-8"?>
                <metadata modelVersion="1.1.0">
                  <groupId>com.example</groupId>
                  <artifactId>app</artifactId>
                  <version>1.0-SNAPSHOT</version>
                  <versioning>
                    <snapshot>
                      <timestamp>20210728.194552</timestamp>
                      <buildNumber>1</buildNumber>
                    </snapshot>
                    <lastUpdated>20210728194552</lastUpdated>
                    <snapshotVersions>
                      <snapshotVersion>
                        <extension>pom</extension>
                        <value>1.0-20210728.194552-1</value>
                        <updated>20210728194552</updated>
                      </snapshotVersion>
                      <snapshotVersion>
                        <classifier>sources</classifier>
                        <extension>jar</extension>
                        <value>1.0-20210728.194552-1</value>
                        <updated>20210728194552</updated>
                      </snapshotVersion>
                    </snapshotVersions>
                  </versioning>
                </metadata>

                """
        )
    }

    @Test func `a local copy and plugins are written where they are known`() {
        let metadata = MavenMetadata(
            snapshot: .init(timestamp: nil, buildNumber: nil, localCopy: true),
            plugins: [.init(name: nil, prefix: "p", artifactID: "p-maven-plugin")]
        )
        #expect(
            text(metadata) == """
                <?xml version="1.0" encoding="UTF-8"?>
                <metadata modelVersion="1.1.0">
                  <versioning>
                    <snapshot>
                      <localCopy>true</localCopy>
                    </snapshot>
                  </versioning>
                  <plugins>
                    <plugin>
                      <prefix>p</prefix>
                      <artifactId>p-maven-plugin</artifactId>
                    </plugin>
                  </plugins>
                </metadata>

                """
        )
    }

    @Test func `nothing known is an empty root`() {
        #expect(text(MavenMetadata()) == "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metadata>\n</metadata>\n")
    }

    @Test(arguments: [
        ("a<b>&\"'", "a&lt;b&gt;&amp;\"'"),
        ("]]>", "]]&gt;"),
        ("été 日本 😀", "été 日本 😀"),
        ("a\r\nb\tc", "a&#13;\nb\tc"),
        ("a\0b\u{1}c\u{1B}d\u{FFFE}e\u{FFFF}", "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}e\u{FFFD}"),
        ("e\u{301}", "e\u{301}"),
    ])
    func `a value cannot end its element`(value: String, written: String) {
        let expected = """
            <?xml version="1.0" encoding="UTF-8"?>
            <metadata>
              <artifactId>\(written)</artifactId>
            </metadata>

            """
        #expect(MavenMetadata(artifactID: value).render() == Array(expected.utf8))
    }
}
