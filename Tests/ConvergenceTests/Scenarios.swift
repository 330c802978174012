import ReconcileCore
import TestSupport

let app = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")
let otherApp = PackageCoordinates(repository: "other", namespace: "com.acme", name: "app")
let lib = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "lib")

func version(_ version: String, of package: PackageCoordinates = app) -> VersionCoordinates {
    VersionCoordinates(package: package, version: version)
}

/// To add one: say what lies at the source and in the backup before the run, and list it in `all`.
extension Sweep.Scenario {
    static let all = [
        releases, snapshots, everyStatus, statusesChanged, deleted, packageDeleted, publishedAgain, mutated, oddNames,
        adopted, adoptedThenMutated, hidden, listedMetadata, plugins,
    ]

    static let releases = Self("releases in two repositories") { stage in
        stage.source.publish(version("1.0"))
        stage.source.publish(version("1.1"), ["app.jar": "new"])
        stage.source.publish(version("2.0", of: lib))
        stage.source.publish(version("1.0", of: otherApp))
        stage.source.addRepository("empty")
        stage.source.addPackage(PackageCoordinates(repository: "releases", namespace: "com.acme", name: "none"))
    }

    static let snapshots = Self("snapshot builds, the second after a run") { stage in
        stage.source.deploySnapshot(app, base: "1.0", build: "20210728.194552-1")
        await stage.settle()
        stage.source.deploySnapshot(app, base: "1.0", build: "20210728.194600-2")
    }

    static let everyStatus = Self("a version in every status, none known") { stage in
        for status in VersionStatus.allCases where status != .deleted {
            stage.source.publish(version("1.0-\(status.rawValue)"), status: status)
        }
    }

    static let statusesChanged = Self("a version in every status, all known as Published") { stage in
        for status in VersionStatus.allCases where status != .deleted {
            stage.source.publish(version(status.rawValue))
        }
        await stage.settle()
        for status in VersionStatus.allCases where status != .deleted {
            stage.source.setStatus(status, of: version(status.rawValue))
        }
    }

    static let deleted = Self("versions deleted since, one new") { stage in
        for name in ["1", "2", "3"] { stage.source.publish(version(name), ["app.jar": name]) }
        await stage.settle()
        stage.source.delete(version("1"))
        stage.source.delete(version("3"))
        stage.source.publish(version("4"))
    }

    static let packageDeleted = Self("a package deleted since") { stage in
        stage.source.publish(version("1"))
        stage.source.publish(version("1", of: lib))
        stage.source.publish(version("2", of: lib), status: .unlisted)
        await stage.settle()
        stage.source.deletePackage(lib)
    }

    static let publishedAgain = Self("a version published again after its deletion was recorded") { stage in
        stage.source.publish(version("1"))
        await stage.settle()
        stage.source.delete(version("1"))
        await stage.settle()
        stage.source.publish(version("1"))
    }

    static let mutated = Self("other bytes under a name that is known") { stage in
        stage.source.publish(version("1"))
        stage.source.publish(version("2"))
        await stage.settle()
        stage.source.put("app.jar", "other bytes", in: version("1"))
        stage.source.put("app.txt", "added", in: version("2"))
    }

    static let oddNames = Self("odd names") { stage in
        let odd = PackageCoordinates(repository: "releases", namespace: "com..é", name: "a b+c")
        stage.source.publish(version("1.0%2F", of: odd), ["..": "dots", "a b+c.jar": "plus", "é/ü": "slash"])
        stage.source.publish(version(".", of: odd), ["e\u{301}": "two scalars"])
        stage.source.publish(version("~ 1", of: odd), ["\u{e9}": "one scalar"])
    }

    static let adopted = Self("objects that the sample left") { stage in
        stage.source.publish(version("1.0"))
        stage.source.publish(version("1.1"), ["app.jar": "right", "app.pom": "right too"])
        stage.store.place(Array("bytes of app.jar".utf8), at: "acme/maven/releases/com/acme/app/1.0/app.jar")
        stage.store.place(Array("<project/>".utf8), at: "acme/maven/releases/com/acme/app/1.0/app.pom")
        // Of the right size.
        stage.store.place(Array("wrong".utf8), at: "acme/maven/releases/com/acme/app/1.1/app.jar")
    }

    static let adoptedThenMutated = Self("other bytes under the name of an adopted object") { stage in
        stage.source.publish(version("1.0"))
        stage.store.place(Array("bytes of app.jar".utf8), at: "acme/maven/releases/com/acme/app/1.0/app.jar")
        await stage.settle()
        stage.source.put("app.jar", "other bytes", in: version("1.0"))
    }

    static let hidden = Self("versions that are left out of the listing") { stage in
        for name in ["1", "2", "3"] { stage.source.publish(version(name)) }
        await stage.settle()
        stage.source.setStatus(.archived, of: version("1"))
        await stage.settle()
        for name in ["1", "2"] { stage.source.hide(version(name)) }
        stage.source.setStatus(.disposed, of: version("2"))
    }

    static let listedMetadata = Self("a version that lists maven-metadata.xml as its own") { stage in
        stage.source.publish(version("1.0"), ["app.jar": "bytes", "maven-metadata.xml": "<metadata/>"])
        await stage.settle()
        stage.source.put("maven-metadata.xml", "<metadata></metadata>", in: version("1.0"))
    }

    /// The first package's folder is the group's.
    static let plugins = Self("a Maven plugin, and a package with the folder of its group") { stage in
        let (parent, tool) = ("acme", "tool-maven-plugin")
        stage.source.setGroupMetadata(
            .success(
                MavenMetadata(plugins: [
                    .init(name: nil, prefix: "tool", artifactID: tool),
                    .init(name: nil, prefix: "odd", artifactID: "odd"),
                ])
            ),
            of: "com.acme"
        )
        let package = PackageCoordinates(repository: "releases", namespace: "com", name: parent)
        stage.source.publish(version("1.0", of: package))
        stage.source.publish(
            version("1.0", of: PackageCoordinates(repository: "releases", namespace: "com.acme", name: tool))
        )
    }
}

extension Rehearsal {
    /// One undisturbed run, and a minute.
    func settle() async {
        var options = Reconciler.Options()
        options.deletionGuard.allowsMassDeletion = true
        await reconcile(options)
        clock.advance(by: .seconds(60))
    }
}
