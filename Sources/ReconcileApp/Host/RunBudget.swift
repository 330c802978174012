/// The time that a run has: when to start nothing new, and how long what runs then may take to end.
package struct RunBudget: Hashable, Sendable {
    /// From the run's start; nil for no deadline.
    package var deadline: Duration?
    package var grace: Duration

    package init(deadline: Duration?, grace: Duration) {
        self.deadline = deadline
        self.grace = grace
    }

    /// Divides the time after which a process is cut off, whatever it does: AWS Lambda's timeout.
    ///
    /// A fifth of it is kept back, a second at least and half a minute at most: three fifths of that for running
    /// copies to end, the rest for the report and the answer.
    package init(until cutOff: Duration) {
        let margin = min(max(cutOff / 5, .seconds(1)), .seconds(30))
        deadline = max(.zero, cutOff - margin)
        grace = margin * 3 / 5
    }
}
