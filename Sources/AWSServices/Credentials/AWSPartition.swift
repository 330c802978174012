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

/// Which of a service's public endpoints is used.
package struct EndpointVariant: Hashable, Sendable {
    /// Whether its cryptography is validated by FIPS 140.
    package var isFIPS = false
    /// Whether it is reached by IPv6 too.
    package var isDualStack = false

    package init(isFIPS: Bool = false, isDualStack: Bool = false) {
        self.isFIPS = isFIPS
        self.isDualStack = isDualStack
    }
}

/// The groups of regions that share domain names (botocore's partitions.json and its endpoint rule sets).
struct AWSPartition {
    /// The start of its regions' names.
    private let start: String
    private let suffix: String
    private let dualStackSuffix: String

    private static let usual = AWSPartition(start: "", suffix: "amazonaws.com", dualStackSuffix: "api.aws")

    /// Every other region is in the usual one.
    private static let others = [
        AWSPartition(start: "cn-", suffix: "amazonaws.com.cn", dualStackSuffix: "api.amazonwebservices.com.cn"),
        AWSPartition(start: "us-gov-", suffix: "amazonaws.com", dualStackSuffix: "api.aws"),
        AWSPartition(start: "eusc-", suffix: "amazonaws.eu", dualStackSuffix: "api.amazonwebservices.eu"),
        AWSPartition(start: "us-iso-", suffix: "c2s.ic.gov", dualStackSuffix: "api.aws.ic.gov"),
        AWSPartition(start: "us-isob-", suffix: "sc2s.sgov.gov", dualStackSuffix: "api.aws.scloud"),
        AWSPartition(start: "us-isof-", suffix: "csp.hci.ic.gov", dualStackSuffix: "api.aws.hci.ic.gov"),
        AWSPartition(start: "eu-isoe-", suffix: "cloud.adc-e.uk", dualStackSuffix: "api.cloud-aws.adc-e.uk"),
    ]

    /// The host of a service's public endpoint; nil when the region cannot be part of a host name, and where there is no
    /// such variant.
    static func host(
        of service: AWSService,
        region: String,
        variant: EndpointVariant = EndpointVariant()
    ) -> String? {
        let isName = region.utf8.allSatisfy {
            ASCII.isLowercaseLetter($0) || ASCII.isDigit($0) || $0 == UInt8(ascii: "-")
        }
        guard isName, !region.isEmpty, !region.hasPrefix("-"), !region.hasSuffix("-") else { return nil }
        let partition = others.first { region.hasPrefix($0.start) } ?? usual
        var prefix = service.prefix
        if service == .s3 {
            // S3 has had both since before the others: dual-stack is a label of its own, in the same domain.
            if variant.isFIPS, partition.start == "cn-" { return nil }
            if variant.isFIPS { prefix += "-fips" }
            if variant.isDualStack { prefix += ".dualstack" }
            return "\(prefix).\(region).\(partition.suffix)"
        }
        // In the regions of the US government the ordinary endpoints of these are the validated ones.
        let isValidatedAnyway =
            partition.start == "us-gov-" && service != .codeartifact && !variant.isDualStack
        if variant.isFIPS, !isValidatedAnyway { prefix += "-fips" }
        return "\(prefix).\(region).\(variant.isDualStack ? partition.dualStackSuffix : partition.suffix)"
    }
}
