/// A request quota of an account (CodeArtifact user guide, Quotas).
///
/// One request may count against several: each List call counts against its own quota and the account's reads.
package enum RateClass: String, Sendable, CaseIterable {
    case listPackages
    case listPackageVersions
    case listPackageVersionAssets
    case accountReads
    case accountWrites

    /// The service's default quota in requests per second (CodeArtifact user guide, Quotas).
    package var serviceQuota: Double {
        switch self {
        case .listPackages, .listPackageVersions, .listPackageVersionAssets: 200
        case .accountReads: 800
        case .accountWrites: 100
        }
    }
}
