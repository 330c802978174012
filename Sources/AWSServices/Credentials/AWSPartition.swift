import ReconcileCore

/// The services that are called, by the names that their settings use.
package enum AWSService: String, Sendable, CaseIterable {
    case codeartifact, s3, sts, sso, signin
    case ssoOIDC = "sso_oidc"

    /// The first labels of its host name.
    fileprivate var prefix: String {
        switch self {
        case .sso: "portal.sso"
        case .ssoOIDC: "oidc"
        case .codeartifact, .s3, .sts, .signin: rawValue
        }
    }
}

/// The groups of regions that share a domain name (botocore's partitions.json).
enum AWSPartition {
    /// The start of its regions' names, and its domain; every other region is in the first partition.
    private static let others = [
        ("cn-", "amazonaws.com.cn"),
        ("us-gov-", "amazonaws.com"),
        ("eusc-", "amazonaws.eu"),
        ("us-iso-", "c2s.ic.gov"),
        ("us-isob-", "sc2s.sgov.gov"),
        ("us-isof-", "csp.hci.ic.gov"),
        ("eu-isoe-", "cloud.adc-e.uk"),
    ]

    static func dnsSuffix(of region: String) -> String {
        others.first { region.hasPrefix($0.0) }?.1 ?? "amazonaws.com"
    }

    /// The host of a service's public endpoint; nil when the region cannot be part of a host name.
    static func host(of service: AWSService, region: String) -> String? {
        let isName = region.utf8.allSatisfy {
            ASCII.isLowercaseLetter($0) || ASCII.isDigit($0) || $0 == UInt8(ascii: "-")
        }
        guard isName, !region.isEmpty, !region.hasPrefix("-"), !region.hasSuffix("-") else { return nil }
        return "\(service.prefix).\(region).\(dnsSuffix(of: region))"
    }
}
