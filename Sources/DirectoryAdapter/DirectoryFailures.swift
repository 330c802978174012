import Glibc
import ReconcileCore

/// Translates an errno for the operator of a directory store.
extension SystemFailure {
    /// The failure in the operator's words, classified by what can be done about it.
    func described(operation: ServiceOperation, target: String) -> RemoteFailure {
        let (kind, sentence): (RemoteFailure.Kind, String) =
            switch code {
            case ENOSPC, EDQUOT:
                (.unavailable, "the file system is full (\(reason)); free space, then run again")
            case EMFILE:
                (
                    .unavailable,
                    "this process has too many files open; raise ulimit -n (LimitNOFILE), or lower --width"
                )
            case ENFILE:
                (.unavailable, "the machine has no file descriptors left; stop other programs, or raise fs.file-max")
            case EACCES, EPERM:
                (.denied, "the file system denies this user access (\(reason)); check the owner and mode")
            case EROFS:
                (.denied, "the file system is mounted read-only; mount it writable, then run again")
            case ENAMETOOLONG, EINVAL, EILSEQ:
                (.invalid, "the file system cannot hold this name (\(reason))")
            case ENOTSUP, ENOSYS:
                (.invalid, "the file system cannot keep two writers apart (no hard links); use a different one")
            case EFBIG:
                (
                    .invalid,
                    "the file system, or a limit of this process (ulimit -f), does not allow a file of this size"
                )
            case ELOOP:
                (
                    .invalid,
                    "this path is a symbolic link, or leads through one: none is followed. Put the file or folder itself "
                        + "in its place"
                )
            case ENOTDIR:
                (.invalid, "a part of this path is a symbolic link or a file, and must be a directory")
            case EISDIR:
                (.invalid, "there is a directory where the file should be")
            case ENOENT:
                (.unavailable, "the directory disappeared while it was in use; check that it is mounted")
            default:
                (.unavailable, "the file system failed (\(reason)); check the disk or the mount, then run again")
            }
        return RemoteFailure(kind, operation: operation, target: target, message: sentence)
    }
}

extension NameCollision {
    /// The failure in the operator's words.
    func described(operation: ServiceOperation, target: String) -> RemoteFailure {
        RemoteFailure(
            .conflict,
            operation: operation,
            target: target,
            message: "the file system lists \(directory)\(name) as \(directory)\(other): names that differ only in "
                + "case or in the form of an accented letter are one name there, so only one of them can be kept. Keep "
                + "the backup on a file system that distinguishes them, or in a bucket"
        )
    }
}

/// Runs file system calls on one target and translates their failures; other errors pass through.
func describingFailures<Value>(
    operation: ServiceOperation,
    target: String,
    _ body: () async throws -> Value
) async throws -> Value {
    do {
        return try await body()
    } catch let failure as SystemFailure {
        throw failure.described(operation: operation, target: target)
    } catch let collision as NameCollision {
        throw collision.described(operation: operation, target: target)
    }
}
