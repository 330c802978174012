import AWSServices
import ArgumentParser
import ReconcileApp
import ReconcileCore
import RecoveryDrill

/// `reconcile-serve drill --into-domain`: restores into a repository of a domain instead of an empty folder.
extension Drill {
    func validateDomain() throws {
        guard into.place.toRepository != nil, scope.repository.count == 1 else {
            throw ValidationError(
                "--into-domain requires --to-repository, an empty repository, and one --repository to restore from"
            )
        }
        if drill.client != nil {
            throw ValidationError("--client resolves from a folder: use it without --into-domain")
        }
        if into.target.toDomain == nil, into.place.toRepository == scope.repository.first {
            throw ValidationError("--to-repository must not be the repository that was backed up")
        }
    }

    /// Opens the repository to restore into; sends no request.
    func destination(_ access: AWSAccess, of open: OpenBackup) throws -> DrillDestination {
        let target = try domain.open(access, maven, named: into.target.toDomain ?? open.domain)
        let place = DrillReport.Destination(
            domain: target.identity.name,
            domainOwner: target.identity.owner,
            region: target.region,
            repository: into.place.toRepository ?? ""
        )
        return DrillDestination(place, source: target.source, destination: target.destination)
    }
}
