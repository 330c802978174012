/// The settings of `reconcile-serve` beside those that name the backup.
extension Setting {
    package static let listen = Setting(
        "listen",
        .single,
        value: "host:port",
        standard: "127.0.0.1:8081",
        "The address to listen on; port 0 is one that is free."
    )

    /// In the order of the help.
    package static let ofServing: [Setting] = [.listen, .asOf]
}
