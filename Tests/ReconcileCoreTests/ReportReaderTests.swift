import ReconcileCore
import Testing

/// Reports that somebody else has written.
@Suite struct ReportReaderTests {
    private struct Report: Decodable, Hashable {
        var seconds: Double?
        var count: Int?
        var text: String?
    }

    private func read(_ json: String) -> Report? { try? ReportReader.decode(Report.self, from: Array(json.utf8)) }

    @Test(
        arguments: [
            #"{"seconds": 1e308}"#, #"{"seconds":-1e18}"#, #"{"count": 9223372036854775807}"#,
            #"{"count":-9223372036854775808}"#, #"{"text": "\\", "count": 200000000000000000}"#, #"{"seconds": 1E+99}"#,
            #"{"other": [{"deep": 2e17}]}"#, #"{"seconds": 6e16, "count": -60000000000000000}"#,
        ]
    )
    func `numbers that no program of this kind writes make it no report, each alone and all together`(json: String) {
        #expect(read(json) == nil)
    }

    @Test(
        arguments: [
            (#"{"seconds": 1e15, "count": 1000000000000000}"#, Report(seconds: 1e15, count: 1_000_000_000_000_000)),
            (#"{"seconds":0.25}"#, Report(seconds: 0.25)),
            (#"{"text": "1e308 \" 1e308"}"#, Report(text: "1e308 \" 1e308")),
            (#"{"text":"\\\" 9e99","count":null}"#, Report(text: "\\\" 9e99")),
        ]
    )
    private func `numbers in texts are texts, and all others are read`(json: String, report: Report) {
        #expect(read(json) == report)
    }

    @Test(arguments: ["", "{", "[1]", "e", "{\"text\": \"", "{\"seconds\": --1}"])
    func `what is no JSON of a report is refused`(json: String) {
        #expect(read(json) == nil)
    }
}
