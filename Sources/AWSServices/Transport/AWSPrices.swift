import ReconcileCore

/// What AWS charges per request: list prices in US dollars for US East (N. Virginia), before free tiers and discounts.
///
/// The only place with prices; the adapters' operations carry them. Transfer between regions costs extra; transfer
/// within a region is free.
package enum AWSPrices {
    /// When the prices were entered, from AWS's public price pages for CodeArtifact and S3 Standard.
    package static let date = "2026-11-22"

    /// S3 Standard storage per GB and month, for the first 50 TB. Estimates count a GB as 2^30 bytes.
    package static let storage = 0.023

    static let codeArtifact = 0.05 / 10_000
    /// PUT and LIST.
    static let s3Write = 0.005 / 1_000
    /// GET, HEAD and all other requests.
    static let s3Read = 0.0004 / 1_000
    /// Any request about an asymmetric elliptic-curve key (docs/LAMBDA.md, Costs, names the source).
    static let kmsAsymmetric = 0.15 / 10_000

    /// The price of one request, given its operation's name in a report; 0 for an operation that costs nothing.
    package static func dollars(of operation: String) -> Double {
        switch operation.prefix(while: { $0 != "." }) {
        case "codeartifact", "maven": codeArtifact
        case "kms": kmsAsymmetric
        case "s3": S3Operations.all.first { $0.description == operation }?.dollars ?? s3Read
        default: 0
        }
    }
}
