import TestSupport
import Testing

@testable import ReconcileCore

/// How many requests follow one another where each waits for the one before: what a run takes at any latency.
@Suite struct RoundTripTests {
    /// A domain and a backup that are one second away, and what is between them.
    private struct Stage: Sendable {
        let rehearsal = Rehearsal()
        let distance = Distance(SimulatedTime())

        init(packages: Int = 1, versions: Int) {
            for package in 0..<packages {
                for number in 0..<versions {
                    let coordinates = version("1.\(number)", of: ReconcileCoreTests.package("app\(package)"))
                    rehearsal.source.publish(coordinates, Self.assets)
                }
            }
        }

        private static let assets = ["app.jar": "bytes", "app.pom": "<project/>", "app.txt": "text", "app.zip": "zip"]

        private var source: DistantSource { DistantSource(rehearsal.source, distance) }

        private var backup: Backup {
            let store = DistantStore(rehearsal.store, distance)
            return Backup(store: store, layout: rehearsal.layout, hashes: testHashes, clock: distance.time)
        }

        /// The seconds that copying one version takes.
        func copy(publishesMetadata: Bool, places: Int = 4) -> Int? {
            let version = version("1.0", of: package("app0"))
            let time = distance.time
            return time.run {
                let description = try? await rehearsal.source.describe(version)
                let listed = ListedVersion(version.version, described: description ?? nil)
                let copier = VersionCopier(
                    source: source,
                    backup: backup,
                    places: TransferPlaces(limit: places),
                    recorder: Manifest.Recorder(door: "reconcile", version: "test"),
                    keepsVersions: false,
                    plugins: PluginGroups()
                )
                // The token and the endpoint are there.
                _ = try? await source.metadata(of: version.package)
                let begun = time.now()
                let outcome = await copier.copy(
                    version,
                    listed: listed,
                    newestRecord: nil,
                    in: rehearsal.round(of: version, publishesMetadata: publishesMetadata)
                )
                #expect(summary(outcome)?.copied == 4)
                return Int((time.now() - begun).inSeconds)
            }
        }

        /// One run, and the second at which it ends.
        func run(width: Int = 1_000) -> (report: RunReport, ended: Int)? {
            let time = distance.time
            var options = Reconciler.Options()
            options.width = .fixed(width)
            let reconciler = Reconciler(
                source: source,
                backup: backup,
                options: options,
                recorder: Manifest.Recorder(door: "reconcile", version: "test")
            )
            return time.run {
                let context = RunContext<RunEvent>(clock: time, ledger: rehearsal.ledger)
                let report = await reconciler.run(id: "run-1", in: context)
                return (report, Int(time.now().inSeconds))
            }
        }
    }

    @Test func `a version takes five: list, redirects, bytes, answers of the store beside a description, manifest`() {
        let stage = Stage(versions: 1)
        #expect(stage.copy(publishesMetadata: false) == 5)
        let described = stage.distance.requests.first { $0.name == "codeartifact.DescribePackageVersion" }
        #expect(described?.begun == stage.distance.lastEnded("maven.GetAsset"))
    }

    @Test func `with one place its assets follow one another`() {
        #expect(Stage(versions: 1).copy(publishesMetadata: false, places: 1) == 14)
    }

    @Test func `a package's last version takes seven`() {
        let stage = Stage(versions: 1)
        #expect(stage.copy(publishesMetadata: true) == 7)
        #expect(stage.rehearsal.store.text(at: "acme/maven/releases/com/acme/app0/maven-metadata.xml").contains("1.0"))
    }

    @Test(arguments: [1, 20, 60])
    func `a package takes eight, whatever the number of its versions, and a run three before its first asset is listed`(
        versions: Int
    ) throws {
        let stage = Stage(versions: versions)
        let (report, ended) = try #require(stage.run())
        #expect(report.exit == .converged)
        #expect(report.versions.copied == versions)
        let distance = stage.distance
        #expect(distance.firstBegun("codeartifact.ListPackageVersionAssets") == 3)
        // From the list of its versions to the last document read; then the records are listed again.
        #expect(distance.firstBegun("codeartifact.ListPackageVersions") == 2)
        #expect(ended == 2 + 8 + 1)
    }

    @Test func `overlapping sends no request more`() throws {
        let stage = Stage(versions: 20)
        let (report, _) = try #require(stage.run())
        #expect(
            report.requests == [
                "codeartifact.ListRepositoriesInDomain": 1, "codeartifact.ListPackages": 1,
                "codeartifact.ListPackageVersions": 1, "codeartifact.ListPackageVersionAssets": 20,
                "codeartifact.DescribePackageVersion": 20, "maven.GetMetadata": 1, "maven.GetAsset": 80,
                // Of the manifests, twice; of the package's path, and of its records, before and after the last commit.
                "s3.ListObjectsV2": 6, "s3.GetBucketVersioning": 1, "s3.GetObject": 3,
                "s3.PutObject": 80 + 20 + 3,
            ]
        )
    }

    @Test(arguments: [1, 7, 32])
    func `never more assets are in motion than there are places`(width: Int) throws {
        let stage = Stage(packages: 3, versions: 12)
        let (report, _) = try #require(stage.run(width: width))
        #expect(report.versions.copied == 36)
        #expect(stage.distance.mostMoving == width)
    }

    @Test func `the last manifest of a package follows its document and every other manifest`() throws {
        let stage = Stage(versions: 20)
        _ = stage.run()
        let names = stage.rehearsal.store.writes.map(\.key.value)
        let document = try #require(names.lastIndex { $0.contains("/maven-metadata.xml") })
        let manifests = names.indices.filter { names[$0].hasPrefix("acme/manifests/") }
        #expect(manifests.count == 20)
        #expect(manifests.last ?? 0 > document)
    }

    // MARK: Restoring

    @Test(arguments: [(packages: 32, versions: 12), (packages: 1, versions: 384), (packages: 384, versions: 1)])
    func `a restore reaches the writes that the service allows`(packages: Int, versions: Int) async throws {
        let rehearsal = await Rehearsal.backedUp { source in
            for package in 0..<packages {
                for number in 0..<versions {
                    let coordinates = version("1.\(number)", of: ReconcileCoreTests.package("app\(package)"))
                    source.publish(coordinates, ["a.pom": "<project/>", "a.jar": "bytes", "b.jar": "b", "c.jar": "c"])
                }
            }
        }
        let distance = Distance(SimulatedTime(), roundTrip: .milliseconds(100))
        let store = DistantStore(rehearsal.store, distance)
        let restorer = Restorer(
            backup: Backup(store: store, layout: rehearsal.layout, hashes: testHashes, clock: distance.time),
            domain: DistantSource(rehearsal.target, distance),
            destination: DistantDestination(InMemoryDestination(rehearsal.target), distance, writesASecond: 80),
            options: Restorer.Options()
        )
        let context = RunContext<RunEvent>(clock: distance.time, ledger: rehearsal.ledger)
        let report = distance.time.run { await restorer.run(id: "restore-1", in: context) }
        #expect(report?.run.versions.copied == 384)
        // Four assets and a status each.
        let share = 384 * 5 / 80 / distance.time.now().inSeconds
        #expect(share >= 0.9, "\(share)")
        #expect(distance.mostMoving <= 32)
    }
}
