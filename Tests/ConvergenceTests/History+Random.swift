import ReconcileCore
import TestSupport

extension History {
    /// The history of a seed: 5 to 25 steps.
    init(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        keepsVersions = Bool.random(using: &dice)
        steps = [.change(.publish(.any(&dice), content: 1))]
        for _ in 0..<Int.random(in: 4...24, using: &dice) {
            switch Int.random(in: 0..<20, using: &dice) {
            case 0..<12: steps.append(.change(.any(&dice)))
            case 12..<15: steps.append(.run(guarded: Bool.random(using: &dice)))
            default: steps.append(.work(.any(&dice)))
            }
        }
    }
}

extension History.Work {
    fileprivate static func any(_ dice: inout SeededGenerator) -> Self {
        var writers: [History.Writer] = []
        for _ in 0..<Int.random(in: 1...3, using: &dice) {
            // An event comes twice now and then.
            if let last = writers.last, dice.chance(of: 5) { writers.append(last) } else { writers.append(.any(&dice)) }
        }
        var during: [History.Moment] = []
        while dice.chance(of: 3) {
            during.append(History.Moment(after: Int.random(in: 0..<40, using: &dice), change: .any(&dice)))
        }
        return Self(writers: writers, during: during, seed: dice.next() >> 32)
    }
}

extension History.Writer {
    fileprivate static func any(_ dice: inout SeededGenerator) -> Self {
        var door = History.Door.reconciler(width: [1, 3, 0].randomElement(using: &dice) ?? 1)
        if dice.chance(of: 2) {
            door = .event(.any(&dice))
        }
        return Self(
            door: door,
            skew: [0, 0, 0, -90, 45].randomElement(using: &dice) ?? 0,
            mishap: dice.chance(of: 3) ? Mishap.Kind.allCases.randomElement(using: &dice) : nil,
            at: Int.random(in: 1...40, using: &dice)
        )
    }
}

extension History.Change {
    fileprivate static func any(_ dice: inout SeededGenerator) -> Self {
        let name = History.Name.any(&dice)
        let content = Int.random(in: 1...3, using: &dice)
        switch Int.random(in: 0..<20, using: &dice) {
        case 0..<6: return .publish(name, content: content)
        case 6..<9: return .put(name, asset: Bool.random(using: &dice) ? "app.jar" : "extra.txt", content: content)
        case 9: return .touch(name)
        case 10..<14:
            let statuses: [VersionStatus] = [.published, .published, .unlisted, .archived, .disposed, .unfinished]
            return .status(name, statuses.randomElement(using: &dice) ?? .published)
        case 14: return .hide(name)
        case 15..<17: return .delete(name)
        case 17: return .deletePackage(name)
        default: return .wait(seconds: [1, 60, 3600, -30].randomElement(using: &dice) ?? 1)
        }
    }
}

extension History.Name {
    fileprivate static func any(_ dice: inout SeededGenerator) -> Self {
        allCases.randomElement(using: &dice) ?? .app1
    }
}

extension SeededGenerator {
    /// True once in so many times.
    fileprivate mutating func chance(of number: Int) -> Bool { Int.random(in: 0..<number, using: &self) == 0 }
}
