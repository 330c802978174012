import ReconcileApp
import ReconcileCommands

/// The entry point of `reconcile`.
@main
enum Main {
    static func main() async {
        OneHeap.begin()
        await Program.main(Reconcile.self, unused: Reconcile.unused)
    }
}
