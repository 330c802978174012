package import Cryptography
import ReconcileCore

/// The places where AWS tools look for credentials, in the order of the AWS CLI.
///
/// Environment variables (not when the caller chose a profile); of the profile: assumed role, web identity, SSO,
/// credentials file, login, credential_process, config file; container; EC2 instance metadata. A place that is not set
/// up is passed over. One that is set up and fails ends the search: to go on would mean to act as somebody else. Every
/// call looks anew, the files included, and keeps nothing; `CachedCredentials` does.
package struct CredentialChain: CredentialSource {
    private let environment: [String: String]
    private let chosenProfile: String?
    private let chosenRegion: String?
    private let access: CredentialAccess
    private let whenNothing: @Sendable ([String]) -> Void

    /// - Parameters:
    ///   - chosenProfile: counts before AWS_PROFILE.
    ///   - chosenRegion: counts before AWS_REGION where a service that gives credentials is asked.
    ///   - whenNothing: is given every place that was tried and why it gave nothing, a line each, whenever no place is
    ///     set up.
    package init(
        environment: [String: String],
        chosenProfile: String? = nil,
        chosenRegion: String? = nil,
        access: CredentialAccess,
        whenNothing: @escaping @Sendable (_ places: [String]) -> Void = { _ in }
    ) {
        self.environment = environment
        self.chosenProfile = chosenProfile
        self.chosenRegion = chosenRegion
        self.access = access
        self.whenNothing = whenNothing
    }

    /// The credentials of the first place that is set up. A failure names the place that failed; it is `unavailable`
    /// when that place may give credentials later.
    package func credentials() async throws -> AWSCredentials {
        let settings: AWSSettings
        do throws(InvalidSettings) {
            settings = try AWSSettings(
                environment: environment,
                chosenProfile: chosenProfile,
                chosenRegion: chosenRegion,
                readFile: access.readFile
            )
        } catch {
            throw failure(.credentials, error.message)
        }
        do {
            switch try await Self.search(Self.places(settings: settings, access: access)) {
            case .found(let credentials): return credentials
            case .nothing(let tried):
                whenNothing(tried)
                throw failure(.credentials, Self.nothing(in: settings))
            }
        } catch let fault as CredentialFault {
            // A cancelled task stops waiting for a file, which is no fault of the file.
            try Task.checkCancellation()
            throw failure(fault.isTransient ? .unavailable : .credentials, fault.reason)
        }
    }

    /// Does nothing: the next call looks anew anyway.
    package func refuse(_ used: AWSCredentials) {}

    private static func nothing(in settings: AWSSettings) -> String {
        let name = settings.profileName
        let places = "no AWS credentials in the environment, profile \(name), container or EC2 metadata"
        // The profile may be set up in a way that only the AWS CLI understands.
        guard settings.profiles.profiles[name] != nil else {
            return "\(places): log in, or use --profile"
        }
        return "\(places): log in, or if the AWS CLI has some, \(CredentialFault.export(name))"
    }

    private func failure(_ kind: RemoteFailure.Kind, _ reason: String) -> RemoteFailure {
        RemoteFailure(
            kind,
            operation: .work("credentials.Find"),
            target: "profile \(chosenProfile ?? AWSSettings.profileFound(in: environment)?.value ?? "default")",
            message: reason
        )
    }
}

extension CredentialChain {
    static func places(settings: AWSSettings, access: CredentialAccess) -> [any CredentialPlace] {
        let environment: [any CredentialPlace] =
            settings.isProfileChosen ? [] : [EnvironmentCredentials(environment: settings.environment)]
        let profile = places(
            of: settings.profileName,
            settings: settings,
            access: access,
            visited: [settings.profileName],
            usesEnvironment: !settings.isProfileChosen
        )
        let machine: [any CredentialPlace] = [
            ContainerCredentials(environment: settings.environment, access: access),
            InstanceCredentials(settings: settings, access: access),
        ]
        return environment + profile + machine
    }

    /// The places of one profile; those of a role only when the profiles that led here are given.
    static func places(
        of name: String,
        settings: AWSSettings,
        access: CredentialAccess,
        visited: [String]?,
        usesEnvironment: Bool
    ) -> [any CredentialPlace] {
        let profile = settings.profile(name)
        var places: [any CredentialPlace] = []
        if let visited {
            places.append(
                AssumeRoleCredentials(profileName: name, settings: settings, access: access, visited: visited)
            )
        }
        places.append(
            WebIdentityCredentials(
                profileName: name,
                settings: settings,
                access: access,
                usesEnvironment: usesEnvironment
            )
        )
        places.append(SSOCredentials(profile: profile, settings: settings, access: access))
        places.append(ProfileCredentials(profile: profile, file: .credentials))
        places.append(LoginCredentials(profile: profile, settings: settings, access: access))
        places.append(ProcessCredentials(profile: profile, access: access, secrets: settings.secrets))
        places.append(ProfileCredentials(profile: profile, file: .config))
        return places
    }

    /// What a search found.
    enum Outcome: Sendable, Hashable {
        case found(AWSCredentials)
        /// No place is set up; a line for each, such as "profile dev, SSO: no sso_account_id".
        case nothing([String])
    }

    /// Looks at each place in turn. A fault names the place that failed.
    static func search(_ places: [any CredentialPlace]) async throws -> Outcome {
        var tried: [String] = []
        for place in places {
            do {
                switch try await place.look() {
                case .found(var credentials):
                    if credentials.place.isEmpty { credentials.place = place.name }
                    return .found(credentials)
                case .nothing(let reason): tried.append("\(place.name): \(reason)")
                }
            } catch let fault as CredentialFault {
                throw CredentialFault("\(place.name): \(fault.reason)", isTransient: fault.isTransient)
            }
        }
        return .nothing(tried)
    }
}
