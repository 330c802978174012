import ArgumentParser

/// Whether to repair faults.
package struct RepairFlags: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Repair faults from the backup itself or from the domain; deletes nothing. Requires --domain-owner."
    )
    package var repair = false

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: """
            With --repair, write nothing: name what it would write (--output json names all) and what it could not \
            repair. Exits as without --repair.
            """
    )
    package var dryRun = false

    package init() {}
}
