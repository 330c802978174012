import ReconcileCore

/// What the environment and the AWS configuration files say about region, profile and endpoints.
///
/// A pure value: the environment is handed in and the files are read once, while it is made. Environment variables
/// that are empty count as not set.
package struct AWSSettings: Sendable {
    let environment: [String: String]
    let profiles: AWSProfiles
    /// The profile in use, `default` when none is named.
    package let profileName: String
    /// Chosen by the caller, not by AWS_PROFILE: then the environment's own credentials are not used.
    let isProfileChosen: Bool
    /// Counts before AWS_REGION and the profile's.
    let chosenRegion: String?
    /// All variables, the empty ones too: what paths may name.
    let variables: [String: String]

    /// - Parameters:
    ///   - chosenProfile: counts before AWS_PROFILE.
    ///   - chosenRegion: counts before AWS_REGION.
    ///   - readFile: the bytes of a file, nil when there is none.
    package init(
        environment: [String: String],
        chosenProfile: String? = nil,
        chosenRegion: String? = nil,
        readFile: (_ path: String) throws -> [UInt8]?
    ) throws(InvalidSettings) {
        variables = environment
        let environment = environment.filter { !$0.value.isEmpty }
        self.environment = environment
        profiles = AWSProfiles(
            config: try Self.document(
                namedBy: "AWS_CONFIG_FILE",
                default: "~/.aws/config",
                in: variables,
                readFile: readFile
            ),
            credentials: try Self.document(
                namedBy: "AWS_SHARED_CREDENTIALS_FILE",
                default: "~/.aws/credentials",
                in: variables,
                readFile: readFile
            )
        )
        isProfileChosen = chosenProfile != nil
        self.chosenRegion = chosenRegion
        let named = chosenProfile ?? environment["AWS_PROFILE"]
        profileName = named ?? "default"
        if let named, profiles.profiles[named] == nil {
            var near = NearestNames(to: named)
            for other in profiles.profiles.keys.sorted() { near.offer(other) }
            throw InvalidSettings(
                "The profile \(named) is in neither the AWS config file nor the credentials file; "
                    + (near.names.first.map { "did you mean \($0)?" } ?? "check --profile and AWS_PROFILE.")
            )
        }
    }

    /// The profile in use; empty when there is no such section.
    var profile: AWSProfiles.Profile { profile(profileName) }

    func profile(_ name: String) -> AWSProfiles.Profile {
        profiles.profiles[name] ?? AWSProfiles.Profile(name: name)
    }

    /// An environment variable, else a key of the profile.
    package func value(_ variable: String, profileKey: String) -> String? {
        environment[variable] ?? profile[profileKey].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The chosen one, else AWS_REGION, else AWS_DEFAULT_REGION, else the profile's; nil when none is set.
    package var region: String? {
        chosenRegion ?? environment["AWS_REGION"] ?? value("AWS_DEFAULT_REGION", profileKey: "region")
    }

    /// The region, and the variable or the profile that gives it, where nobody has chosen one; nil when none is set.
    package var regionFound: (value: String, source: String)? {
        for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let value = environment[variable] { return (value, variable) }
        }
        return region.map { ($0, "region of the profile \(profileName)") }
    }

    /// The profile that the environment names; nil when it names none.
    package var profileFound: (value: String, source: String)? {
        environment["AWS_PROFILE"].map { ($0, "AWS_PROFILE") }
    }

    /// The file of certificates to trust: AWS_CA_BUNDLE, else the profile's ca_bundle, else REQUESTS_CA_BUNDLE; nil for
    /// the system's.
    package var caBundle: String? {
        value("AWS_CA_BUNDLE", profileKey: "ca_bundle") ?? environment["REQUESTS_CA_BUNDLE"]
    }

    /// Where a service answers: what is configured for it, else its public endpoint in the region.
    package func endpoint(of service: AWSService, region: String? = nil) throws(InvalidSettings) -> ServiceEndpoint {
        if let configured = try configuredEndpoint(of: service) { return configured }
        guard let region = region ?? self.region else {
            throw InvalidSettings("No AWS region is set: set AWS_REGION, or region in the profile \(profileName).")
        }
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

    /// Which public endpoint of a service is used: as AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT say, else the
    /// profile. An endpoint that is configured is used as it is.
    package func variant(of service: AWSService) -> EndpointVariant {
        func isOn(_ variable: String, _ key: String) -> Bool {
            value(variable, profileKey: key)?.lowercased() == "true"
        }
        // The older setting, of S3 alone; only its true counts.
        let ofS3 = profile.config.nested["s3"]?["use_dualstack_endpoint"]?.lowercased() == "true"
        return EndpointVariant(
            isFIPS: isOn("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
            isDualStack: isOn("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint") || (service == .s3 && ofS3)
        )
    }

    /// The endpoint that is configured instead of the public one; nil when there is none.
    ///
    /// In this order: AWS_ENDPOINT_URL_{SERVICE}, AWS_ENDPOINT_URL, endpoint_url of the service in the profile's
    /// services section, endpoint_url of the profile. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true switches all four off.
    package func configuredEndpoint(of service: AWSService) throws(InvalidSettings) -> ServiceEndpoint? {
        let ignored = value("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", profileKey: "ignore_configured_endpoint_urls")
        if ignored?.lowercased() == "true" { return nil }
        let variable = "AWS_ENDPOINT_URL_\(service.rawValue.uppercased())"
        if let url = environment[variable] { return try Self.endpoint(url, variable) }
        if let url = environment["AWS_ENDPOINT_URL"] { return try Self.endpoint(url, "AWS_ENDPOINT_URL") }
        if let name = profile["services"] {
            guard let section = profiles.services[name] else {
                throw InvalidSettings(
                    "The profile \(profileName) names the services section \(name.firstLine), which is missing."
                )
            }
            if let url = section[service.rawValue]?["endpoint_url"] {
                return try Self.endpoint(url, "endpoint_url of \(service.rawValue) in the services section \(name)")
            }
        }
        guard let url = profile["endpoint_url"] else { return nil }
        return try Self.endpoint(url, "endpoint_url of the profile \(profileName)")
    }

    private static func endpoint(_ url: String, _ setting: String) throws(InvalidSettings) -> ServiceEndpoint {
        do {
            return try ServiceEndpoint(url)
        } catch {
            throw InvalidSettings("\(setting): \(error)")
        }
    }

    private static func document(
        namedBy variable: String,
        default usual: String,
        in environment: [String: String],
        readFile: (String) throws -> [UInt8]?
    ) throws(InvalidSettings) -> INIDocument {
        let named = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
        let path = UserPath.expanded(named ?? usual, environment)
        let bytes: [UInt8]?
        do {
            bytes = try readFile(path)
        } catch {
            // HOME is often another user's in a container: what is not even named is passed over, as the AWS CLI does.
            if named == nil { return INIDocument() }
            throw InvalidSettings("\(variable): \(path) cannot be read: \(InputFile.reason(error))")
        }
        guard let bytes else { return INIDocument() }
        do throws(INIFailure) {
            return try INIDocument(bytes)
        } catch {
            throw InvalidSettings("\(path) cannot be read: line \(error.line): \(error.reason).")
        }
    }
}

/// Settings that cannot be used; the message says which and what to do.
package struct InvalidSettings: Error, Sendable, Hashable, CustomStringConvertible {
    package let message: String

    init(_ message: String) {
        self.message = message
    }

    package var description: String { message }
}
