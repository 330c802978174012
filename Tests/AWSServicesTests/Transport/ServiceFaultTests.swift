import AWSServices
import HTTPTransfer
import ReconcileCore
import Testing

@Suite("An error answer")
struct ServiceFaultTests {
    @Test(
        "names its code in the header or the body",
        arguments: [
            (["x-amzn-ErrorType": "ResourceNotFoundException"], "{}", "ResourceNotFoundException"),
            (["x-amzn-errortype": "ThrottlingException:http://internal.amazon.com/"], "{}", "ThrottlingException"),
            (["x-amzn-errortype": "aws.protocoltests#FooError:x"], #"{"code":"Other"}"#, "FooError"),
            ([:], #"{"code":"FooError"}"#, "FooError"),
            ([:], #"{"Code":"aws.x#FooError"}"#, "FooError"),
            ([:], #"{"__type":"com.amazon.coral.service#UnrecognizedClientException"}"#, "UnrecognizedClientException"),
            ([:], #"{"code":null,"__type":"FooError"}"#, "FooError"),
            ([:], #"{"code":42,"__type":"FooError"}"#, "FooError"),
            ([:], #"{"code":""}"#, nil), ([:], "[]", nil), ([:], "", nil), ([:], "<html>", nil), ([:], "\u{0}", nil),
        ] as [(HTTPHeaders, String, String?)]
    )
    func codes(headers: HTTPHeaders, body: String, code: String?) {
        let response = HTTPResponse(head: HTTPResponseHead(status: 400, headers: headers), body: Array(body.utf8))
        #expect(ServiceFault.json(response).code == code)
    }

    @Test func `has a message and a request id`() {
        let head = HTTPResponseHead(status: 404, headers: ["x-amzn-RequestId": "5b1f8a52"])
        let small = HTTPResponse(head: head, body: Array(#"{"message":"gone","resourceType":"package"}"#.utf8))
        let capital = HTTPResponse(head: head, body: Array(#"{"Message":"gone"}"#.utf8))
        #expect(ServiceFault.json(small) == ServiceFault(message: "gone", requestID: "5b1f8a52"))
        #expect(ServiceFault.json(capital) == ServiceFault(message: "gone", requestID: "5b1f8a52"))
    }

    @Test func `of no known form is shown where it is text`() {
        let head = HTTPResponseHead(status: 400)
        #expect(ServiceFault.text(HTTPResponse(head: head, body: Array("no token".utf8))).message == "no token")
        #expect(ServiceFault.text(HTTPResponse(head: head, body: Array(#"{"message":"m"}"#.utf8))).message == "m")
        #expect(ServiceFault.text(HTTPResponse(head: head, body: [0xFF, 0xFE, 0x00])).message == nil)
    }

    @Test(
        "that is a web page is not the service's",
        arguments: [
            (["Content-Type": "text/html"], "\n<h1>Blocked</h1><script>x < y</script><p>by <b>us</b>", true),
            ([:], "<!DOCTYPE html><HTML><body>Blocked by us", true),
            (["Content-Type": "text/html"], "Blocked by us", false),
            (["Content-Type": "text/html", "x-amzn-requestid": "5b1f"], "<html>Blocked by us", false),
            (["x-amzn-errortype": "AccessDeniedException"], "<html>Blocked by us", false),
            ([:], "<Error><Code>AccessDenied</Code></Error>", false),
        ] as [(HTTPHeaders, String, Bool)]
    )
    func pages(headers: HTTPHeaders, body: String, isPage: Bool) {
        let response = HTTPResponse(head: HTTPResponseHead(status: 403, headers: headers), body: Array(body.utf8))
        for fault in [ServiceFault.json(response), ServiceFault.text(response)] {
            #expect(fault.isForeign == isPage)
            guard isPage else { continue }
            #expect(fault.message?.split(whereSeparator: \.isWhitespace).joined(separator: " ") == "Blocked by us")
        }
    }

    @Test func `of somebody else than AWS is answered with advice on the way, not on permissions`() {
        let head = HTTPResponseHead(status: 403, headers: ["Content-Type": "text/html"])
        let response = HTTPResponse(head: head, body: Array("<html>Blocked by us".utf8))
        let failure = RemoteFailure(
            answered: response,
            fault: .json(response),
            operation: CodeArtifactOperations.listPackages,
            target: "t"
        )
        #expect(failure.denial == Denial(.foreign, words: "Blocked by us"))
        #expect(
            failure.message
                == "This answer did not come from AWS but from something in between, such as a proxy. Check https_proxy, "
                + "no_proxy and AWS_ENDPOINT_URL. It said: status 403: Blocked by us"
        )
    }

    @Test func `that refuses any ACL names the option`() {
        let response = HTTPResponse(head: HTTPResponseHead(status: 400), body: [])
        let fault = ServiceFault(code: "AccessControlListNotSupported", message: "The bucket does not allow ACLs")
        let failure = RemoteFailure(answered: response, fault: fault, operation: S3Operations.putWithACL, target: "k")
        #expect(failure.kind == .invalid)
        #expect(failure.denial?.cause == .noACLs)
        #expect(
            failure.message.contains("Remove --acl. It said: status 400 AccessControlListNotSupported: The bucket")
        )
    }

    @Test func `that refuses the bucket's KMS key names the key and what is needed of it`() {
        let key = "arn:aws:kms:eu-west-1:111122223333:key/abc"
        let said =
            "User: arn:aws:sts::111122223333:assumed-role/backup/s is not authorized to perform: kms:GenerateDataKey on "
            + "resource: \(key) because no "
        func failure(_ policy: String) -> RemoteFailure {
            RemoteFailure(
                answered: HTTPResponse(head: HTTPResponseHead(status: 403), body: []),
                fault: ServiceFault(
                    code: "AccessDenied",
                    message: "\(said)\(policy) policy allows the kms:GenerateDataKey action"
                ),
                operation: S3Operations.put,
                target: "k"
            )
        }
        #expect(failure("identity-based").denial?.action == "kms:GenerateDataKey")
        #expect(failure("identity-based").denial?.keyARN == key)
        #expect(
            failure("identity-based").message.hasPrefix(
                "Not allowed: this request needs kms:GenerateDataKey on \(key). The service said: status 403 AccessDenied: "
                    + "User:"
            )
        )
        let other = failure("resource-based").message
        #expect(other.contains("The KMS key's policy does not allow it, and the role's own policy"))
    }

    @Test func `of a KMS key that cannot be used is a refusal that blames no permission`() {
        let response = HTTPResponse(head: HTTPResponseHead(status: 400), body: [])
        let fault = ServiceFault(code: "KMS.DisabledException", message: "key is disabled")
        let failure = RemoteFailure(answered: response, fault: fault, operation: S3Operations.put, target: "k")
        #expect(failure.kind == .denied)
        #expect(
            failure.message
                == "The bucket's KMS key cannot be used: check its state and policy. It said: status 400 "
                + "KMS.DisabledException: key is disabled"
        )
    }

    @Test(
        "says that the credentials have expired, or does not",
        arguments: [
            ("ExpiredToken", true), ("ExpiredTokenException", true), ("TokenRefreshRequired", true),
            ("UnrecognizedClientException", false), ("RequestExpired", false), (nil, false),
        ] as [(String?, Bool)]
    )
    func expiry(code: String?, saysExpired: Bool) {
        #expect(ServiceFault(code: code).saysExpired == saysExpired)
    }
}
