import ReconcileApp
import Testing

@Suite struct RunBudgetTests {
    @Test(arguments: [
        // Lambda's longest, a minute, the shortest that the tests use, and one already past.
        (Duration.seconds(900), Duration.seconds(870), Duration.seconds(18)),
        (.seconds(60), .seconds(48), .milliseconds(7_200)),
        (.seconds(3), .seconds(2), .milliseconds(600)),
        (.milliseconds(500), .zero, .milliseconds(600)),
    ])
    func `a cut-off leaves time for copies to end and for the report`(
        cutOff: Duration,
        deadline: Duration,
        grace: Duration
    ) {
        #expect(RunBudget(until: cutOff) == RunBudget(deadline: deadline, grace: grace))
    }
}
