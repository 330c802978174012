import ReconcileCore
import Testing

@testable import AWSServices

/// How a bucket's or an access point's name becomes a host and a path (expected as botocore's endpoint rule set has it).
@Suite struct S3NamesTests {
    @Test(arguments: [
        ("my-bucket", "my-bucket.s3.eu-west-1.amazonaws.com", "/k"),
        ("my.bucket", "s3.eu-west-1.amazonaws.com", "/my.bucket/k"),
        ("My-Bucket", "s3.eu-west-1.amazonaws.com", "/My-Bucket/k"),
        ("my_bucket", "s3.eu-west-1.amazonaws.com", "/my_bucket/k"),
        ("-ab", "s3.eu-west-1.amazonaws.com", "/-ab/k"),
        ("ab-", "s3.eu-west-1.amazonaws.com", "/ab-/k"),
        (String(repeating: "a", count: 64), "s3.eu-west-1.amazonaws.com", "/\(String(repeating: "a", count: 64))/k"),
        ("my-ap-abc-s3alias", "my-ap-abc-s3alias.s3.eu-west-1.amazonaws.com", "/k"),
        (
            "arn:aws:s3:eu-central-1:111122223333:accesspoint/my-ap",
            "my-ap-111122223333.s3-accesspoint.eu-central-1.amazonaws.com", "/k"
        ),
        (
            "arn:aws-cn:s3:cn-north-1:111122223333:accesspoint:my-ap",
            "my-ap-111122223333.s3-accesspoint.cn-north-1.amazonaws.com.cn", "/k"
        ),
    ])
    func `a name that is a label of a host is one, and any other stands in the path`(
        bucket: String,
        host: String,
        path: String
    ) throws {
        let location = try S3Location(bucket: bucket, region: "eu-west-1")
        #expect(location.endpoint.host == host)
        #expect(location.path(of: "k") == path)
        #expect(location.description == "s3://\(bucket)")
    }

    @Test(arguments: [
        ("bkt", "bkt.s3-fips.eu-west-1.amazonaws.com", "bkt.s3.dualstack.eu-west-1.amazonaws.com"),
        ("My_Bucket", "s3-fips.eu-west-1.amazonaws.com", "s3.dualstack.eu-west-1.amazonaws.com"),
        (
            "arn:aws:s3:eu-west-1:111122223333:accesspoint/my-ap",
            "my-ap-111122223333.s3-accesspoint-fips.eu-west-1.amazonaws.com",
            "my-ap-111122223333.s3-accesspoint.dualstack.eu-west-1.amazonaws.com"
        ),
    ])
    func `a variant of the endpoint`(bucket: String, fips: String, dualStack: String) throws {
        func host(_ variant: EndpointVariant) throws -> String {
            try S3Location(bucket: bucket, region: "eu-west-1", variant: variant).endpoint.host
        }
        #expect(try host(EndpointVariant(isFIPS: true)) == fips)
        #expect(try host(EndpointVariant(isDualStack: true)) == dualStack)
        #expect(
            try host(EndpointVariant(isFIPS: true, isDualStack: true))
                == dualStack.replacing("s3.", with: "s3-fips.").replacing("point.", with: "point-fips.")
        )
        let own = try ServiceEndpoint("https://s3.example.com")
        let custom = try S3Location(
            bucket: "bkt",
            region: "eu-west-1",
            endpoint: own,
            variant: EndpointVariant(isFIPS: true)
        )
        #expect(custom.endpoint == own)
    }

    @Test func `an access point has the region of its ARN, and stands before an endpoint of one's own`() throws {
        let arn = "arn:aws:s3:eu-central-1:111122223333:accesspoint/my-ap"
        #expect(try S3Location(bucket: arn, region: "eu-west-1").region == "eu-central-1")
        let endpoint = try ServiceEndpoint("https://s3.example.com:9000/base")
        let location = try S3Location(bucket: arn, region: "eu-west-1", endpoint: endpoint)
        #expect(location.endpoint.description == "https://my-ap-111122223333.s3.example.com:9000/base")
        #expect(throws: InvalidSettings.self) { try S3Location(bucket: arn, region: "eu-west-1", addressing: .path) }
    }

    @Test(arguments: [
        ("name--euw1-az1--x-s3", "is a directory bucket"), ("ap--euw1-az1--xa-s3", "is an access point of a directory"),
        ("my-lambda--ol-s3", "is an Object Lambda access point"),
        ("my-outpost--op-s3", "is an access point on S3 Outposts"),
        ("my--table-s3", "is a table bucket"),
        ("arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap", "is a multi-Region access point"),
        ("arn:aws:s3:::my-bucket", "is the ARN of a bucket: write s3://my-bucket."),
        ("arn:aws:s3:::my-bucket/*", "is the ARN of a bucket: write s3://my-bucket."),
        ("arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/x", "is an Object Lambda access point"),
        ("arn:aws:s3-outposts:eu-west-1:111122223333:outpost/op-0/accesspoint/r", "is on S3 Outposts"),
        ("arn:aws:s3:eu-west-1:111122223333:accesspoint/My_AP", "is not the ARN of an access point"),
        ("arn:aws:s3:eu-west-1:111122223333:accesspoint/a/b", "is not the ARN of an access point"),
        ("arn:aws:s3:evil.com/:111122223333:accesspoint/a", "is not the ARN of an access point"),
        ("arn:aws:sqs:eu-west-1:1:q", "is not the ARN of S3"),
        ("arn:aws", "is not the ARN of an access point"),
    ])
    func `what cannot hold a backup is refused by name, with the reason`(bucket: String, reason: String) {
        let failure = #expect(throws: InvalidSettings.self) { try S3Location(bucket: bucket, region: "eu-west-1") }
        #expect(failure?.message.contains("\(bucket) \(reason)") == true, "\(failure?.message ?? "")")
    }
}
