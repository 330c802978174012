import MavenXML
import ReconcileCore
import Testing
import XMLPull

/// POMs, read.
@Suite struct ProjectModelReadingTests {
    @Test func `everything that names artifacts is read, and the rest is skipped`() throws {
        let xml = """
            <?xml version="1.0"?>
            <project xmlns="http://maven.apache.org/POM/4.0.0">
              <parent><groupId> a </groupId><artifactId>p</artifactId><version>1</version><relativePath/></parent>
              <artifactId>app</artifactId><name>App &amp; more</name><packaging>maven-plugin</packaging>
              <properties><lib.version>2</lib.version><empty/></properties>
              <modules><module>one</module><module>two/pom.xml</module></modules>
              <dependencyManagement><dependencies><dependency>
                <groupId>a</groupId><artifactId>bom</artifactId><version>1</version><type>pom</type><scope>import</scope>
              </dependency></dependencies></dependencyManagement>
              <dependencies><dependency><groupId>a</groupId><artifactId>lib</artifactId><version>${lib.version}</version>
                <classifier>tests</classifier><optional>true</optional>
                <exclusions><exclusion><groupId>x</groupId><artifactId>y</artifactId></exclusion></exclusions>
              </dependency></dependencies>
              <build>
                <extensions><extension><groupId>a</groupId><artifactId>wagon</artifactId><version>3</version></extension></extensions>
                <pluginManagement><plugins><plugin><artifactId>maven-jar-plugin</artifactId><version>4</version></plugin></plugins></pluginManagement>
                <plugins><plugin><artifactId>maven-compiler-plugin</artifactId>
                  <configuration><annotationProcessorPaths><path>
                    <groupId>a</groupId><artifactId>processor</artifactId><version>5</version>
                  </path></annotationProcessorPaths></configuration>
                  <executions><execution><configuration><items><item>
                    <groupId>a</groupId><artifactId>item</artifactId></item></items></configuration></execution></executions>
                  <dependencies><dependency><groupId>a</groupId><artifactId>rules</artifactId></dependency></dependencies>
                </plugin></plugins>
              </build>
              <profiles><profile><id>p</id><modules><module>three</module></modules></profile></profiles>
              <distributionManagement><relocation><groupId>b</groupId></relocation></distributionManagement>
            </project>
            """
        let model = try ProjectModel(xml: Array(xml.utf8))
        #expect(model.groupOrParents == "a" && model.artifact == "app" && model.versionOrParents == "1")
        #expect(model.packaging == "maven-plugin" && model.parent?.relativePath == "")
        #expect(model.own.properties == ["lib.version": "2", "empty": ""])
        #expect(model.own.modules == ["one", "two/pom.xml"])
        #expect(model.own.managed.map(\.artifact) == ["bom"] && model.own.managed.map(\.scope) == ["import"])
        let lib = try #require(model.own.dependencies.first)
        #expect(model.own.dependencies.count == 1 && lib.isOptional && lib.classifier == "tests")
        #expect(lib.group == "a" && lib.version == "${lib.version}")
        #expect(model.own.plugins.map(\.artifact) == ["wagon", "maven-compiler-plugin"])
        let compiler = try #require(model.own.plugins.last)
        #expect(compiler.group == "org.apache.maven.plugins" && compiler.version == nil)
        #expect(compiler.artifacts.map(\.artifact) == ["processor", "item"])
        #expect(compiler.dependencies.map(\.artifact) == ["rules"])
        #expect(model.own.managedPlugins.map(\.version) == ["4"])
        #expect(model.profiles.map(\.modules) == [["three"]])
        #expect(model.relocation?.group == "b" && model.relocation?.version == nil)
    }

    @Test(arguments: [
        "<!DOCTYPE p [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><project><name>&b;</name></project>",
        "<metadata/>", "<project>", "<project>&nbsp;</project>", "",
        String(repeating: "<project>", count: 100) + String(repeating: "</project>", count: 100),
        "<project><description>" + String(repeating: "x", count: 5 << 20) + "</description></project>",
    ])
    func `what is no POM, or one that attacks its reader, is refused`(xml: String) {
        #expect(throws: XMLFailure.self) { try ProjectModel(xml: Array(xml.utf8)) }
    }

    @Test func `extensions of Maven are read`() throws {
        let xml = """
            <extensions><extension><groupId>a</groupId><artifactId>b</artifactId><version>1</version></extension></extensions>
            """
        let extensions = try ProjectModel.extensions(xml: Array(xml.utf8))
        #expect(extensions.map { "\($0.group):\($0.artifact):\($0.version ?? "")" } == ["a:b:1"])
    }
}
