import Synchronization

/// One fault to be shown to clients: which operation, what goes wrong, and how often.
///
/// Spelled `OPERATION:EFFECT[:WHEN,…]`, as `assets.GetObject:cut=1000:p=0.05` or
/// `codeartifact.ListPackages:429=2:first=3`.
/// OPERATION is a counted name, `*`, or a name ending in `*`. EFFECT is `403`, `500`, `503`, `429` (`=` seconds of
/// Retry-After), `reset` (`=` bytes of the body that arrive before), `cut=BYTES`, `flip=BYTE`, `stall=SECONDS`,
/// `body=TEXT` (200 with these bytes instead of the answer's; a colon cannot be spelled), `hash` (a wrong listed
/// hash), `token` (the page token of the request again) or `empty` (an empty page). WHEN is `first=N` (so many times),
/// `after=N` (not the first N requests), `every=N`, `p=PROBABILITY` (seeded), `on=TEXT` (only when the decoded target
/// contains it).
package struct Fault: Hashable, Sendable {
    package enum Effect: Hashable, Sendable {
        case status(Int, retryAfter: Int?)
        case reset(after: Int64?)
        case cut(after: Int64)
        case flip(byte: Int64)
        case stall(seconds: Double)
        case body([UInt8])
        case wrongHash
        case repeatedToken
        case emptyPage
    }

    package var operation: String
    package var effect: Effect
    package var first: Int?
    package var after = 0
    package var every = 1
    package var probability: Double = 1
    package var on: String?

    package init(_ operation: String, _ effect: Effect, first: Int? = nil, on: String? = nil) {
        self.operation = operation
        self.effect = effect
        self.first = first
        self.on = on
    }

    func concerns(_ operation: String, target: String) -> Bool {
        let isNamed =
            self.operation.hasSuffix("*")
            ? operation.hasPrefix(self.operation.dropLast()) : operation == self.operation
        return isNamed && (on.map { target.contains($0) } ?? true)
    }
}

extension Fault {
    /// Reads the spelling above; throws a sentence that says what is wrong with it.
    package init(_ text: String) throws(FaultSyntaxError) {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, !parts[0].isEmpty else {
            throw FaultSyntaxError("the fault \(text) is not of the form OPERATION:EFFECT[:WHEN,...]")
        }
        self.init(parts[0], try Self.effect(parts[1]))
        guard Self.operations.contains(where: { concerns($0, target: "") }) else {
            throw FaultSyntaxError("the fault \(text) is about no operation that exists: \(Self.operations)")
        }
        guard parts.count == 3 else { return }
        for condition in parts[2].split(separator: ",") {
            let (name, value) = Self.pair(String(condition))
            switch (name, value, value.flatMap(Int.init), value.flatMap(Double.init)) {
            case ("first", _, let count?, _) where count > 0: first = count
            case ("after", _, let count?, _) where count >= 0: after = count
            case ("every", _, let count?, _) where count > 0: every = count
            case ("p", _, _, let share?) where (0...1).contains(share): probability = share
            case ("on", let text?, _, _): on = text
            default: throw FaultSyntaxError("the condition \(condition) of the fault \(text) is not known")
            }
        }
    }

    /// The names that requests are counted under.
    private static let operations =
        Operation.allCases.map { "codeartifact.\($0.rawValue)" }
        + ["Get", "Head", "Put"].flatMap { ["maven.\($0)Asset", "maven.\($0)Checksum", "maven.\($0)Metadata"] }
        + ["assets.GetObject", "assets.HeadObject"]

    private static func effect(_ text: String) throws(FaultSyntaxError) -> Effect {
        let (name, value) = pair(text)
        switch (name, value.flatMap(Int64.init)) {
        case ("429", let seconds): return .status(429, retryAfter: Int(seconds ?? 1))
        case ("reset", let bytes) where value == nil || (bytes ?? -1) >= 0: return .reset(after: bytes)
        case ("body", _) where value != nil: return .body(Array((value ?? "").utf8))
        case ("cut", let bytes?) where bytes >= 0: return .cut(after: bytes)
        case ("flip", let byte?) where byte >= 0: return .flip(byte: byte)
        case ("stall", _): return .stall(seconds: value.flatMap(Double.init) ?? 3600)
        case ("hash", nil): return .wrongHash
        case ("token", nil): return .repeatedToken
        case ("empty", nil): return .emptyPage
        case (let status, nil):
            if let status = Int(status), (400...599).contains(status) { return .status(status, retryAfter: nil) }
        default: break
        }
        throw FaultSyntaxError("the effect \(text) is not known")
    }

    private static func pair(_ text: String) -> (name: String, value: String?) {
        guard let equals = text.firstIndex(of: "=") else { return (text, nil) }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
}

/// A fault that cannot be read.
package struct FaultSyntaxError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The faults in force and how often each was met and shown.
final class FaultPlan: Sendable {
    private struct Entry {
        let fault: Fault
        var met = 0
        var shown = 0
        var random: SplitMix64

        mutating func isDue() -> Bool {
            met += 1
            guard met > fault.after, (met - fault.after).isMultiple(of: fault.every) else { return false }
            if let first = fault.first, shown >= first { return false }
            if fault.probability < 1, Double(random.next() >> 11) * 0x1p-53 >= fault.probability { return false }
            shown += 1
            return true
        }
    }

    private let entries: Mutex<[Entry]>

    init(_ faults: [Fault], seed: UInt64) {
        entries = Mutex(Self.entries(faults, seed: seed))
    }

    /// Replaces the faults and resets their counts.
    func replace(_ faults: [Fault], seed: UInt64) {
        entries.withLock { $0 = Self.entries(faults, seed: seed) }
    }

    /// The effect to show to one request: that of the first fault that is due, nil when none is.
    func draw(_ operation: String, target: String) -> Fault.Effect? {
        entries.withLock { entries in
            for index in entries.indices where entries[index].fault.concerns(operation, target: target) {
                if entries[index].isDue() { return entries[index].fault.effect }
            }
            return nil
        }
    }

    private static func entries(_ faults: [Fault], seed: UInt64) -> [Entry] {
        faults.enumerated().map { Entry(fault: $1, random: SplitMix64(seed: SplitMix64.derive(seed, $0))) }
    }
}
