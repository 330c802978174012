/// Recipes as text, for the command line.
extension SyntheticRecipe {
    /// Parses `packages=1000,versions=20,assets=3,size=4096,seed=1`. Omitted settings get their defaults, and `size`
    /// may be a range such as `1000-5000`. Returns a `repository=NAME` separately.
    ///
    /// Throws a sentence that says what is wrong.
    package static func read(_ text: String) throws(SeedingFailure) -> (repository: String?, recipe: SyntheticRecipe) {
        var repository: String?
        var recipe = SyntheticRecipe(packages: 100, versions: 10)
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw SeedingFailure("\"\(pair)\" is not understood: \(Self.form)") }
            let (name, value) = (parts[0], parts[1])
            switch (name, Int(value)) {
            case ("repository", _): repository = value
            case ("packages", let count?) where count >= 1: recipe.packages = count
            case ("versions", let count?) where count >= 1: recipe.versions = count
            case ("assets", let count?) where count >= 1: recipe.assets = count
            case ("seed", let seed?) where seed >= 0: recipe.seed = UInt64(seed)
            case ("size", _): recipe.size = try size(value)
            default:
                throw SeedingFailure("\"\(pair)\" is not understood: \(Self.form)")
            }
        }
        return (repository, recipe)
    }

    private static let form =
        "write packages, versions and assets, each 1 or more, size=BYTES or size=BYTES-BYTES, seed=NUMBER, repository=NAME"

    private static func size(_ text: String) throws(SeedingFailure) -> ClosedRange<Int64> {
        let bounds = text.split(separator: "-").compactMap { Int64($0) }
        guard let low = bounds.first, let high = bounds.last, bounds.count <= 2, (0...high).contains(low) else {
            throw SeedingFailure("\"size=\(text)\" is not understood: \(form)")
        }
        return low...high
    }
}
