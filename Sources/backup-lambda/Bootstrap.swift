import BackupLambda
import FoundationEssentials
import Glibc
import HTTPTransfer
import ReconcileApp

/// The bootstrap of the Lambda function.
@main
struct Bootstrap {
    static func main() async {
        if CommandLine.arguments.dropFirst() == ["--version"] {
            print(ProgramVersion.line(of: "backup-lambda"))
            return
        }
        OneHeap.begin()
        DescriptorLimit.raise()
        exit(await LambdaProcess.run(environment: ProcessInfo.processInfo.environment))
    }
}
