import ReconcileCore

/// Service endpoints, as set in the environment and the configuration files.
extension AWSSettings {
    /// A service's endpoint: the configured one, otherwise its public endpoint in the region.
    package func endpoint(of service: AWSService, region: String? = nil) throws(InvalidSettings) -> ServiceEndpoint {
        if let configured = try configuredEndpoint(of: service) { return configured }
        let region = region ?? self.region
        guard let region else {
            throw InvalidSettings("No AWS region is set: set AWS_REGION, or region in the profile \(profileName).")
        }
        try AWSPartition.requireName(region)
        let variant = variant(of: service)
        guard let host = AWSPartition.host(of: service, region: region, variant: variant) else {
            if variant.isFIPS, AWSPartition.host(of: service, region: region) != nil {
                throw InvalidSettings(
                    "AWS has no FIPS endpoint of \(service.rawValue) in \(region): unset AWS_USE_FIPS_ENDPOINT, and "
                        + "use_fips_endpoint in the profile \(profileName)."
                )
            }
            throw InvalidSettings("\(region.firstLine) is not an AWS region: a region is letters, digits and hyphens.")
        }
        return ServiceEndpoint(scheme: .https, host: host)
    }

    /// The variant of a service's public endpoint to use, from AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT,
    /// otherwise from the profile. A configured endpoint is used unchanged.
    package func variant(of service: AWSService) -> EndpointVariant {
        EndpointVariant(
            isFIPS: source(ofTrue: "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint") != nil,
            isDualStack: source(ofTrue: "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint") != nil
                || (service == .s3 && isDualStackOfS3),
            isGlobal: service == .s3 && regionalEndpointOfS3 == "legacy"
        )
    }

    /// The setting for S3's host in us-east-1. Botocore defaults to the legacy host; the other SDKs do not.
    private var regionalEndpointOfS3: String? {
        environment["AWS_S3_US_EAST_1_REGIONAL_ENDPOINT"] ?? profile["s3_us_east_1_regional_endpoint"]
            ?? s3("us_east_1_regional_endpoint")
    }

    /// The older, S3-only setting; it can only turn dual-stack on.
    private var isDualStackOfS3: Bool { s3("use_dualstack_endpoint")?.lowercased() == "true" }

    /// The source that sets an option to true: the variable or, only if that is absent, the profile; nil if neither
    /// does. As in botocore, an empty variable also takes precedence over the profile.
    private func source(ofTrue variable: String, _ key: String) -> String? {
        if let text = variables[variable] { return text.lowercased() == "true" ? variable : nil }
        return profile[key]?.lowercased() == "true" ? "\(key) of the profile \(profileName)" : nil
    }

    /// A key of the profile's `s3` section.
    private func s3(_ key: String) -> String? { profile.config.nested["s3"]?[key] }

    /// The endpoint configured to replace the public one; nil if there is none.
    ///
    /// In order of precedence: AWS_ENDPOINT_URL_{SERVICE}, AWS_ENDPOINT_URL, the service's endpoint_url in the
    /// profile's services section, the profile's endpoint_url. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true disables all
    /// four.
    package func configuredEndpoint(of service: AWSService) throws(InvalidSettings) -> ServiceEndpoint? {
        try configuredEndpointFound(of: service)?.value
    }

    /// The configured endpoint together with the variable or the setting that names it.
    private func configuredEndpointFound(
        of service: AWSService
    ) throws(InvalidSettings) -> (value: ServiceEndpoint, source: String)? {
        let ignored = value("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", profileKey: "ignore_configured_endpoint_urls")
        if ignored?.lowercased() == "true" { return nil }
        let variable = "AWS_ENDPOINT_URL_\(service.rawValue.uppercased())"
        if let url = environment[variable] { return (try Self.endpoint(url, variable), variable) }
        if let url = environment["AWS_ENDPOINT_URL"] {
            return (try Self.endpoint(url, "AWS_ENDPOINT_URL"), "AWS_ENDPOINT_URL")
        }
        if let name = profile["services"] {
            guard let section = profiles.services[name] else {
                throw InvalidSettings(
                    "The profile \(profileName) names the services section \(name.firstLine), which is missing."
                )
            }
            if let url = section[service.rawValue]?["endpoint_url"] {
                let source = "endpoint_url of \(service.rawValue) in the services section \(name)"
                return (try Self.endpoint(url, source), source)
            }
        }
        guard let url = profile["endpoint_url"] else { return nil }
        let source = "endpoint_url of the profile \(profileName)"
        return (try Self.endpoint(url, source), source)
    }

    private static func endpoint(_ url: String, _ setting: String) throws(InvalidSettings) -> ServiceEndpoint {
        do {
            return try ServiceEndpoint(url)
        } catch {
            throw InvalidSettings("\(setting): \(error)")
        }
    }

    /// The settings that send requests to hosts other than AWS's usual ones in the region, each with its source.
    ///
    /// - Parameter s3: the settings for the bucket, if they differ.
    package func detours(s3: AWSSettings? = nil) throws(InvalidSettings) -> [String] {
        var found: [String] = []
        let services: [(service: AWSService, name: String, settings: AWSSettings)] = [
            (.codeartifact, "CodeArtifact", self), (.s3, "S3", s3 ?? self), (.sts, "STS", self),
        ]
        for (service, name, settings) in services {
            if let (endpoint, source) = try settings.configuredEndpointFound(of: service) {
                found.append("\(name) at \(endpoint) (\(source))")
            }
        }
        let ofS3 = s3 ?? self
        if let source = source(ofTrue: "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint") {
            found.append("FIPS (\(source))")
        }
        if let source = source(ofTrue: "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint") {
            found.append("dual-stack (\(source))")
        } else if ofS3.isDualStackOfS3 {
            found.append("S3 dual-stack (s3 use_dualstack_endpoint of the profile \(ofS3.profileName))")
        }
        if ofS3.variant(of: .s3) == EndpointVariant(isGlobal: true), ofS3.region == "us-east-1" {
            found.append("S3 at s3.amazonaws.com (us_east_1_regional_endpoint is legacy)")
        }
        if let style = ofS3.s3("addressing_style"), style != "auto" {
            found.append("S3's buckets by \(style) style (s3 addressing_style of the profile \(ofS3.profileName))")
        }
        return found
    }

    /// How the profile wants buckets to appear in URLs: its s3 addressing_style.
    ///
    /// - Throws: if the style or us_east_1_regional_endpoint is unknown, or if use_accelerate_endpoint is true.
    package func addressing() throws(InvalidSettings) -> S3Location.Addressing {
        let place = "in the section s3 of the profile \(profileName)"
        if let kind = regionalEndpointOfS3, kind != "regional", kind != "legacy" {
            throw InvalidSettings(
                "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT (us_east_1_regional_endpoint \(place)) is \(kind.firstLine): set it to "
                    + "regional or legacy."
            )
        }
        if s3("use_accelerate_endpoint")?.lowercased() == "true" {
            throw InvalidSettings(
                "use_accelerate_endpoint \(place): S3 Transfer Acceleration is not supported; set it to false, or use a "
                    + "profile without it."
            )
        }
        switch s3("addressing_style") {
        case nil, "auto": return .automatic
        case "path": return .path
        case "virtual": return .virtualHost
        case let style?:
            throw InvalidSettings("addressing_style \(place) is \(style.firstLine): set it to auto, path or virtual.")
        }
    }

    /// Throws if an access point's ARN names a region other than the bucket's expected one, and the settings
    /// (use_arn_region, AWS_S3_USE_ARN_REGION) do not allow the ARN to decide.
    package func requireRegion(of accessPoint: S3AccessPoint, expected region: String?) throws(InvalidSettings) {
        let key = profile["s3_use_arn_region"] ?? s3("use_arn_region")
        guard let isUsed = environment["AWS_S3_USE_ARN_REGION"] ?? key, isUsed.lowercased() != "true" else { return }
        guard let region, region != accessPoint.region else { return }
        throw InvalidSettings(
            "The access point is in \(accessPoint.region), not \(region), and use_arn_region (AWS_S3_USE_ARN_REGION) is "
                + "\(isUsed.firstLine): set it to true, or --backup-region to \(accessPoint.region)."
        )
    }
}
