import BackupLambda
import FoundationEssentials
import Glibc
import ReconcileApp

/// The bootstrap of the Lambda function.
@main
struct Bootstrap {
    static func main() async {
        OneHeap.begin()
        exit(await LambdaProcess.run(environment: ProcessInfo.processInfo.environment))
    }
}
