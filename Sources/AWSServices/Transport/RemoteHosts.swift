import ReconcileCore

/// The AWS hosts that a run needs, and what to check if one of them does not answer.
extension RemoteHost {
    static func api(_ name: String) -> RemoteHost {
        RemoteHost(
            name,
            purpose: "the CodeArtifact API",
            advice: "the region, AWS_ENDPOINT_URL_CODEARTIFACT, the proxy and, in a VPC, the codeartifact.api endpoint"
        )
    }

    static func maven(_ name: String) -> RemoteHost {
        RemoteHost(
            name,
            purpose: "a Maven endpoint of the domain",
            advice: "the proxy and, in a VPC, the codeartifact.repositories endpoint and --maven-endpoint"
        )
    }

    static func assets(_ name: String) -> RemoteHost {
        RemoteHost(
            name,
            purpose: "the store of the domain's assets, to which its Maven endpoint redirects",
            advice: "the proxy and, in a VPC, the S3 gateway endpoint"
        )
    }

    static func store(_ name: String) -> RemoteHost {
        RemoteHost(
            name,
            purpose: "the store of the backup",
            advice: "the region, AWS_ENDPOINT_URL_S3, the proxy and, in a VPC, the S3 gateway endpoint"
        )
    }

    /// The host of a service that only describes the caller.
    static func service(_ name: String, _ host: String) -> RemoteHost {
        RemoteHost(
            host,
            purpose: "the API of \(name)",
            advice: "the region, AWS_ENDPOINT_URL_\(name.uppercased()), the proxy and, in a VPC, its endpoint"
        )
    }
}
