import FoundationEssentials
import ReconcileCore
import Testing

@Suite("JSON that is scanned and written without Codable")
struct JSONTests {
    /// A text, a number, a list and an object within an object.
    private struct Sample: Hashable, Codable, JSONReadable, JSONWritable {
        var list: [String]
        var number: Double?
        var text: String
        var whole: Int64

        init(list: [String], number: Double?, text: String, whole: Int64) {
            (self.list, self.number, self.text, self.whole) = (list, number, text, whole)
        }

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            var (list, number, text, whole): ([String]?, Double?, String?, Int64?)
            try json.members { (json, name) throws(JSONProblem) in
                switch name {
                case "list": list = try json.read()
                case "number": number = try json.read()
                case "text": text = try json.read()
                case "whole": whole = try json.read()
                default: try json.skip()
                }
            }
            self.init(
                list: try required(list, "list"),
                number: number,
                text: try required(text, "text"),
                whole: try required(whole, "whole")
            )
        }

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("list", list)
                json.member("number", number)
                json.member("text", text)
                json.member("whole", whole)
            }
        }
    }

    private static let everyCharacterOfASCII = String(String.UnicodeScalarView((0..<0x80).map { Unicode.Scalar($0) }))

    private static let samples = [
        Sample(list: [], number: nil, text: "", whole: 0),
        Sample(list: ["", "a", "é", "e\u{301}"], number: 1_567_920_624.849, text: everyCharacterOfASCII, whole: .max),
        Sample(list: ["\u{2028}", "\u{7F}\u{85}\u{FEFF}", "🦆"], number: -0.5, text: "a/b\\c\"", whole: .min),
        Sample(list: ["x"], number: 1_700_000_000, text: "\u{0}", whole: -1),
        Sample(list: ["x"], number: 1e-7, text: "\u{FFFF}\u{10FFFF}", whole: 1),
        Sample(list: ["x"], number: 253_402_300_799.999, text: "x", whole: 1),
        Sample(list: ["x"], number: 1e21, text: "x", whole: 1),
    ]

    @Test("is written as Foundation writes it with sorted keys, and comes back", arguments: samples)
    private func writing(sample: Sample) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = JSONWriter.bytes(of: sample)
        #expect(bytes == Array(try encoder.encode(sample)))
        #expect(try JSONScanner.read(Sample.self, from: bytes) == sample)
    }

    private static let whole =
        #"{"list":["a","b\u00e9\ud83e\udd86\n\/"],"number":-1.5e2,"text":"t","whole":12,"x":[{"y":null},true,false,0]}"#

    @Test("any byte changed or cut is read as Foundation reads it, or refused")
    func differences() throws {
        let decoder = JSONDecoder()
        let bytes = Array(Self.whole.utf8)
        #expect(try JSONScanner.read(Sample.self, from: bytes) == decoder.decode(Sample.self, from: Data(bytes)))
        for index in bytes.indices {
            #expect(throws: JSONProblem.self) { try JSONScanner.read(Sample.self, from: Array(bytes[..<index])) }
            for byte in UInt8.min...UInt8.max {
                var changed = bytes
                changed[index] = byte
                guard let read = try? JSONScanner.read(Sample.self, from: changed) else { continue }
                let foundation = try? decoder.decode(Sample.self, from: Data(changed))
                #expect(read == foundation, "\(String(decoding: changed, as: UTF8.self))")
            }
        }
    }

    @Test(
        "reads every spelling of a value that the standard allows",
        arguments: [
            (
                " \t\r\n{ \"list\" : [ ] , \"text\" : \"\" , \"whole\" : 0 } \n",
                Sample(list: [], number: nil, text: "", whole: 0)
            ),
            (
                #"{"whole":3.0,"text":"\u0000","list":["\"\\\/\b\f\n\r\t"],"number":null}"#,
                Sample(list: ["\"\\/\u{8}\u{C}\n\r\t"], number: nil, text: "\u{0}", whole: 3)
            ),
            (
                #"{"whole":-2e2,"text":"\uD83E\uDD86","list":[],"number":1E+2}"#,
                Sample(list: [], number: 100, text: "🦆", whole: -200)
            ),
        ]
    )
    private func spellings(text: String, sample: Sample) throws {
        #expect(try JSONScanner.read(Sample.self, from: Array(text.utf8)) == sample)
    }

    @Test(
        "that is wrong says what, and where",
        arguments: [
            ("", "it is not JSON: it ends too early, at byte 0"), ("[]", "it is not an object"),
            (#"{"list":[1],"text":"","whole":1}"#, "list.0 is not a string"),
            (#"{"list":[],"text":"","whole":1.5}"#, "whole is not a whole number"),
            (#"{"list":[],"text":"","whole":9223372036854775808}"#, "whole is not a whole number"),
            (#"{"list":[],"text":"","whole":01}"#, "it is not JSON: no } where one belongs, at byte 30"),
            (#"{"list":[],"text":"","whole":1,"number":1e999}"#, "number is not a number"),
            (#"{"list":[],"text":""}"#, "it has no whole"),
            (#"{"list":[],"list":[],"text":"","whole":1}"#, "it has list twice"),
            (#"{"x":{"y":1,"y":2}}"#, "x has y twice"),
            (#"{"list":["\ud83e"]}"#, "it is not JSON: half a surrogate pair, at byte 16"),
            (#"{"list":["\x"]}"#, "it is not JSON: an invalid escape, at byte 12"),
            ("{\"list\":[\"\u{1}\"]}", "it is not JSON: a control character in a string, at byte 10"),
            (#"{"list":[],}"#, "it is not JSON: no name of a member, at byte 11"),
            (#"{"list":[],"text":"","whole":1}x"#, "it is not JSON: something follows its end, at byte 31"),
            (#"{"x":nul}"#, "it is not JSON: no value, at byte 5"),
            (String(repeating: "[", count: 100_000), "it is not an object"),
            (
                #"{"x":\#(String(repeating: "[", count: 100_000))"#,
                "it is not JSON: it is nested more than 128 deep, at byte 133"
            ),
        ]
    )
    func problems(text: String, words: String) {
        let problem = #expect(throws: JSONProblem.self) { try JSONScanner.read(Sample.self, from: Array(text.utf8)) }
        #expect(problem?.description == words)
    }

    @Test("text that is not UTF-8 is refused, and a name is cut in a message")
    func hostileText() {
        let bytes = Array(#"{"text":""#.utf8) + [0xC0, 0x80] + Array("\"}".utf8)
        #expect(throws: JSONProblem.self) { try JSONScanner.read(Sample.self, from: bytes) }
        let long = String(repeating: "n", count: 1_000)
        let text = #"{"\#(long)":1,"\#(long)":2}"#
        let problem = #expect(throws: JSONProblem.self) { try JSONScanner.read(Sample.self, from: Array(text.utf8)) }
        #expect(problem?.description == "it has \(String(repeating: "n", count: 80)) twice")
    }
}
