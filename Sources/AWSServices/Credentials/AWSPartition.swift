import ReconcileCore

/// The AWS services that are called. Raw values are the service names in settings.
package enum AWSService: String, Sendable, CaseIterable {
    case codeartifact, s3, sts, sso, signin, kms
    case ssoOIDC = "sso_oidc"
    case serviceQuotas = "service_quotas"

    /// The labels of its host name before the region.
    fileprivate var prefix: String {
        switch self {
        case .sso: "portal.sso"
        case .ssoOIDC: "oidc"
        case .serviceQuotas: "servicequotas"
        case .codeartifact, .s3, .sts, .signin, .kms: rawValue
        }
    }
}

/// Selects one of a service's public endpoints.
package struct EndpointVariant: Hashable, Sendable {
    /// Whether the endpoint's cryptography is FIPS 140 validated.
    package var isFIPS = false
    /// Whether the endpoint also has IPv6.
    package var isDualStack = false
    /// Whether to use S3's legacy global host for us-east-1. FIPS and dual-stack have no such host.
    package var isGlobal = false

    package init(isFIPS: Bool = false, isDualStack: Bool = false, isGlobal: Bool = false) {
        self.isFIPS = isFIPS
        self.isDualStack = isDualStack
        self.isGlobal = isGlobal
    }
}

/// A group of regions that share domain names (botocore's partitions.json and its endpoint rule sets).
package struct AWSPartition {
    /// The name in ARNs.
    private let name: String
    /// The prefix of its regions' names.
    private let start: String
    private let suffix: String
    private let dualStackSuffix: String
    /// The domain suffix of AWS Sign-In only.
    private let signInSuffix: String

    private init(_ name: String, _ start: String, _ suffix: String, dualStack: String, signIn: String) {
        self.name = name
        self.start = start
        self.suffix = suffix
        dualStackSuffix = dualStack
        signInSuffix = signIn
    }

    private static let usual = AWSPartition("aws", "", "amazonaws.com", dualStack: "api.aws", signIn: "aws.amazon.com")

    /// Any region without one of these prefixes is in the `usual` partition.
    private static let others = [
        AWSPartition(
            "aws-cn",
            "cn-",
            "amazonaws.com.cn",
            dualStack: "api.amazonwebservices.com.cn",
            signIn: "amazonaws.cn"
        ),
        AWSPartition("aws-us-gov", "us-gov-", "amazonaws.com", dualStack: "api.aws", signIn: "amazonaws-us-gov.com"),
        AWSPartition(
            "aws-eusc",
            "eusc-",
            "amazonaws.eu",
            dualStack: "api.amazonwebservices.eu",
            signIn: "amazonaws-eusc.eu"
        ),
        AWSPartition("aws-iso", "us-iso-", "c2s.ic.gov", dualStack: "api.aws.ic.gov", signIn: "c2shome.ic.gov"),
        AWSPartition(
            "aws-iso-b",
            "us-isob-",
            "sc2s.sgov.gov",
            dualStack: "api.aws.scloud",
            signIn: "sc2shome.sgov.gov"
        ),
        AWSPartition(
            "aws-iso-f",
            "us-isof-",
            "csp.hci.ic.gov",
            dualStack: "api.aws.hci.ic.gov",
            signIn: "csphome.hci.ic.gov"
        ),
        AWSPartition(
            "aws-iso-e",
            "eu-isoe-",
            "cloud.adc-e.uk",
            dualStack: "api.cloud-aws.adc-e.uk",
            signIn: "csphome.adc-e.uk"
        ),
    ]

    /// The partition's name in the ARNs of a region's resources.
    package static func name(of region: String) -> String {
        (others.first { region.hasPrefix($0.start) } ?? usual).name
    }

    /// Throws for an old FIPS endpoint name that some tools accept as a region, such as `fips-us-east-1`.
    static func requireName(_ region: String) throws(InvalidSettings) {
        let plain = region.replacing("fips-", with: "").replacing("-fips", with: "")
        guard plain == region else {
            throw InvalidSettings(
                "\(region.firstLine) is not a region but an old name of a FIPS endpoint: write \(plain.firstLine), and set "
                    + "AWS_USE_FIPS_ENDPOINT=true."
            )
        }
    }

    /// The host of a service's public endpoint; nil if the region cannot be part of a host name, or if there is no such
    /// variant.
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
            // S3's variants predate those of other services: its dual-stack is a separate label in the same domain.
            if variant.isFIPS, partition.start == "cn-" { return nil }
            if variant.isFIPS { prefix += "-fips" }
            if variant.isDualStack { prefix += ".dualstack" }
            if variant == EndpointVariant(isGlobal: true), region == "us-east-1" { return "s3.\(partition.suffix)" }
            return "\(prefix).\(region).\(partition.suffix)"
        }
        if service == .signin, !variant.isDualStack {
            // AWS Sign-In has a separate domain, which its FIPS endpoints use only in GovCloud.
            if !variant.isFIPS { return "\(region).signin.\(partition.signInSuffix)" }
            if partition.start == "us-gov-" {
                return "\(region == "us-gov-west-1" ? "" : "\(region).")signin-fips.\(partition.signInSuffix)"
            }
        }
        // In GovCloud the ordinary endpoints of all services but CodeArtifact and KMS are FIPS validated already.
        let isValidatedAnyway =
            partition.start == "us-gov-" && ![.codeartifact, .kms].contains(service) && !variant.isDualStack
        if variant.isFIPS, !isValidatedAnyway { prefix += "-fips" }
        return "\(prefix).\(region).\(variant.isDualStack ? partition.dualStackSuffix : partition.suffix)"
    }
}
