import Cryptography

/// A role that a profile assumes with the credentials of another profile or of a place that it names.
///
/// Roles can be chained through `source_profile`. A profile may name itself if it contains keys. Roles that require an
/// MFA code are rejected, since nobody is there to enter it.
struct AssumeRoleCredentials: CredentialPlace {
    let profileName: String
    let settings: AWSSettings
    let access: CredentialAccess
    /// The profiles followed to reach this one, including itself.
    let visited: [String]

    var name: String { "profile \(profileName), assumed role" }

    func look() async throws -> CredentialFinding {
        let profile = settings.profile(profileName)
        guard let role = profile["role_arn"] else { return .nothing("no role_arn") }
        guard profile["web_identity_token_file"] == nil else { return .nothing("the role is for a web identity") }
        guard profile["mfa_serial"] == nil else {
            throw CredentialFault(
                "the role \(role.firstLine) requires an MFA code (mfa_serial), and this program cannot prompt for one: "
                    + CredentialFault.export(profileName)
            )
        }
        var parameters: [NamedValue] = [
            ("RoleArn", role),
            ("RoleSessionName", profile["role_session_name"] ?? RoleSession.name(access.clock)),
        ]
        if let id = profile["external_id"] { parameters.append(("ExternalId", id)) }
        if let seconds = profile["duration_seconds"] {
            guard let number = Int(seconds), number > 0 else {
                throw CredentialFault("duration_seconds is not a number of seconds: \(seconds.firstLine)")
            }
            parameters.append(("DurationSeconds", String(number)))
        }
        let caller = try await source(profile)
        var credentials = try await STSClient(settings: settings, access: access).assumeRole(parameters, as: caller)
        credentials.place = "\(name) (by \(caller.place))"
        credentials.isRenewable = caller.isRenewable || (caller.expiration == nil && caller.sessionToken == nil)
        return .found(credentials)
    }

    /// The credentials to assume the role with.
    private func source(_ profile: AWSProfiles.Profile) async throws -> AWSCredentials {
        let places: [any CredentialPlace]
        switch (profile["source_profile"], profile["credential_source"]) {
        case (nil, nil): throw CredentialFault("role_arn needs source_profile or credential_source beside it")
        case (.some, .some): throw CredentialFault("source_profile and credential_source exclude each other")
        case (let name?, nil): places = try self.places(of: name)
        case (nil, let name?): places = [try place(named: name)]
        }
        switch try await CredentialChain.search(places) {
        case .found(let credentials): return credentials
        case .nothing(let tried):
            let source = profile["source_profile"].map { "the source_profile \($0.firstLine) has no credentials" }
            throw CredentialFault("nothing to assume the role with: \(source ?? tried.joined(separator: "; "))")
        }
    }

    private func places(of source: String) throws(CredentialFault) -> [any CredentialPlace] {
        guard settings.profiles.profiles[source] != nil else {
            throw CredentialFault("the source_profile \(source.firstLine) does not exist")
        }
        let profile = settings.profile(source)
        let hasKeys = profile["aws_access_key_id"] != nil || profile["aws_secret_access_key"] != nil
        if visited.contains(source) {
            guard source == profileName, hasKeys else {
                throw CredentialFault(
                    "source_profile goes in a circle: \((visited + [source]).joined(separator: ", "))"
                )
            }
        }
        // A source profile's keys take precedence over its role, which ends a chain of roles.
        return CredentialChain.places(
            of: source,
            settings: settings,
            access: access,
            visited: hasKeys ? nil : visited + [source],
            usesEnvironment: false
        )
    }

    private func place(named name: String) throws(CredentialFault) -> any CredentialPlace {
        switch name {
        case "Environment": EnvironmentCredentials(environment: settings.environment)
        case "Ec2InstanceMetadata": InstanceCredentials(settings: settings, access: access)
        case "EcsContainer": ContainerCredentials(environment: settings.environment, access: access)
        default:
            throw CredentialFault(
                "the credential_source \(name.firstLine) is none of Environment, Ec2InstanceMetadata and EcsContainer"
            )
        }
    }
}
