import Cryptography

/// Keys from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, with their expiry from
/// AWS_CREDENTIAL_EXPIRATION if that is set. AWS_SECURITY_TOKEN is the token's older name; as in the AWS CLI, it takes
/// precedence.
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
