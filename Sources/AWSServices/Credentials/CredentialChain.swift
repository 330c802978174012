package import Cryptography
import ReconcileCore

/// The places where AWS tools look for credentials, in the order of the AWS CLI.
///
/// Environment variables (not when the caller chose a profile); of the profile: assumed role, web identity, SSO,
/// credentials file, credential_process, config file; container; EC2 instance metadata. A place that is not set up is
/// passed over. One that is set up and fails ends the search: to go on would mean to act as somebody else. Every call
/// looks anew, the files included, and keeps nothing; `CachedCredentials` does.
package struct CredentialChain: CredentialSource {
    private let environment: [String: String]
    private let chosenProfile: String?
    private let access: CredentialAccess

    package init(environment: [String: String], chosenProfile: String? = nil, access: CredentialAccess) {
        self.environment = environment
        self.chosenProfile = chosenProfile
        self.access = access
    }

    /// The credentials of the first place that is set up. When there are none, the failure lists every place that
    /// was tried and why it gave nothing; it is `unavailable` when the last one may give them later.
    package func credentials() async throws -> AWSCredentials {
        let settings: AWSSettings
        do throws(InvalidSettings) {
            settings = try AWSSettings(
                environment: environment,
                chosenProfile: chosenProfile,
                readFile: access.readFile
            )
        } catch {
            throw failure(.credentials, error.message)
        }
        do {
            switch try await Self.search(Self.places(settings: settings, access: access)) {
            case .found(let credentials): return credentials
            case .nothing(let reasons): throw failure(.credentials, reasons)
            }
        } catch let fault as CredentialFault {
            throw failure(fault.isTransient ? .unavailable : .credentials, fault.reason)
        }
    }

    /// Does nothing: the next call looks anew anyway.
    package func refuse(_ used: AWSCredentials) {}

    private func failure(_ kind: RemoteFailure.Kind, _ reasons: String) -> RemoteFailure {
        RemoteFailure(
            kind,
            operation: .work("credentials.Find"),
            target: "profile \(chosenProfile ?? environment["AWS_PROFILE"] ?? "default")",
            message: "There are no AWS credentials to use. \(reasons)"
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
        places.append(ProcessCredentials(profile: profile, access: access))
        places.append(ProfileCredentials(profile: profile, file: .config))
        return places
    }

    /// Looks at each place in turn. Nothing, or a fault, names all that were tried.
    static func search(_ places: [any CredentialPlace]) async throws -> CredentialFinding {
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
                tried.append("\(place.name): \(fault.reason)")
                throw CredentialFault(sentence(tried), isTransient: fault.isTransient)
            }
        }
        return .nothing(sentence(tried))
    }

    private static func sentence(_ tried: [String]) -> String {
        "Tried: \(tried.joined(separator: "; "))."
    }
}
