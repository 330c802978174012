/// The page that the sandbox shows in a browser.
extension LocalCodeArtifact {
    var overview: String {
        let repositories = domains.values.sorted { $0.name < $1.name }.flatMap { domain in
            domain.repositories.keys.sorted().map { "/maven/d/\(domain.name)-\(domain.owner)/\($0)/" }
        }
        let operations = Operation.allCases.map(\.rawValue).sorted()
        let addresses = repositories.isEmpty ? ["none yet"] : repositories
        return """
            This is sandbox, a local AWS CodeArtifact. Nothing here is AWS, and nothing is kept.

            Aim AWS clients at it from a shell:
              eval "$(curl -s \(endpoint)/_sandbox/env)"

            Maven repositories (user aws, password from GetAuthorizationToken):
            \(addresses.map { "  \($0)" }.joined(separator: "\n"))

            Operations of the CodeArtifact API (Signature Version 4):
            \(operations.map { "  \($0)" }.joined(separator: "\n"))
            Also: GetCallerIdentity of STS, ListServiceQuotas of Service Quotas, Sign and GetPublicKey of KMS with the key
            \(signingKeyARN).

            For scripts, without a signature:
              GET  /_sandbox/env                  shell exports for AWS clients
              GET  /_sandbox/requests             counts by operation; POST resets them
              POST /_sandbox/faults               applies the faults in the body, one per line
              POST /_sandbox/expire-tokens        expires all authorization tokens
              POST /_sandbox/expire-credentials   answers every access key with ExpiredTokenException

            """
    }
}

/// Environment variables as POSIX shell commands.
package struct ShellExports {
    private let variables: [String: String]

    package init(_ variables: [String: String]) {
        self.variables = variables
    }

    /// One `export NAME='value'` per line, sorted by name.
    package var text: String {
        variables.sorted { $0.key < $1.key }.map { name, value in
            "export \(name)='\(value.replacing("'", with: "'\\''"))'\n"
        }.joined()
    }
}
