import ReconcileCore

/// Region, profile and endpoint settings from the environment and the AWS configuration files.
///
/// A pure value: the caller passes the environment, and the initializer reads each file once. Empty environment
/// variables count as unset.
package struct AWSSettings: Sendable {
    let environment: [String: String]
    let profiles: AWSProfiles
    /// The profile in use, `default` when none is named.
    package let profileName: String
    /// Whether the caller chose the profile. If so, credentials in the environment are ignored.
    let isProfileChosen: Bool
    /// Takes precedence over AWS_REGION and the profile's region.
    let chosenRegion: String?
    /// All variables, including empty ones, to expand in paths.
    let variables: [String: String]

    /// - Parameters:
    ///   - chosenProfile: takes precedence over AWS_DEFAULT_PROFILE, and that over AWS_PROFILE, as in the AWS CLI.
    ///   - chosenRegion: takes precedence over AWS_REGION.
    ///   - readFile: returns the bytes of a file; nil if there is none.
    package init(
        environment: [String: String],
        chosenProfile: String? = nil,
        chosenRegion: String? = nil,
        readFile: (_ path: String) throws -> [UInt8]?
    ) throws(InvalidSettings) {
        variables = environment
        let environment = environment.filter { !$0.value.isEmpty }
        self.environment = environment
        profiles = try Self.profiles(in: variables, readFile: readFile)
        isProfileChosen = chosenProfile != nil
        self.chosenRegion = chosenRegion
        let named = chosenProfile ?? Self.profileFound(in: environment)?.value
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

    /// The names of all profiles, sorted; empty if the files cannot be read.
    package static func profileNames(
        environment: [String: String],
        readFile: (_ path: String) throws -> [UInt8]?
    ) -> [String] {
        (try? profiles(in: environment, readFile: readFile))?.profiles.keys.sorted() ?? []
    }

    private static func profiles(
        in variables: [String: String],
        readFile: (_ path: String) throws -> [UInt8]?
    ) throws(InvalidSettings) -> AWSProfiles {
        AWSProfiles(
            config: try document(
                namedBy: "AWS_CONFIG_FILE",
                default: "~/.aws/config",
                in: variables,
                readFile: readFile
            ),
            credentials: try document(
                namedBy: "AWS_SHARED_CREDENTIALS_FILE",
                default: "~/.aws/credentials",
                in: variables,
                readFile: readFile
            )
        )
    }

    /// The profile in use; empty if it has no section.
    var profile: AWSProfiles.Profile { profile(profileName) }

    func profile(_ name: String) -> AWSProfiles.Profile {
        profiles.profiles[name] ?? AWSProfiles.Profile(name: name)
    }

    /// The environment variable, otherwise the profile's key.
    package func value(_ variable: String, profileKey: String) -> String? {
        environment[variable] ?? profile[profileKey].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The chosen region, otherwise AWS_REGION, AWS_DEFAULT_REGION or the profile's; nil if none is set.
    package var region: String? {
        chosenRegion ?? environment["AWS_REGION"] ?? value("AWS_DEFAULT_REGION", profileKey: "region")
    }

    /// The region that applies if the caller has not chosen one, with the variable or profile it comes from; nil if
    /// none is set.
    package var regionFound: (value: String, source: String)? {
        for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let value = environment[variable] { return (value, variable) }
        }
        return region.map { ($0, "region of the profile \(profileName)") }
    }

    /// The profile that the environment names; nil when it names none.
    package var profileFound: (value: String, source: String)? {
        Self.profileFound(in: environment)
    }

    static func profileFound(in environment: [String: String]) -> (value: String, source: String)? {
        for variable in ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"] {
            if let value = environment[variable], !value.isEmpty { return (value, variable) }
        }
        return nil
    }

    /// The file of certificates to trust: AWS_CA_BUNDLE, otherwise the profile's ca_bundle or REQUESTS_CA_BUNDLE; nil
    /// for the system's.
    package var caBundle: String? { caBundleFound?.value }

    /// The certificate file together with the variable or profile that names it.
    package var caBundleFound: (value: String, source: String)? {
        if let path = environment["AWS_CA_BUNDLE"] { return (path, "AWS_CA_BUNDLE") }
        if let path = profile["ca_bundle"], !path.isEmpty { return (path, "ca_bundle of the profile \(profileName)") }
        return environment["REQUESTS_CA_BUNDLE"].map { ($0, "REQUESTS_CA_BUNDLE") }
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
            // In a container, HOME often belongs to another user. Like the AWS CLI, ignore a file that no setting
            // names.
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

/// Unusable settings; the message says which and what to do.
package struct InvalidSettings: Error, Sendable, Hashable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) {
        self.message = message
    }

    package var description: String { message }
}
