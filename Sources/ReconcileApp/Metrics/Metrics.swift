/// The figures of one piece of work that is over as Prometheus metrics, in the text exposition format 0.0.4.
///
/// All are gauges in base units, labelled with the domain and the shard (`3_8` for the shard 3/8, since a Pushgateway's
/// paths know no slash). Every family is there each time, zero where there is nothing, but for the time of the last
/// success: work that was none must not erase the time of the one before it.
package struct Metrics: Sendable {
    /// One metric's name and what it says.
    package struct Family: Hashable, Sendable {
        package let name: String
        package let help: String
    }

    /// What distinguishes a sample from the others of its family.
    struct Label: Sendable {
        let name: String
        let value: String
    }

    private struct Sample: Sendable {
        let family: Family
        /// None where it is the only one of its family.
        let labels: [Label]
        let value: String
    }

    /// Which kind of work: the group's first label at a Pushgateway, where each kind has its own groups.
    package let job: String
    package let domain: String
    package let shard: String
    package let isSuccess: Bool
    /// In the order of the exposition.
    private let families: [Family]
    private let lastSuccess: Family
    private var samples: [Sample] = []

    /// - Parameters:
    ///   - lastSuccess: of the families, the one that holds when the work last succeeded.
    ///   - shard: as `3/8`.
    init(
        job: String,
        domain: String,
        shard: String,
        families: [Family],
        lastSuccess: Family,
        isSuccess: Bool
    ) {
        self.job = job
        self.domain = domain
        self.shard = shard.split(separator: "/").joined(separator: "_")
        self.isSuccess = isSuccess
        self.families = families
        self.lastSuccess = lastSuccess
    }

    /// - Parameter family: one of those that were given at the start; no other is printed.
    mutating func add(_ family: Family, _ value: some CustomStringConvertible, _ labels: Label...) {
        assert(families.contains(family), "\(family.name) is not among the families of \(job)")
        samples.append(Sample(family: family, labels: labels, value: value.description))
    }

    /// Which program did the work: 1, with version and commit as labels; the commit is empty where it is not known.
    mutating func addBuild(_ family: Family) {
        add(
            family,
            1,
            Label(name: "version", value: ProgramVersion.current),
            Label(name: "commit", value: ProgramVersion.commit ?? "")
        )
    }

    /// One sample for each of the values, distinguished by the label of that name.
    mutating func add(_ family: Family, by label: String, _ values: [(String, Int)]) {
        for (value, count) in values { add(family, count, Label(name: label, value: value)) }
    }

    /// The exposition: each family's help and type, then its samples, each line with its end.
    ///
    /// - Parameter earlier: an exposition that this one takes the place of. Families of other work stay as they are
    ///   there, and the time of the last success where this work is none; nil for none.
    package func exposition(after earlier: String? = nil) -> String {
        var text = earlier.map(others) ?? ""
        for family in families {
            var lines = samples.filter { $0.family == family }.map { sample in
                "\(sampleStart(family, sample.labels)) \(sample.value)"
            }
            if lines.isEmpty, family == lastSuccess, let time = earlier.flatMap(lastSuccess(in:)) {
                lines = ["\(sampleStart(family)) \(time)"]
            }
            if lines.isEmpty { continue }
            text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) gauge\n"
            text += lines.joined(separator: "\n") + "\n"
        }
        return text
    }

    /// The lines of an exposition that are of none of these families.
    private func others(in exposition: String) -> String {
        let own = Set(families.map(\.name))
        return exposition.split(separator: "\n").filter { line in
            let words = line.split(separator: " ")
            let name = line.hasPrefix("# ") ? words.dropFirst(2).first : line.split { $0 == "{" || $0 == " " }.first
            return name.map { !own.contains(String($0)) } ?? false
        }.map { $0 + "\n" }.joined()
    }

    /// The time of the last success in an exposition of the same domain and shard; nil where it has none.
    private func lastSuccess(in exposition: String) -> String? {
        let start = sampleStart(lastSuccess) + " "
        guard let line = exposition.split(separator: "\n").first(where: { $0.hasPrefix(start) }) else { return nil }
        let value = String(line.dropFirst(start.count))
        return Int64(value) == nil ? nil : value
    }

    private func sampleStart(_ family: Family, _ labels: [Label] = []) -> String {
        let all = [Label(name: "domain", value: domain), Label(name: "shard", value: shard)] + labels
        let text = all.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
        return "\(family.name){\(text)}"
    }

    /// To the millisecond.
    static func seconds(_ duration: Duration) -> Double {
        (duration / .milliseconds(1)).rounded() / 1_000
    }

    /// A label's value, as the format wants it.
    private static func escaped(_ text: String) -> String {
        text.map { (character: Character) -> String in
            switch character {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: String(character)
            }
        }.joined()
    }
}
