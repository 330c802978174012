// swift-tools-version: 6.2

import PackageDescription

// The layers of docs/DESIGN.md, lowest first. A target names only targets of a lower layer.
let package = Package(
    name: "maven-package-reconciler",
    products: [
        .executable(name: "reconcile", targets: ["reconcile"]),
        .executable(name: "reconcile-serve", targets: ["reconcile-serve"]),
        .executable(name: "backup-lambda", targets: ["backup-lambda"]),
        .executable(name: "sandbox", targets: ["sandbox"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
    ],
    targets: [
        // 1: the C libraries
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CHeap"),
        // What `--version` says of the build. scripts/release-build sets both; a debug build does not depend on the commit.
        .target(
            name: "CBuild",
            cSettings: ["RECONCILE_COMMIT", "RECONCILE_SWIFT"].map { .define($0, to: Context.environment[$0] ?? "") }
        ),

        // 2: one idea each, none knows another
        .target(name: "HTTPTransfer", dependencies: ["CCurl"]),
        .target(name: "Cryptography", dependencies: ["COpenSSL"]),
        .target(name: "XMLPull", dependencies: ["CLibXML2"]),
        .target(name: "ReconcileCore"),

        .target(
            name: "HTTPListening",
            dependencies: [
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),

        // 3: Maven's XML, read
        .target(name: "MavenXML", dependencies: ["XMLPull", "ReconcileCore"]),
        // 3: a backup as HTML
        .target(name: "BackupPages", dependencies: ["Cryptography", "ReconcileCore"]),

        // 4: the ports' adapters: AWS, and the file system
        .target(
            name: "AWSServices",
            dependencies: [
                "HTTPTransfer", "Cryptography", "XMLPull", "ReconcileCore", "MavenXML",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),

        .target(name: "DirectoryAdapter", dependencies: ["Cryptography", "ReconcileCore"]),

        // 5: settings, wiring, one run
        .target(
            name: "ReconcileApp",
            dependencies: [
                "AWSServices", "DirectoryAdapter", "MavenXML", "ReconcileCore", "HTTPTransfer", "Cryptography",
                "CBuild", "CHeap",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "LocalServices",
            dependencies: [
                "HTTPListening", "Cryptography", "XMLPull", "ReconcileCore", "MavenXML",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),

        .target(
            name: "BackupServer",
            dependencies: [
                "HTTPListening", "BackupPages", "Cryptography", "ReconcileCore",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),

        .target(
            name: "RecoveryDrill",
            dependencies: [
                "HTTPTransfer", "Cryptography", "ReconcileCore",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),

        // 6: the subcommands of reconcile; what a Lambda function is asked, and its answers
        .target(
            name: "ReconcileCommands",
            dependencies: [
                "BackupPages", "MavenXML", "ReconcileApp", "AWSServices", "ReconcileCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "BackupLambda",
            dependencies: [
                "ReconcileApp", "AWSServices", "ReconcileCore", "HTTPTransfer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),

        // 7: the programs
        .executableTarget(name: "backup-lambda", dependencies: ["BackupLambda", "ReconcileApp"]),
        .executableTarget(name: "reconcile", dependencies: ["ReconcileCommands", "ReconcileApp"]),
        .executableTarget(
            name: "reconcile-serve",
            dependencies: [
                "BackupServer", "RecoveryDrill", "HTTPListening", "HTTPTransfer", "ReconcileApp", "AWSServices",
                "ReconcileCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        .executableTarget(
            name: "sandbox",
            dependencies: [
                "LocalServices", "ReconcileApp", "ReconcileCore", "Cryptography", "HTTPListening", "HTTPTransfer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),

        // Tests: one target a module, and what they share
        .target(
            name: "TestSupport",
            dependencies: [
                "ReconcileCore", "Cryptography", "MavenXML",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            path: "Tests/TestSupport"
        ),
        .testTarget(name: "HTTPTransferTests", dependencies: ["HTTPTransfer", "TestSupport"]),
        .testTarget(
            name: "CryptographyTests",
            dependencies: [
                "Cryptography", "TestSupport",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ]
        ),
        .testTarget(name: "XMLPullTests", dependencies: ["XMLPull"]),
        .testTarget(name: "ReconcileCoreTests", dependencies: ["ReconcileCore", "TestSupport"]),
        .testTarget(
            name: "ConvergenceTests",
            dependencies: ["AWSServices", "DirectoryAdapter", "ReconcileCore", "Cryptography", "TestSupport"]
        ),
        .testTarget(name: "MavenXMLTests", dependencies: ["MavenXML", "ReconcileCore", "XMLPull"]),
        .testTarget(
            name: "AWSServicesTests",
            dependencies: [
                "AWSServices", "DirectoryAdapter", "HTTPTransfer", "Cryptography", "ReconcileCore", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "DirectoryAdapterTests",
            dependencies: ["DirectoryAdapter", "ReconcileCore", "TestSupport"]
        ),
        .testTarget(
            name: "LocalServicesTests",
            dependencies: [
                "LocalServices", "AWSServices", "HTTPTransfer", "Cryptography", "ReconcileCore", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ]
        ),
        .testTarget(
            name: "ReconcileAppTests",
            dependencies: [
                "AWSServices", "HTTPTransfer", "ReconcileApp", "ReconcileCore", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .testTarget(
            name: "ReconcileCommandsTests",
            dependencies: [
                "AWSServices", "DirectoryAdapter", "ReconcileCommands", "ReconcileApp", "ReconcileCore", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .testTarget(
            name: "BackupServerTests",
            dependencies: [
                "BackupPages", "BackupServer", "HTTPListening", "HTTPTransfer", "ReconcileCore", "Cryptography",
                "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "RecoveryDrillTests",
            dependencies: ["RecoveryDrill", "ReconcileCore", "TestSupport"]
        ),
        .testTarget(
            name: "BackupLambdaTests",
            dependencies: ["BackupLambda", "HTTPTransfer", "ReconcileApp", "ReconcileCore", "TestSupport"]
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "LocalServices", "ReconcileApp", "ReconcileCommands", "AWSServices", "DirectoryAdapter", "HTTPTransfer",
                "ReconcileCore",
                "Cryptography", "TestSupport", "backup-lambda", "reconcile", "reconcile-serve",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

// The readers of bytes from elsewhere, and what must hold of them: the same files are a suite of tests over kept inputs
// and, where RECONCILE_FUZZ is set, an executable of libFuzzer (`make fuzz`).
let readers: [Target.Dependency] = [
    "AWSServices", "BackupLambda", "DirectoryAdapter", "HTTPTransfer", "MavenXML", "ReconcileCore", "Cryptography",
    "XMLPull",
]
let inputs = ["Corpus", "Fixtures", "run", "words"]
package.targets.append(
    Context.environment["RECONCILE_FUZZ"] == nil
        ? .testTarget(
            name: "FuzzingTests",
            dependencies: readers,
            path: "Tests/Fuzzing",
            exclude: inputs + ["Fuzzer.swift"]
        )
        : .executableTarget(
            name: "fuzzer",
            dependencies: readers,
            path: "Tests/Fuzzing",
            exclude: inputs + ["CorpusTests.swift"]
        )
)

// RECONCILE_FLOORS=2 keeps the modules that wrap C and what their tests need, which is all that the sanitizers run.
if Context.environment["RECONCILE_FLOORS"] == "2" {
    let kept: Set = [
        "CCurl", "COpenSSL", "CLibXML2", "HTTPTransfer", "Cryptography", "XMLPull", "TestSupport",
        "HTTPTransferTests", "CryptographyTests", "XMLPullTests",
    ]
    package.targets.removeAll { !kept.contains($0.name) }
    package.products = []
    for target in package.targets where target.name == "TestSupport" {
        target.sources = ["Tools"]
        target.dependencies = [.product(name: "Subprocess", package: "swift-subprocess")]
    }
}

// Every Swift target is held to the same rules; the packages it depends on are not.
for target in package.targets where target.type != .system && target.name != "CBuild" {
    target.swiftSettings = [
        // SE-0335, SE-0444, SE-0409, SE-0461
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
        // SE-0458: each call that the compiler cannot vouch for is marked `unsafe`.
        .strictMemorySafety(),
    ]
    // Optimizing the tests themselves takes the compiler longer than it saves them.
    if target.type == .test, target.name != "ConvergenceTests" {
        target.swiftSettings?.append(.unsafeFlags(["-Onone"], .when(configuration: .release)))
    }
    // The tests play many thousands of runs in memory: optimized, and checked as a debug build all the same. Not under a
    // sanitizer, which takes the optimizer's writes to the one empty array for races.
    if ["ReconcileCore", "TestSupport", "ConvergenceTests"].contains(target.name),
        Context.environment["RECONCILE_FLOORS"] == nil, Context.environment["RECONCILE_FUZZ"] == nil
    {
        target.swiftSettings?.append(
            .unsafeFlags(["-O", "-assert-config", "Debug"], .when(configuration: .debug))
        )
    }
}
