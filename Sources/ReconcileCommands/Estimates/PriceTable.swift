/// What AWS charges for requests: list prices in US dollars for US East (N. Virginia), before free tiers and discounts.
///
/// The one place where prices stand. Storage and transfer between regions come on top; transfer within a region is
/// free.
package enum PriceTable {
    /// When the prices were entered, from AWS's public price pages for CodeArtifact and S3 Standard.
    package static let date = "2026-11-22"

    /// Dollars for one request of an operation as the report names it; zero for a directory's.
    package static func dollars(perRequest operation: String) -> Double {
        if operation.hasPrefix("codeartifact.") || operation.hasPrefix("maven.") { return 0.05 / 10_000 }
        switch operation {
        case "s3.PutObject", "s3.ListObjectsV2": return 0.005 / 1_000
        case "s3.GetObject", "s3.HeadObject", "s3.GetBucketVersioning": return 0.0004 / 1_000
        default: return 0
        }
    }

    /// Dollars for all requests.
    package static func dollars(for requests: [String: Int]) -> Double {
        requests.reduce(0) { $0 + Double($1.value) * dollars(perRequest: $1.key) }
    }
}
