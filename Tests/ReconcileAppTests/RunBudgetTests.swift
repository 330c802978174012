import Testing

@testable import ReconcileApp

@Suite struct RunBudgetTests {
    @Test(arguments: [
        // Lambda's longest, a minute, the shortest that the tests use, and one already past.
        (Duration.seconds(900), Duration.seconds(870), Duration.seconds(18), Duration.seconds(9)),
        (.seconds(60), .seconds(48), .milliseconds(7_200), .milliseconds(3_600)),
        (.seconds(3), .seconds(2), .milliseconds(600), .milliseconds(300)),
        (.milliseconds(500), .zero, .milliseconds(600), .milliseconds(300)),
    ])
    func `a cut-off leaves time for copies to end and for the report`(
        cutOff: Duration,
        deadline: Duration,
        grace: Duration,
        ending: Duration
    ) {
        #expect(RunBudget(until: cutOff) == RunBudget(deadline: deadline, grace: grace, ending: ending))
    }

    @Test func `what a run came to is stored in the time that its deadline leaves, or in the ending after a stop`() {
        let budget = RunBudget(deadline: .seconds(60), grace: .seconds(25))
        #expect(
            budget.afterWork(of: .seconds(20), wasStopped: false)
                == RunBudget(deadline: .seconds(40), grace: .seconds(30))
        )
        #expect(
            budget.afterWork(of: .seconds(70), wasStopped: true) == RunBudget(deadline: .zero, grace: .seconds(30))
        )
        let endless = RunBudget(deadline: nil, grace: .seconds(25))
        #expect(
            endless.afterWork(of: .seconds(70), wasStopped: false) == RunBudget(deadline: nil, grace: .seconds(30))
        )
        #expect(
            endless.afterWork(of: .seconds(70), wasStopped: true) == RunBudget(deadline: .zero, grace: .seconds(30))
        )
    }
}
