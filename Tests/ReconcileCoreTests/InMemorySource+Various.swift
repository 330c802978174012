import ReconcileCore
import TestSupport

/// A domain with something of everything that a restore has to bring back, and what a domain holds.
extension InMemorySource {
    /// One line a version, and one for the origin controls of each package.
    var picture: [String] {
        currentControls.map { "\($0.key) \($0.value?.description ?? "unknown")" }.sorted()
            + currentVersions.values.map { version in
                let assets = version.assets.sorted { $0.key < $1.key }
                    .map { "\($0.key)=\(String(decoding: $0.value, as: UTF8.self))" }
                return "\(version.coordinates) \(version.status.rawValue) \(assets.joined(separator: " "))"
            }.sorted()
    }

    /// Two repositories with releases in several statuses, one published by its own document, and snapshots; one package
    /// is open to upstream repositories too, another to them alone.
    func fillVariously() {
        let documented = "<metadata><versions><version>1.0</version></versions></metadata>"
        publish(
            version("1.0"),
            ["app-1.0.jar": "jar", "app-1.0.pom": "pom", "maven-metadata.xml": documented, "LICENSE": ""]
        )
        publish(version("1.1"), ["app-1.1.jar": "jar", "app-1.1.pom": "pom"], status: .unlisted)
        publish(version("1.2"), ["app-1.2.jar": "jar", "app-1.2.pom": "pom"])
        deploySnapshot(app, base: "2.0", build: "20260101.101010-1")
        deploySnapshot(app, base: "2.0", build: "20260102.101010-2")
        deploySnapshot(app, base: "2.0", build: "20260103.101010-3")
        let lib = package("lib", in: "shared")
        publish(version("1.0", of: lib), ["lib-1.0.pom": "pom"], origin: .external)
        publish(version("1.1", of: lib), ["lib-1.1.pom": "pom"], origin: .external)
        setControls(OriginControls(publish: .allow, upstream: .allow), of: app)
        setControls(.ingested, of: lib)
    }
}
