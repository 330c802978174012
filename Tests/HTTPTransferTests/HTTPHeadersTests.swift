import Testing

@testable import HTTPTransfer

@Suite struct HTTPHeadersTests {
    @Test func `a name finds its first value whatever the case`() {
        let headers: HTTPHeaders = ["Content-Type": "text/xml", "X-Amz-Id": "1", "x-amz-id": "2"]
        #expect(headers["content-type"] == "text/xml")
        #expect(headers["X-AMZ-ID"] == "1")
        #expect(headers["x-amz"] == nil)
        #expect(headers["x-amz-id-2"] == nil)
        #expect(headers[""] == nil)
    }

    @Test func `fields keep their order and spelling`() {
        var headers: HTTPHeaders = ["B": "2", "a": ""]
        headers.append("B", "3: ü")
        #expect(headers.fields.map(\.name) == ["B", "a", "B"])
        #expect(headers.fields.map(\.value) == ["2", "", "3: ü"])
    }

    @Test func `set replaces every field of the name`() {
        var headers: HTTPHeaders = ["a": "1", "b": "2", "A": "3"]
        headers.set("A", "4")
        #expect(headers.fields.map { "\($0.name)=\($0.value)" } == ["b=2", "A=4"])
        headers.remove("B")
        #expect(headers.fields.map(\.value) == ["4"])
    }

    @Test(arguments: [
        ("a\r\nb", "1"), ("", "1"), ("a b", "1"), ("a:", "1"), ("a", "1\r\nb: 2"), ("a", "1\n"), ("a", "\0"),
    ])
    func `a field that would forge another is not taken and is remembered`(name: String, value: String) {
        var headers: HTTPHeaders = ["first": "1"]
        headers.append(name, value)
        #expect(headers.fields.count == 1)
        #expect(headers.malformedName == name)
    }
}

@Suite struct ResponseHeadParserTests {
    private func parse(_ lines: [String]) -> [HTTPResponseHead] {
        var parser = ResponseHeadParser()
        return lines.compactMap { parser.append(Array($0.utf8)) }
    }

    @Test func `the head is complete at the empty line`() {
        let heads = parse(["HTTP/1.1 404 Not Found\r\n", "A:1\r\n", "B:   two words \t\r\n", "\r\n"])
        #expect(heads == [HTTPResponseHead(status: 404, headers: ["A": "1", "B": "two words"])])
    }

    @Test func `interim heads are passed over`() {
        let heads = parse([
            "HTTP/1.1 100 Continue\r\n", "\r\n", "HTTP/1.1 103 Early Hints\r\n", "Link: x\r\n", "\r\n",
            "HTTP/1.1 200\r\n", "A: 1\r\n", "\r\n",
        ])
        #expect(heads == [HTTPResponseHead(status: 200, headers: ["A": "1"])])
    }

    @Test func `trailers are not kept`() {
        let heads = parse(["HTTP/1.1 200 OK\r\n", "\r\n", "Trailer: x\r\n", "\r\n"])
        #expect(heads == [HTTPResponseHead(status: 200)])
    }

    @Test func `a folded line is joined to the one before it`() {
        let heads = parse(["HTTP/1.1 200 OK\r\n", " lost\r\n", "A: 1\r\n", "\t 2\r\n", " \r\n", "B: 3\r\n", "\r\n"])
        #expect(heads == [HTTPResponseHead(status: 200, headers: ["A": "1 2", "B": "3"])])
    }

    @Test func `a value may begin on the folded line`() {
        let heads = parse(["HTTP/1.1 200 OK\r\n", "A:\r\n", " 1\r\n", " 2\r\n", "\r\n"])
        #expect(heads == [HTTPResponseHead(status: 200, headers: ["A": "1 2"])])
    }

    @Test func `a folded line with a zero byte, which would forge a field, is left out`() {
        let heads = parse(["HTTP/1.1 200 OK\r\n", "A: 1\r\n", " x\0Location: y\r\n", "\r\n"])
        #expect(heads == [HTTPResponseHead(status: 200, headers: ["A": "1"])])
    }

    @Test func `lines that are no fields are left out`() {
        let heads = parse(["HTTP/1.1 200 OK\r\n", "nothing\r\n", ": no name\r\n", "a\0: 1\r\n", "B:\r\n", "\r\n"])
        #expect(heads == [HTTPResponseHead(status: 200, headers: ["B": ""])])
    }

    @Test(arguments: ["HTTP/1.1\r\n", "HTTP/1.1 20\r\n", "HTTP/1.1 2x0 OK\r\n"])
    func `a status line without three digits makes no head`(line: String) {
        #expect(parse([line, "A: 1\r\n", "\r\n"]) == [])
    }
}
