import ReconcileCore
import Testing

/// What a build needs, by POMs that are made here.
@Suite struct BuildClosureTests {
    /// A repository of POMs, by `group:artifact:version`.
    private struct Shelf {
        var models: [String: ProjectModel?] = [:]

        mutating func add(_ text: String, _ fill: (inout ProjectModel) -> Void = { _ in }) {
            models.updateValue(project(text, fill), forKey: text)
        }

        /// The build's closure, by as many rounds of answers as it takes.
        func closure(of build: BuildClosure) -> (wanted: [String], absent: [String], rounds: Int) {
            var (build, rounds) = (build, 0)
            while case let questions = build.questions(), !questions.isEmpty {
                rounds += 1
                for question in questions {
                    switch question {
                    case .versions(let name):
                        let versions = models.keys.filter { $0.hasPrefix("\(name):") }
                        build.tell(versions: versions.map { String($0.dropFirst("\(name):".count)) }, of: name)
                    case .model(let version): build.tell(model: models["\(version)"] ?? nil, of: version)
                    }
                }
            }
            return (build.wanted.sorted().map(\.description), build.absent.sorted(), rounds)
        }

        func closure(of projects: ProjectModel...) -> (wanted: [String], absent: [String], rounds: Int) {
            closure(of: BuildClosure(projects: projects))
        }
    }

    /// Plugins that Maven adds to a POM's build by itself, which nobody has here.
    private static let standard = ["clean", "deploy", "install", "site"].map {
        "org.apache.maven.plugins:maven-\($0)-plugin"
    }

    @Test func `parents, imports, dependencies and theirs, each in every version that anybody names`() {
        var shelf = Shelf()
        shelf.add("a:parent:1") {
            $0.own.managed = [dependency("a:lib"), dependency("a:bom:1", "import", type: "pom")]
        }
        shelf.add("a:bom:1") { $0.own.managed = [dependency("a:managed:3")] }
        shelf.add("a:lib:2") { $0.own.dependencies = [dependency("a:deep:1"), dependency("a:managed:2")] }
        for text in ["a:deep:1", "a:deep:9", "a:managed:2", "a:managed:3", "a:managed:4", "a:other:1"] {
            shelf.add(text)
        }
        let pom = project("a:app:1", parent: "a:parent:1") {
            $0.own.dependencies = [dependency("a:lib:2"), dependency("a:managed")]
        }
        let found = shelf.closure(of: pom)
        // The source tree manages it, so what a dependency asks for comes in the managed version too.
        #expect(
            found.wanted
                == ["a:bom:1", "a:deep:1", "a:lib:2", "a:managed:2", "a:managed:3", "a:parent:1"]
        )
        #expect(found.absent == Self.standard)
    }

    @Test func `what is optional, provided or for tests counts in the project itself, and not in dependencies`() {
        var shelf = Shelf()
        var optional = dependency("a:optional:1")
        optional.isOptional = true
        let all = [
            optional, dependency("a:provided:1", "provided"), dependency("a:test:1", "test"), dependency("a:lib:1"),
        ]
        shelf.add("a:lib:1") { $0.own.dependencies = all + [dependency("a:runtime:1", "runtime")] }
        for text in ["a:optional:1", "a:provided:1", "a:test:1", "a:runtime:1"] { shelf.add(text) }
        let deep = shelf.closure(of: project("a:app:1") { $0.own.dependencies = [dependency("a:lib:1")] })
        #expect(deep.wanted == ["a:lib:1", "a:runtime:1"])
        let direct = shelf.closure(of: project("a:app:1") { $0.own.dependencies = all })
        #expect(direct.wanted == ["a:lib:1", "a:optional:1", "a:provided:1", "a:runtime:1", "a:test:1"])
    }

    @Test func `a scope that dependency management gives counts like one that is written`() {
        var shelf = Shelf()
        shelf.add("a:lib:1") {
            $0.own.managed = [dependency("a:test:1", "test")]
            $0.own.dependencies = [dependency("a:test")]
        }
        shelf.add("a:test:1")
        let found = shelf.closure(of: project("a:app:1") { $0.own.dependencies = [dependency("a:lib:1")] })
        #expect(found.wanted == ["a:lib:1"])
    }

    @Test func `properties come from the project, its profiles and its ancestors, the nearest first`() {
        var shelf = Shelf()
        shelf.add("a:parent:1") {
            $0.own.properties = ["lib": "1", "other": "${project.version}", "both": "0"]
            $0.own.dependencies = [dependency("${project.groupId}:lib:${lib}"), dependency("a:other:${other}")]
        }
        for text in ["b:lib:1", "b:lib:2", "b:lib:3", "a:other:7", "a:both:0", "a:both:5"] { shelf.add(text) }
        let pom = project("b:app:7", parent: "a:parent:1") {
            $0.own.properties = ["lib": "${revised}", "revised": "2"]
            $0.profiles = [ProjectModel.Section(), ProjectModel.Section()]
            $0.profiles[0].properties = ["lib": "3", "both": "5"]
            $0.profiles[1].dependencies = [dependency("a:both:${both}")]
        }
        #expect(
            shelf.closure(of: pom).wanted == ["a:both:0", "a:both:5", "a:other:7", "a:parent:1", "b:lib:2", "b:lib:3"]
        )
    }

    @Test func `CI-friendly versions find the parent in the source tree, whose own modules nobody misses`() {
        let root = project("a:root:${revision}") { $0.own.properties = ["revision": "2-SNAPSHOT"] }
        let module = project("a:module:", parent: "a:root:${revision}") {
            $0.own.dependencies = [dependency("a:sibling:${project.version}"), dependency("a:lib:${revision}")]
        }
        let sibling = project("a:sibling:", parent: "a:root:${revision}")
        let found = Shelf().closure(of: root, module, sibling)
        #expect(found.wanted == [])
        #expect(found.absent == ["a:lib:2-SNAPSHOT"] + Self.standard)
    }

    @Test(arguments: [
        ("[1.0,2.0)", ["1.9"]), ("[1.0,2.0]", ["2.0"]), ("(,1.0]", ["1.0"]), ("[1.0]", ["1.0"]),
        ("[3,)", ["3.1-SNAPSHOT"]),
        ("[1.0,1.5),[2.0,2.5)", ["2.0"]), ("LATEST", ["3.1-SNAPSHOT"]), ("RELEASE", ["2.0"]), ("1.0", ["1.0"]),
        ("1.1", []),
        ("[9,)", []), ("[2.0,)", ["2.0", "3.1-SNAPSHOT"]),
    ])
    func `a range is its newest version`(text: String, versions: [String]) {
        var shelf = Shelf()
        for version in ["1.0", "1.9", "2.0", "3.1-SNAPSHOT"] { shelf.add("a:lib:\(version)") }
        let found = shelf.closure(of: project("a:app:1") { $0.own.dependencies = [dependency("a:lib:\(text)")] })
        #expect(found.wanted == versions.map { "a:lib:\($0)" })
        #expect(found.absent == (versions.isEmpty ? ["a:lib:\(text)"] : []) + Self.standard)
    }

    @Test(arguments: ["1-SNAPSHOT", "1-20260101.101010-1", "1-20260102.101010-2"])
    func `a snapshot comes with all its builds, and a build with its snapshot`(version: String) {
        var shelf = Shelf()
        for version in ["1-SNAPSHOT", "1-20260101.101010-1", "1-20260102.101010-2", "2-SNAPSHOT"] {
            shelf.add("a:lib:\(version)")
        }
        let found = shelf.closure(of: project("a:app:1") { $0.own.dependencies = [dependency("a:lib:\(version)")] })
        #expect(
            found.wanted == ["a:lib:1-20260101.101010-1", "a:lib:1-20260102.101010-2", "a:lib:1-SNAPSHOT"]
        )
    }

    @Test func `plugins come with what they depend on, and with what their configuration names`() {
        var shelf = Shelf()
        shelf.add("a:own-maven-plugin:1") { $0.own.dependencies = [dependency("a:engine:1")] }
        shelf.add("a:own-maven-plugin:2-SNAPSHOT")
        shelf.add("org.apache.maven.plugins:maven-surefire-plugin:3")
        shelf.add("org.apache.maven.surefire:surefire-junit4:3")
        shelf.add("org.apache.maven.surefire:surefire-junit4:4")
        for text in ["a:engine:1", "a:rules:1", "a:processor:1", "a:wagon:1"] { shelf.add(text) }
        var own = ProjectModel.Plugin()
        (own.group, own.artifact) = ("a", "own-maven-plugin")
        own.dependencies = [dependency("a:rules:1")]
        own.artifacts = [dependency("a:processor:1")]
        var wagon = ProjectModel.Plugin()
        (wagon.group, wagon.artifact, wagon.version) = ("a", "wagon", "1")
        var surefire = ProjectModel.Plugin()
        (surefire.artifact, surefire.version) = ("maven-surefire-plugin", "3")
        let pom = project("a:app:1") {
            $0.packaging = "jar"
            $0.own.plugins = [own]
            $0.own.managedPlugins = [surefire]
        }
        let found = shelf.closure(of: BuildClosure(projects: [pom], extensions: [wagon]))
        #expect(
            found.wanted == [
                "a:engine:1", "a:own-maven-plugin:1", "a:processor:1", "a:rules:1", "a:wagon:1",
                "org.apache.maven.plugins:maven-surefire-plugin:3", "org.apache.maven.surefire:surefire-junit4:3",
            ]
        )
    }

    @Test func `a relocation is followed, and a list is taken with what it depends on`() {
        var shelf = Shelf()
        shelf.add("old:lib:1") {
            var place = ProjectModel.Dependency()
            place.group = "new"
            $0.relocation = place
        }
        shelf.add("new:lib:1") { $0.own.dependencies = [dependency("a:deep:1")] }
        shelf.add("a:deep:1")
        let listed = [ArtifactVersion(ArtifactName("old", "lib"), "1"), ArtifactVersion(ArtifactName("x", "y"), "1")]
        let found = shelf.closure(of: BuildClosure(projects: [], listed: listed))
        #expect(found.wanted == ["a:deep:1", "new:lib:1", "old:lib:1"])
        #expect(found.absent == ["x:y:1"])
    }

    @Test func `where no POM says which version, every one is taken`() {
        var shelf = Shelf()
        for text in ["a:lib:1", "a:lib:2"] { shelf.add(text) }
        let pom = project("a:app:1", parent: "public:parent:1") { $0.own.dependencies = [dependency("a:lib")] }
        let found = shelf.closure(of: pom)
        #expect(found.wanted == ["a:lib:1", "a:lib:2"])
        #expect(found.absent == Self.standard + ["public:parent:1"])
    }

    // MARK: Hostile POMs

    @Test func `circles of parents, imports, properties and dependencies come to an end`() {
        var shelf = Shelf()
        shelf.add("a:p:1") { $0.parent = parent("a:q:1") }
        shelf.add("a:q:1") {
            $0.parent = parent("a:p:1")
            $0.own.managed = [dependency("a:q:1", "import", type: "pom"), dependency("a:r:1", "import", type: "pom")]
        }
        shelf.add("a:r:1") { $0.own.managed = [dependency("a:q:1", "import", type: "pom")] }
        shelf.add("a:lib:1") { $0.own.dependencies = [dependency("a:lib:1"), dependency("a:lib2:1")] }
        shelf.add("a:lib2:1") { $0.own.dependencies = [dependency("a:lib:1")] }
        let pom = project("a:app:1", parent: "a:p:1") {
            $0.own.properties = ["x": "${y}", "y": "${x}", "self": "${self}"]
            $0.own.dependencies = [dependency("a:lib:1"), dependency("a:none:${x}"), dependency("a:none:${self}")]
        }
        let found = shelf.closure(of: pom)
        #expect(found.wanted == ["a:lib:1", "a:lib2:1", "a:p:1", "a:q:1", "a:r:1"])
        #expect(found.absent == ["a:none:${self}", "a:none:${x}"] + Self.standard)
    }

    @Test(.timeLimit(.minutes(1)))
    func `texts that double at each step, and imports that do, cost no more than others`() {
        var shelf = Shelf()
        // Sixty levels of two POMs each, both of which import both of the next.
        for level in 0..<60 {
            for side in ["l", "r"] {
                shelf.add("a:\(side)\(level):1") {
                    $0.own.managed = ["l", "r"].map { dependency("a:\($0)\(level + 1):1", "import", type: "pom") }
                }
            }
        }
        var properties = ["p60": "x"]
        for level in 0..<60 { properties["p\(level)"] = "${p\(level + 1)}${p\(level + 1)}" }
        let pom = project("a:app:1") {
            $0.own.properties = properties
            $0.own.managed = [dependency("a:l0:1", "import", type: "pom")]
            $0.own.dependencies = [dependency("a:lib:${p0}")]
        }
        let found = shelf.closure(of: pom)
        #expect(found.wanted.count == 119)
    }

    @Test func `a build that names more than any build does is cut off and says so`() {
        var models: [ProjectModel] = []
        for number in 0..<3 {
            models.append(
                project("a:app\(number):1") {
                    $0.own.dependencies = (0..<70_000).map { dependency("a\(number):lib\($0):1") }
                }
            )
        }
        var build = BuildClosure(projects: models)
        _ = build.questions()
        #expect(build.isOverfull)
    }
}

/// A POM by `group:artifact:version`, of packaging `pom`; an empty version is the parent's.
private func project(
    _ text: String,
    parent parentText: String? = nil,
    _ fill: (inout ProjectModel) -> Void = { _ in }
) -> ProjectModel {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    var model = ProjectModel()
    (model.group, model.artifact, model.packaging) = (parts[0], parts[1], "pom")
    model.version = parts[2].isEmpty ? nil : parts[2]
    model.parent = parentText.map(parent)
    fill(&model)
    return model
}

private func parent(_ text: String) -> ProjectModel.Parent {
    let parts = text.split(separator: ":").map(String.init)
    var parent = ProjectModel.Parent()
    (parent.group, parent.artifact, parent.version) = (parts[0], parts[1], parts[2])
    return parent
}

private func dependency(_ text: String, _ scope: String? = nil, type: String? = nil) -> ProjectModel.Dependency {
    let parts = text.split(separator: ":", maxSplits: 2).map(String.init)
    var dependency = ProjectModel.Dependency()
    (dependency.group, dependency.artifact) = (parts[0], parts[1])
    dependency.version = parts.count > 2 ? parts[2] : nil
    (dependency.scope, dependency.type) = (scope, type)
    return dependency
}
