import ReconcileCore
import Testing

@Suite struct ObjectSampleTests {
    private static let keys = (0..<3_000).map { ObjectKey("acme/maven/releases/com/acme/app/\($0)/app.jar") }

    @Test func `all subsets together are everything, each object once`() throws {
        let now = Timestamp(seconds: 0)
        let parts = try (0..<30).map { try #require(ObjectSample(subset: "\($0)/30", now: now)) }
        for key in Self.keys { #expect(parts.filter { $0.contains(key) }.count == 1) }
        for part in parts { #expect((50...160).contains(Self.keys.filter(part.contains).count)) }
    }

    @Test func `today's subset follows the day, UTC`() {
        let day: Int64 = 86_400
        #expect(ObjectSample(subset: "today/30", now: Timestamp(seconds: 30 * day)) == .subset(part: 0, of: 30))
        #expect(ObjectSample(subset: "today/30", now: Timestamp(seconds: 31 * day - 1)) == .subset(part: 0, of: 30))
        #expect(ObjectSample(subset: "today/30", now: Timestamp(seconds: 31 * day)) == .subset(part: 1, of: 30))
    }

    @Test(arguments: ["30/30", "-1/30", "3", "3/0", "x/3", "tomorrow/3", "", "1/1001"])
    func `what is no subset is refused`(text: String) {
        #expect(ObjectSample(subset: text, now: Timestamp(seconds: 0)) == nil)
    }

    @Test func `a share is about that share, and the same for the same seed`() throws {
        let sample = try #require(ObjectSample(share: "5%", seed: 7))
        #expect((90...210).contains(Self.keys.filter(sample.contains).count))
        #expect(Self.keys.filter(sample.contains) == Self.keys.filter(sample.contains))
        #expect(sample.description == "5.0%, seed 7")
        for text in ["0%", "0.01%", "101%", "5", "%", "nan%"] { #expect(ObjectSample(share: text, seed: 7) == nil) }
    }
}
