import Cryptography

/// Keys printed by the program in a profile's `credential_process`, which runs without a shell.
struct ProcessCredentials: CredentialPlace {
    let profile: AWSProfiles.Profile
    let access: CredentialAccess
    /// Secrets that the program may know and quote.
    var secrets: [String?] = []

    var name: String { "profile \(profile.name), credential_process" }

    func look() async throws -> CredentialFinding {
        guard let command = profile["credential_process"], !command.isEmpty else {
            return .nothing("no credential_process")
        }
        guard let words = ShellWords.split(command), let program = words.first else {
            throw CredentialFault("the command is not closed: a quote or a backslash is left over")
        }
        let result = try await access.run(words)
        guard result.succeeded else {
            let own = try? CredentialDocument.read(result.output, from: program)
            let secrets = secrets + [own?.secretAccessKey, own?.sessionToken, own?.token]
            let words = ForeignWords.concealing(result.complaint, secrets).prefix(ServiceFault.messageLimit)
            throw CredentialFault("\(program) failed: \(words)")
        }
        let document = try CredentialDocument.read(result.output, from: program)
        guard document.version == 1 else {
            throw CredentialFault(
                "\(program) answered Version \(document.version.map(String.init) ?? "(none)"); only 1 is known"
            )
        }
        var credentials = try document.credentials(from: program, needsExpiration: false)
        credentials.isRenewable = credentials.expiration != nil
        return .found(credentials)
    }
}

extension AWSSettings {
    /// The secrets that a program in this environment could read and quote.
    var secrets: [String?] {
        let own = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"]
            .map { environment[$0] }
        return own + profiles.profiles.values.flatMap { [$0["aws_secret_access_key"], $0["aws_session_token"]] }
    }
}
