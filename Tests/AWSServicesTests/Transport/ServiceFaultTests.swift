import AWSServices
import HTTPTransfer
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
