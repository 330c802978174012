import Testing

@testable import AWSServices

@Suite struct S3LocationTests {
    @Test func `a bucket at AWS is a host of its own`() throws {
        let location = try S3Location(bucket: "my-bucket", prefix: "backup", region: "us-west-2")
        #expect(location.endpoint == ServiceEndpoint(scheme: .https, host: "my-bucket.s3.us-west-2.amazonaws.com"))
        #expect(location.path(of: "com/example/a+b/1.0 x.jar") == "/backup/com/example/a%2Bb/1.0%20x.jar")
        #expect(location.bucketPath == "/")
        #expect(location.description == "s3://my-bucket/backup")
    }

    @Test(arguments: [
        ("my.bucket", S3Location.Addressing.automatic), ("my-bucket", .path), ("my.bucket", .path),
    ])
    func `a bucket with a dot, or with path style asked for, stands in the path`(
        bucket: String,
        addressing: S3Location.Addressing
    ) throws {
        let location = try S3Location(bucket: bucket, region: "eu-west-1", addressing: addressing)
        #expect(location.endpoint == ServiceEndpoint(scheme: .https, host: "s3.eu-west-1.amazonaws.com"))
        #expect(location.path(of: "a/b") == "/\(bucket)/a/b")
        #expect(location.bucketPath == "/\(bucket)")
        #expect(location.description == "s3://\(bucket)")
    }

    @Test func `an endpoint of one's own is path-style unless asked otherwise, and keeps its base path`() throws {
        let endpoint = try ServiceEndpoint("http://127.0.0.1:8333/s3")
        let path = try S3Location(bucket: "bkt", region: "us-east-1", endpoint: endpoint)
        #expect(path.endpoint == endpoint)
        #expect(path.path(of: "k") == "/bkt/k")
        let host = try S3Location(bucket: "bkt", region: "us-east-1", endpoint: endpoint, addressing: .virtualHost)
        #expect(host.endpoint == ServiceEndpoint(scheme: .http, host: "bkt.127.0.0.1:8333", basePath: "/s3"))
    }

    @Test(arguments: [
        ("cn-north-1", "bkt.s3.cn-north-1.amazonaws.com.cn"), ("us-gov-west-1", "bkt.s3.us-gov-west-1.amazonaws.com"),
    ])
    func `a region of another partition has that partition's domain`(region: String, host: String) throws {
        #expect(try S3Location(bucket: "bkt", region: region).endpoint.host == host)
    }

    @Test(arguments: [("", ""), ("/", ""), ("a", "a/"), ("/a/", "a/"), ("a/b//", "a/b/"), ("//a", "a/")])
    func `a prefix ends with one slash, or is empty`(given: String, kept: String) throws {
        #expect(try S3Location(bucket: "bkt", prefix: given, region: "us-east-1").prefix == kept)
    }

    @Test(arguments: [
        ("a/b", "us-east-1"), ("evil.com/", "us-east-1"), ("ab", "us-east-1"), ("..a", "us-east-1"),
        ("a..b", "us-east-1"), ("b\u{FC}cket", "us-east-1"), ("bucket", "us-east-1.evil.com/"), ("bucket", ""),
    ])
    func `what cannot be part of a host is refused`(bucket: String, region: String) {
        #expect(throws: InvalidSettings.self) { try S3Location(bucket: bucket, region: region) }
    }
}
