import HTTPTransfer
import Testing

@testable import AWSServices

@Suite struct S3AnswersTests {
    @Test func `a page's keys are decoded, plus signs and percent signs told apart`() throws {
        let page = try S3ListPage(
            xml: Array(
                """
                <?xml version="1.0" encoding="UTF-8"?>
                <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix></Prefix>
                <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
                <NextContinuationToken>1ue/+=</NextContinuationToken>
                <Contents><Key>a+b%2Bc%20d/%C3%A9%25</Key><LastModified>2026-11-22T08:36:12.000Z</LastModified>
                <ETag>&quot;d41d8cd9&quot;</ETag><Size>5368709120</Size>
                <Owner><ID>1</ID><DisplayName>Key</DisplayName></Owner></Contents>
                <Contents><Key>plain</Key><Size>0</Size></Contents>
                </ListBucketResult>
                """.utf8
            )
        )
        #expect(page.rows.map(\.key) == ["a b+c d/é%", "plain"])
        #expect(page.rows.map(\.size) == [5_368_709_120, 0])
        #expect(page.rows.map(\.etag) == ["d41d8cd9", nil])
        #expect(page.nextToken == "1ue/+=")
    }

    @Test func `a page shows each object's class, and which objects have been brought back`() throws {
        func row(_ key: String, _ more: String) -> String {
            "<Contents><Key>\(key)</Key><Size>1</Size>\(more)</Contents>"
        }
        func status(_ isRunning: Bool) -> String {
            "<RestoreStatus><IsRestoreInProgress>\(isRunning)</IsRestoreInProgress></RestoreStatus>"
        }
        let page = try S3ListPage(
            xml: Array(
                """
                <ListBucketResult><IsTruncated>false</IsTruncated>\(row("a", ""))\(
                    row("b", "<StorageClass>GLACIER</StorageClass>")
                )\(row("c", "<StorageClass>DEEP_ARCHIVE</StorageClass>" + status(true)))\(
                    row("d", "<StorageClass>GLACIER</StorageClass>" + status(false))
                )</ListBucketResult>
                """.utf8
            )
        )
        #expect(page.rows.map(\.storageClass) == [nil, "GLACIER", "DEEP_ARCHIVE", "GLACIER"])
        #expect(page.rows.map(\.isBroughtBack) == [false, false, false, true])
    }

    @Test func `without an encoding type, keys stand as they are`() throws {
        let page = try S3ListPage(
            xml: Array(
                """
                <ListBucketResult><IsTruncated>false</IsTruncated><NextContinuationToken>x</NextContinuationToken>
                <Contents><Key>a+b%2B</Key><Size>1</Size></Contents></ListBucketResult>
                """.utf8
            )
        )
        #expect(page.rows.map(\.key) == ["a+b%2B"])
        #expect(page.nextToken == nil)
    }

    @Test(arguments: [
        "<Error><Code>X</Code></Error>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%zz</Key><Size>1</Size></Contents></ListBucketResult>",
        "<ListBucketResult>", "",
    ])
    func `a page that cannot be right is refused`(xml: String) {
        #expect(throws: (any Error).self) { try S3ListPage(xml: Array(xml.utf8)) }
    }

    @Test(arguments: [
        ("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>", true),
        ("<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>", false),
        ("<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>", false),
    ])
    func `only Enabled keeps versions`(xml: String, isVersioned: Bool) throws {
        #expect(try S3Answers.isVersioned(xml: Array(xml.utf8)) == isVersioned)
    }

    @Test func `an error answer gives its code, words and request`() {
        let fault = S3Answers.fault(
            answer(
                404,
                "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>",
                ["x-amz-request-id": "4442587FB7D0A2F9"]
            )
        )
        #expect(
            fault
                == ServiceFault(
                    code: "NoSuchBucket",
                    message: "The specified bucket does not exist",
                    requestID: "4442587FB7D0A2F9"
                )
        )
        #expect(S3Answers.fault(answer(503, "<html>busy")).code == nil)
        #expect(S3Answers.fault(answer(404, "")) == ServiceFault())
    }

    @Test func `a redirect names the bucket's region`() {
        let byBody = S3Answers.fault(
            answer(
                400,
                "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>eu-west-1</Region></Error>"
            )
        )
        #expect(byBody.region == "eu-west-1" && byBody.message == "m")
        // From or to a region that must be enabled by hand; us-east-1 has no location constraint.
        for (place, region) in [("af-south-1", "af-south-1"), ("unspecified", "us-east-1")] {
            let words = "The \(place) location constraint is incompatible for the region specific endpoint."
            let body = "<Error><Code>IllegalLocationConstraintException</Code><Message>\(words)</Message></Error>"
            #expect(S3Answers.fault(answer(400, body)).region == region)
        }
        // HEAD has no body to say it in.
        for status in [301, 302, 307, 400] {
            #expect(S3Answers.fault(answer(status, "", ["x-amz-bucket-region": "ap-south-1"])).region == "ap-south-1")
        }
        #expect(S3Answers.fault(answer(403, "", ["x-amz-bucket-region": "ap-south-1"])).region == nil)
        let other = "<Error><Code>InvalidArgument</Code></Error>"
        #expect(S3Answers.fault(answer(400, other, ["x-amz-bucket-region": "ap-south-1"])).region == nil)
    }

    private func answer(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
        HTTPResponse(head: HTTPResponseHead(status: status, headers: headers), body: Array(body.utf8))
    }
}
