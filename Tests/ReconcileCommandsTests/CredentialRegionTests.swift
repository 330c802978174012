import AWSServices
import ArgumentParser
import FoundationEssentials
import TestSupport
import Testing

@testable import ReconcileApp

/// What the flags of a command say to those who give credentials.
@Suite struct CredentialRegionTests {
    @Test(
        "a role is assumed in the region that is chosen",
        arguments: [("eu-south-1", "eu-south-1"), (nil, "eu-west-1")]
    )
    func region(chosen: String?, expected: String) async throws {
        let scope = try await withTimeout {
            try await withScratchDirectory { directory in
                let config = "\(directory)/config"
                try Data("[profile x]\nrole_arn = r\ncredential_source = Environment\n".utf8).write(
                    to: URL(filePath: config)
                )
                return try await ScriptedHTTPServer.withServer { _ in
                    .reply(403)
                } _: { service async throws in
                    let environment = [
                        "AWS_CONFIG_FILE": config, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s",
                        "AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL_STS": service.url(""),
                    ]
                    let host = try Host(environment: environment, log: try LogFlags.parse([]), profile: "x")
                    let flags = try AWSFlags.parse(["--profile", "x"] + (chosen.map { ["--region", $0] } ?? []))
                    try await flags.withAccess(on: host, for: []) { access in
                        _ = try? await access.credentials.credentials()
                    }
                    return service.requests.first?["Authorization"]?.split(separator: "/")[2]
                }
            }
        }
        #expect(scope.map { String($0) } == expected)
    }
}
