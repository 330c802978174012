/// Runs tasks on a loop's thread, between its transfers, where they are alone.
final class LoopTaskExecutor: TaskExecutor {
    private let thread: LoopThread

    init(_ thread: LoopThread) {
        self.thread = thread
    }

    func enqueue(_ job: consuming ExecutorJob) {
        thread.enqueue(job, as: self)
    }
}
