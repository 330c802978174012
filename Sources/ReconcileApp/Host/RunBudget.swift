/// A run's time budget: when to start nothing new, and how long work in progress may then take to finish.
package struct RunBudget: Hashable, Sendable {
    /// Measured from the run's start; nil for no deadline.
    package var deadline: Duration?
    package var grace: Duration

    package init(deadline: Duration?, grace: Duration) {
        self.deadline = deadline
        self.grace = grace
    }

    /// Divides the time until the process is killed (AWS Lambda's timeout).
    ///
    /// One fifth is reserved, at least one second and at most 30 seconds: three fifths of that for copies in progress
    /// to finish, the rest for the report and the response.
    package init(until cutOff: Duration) {
        let margin = min(max(cutOff / 5, .seconds(1)), .seconds(30))
        deadline = max(.zero, cutOff - margin)
        grace = margin * 3 / 5
    }
}
