/// A run's time budget: when to start nothing new, how long work in progress may then take to finish, and how long the
/// report may take to be stored after that.
package struct RunBudget: Hashable, Sendable {
    /// Measured from the run's start; nil for no deadline.
    package var deadline: Duration?
    package var grace: Duration
    /// For what is stored once the work is over, after a deadline or a signal. docs/KUBERNETES.md promises the default.
    package var ending: Duration

    package init(deadline: Duration?, grace: Duration, ending: Duration = .seconds(30)) {
        self.deadline = deadline
        self.grace = grace
        self.ending = ending
    }

    /// What is left for the ending of work that took `elapsed`: nothing more is begun once the deadline is over.
    ///
    /// - Parameter wasStopped: whether a deadline or a signal stopped the work.
    func afterWork(of elapsed: Duration, wasStopped: Bool) -> RunBudget {
        let left = deadline.map { max(.zero, $0 - elapsed) }
        return RunBudget(deadline: wasStopped ? .zero : left, grace: ending)
    }

    /// Divides the time until the process is killed (AWS Lambda's timeout).
    ///
    /// One fifth is reserved, at least one second and at most 30 seconds: three fifths of that for copies in progress
    /// to finish, three tenths for the report, the rest for the response.
    package init(until cutOff: Duration) {
        let margin = min(max(cutOff / 5, .seconds(1)), .seconds(30))
        deadline = max(.zero, cutOff - margin)
        grace = margin * 3 / 5
        ending = margin * 3 / 10
    }
}
