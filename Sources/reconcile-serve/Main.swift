import ReconcileApp

/// The entry point of `reconcile-serve`.
@main
enum Main {
    static func main() async {
        await Program.main(ReconcileServe.self)
    }
}
