import BackupLambda
import FoundationEssentials
import Glibc

/// The bootstrap of the Lambda function.
@main
struct Bootstrap {
    static func main() async {
        exit(await LambdaProcess.run(environment: ProcessInfo.processInfo.environment))
    }
}
