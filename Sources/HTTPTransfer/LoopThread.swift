import Glibc
import Synchronization

/// The thread on which one `TransferLoop` runs, and that actor's executor.
///
/// The thread repeats: run what is in the mailbox, take a turn of the loop, wait for sockets or mail.
final class LoopThread: SerialExecutor {
    /// What other threads ask of this one, served in order.
    private enum Mail {
        case job(UnownedJob)
        /// A job of a task that prefers this thread.
        case task(UnownedJob, LoopTaskExecutor)
        case cancel(TransferLoop.OperationID)
    }

    private struct Mailbox {
        var mail: [Mail] = []
        /// The thread waits or is about to, so new mail must wake it.
        var isWaiting = false
        var isStopping = false
        /// The thread has ended, so callers run the jobs that they post.
        var hasEnded = false
        /// This thread, while a caller serves mail posted after the end, so that it stays alive until that is done.
        var served: LoopThread?
    }

    let multi: MultiHandle
    private let wake: WakeSignal
    private let mailbox = Mutex(Mailbox())
    /// When the thread last had to wait, in `coarseMilliseconds`.
    private let lastPause = Atomic(LoopThread.coarseMilliseconds())
    /// The number of late answers so far.
    private let lateAnswers = Atomic(0)
    /// The number of exchanges in which nothing moves.
    private let stalled = Atomic(0)
    /// The pthread that may act as the actor now; 0 for none.
    private let current = Atomic<UInt>(0)

    /// - Parameter wake: ends a wait of `multi`.
    init(multi: MultiHandle, wake: WakeSignal) {
        self.multi = multi
        self.wake = wake
    }

    func enqueue(_ job: consuming ExecutorJob) {
        post(.job(UnownedJob(job)))
    }

    func enqueue(_ job: consuming ExecutorJob, as executor: LoopTaskExecutor) {
        post(.task(UnownedJob(job), executor))
    }

    /// Asks the loop to cancel an operation. Callable from any thread; does nothing if the operation is over.
    func cancel(_ id: TransferLoop.OperationID) {
        post(.cancel(id))
    }

    func checkIsolated() {
        precondition(isCurrent, "curl is used outside its thread")
    }

    func isIsolatingCurrentContext() -> Bool? {
        isCurrent
    }

    /// How long ago the thread was last idle, accurate to a few milliseconds.
    var sincePause: Duration {
        .milliseconds(Self.coarseMilliseconds() - lastPause.load(ordering: .relaxed))
    }

    /// How many answers had not begun within `Progress.late` of their requests.
    var lateAnswerCount: Int { lateAnswers.load(ordering: .relaxed) }

    func noteLateAnswer() {
        lateAnswers.add(1, ordering: .relaxed)
    }

    /// How many exchanges were stalled at the last sweep.
    var stalledCount: Int { stalled.load(ordering: .relaxed) }

    func noteStalled(_ count: Int) {
        stalled.store(count, ordering: .relaxed)
    }

    /// A clock that costs next to nothing to read, and moves every few milliseconds.
    private static func coarseMilliseconds() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }

    private var isCurrent: Bool { current.load(ordering: .relaxed) == UInt(pthread_self()) }

    private func post(_ mail: Mail) {
        let (mustWake, mustServe) = mailbox.withLock { box in
            box.mail.append(mail)
            let mustWake = box.isWaiting
            box.isWaiting = false
            guard box.hasEnded, box.served == nil else { return (mustWake, false) }
            box.served = self
            return (mustWake, true)
        }
        // Outside the lock, which the thread takes as soon as it wakes.
        if mustWake { wake.raise() }
        if mustServe { serveAfterEnd() }
    }
}

extension LoopThread {
    /// A running thread; join it exactly once.
    struct Running: Sendable {
        fileprivate let id: pthread_t
    }

    /// Starts the thread for a loop whose executor this is.
    func start(_ loop: TransferLoop) throws(TransferFailure) -> Running {
        var id = pthread_t()
        let start = unsafe Unmanaged.passRetained(Start(thread: self, loop: loop))
        let status = unsafe pthread_create(
            &id,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                start.thread.run(start.loop)
                return nil
            },
            start.toOpaque()
        )
        guard status == 0 else {
            unsafe start.release()
            throw TransferFailure(
                .internal,
                message: "No thread could be started for HTTP transfers (error \(status))."
            )
        }
        return Running(id: id)
    }

    /// Ends the thread and waits for it. Quick, since the loop has already been shut down.
    func stop(_ running: Running) {
        mailbox.withLock { $0.isStopping = true }
        wake.raise()
        pthread_join(running.id, nil)
    }

    private final class Start {
        let thread: LoopThread
        let loop: TransferLoop

        init(thread: LoopThread, loop: TransferLoop) {
            self.thread = thread
            self.loop = loop
        }
    }

    private func run(_ loop: TransferLoop) {
        blockSignals()
        current.store(UInt(pthread_self()), ordering: .relaxed)
        var mail: [Mail] = []
        while true {
            let isStopping = mailbox.withLock { box in
                swap(&mail, &box.mail)
                return box.isStopping
            }
            if mail.isEmpty && isStopping { break }
            for item in mail { serve(item, loop) }
            mail.removeAll(keepingCapacity: true)
            let wait = loop.assumeIsolated { $0.turn() }
            let mayWait = mailbox.withLock { box in
                box.isWaiting = box.mail.isEmpty && !box.isStopping
                return box.isWaiting
            }
            if mayWait {
                let begun = Self.coarseMilliseconds()
                multi.wait(milliseconds: wait)
                let ended = Self.coarseMilliseconds()
                if ended != begun { lastPause.store(ended, ordering: .relaxed) }
                mailbox.withLock { $0.isWaiting = false }
            }
        }
        loop.assumeIsolated { $0.tearDown() }
        current.store(0, ordering: .relaxed)
        let mustServe = mailbox.withLock { box in
            box.hasEnded = true
            guard !box.mail.isEmpty else { return false }
            box.served = self
            return true
        }
        if mustServe { serveAfterEnd() }
    }

    /// - Parameter loop: nil after the thread has ended, when there is nothing left to cancel.
    private func serve(_ item: Mail, _ loop: TransferLoop?) {
        switch item {
        case .job(let job): unsafe job.runSynchronously(on: asUnownedSerialExecutor())
        case .task(let job, let executor): unsafe job.runSynchronously(on: executor.asUnownedTaskExecutor())
        case .cancel(let id): loop?.assumeIsolated { $0.cancel(id) }
        }
    }

    /// Serves mail after the thread has ended, so that a client used after its scope fails with `closed` instead of
    /// hanging.
    private func serveAfterEnd() {
        current.store(UInt(pthread_self()), ordering: .relaxed)
        while true {
            let (mail, served) = mailbox.withLock { box -> ([Mail], LoopThread?) in
                guard box.mail.isEmpty else {
                    defer { box.mail = [] }
                    return (box.mail, nil)
                }
                current.store(0, ordering: .relaxed)
                defer { box.served = nil }
                return ([], box.served)
            }
            // The previous job may have been the client's last, and then only `served` has kept this thread alive.
            guard !mail.isEmpty else { return withExtendedLifetime(served) {} }
            for item in mail { serve(item, nil) }
        }
    }

    /// Leaves signals to the process's other threads. A write to a closed TLS connection raises SIGPIPE on this thread,
    /// where it stays pending and is never delivered (libcurl-thread manual, "Signals").
    private func blockSignals() {
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
    }
}

/// Runs tasks on a loop's thread, between its transfers, one at a time.
final class LoopTaskExecutor: TaskExecutor {
    private let thread: LoopThread

    init(_ thread: LoopThread) {
        self.thread = thread
    }

    func enqueue(_ job: consuming ExecutorJob) {
        thread.enqueue(job, as: self)
    }
}
