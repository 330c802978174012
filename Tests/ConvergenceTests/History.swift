import ReconcileCore
import TestSupport

/// What happens to a source and a backup, step by step; the same whenever it is played again.
///
/// Its JSON is how a failing history is printed and replayed.
struct History: Hashable, Sendable, Codable {
    var keepsVersions: Bool
    var steps: [Step]

    enum Step: Hashable, Sendable, Codable {
        case change(Change)
        /// One run that nothing disturbs: the model says what becomes of every version.
        case run(guarded: Bool)
        /// Writers at work at once, with mishaps; only what holds at every moment must hold.
        case work(Work)
    }

    struct Work: Hashable, Sendable, Codable {
        var writers: [Writer]
        /// What changes at the source meanwhile.
        var during: [Moment] = []
        /// Decides on the interleaving.
        var seed: UInt64
    }

    struct Writer: Hashable, Sendable, Codable {
        var door: Door
        /// How far its clock is ahead, in seconds.
        var skew = 0
        var mishap: Mishap.Kind?
        /// The operation that has the mishap, from 1.
        var at = 1
    }

    enum Door: Hashable, Sendable, Codable {
        case reconciler(width: Int)
        /// An event about one version.
        case event(Name)
    }

    struct Moment: Hashable, Sendable, Codable {
        /// How many turns the others get before.
        var after: Int
        var change: Change
    }

    /// A change at the source, or of time. One that does not apply changes nothing, so that steps can be left out.
    enum Change: Hashable, Sendable, Codable {
        /// Publishes, or publishes over what is there; a snapshot build brings its `-SNAPSHOT` along.
        case publish(Name, content: Int)
        /// Adds an asset, or gives it other bytes.
        case put(Name, asset: String, content: Int)
        case touch(Name)
        case status(Name, VersionStatus)
        case hide(Name)
        case delete(Name)
        case deletePackage(Name)
        /// Moves the clocks, also back.
        case wait(seconds: Int)
    }

    /// The versions that histories are about: few, so that much happens to each.
    enum Name: String, Hashable, Sendable, Codable, CaseIterable {
        case app1 = "1.0"
        case app2 = "1.1"
        case lib1 = "lib 1.0"
        case other1 = "other 1.0"
        case snapshot = "2.0-SNAPSHOT"
        case build1 = "2.0-20260101.000001-1"
        case build2 = "2.0-20260101.000002-2"

        var coordinates: VersionCoordinates {
            switch self {
            case .lib1: version("1.0", of: lib)
            case .other1: version("1.0", of: otherApp)
            default: version(rawValue)
            }
        }
    }
}

extension History.Change {
    /// The package that it changes; nil for time.
    var package: PackageCoordinates? {
        switch self {
        case .publish(let name, _), .put(let name, _, _), .touch(let name), .status(let name, _), .hide(let name),
            .delete(let name), .deletePackage(let name):
            name.coordinates.package
        case .wait: nil
        }
    }

    func apply(to stage: Rehearsal) {
        let source = stage.source
        func there(_ name: History.Name) -> Bool { source.revision(of: name.coordinates) != nil }
        switch self {
        case .publish(let name, let content):
            if [.build1, .build2, .snapshot].contains(name) {
                let build = (name == .snapshot ? History.Name.build1 : name).rawValue.dropFirst("2.0-".count)
                // Each build has a file that the other lacks.
                let own = name == .build2 ? "-win.jar" : "-linux.jar"
                source.deploySnapshot(app, base: "2.0", build: String(build), [".jar", ".pom", own])
            } else {
                source.publish(name.coordinates, ["app.jar": "jar \(content)", "app.pom": "pom"])
            }
        case .put(let name, let asset, let content) where there(name):
            source.put(asset, "\(asset) \(content)", in: name.coordinates)
        case .touch(let name) where there(name): source.touch(name.coordinates)
        case .status(let name, let status) where there(name): source.setStatus(status, of: name.coordinates)
        case .hide(let name) where there(name): source.hide(name.coordinates)
        case .delete(let name) where there(name): source.delete(name.coordinates)
        case .deletePackage(let name): source.deletePackage(name.coordinates.package)
        case .wait(let seconds): stage.clock.advance(by: .seconds(seconds))
        case .put, .touch, .status, .hide, .delete: break
        }
    }
}
