import CCurl
import Glibc

/// How many files and connections this process may have open at a time (getrlimit(2), RLIMIT_NOFILE).
package enum DescriptorLimit {
    /// The current soft limit.
    package static var current: Int {
        Int(clamping: limits.rlim_cur)
    }

    /// Raises the soft limit to the hard limit, as far as an unprivileged process may; a second call does nothing.
    package static func raise() {
        var limits = limits
        limits.rlim_cur = limits.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    }

    /// How many units of work may run at once in a process that may have `limit` files and connections open, at up to
    /// four each: two connections, a file and its directory.
    ///
    /// 128 descriptors, or half of a lower limit, stay free for everything else; more than 384 units gain nothing. The
    /// last descriptor must never be taken: libdispatch opens a file every second, and terminates the process if it
    /// cannot.
    package static func pieces(within limit: Int) -> Int {
        max(1, min(384, available(within: limit) / 4))
    }

    /// How many connections such a process may have open, idle ones included, besides the files of its `pieces`: two for
    /// each, and a third where the limit allows it, for a third host or a name lookup.
    package static func connections(within limit: Int) -> Int {
        let pieces = pieces(within: limit)
        return max(2, min(3 * pieces, available(within: limit) - 2 * pieces))
    }

    private static func available(within limit: Int) -> Int { limit - min(128, limit / 2) }

    /// How many clients a server may have in a process that may have `limit` files and connections open. Each client
    /// may need a second descriptor for its request; 128, or half of a lower limit, stay free for everything else. More
    /// than 2,000 clients gain nothing.
    package static func clients(within limit: Int) -> Int {
        max(1, min(2_000, available(within: limit) / 2))
    }

    /// Why no file or connection can be opened now, and what to do about it; nil if one can.
    static func shortage() -> String? {
        let probe = ccurl_signal_make()
        guard probe < 0 else {
            close(probe)
            return nil
        }
        switch errno {
        case EMFILE: return "this process may have at most \(current) files and connections open; \(advice)."
        case ENFILE: return "the machine has no file descriptors left; stop other programs, or raise fs.file-max."
        default: return nil
        }
    }

    /// What to do about a limit that is too low, as part of a sentence.
    package static let raising = "raise the limit (ulimit -n, LimitNOFILE, --ulimit nofile)"

    private static let advice = "\(raising), or lower --width"

    private static var limits: rlimit {
        var limits = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        return limits
    }
}
