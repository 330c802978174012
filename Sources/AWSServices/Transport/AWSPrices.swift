import ReconcileCore

/// What AWS charges for one request: list prices in US dollars for US East (N. Virginia), before free tiers and
/// discounts.
///
/// The one place where prices stand; the adapters' operations carry them. Transfer between regions comes on top;
/// transfer within a region is free.
package enum AWSPrices {
    /// When the prices were entered, from AWS's public price pages for CodeArtifact and S3 Standard.
    package static let date = "2026-11-22"

    /// S3 Standard, for a GB (10^9 bytes are taken for 2^30) and a month, the first 50 TB.
    package static let storage = 0.023

    static let codeArtifact = 0.05 / 10_000
    /// PUT and LIST.
    static let s3Write = 0.005 / 1_000
    /// GET, HEAD and all others.
    static let s3Read = 0.0004 / 1_000
    /// Any request about an asymmetric key on a curve (docs/LAMBDA.md, Costs, names where that stands).
    static let kmsAsymmetric = 0.15 / 10_000

    /// What one request costs, by its operation's name in a report; 0 for a name that nothing is charged for.
    package static func dollars(of operation: String) -> Double {
        switch operation.prefix(while: { $0 != "." }) {
        case "codeartifact", "maven": codeArtifact
        case "kms": kmsAsymmetric
        case "s3": S3Operations.all.first { $0.description == operation }?.dollars ?? s3Read
        default: 0
        }
    }
}
