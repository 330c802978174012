import Cryptography

/// Keys in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, with their expiry in
/// AWS_CREDENTIAL_EXPIRATION where the one who set them knows it. AWS_SECURITY_TOKEN is the token's older name, and
/// counts first, as for the AWS CLI.
struct EnvironmentCredentials: CredentialPlace {
    let environment: [String: String]

    var name: String { "environment variables" }

    func look() throws(CredentialFault) -> CredentialFinding {
        guard let id = environment["AWS_ACCESS_KEY_ID"] else { return .nothing("AWS_ACCESS_KEY_ID is not set") }
        guard let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
            throw CredentialFault("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not")
        }
        return .found(
            AWSCredentials(
                accessKeyID: id,
                secretAccessKey: secret,
                sessionToken: environment["AWS_SECURITY_TOKEN"] ?? environment["AWS_SESSION_TOKEN"],
                expiration: environment["AWS_CREDENTIAL_EXPIRATION"].flatMap(ISOTime.date)
            )
        )
    }
}
