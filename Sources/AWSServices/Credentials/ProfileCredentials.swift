import Cryptography

/// Keys in a profile, from one of its two files.
struct ProfileCredentials: CredentialPlace {
    enum File: String, Sendable {
        case credentials = "credentials file"
        case config = "config file"
    }

    let profile: AWSProfiles.Profile
    let file: File

    var name: String { "profile \(profile.name), \(file.rawValue)" }

    func look() throws(CredentialFault) -> CredentialFinding {
        let values = (file == .credentials ? profile.credentials : profile.config).values
        let id = values["aws_access_key_id"]
        let secret = values["aws_secret_access_key"]
        switch (id, secret) {
        case (nil, nil):
            return .nothing("no aws_access_key_id")
        case (.some, nil):
            throw CredentialFault("aws_access_key_id is set and aws_secret_access_key is not")
        case (nil, .some):
            throw CredentialFault("aws_secret_access_key is set and aws_access_key_id is not")
        case (let id?, let secret?):
            // The older name takes precedence, as in the AWS CLI.
            let token = (values["aws_security_token"] ?? values["aws_session_token"]).flatMap { $0.isEmpty ? nil : $0 }
            return .found(AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token))
        }
    }
}
