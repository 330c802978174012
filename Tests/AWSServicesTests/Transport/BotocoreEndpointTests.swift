import FoundationEssentials
import Subprocess
import Testing

@testable import AWSServices

/// The hosts of every region of AWS as botocore's endpoint rule sets give them, in a Python process.
@Suite struct BotocoreEndpointTests {
    /// One host that botocore gives; nil where it refuses.
    private struct Row: Decodable {
        let service: String
        let region: String
        let fips: Bool
        let dualStack: Bool
        /// Of S3; empty for the other services.
        let bucket: String
        let url: String?
    }

    @Test(.timeLimit(.minutes(10)))
    func `every region's endpoints are botocore's, with FIPS and dual-stack and without`() async throws {
        let result = try await run(
            .name("python3"),
            arguments: ["-c", resolveInPython],
            output: .string(limit: 8 << 20),
            error: .string(limit: 1 << 16)
        )
        try #require(
            result.terminationStatus.isSuccess,
            "python3 with botocore is needed to compare endpoints (pip install botocore): \(result.standardError)"
        )
        let rows = try JSONDecoder().decode([Row].self, from: Data(result.standardOutput.utf8))
        var compared = 0
        for row in rows {
            let known = AWSService.allCases.first { $0.rawValue.replacing("_", with: "-") == row.service }
            guard let service = known else { continue }
            let variant = EndpointVariant(isFIPS: row.fips, isDualStack: row.dualStack)
            let url: String?
            if service == .s3 {
                let location = try? S3Location(bucket: row.bucket, region: row.region, variant: variant)
                url = location.map { "\($0.endpoint)\($0.bucketPath == "/" ? "" : $0.bucketPath)" }
            } else {
                url = AWSPartition.host(of: service, region: row.region, variant: variant).map { "https://\($0)" }
            }
            #expect(url == row.url, "\(row)")
            compared += 1
        }
        #expect(compared > 700)
    }
}

/// Answers the endpoints of all regions as JSON.
private let resolveInPython = """
    import itertools, json, sys
    try:
        import botocore.session, botocore.exceptions
        from botocore.endpoint_provider import EndpointProvider
    except ImportError as reason:
        sys.exit("python3 cannot import botocore: %s" % reason)
    loader = botocore.session.get_session().get_component("data_loader")
    partitions = loader.load_data("partitions")
    services = ["codeartifact", "s3", "sts", "sso", "sso-oidc", "signin", "service-quotas", "kms"]
    available = loader.list_available_services("endpoint-rule-set-1")
    rows = []
    for service in [name for name in services if name in available]:
        provider = EndpointProvider(loader.load_service_model(service, "endpoint-rule-set-1"), partitions)
        for partition in partitions["partitions"]:
            arn = "arn:%s:s3:{}:111122223333:accesspoint/my-ap" % partition["id"]
            for region in partition["regions"]:
                if region.endswith("-global"):
                    continue
                buckets = ["my-bucket", "My_Bucket", "my.bucket", arn.format(region)] if service == "s3" else [""]
                for fips, dual, bucket in itertools.product([False, True], [False, True], buckets):
                    given = {"Region": region, "UseFIPS": fips, "UseDualStack": dual}
                    if service == "sts":
                        given["UseGlobalEndpoint"] = False
                    if service == "signin":
                        given["IsControlPlane"] = False
                    if service == "s3":
                        given.update(
                            Bucket=bucket, ForcePathStyle=False, UseGlobalEndpoint=False, Accelerate=False,
                            UseArnRegion=True, DisableMultiRegionAccessPoints=False)
                    try:
                        url = provider.resolve_endpoint(**given).url
                    except botocore.exceptions.BotoCoreError:
                        url = None
                    rows.append({
                        "service": service, "region": region, "fips": fips, "dualStack": dual, "bucket": bucket,
                        "url": url})
    json.dump(rows, sys.stdout)
    """
