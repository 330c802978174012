/// A budget of requests that the service keeps for an account (CodeArtifact user guide, Quotas).
///
/// One request may draw on several: each List call draws on its own and on the account's reads.
package enum RateClass: String, Sendable, CaseIterable {
    case listPackages
    case listPackageVersions
    case listPackageVersionAssets
    case accountReads
    case accountWrites

    /// The service's default quota, requests per second (CodeArtifact user guide, Quotas).
    package var serviceQuota: Double {
        switch self {
        case .listPackages, .listPackageVersions, .listPackageVersionAssets: 200
        case .accountReads: 800
        case .accountWrites: 100
        }
    }
}
