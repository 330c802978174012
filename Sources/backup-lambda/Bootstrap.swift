import BackupLambda
import FoundationEssentials
import Glibc
import HTTPTransfer
import ReconcileApp

/// The bootstrap of the Lambda function.
@main
struct Bootstrap {
    static func main() async {
        OneHeap.begin()
        DescriptorLimit.raise()
        exit(await LambdaProcess.run(environment: ProcessInfo.processInfo.environment))
    }
}
