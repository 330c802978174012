import FoundationEssentials
import ReconcileCore

/// A recipe for a repository with any number of packages, versions and assets, all generated from one seed.
///
/// Equal recipes produce equal names, revisions, sizes, bytes and hashes on every machine.
package struct SyntheticRecipe: Hashable, Sendable {
    /// The number of packages in the repository.
    package var packages: Int
    /// The number of versions per package.
    package var versions: Int
    /// The number of assets per version; the first is the POM.
    package var assets: Int
    /// The range from which each asset's size in bytes is drawn, except the POM's.
    package var size: ClosedRange<Int64>
    package var seed: UInt64

    package init(
        packages: Int,
        versions: Int,
        assets: Int = 2,
        size: ClosedRange<Int64> = 4096...4096,
        seed: UInt64 = 1
    ) {
        self.packages = packages
        self.versions = versions
        self.assets = assets
        self.size = size
        self.seed = seed
    }
}

/// The packages of a recipe, accessible by number or key; none is held in memory.
struct SyntheticRepository: Sendable {
    let recipe: SyntheticRecipe
    let repository: String
    /// The number of packages that share a namespace.
    private static let groupSize = 100

    var count: Int { recipe.packages }

    /// The package with a number below `count`.
    subscript(index: Int) -> SyntheticPackage {
        SyntheticPackage(
            key: PackageKey(
                namespace: "com.example.group\(index / Self.groupSize)",
                name: "artifact-\(Self.padded(index))"
            ),
            repository: repository,
            recipe: recipe,
            seed: SplitMix64.derive(recipe.seed, index)
        )
    }

    /// The package with a key; nil if the recipe does not produce it.
    func package(_ key: PackageKey) -> SyntheticPackage? {
        guard key.name.hasPrefix("artifact-"), let index = Int(key.name.dropFirst("artifact-".count)),
            (0..<count).contains(index)
        else { return nil }
        let package = self[index]
        return package.key == key ? package : nil
    }

    private static func padded(_ index: Int) -> String {
        let digits = String(index)
        return String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
    }
}

/// One package of a recipe.
struct SyntheticPackage: Sendable {
    let key: PackageKey
    let repository: String
    let recipe: SyntheticRecipe
    let seed: UInt64

    var count: Int { recipe.versions }

    /// The name of the version with a number below `count`; the numbers follow Maven's version order.
    func name(_ index: Int) -> String { "1.\(index).0" }

    /// The version with a name; nil if the recipe does not produce it.
    func version(_ name: String) -> VersionState? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let index = Int(parts[1]), (0..<count).contains(index), self.name(index) == name else {
            return nil
        }
        return version(index)
    }

    /// The version with a number below `count`.
    func version(_ index: Int) -> VersionState {
        let name = name(index)
        let seed = SplitMix64.derive(seed, index)
        var random = SplitMix64(seed: seed)
        let assets = (0..<recipe.assets).map { asset in
            StoredAsset(name: "\(key.name)-\(name)\(Self.suffix(asset))", content: content(name, asset, &random))
        }
        return VersionState(
            status: .published,
            revision: Self.revision(seed),
            origin: EntryPoint(name: repository, origin: .internal),
            publishedTime: 1_600_000_000 + Double(index) * 86_400 + Double(seed % 86_400),
            assets: assets
        )
    }

    /// Only the revision, for listings.
    func revision(_ index: Int) -> String { Self.revision(SplitMix64.derive(seed, index)) }

    /// The package with all its versions, so that it can be changed.
    func writtenOut() -> PackageState {
        var package = PackageState(controls: .published)
        for index in 0..<count { package.versions[name(index)] = version(index) }
        return package
    }

    private static func revision(_ seed: UInt64) -> String {
        var random = SplitMix64(seed: ~seed)
        return Data(random.bytes(32)).base64EncodedString()
    }

    private static func suffix(_ asset: Int) -> String {
        switch asset {
        case 0: ".pom"
        case 1: ".jar"
        case 2: "-sources.jar"
        case 3: "-javadoc.jar"
        default: "-part\(asset).jar"
        }
    }

    private func content(_ version: String, _ asset: Int, _ random: inout SplitMix64) -> AssetContent {
        if asset == 0 { return .synthetic(.pom(namespace: key.namespace, name: key.name, version: version)) }
        let span = UInt64(recipe.size.upperBound - recipe.size.lowerBound) + 1
        let size = recipe.size.lowerBound + Int64(random.next() % span)
        return .synthetic(.random(seed: random.next(), size: size))
    }
}
