package import Cryptography
import ReconcileCore

/// The places where AWS tools look for credentials, in the AWS CLI's order.
///
/// These are: environment variables (unless the caller chose a profile); the profile's assumed role, web identity, SSO,
/// credentials file, login, credential_process and config file; container; EC2 instance metadata. A place that is not
/// set up is skipped. A place that is set up but fails ends the search: continuing would mean acting as a different
/// identity. Every call searches again, including the files, and caches nothing; `CachedCredentials` does.
package struct CredentialChain: CredentialSource {
    private let environment: [String: String]
    private let chosenProfile: String?
    private let chosenRegion: String?
    private let access: CredentialAccess
    private let whenNothing: @Sendable ([String]) -> Void

    /// - Parameters:
    ///   - chosenProfile: takes precedence over AWS_PROFILE.
    ///   - chosenRegion: takes precedence over AWS_REGION for the services that issue credentials.
    ///   - whenNothing: called whenever no place is set up, with one line per place that says why it gave nothing.
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

    /// The credentials of the first place that is set up. A failure names the place that failed; it is `unavailable` if
    /// that place may supply credentials later.
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
            // A cancelled task stops waiting for a file; do not blame the file.
            try Task.checkCancellation()
            throw failure(fault.isTransient ? .unavailable : .credentials, fault.reason)
        }
    }

    /// Does nothing, since every call searches again.
    package func refuse(_ used: AWSCredentials) {}

    private static func nothing(in settings: AWSSettings) -> String {
        let name = settings.profileName
        let places = "no AWS credentials in the environment, profile \(name), container or EC2 metadata"
        // The AWS CLI may support ways to set up a profile that this program does not.
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

    /// The places of one profile. Includes its role only if `visited`, the profiles that led here, is given.
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

    /// The result of a search.
    enum Outcome: Sendable, Hashable {
        case found(AWSCredentials)
        /// No place is set up. One line per place, such as "profile dev, SSO: no sso_account_id".
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
