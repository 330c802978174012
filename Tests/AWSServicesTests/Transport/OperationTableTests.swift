import AWSServices
import DirectoryAdapter
import ReconcileCore
import Testing

@Suite("The operations of the adapters") struct OperationTableTests {
    private let all =
        CodeArtifactOperations.all + CodeArtifactOperations.ofConfiguration + MavenOperations.all + S3Operations.all
        + DirectoryOperations.all

    @Test func `need these IAM actions`() {
        #expect(
            all.map { "\($0): \($0.actions.joined(separator: " "))" } == [
                "codeartifact.ListRepositoriesInDomain: codeartifact:ListRepositoriesInDomain",
                "codeartifact.ListPackages: codeartifact:ListPackages",
                "codeartifact.ListPackageVersions: codeartifact:ListPackageVersions",
                "codeartifact.ListPackageVersionAssets: codeartifact:ListPackageVersionAssets",
                "codeartifact.DescribePackageVersion: codeartifact:DescribePackageVersion",
                "codeartifact.DescribePackage: codeartifact:DescribePackage",
                "codeartifact.DescribeRepository: codeartifact:DescribeRepository",
                "codeartifact.GetRepositoryEndpoint: codeartifact:GetRepositoryEndpoint",
                "codeartifact.GetAuthorizationToken: codeartifact:GetAuthorizationToken sts:GetServiceBearerToken",
                "codeartifact.UpdatePackageVersionsStatus: codeartifact:UpdatePackageVersionsStatus",
                "codeartifact.PutPackageOriginConfiguration: codeartifact:PutPackageOriginConfiguration",
                "codeartifact.DescribeDomain: codeartifact:DescribeDomain",
                "codeartifact.GetDomainPermissionsPolicy: codeartifact:GetDomainPermissionsPolicy",
                "codeartifact.DescribeRepository: codeartifact:DescribeRepository",
                "codeartifact.GetRepositoryPermissionsPolicy: codeartifact:GetRepositoryPermissionsPolicy",
                "codeartifact.ListPackageGroups: codeartifact:ListPackageGroups",
                "codeartifact.ListAllowedRepositoriesForGroup: codeartifact:ListAllowedRepositoriesForGroup",
                "codeartifact.ListTagsForResource: codeartifact:ListTagsForResource",
                "codeartifact.ListTagsForResource: codeartifact:ListTagsForResource",
                "codeartifact.ListTagsForResource: codeartifact:ListTagsForResource",
                "maven.GetAsset: codeartifact:ReadFromRepository",
                "maven.GetMetadata: codeartifact:ReadFromRepository",
                "maven.PutAsset: codeartifact:PublishPackageVersion",
                "maven.PutMetadata: codeartifact:PutPackageMetadata",
                "maven.PutChecksum: codeartifact:PublishPackageVersion codeartifact:PutPackageMetadata",
                "s3.GetBucketVersioning: s3:GetBucketVersioning",
                "s3.ListObjectsV2: s3:ListBucket",
                "s3.ListObjectVersions: s3:ListBucketVersions",
                "s3.HeadObject: s3:GetObject",
                "s3.HeadObject: s3:GetObject s3:GetObjectVersion",
                "s3.GetObject: s3:GetObject",
                "s3.GetObject: s3:GetObjectVersion",
                "s3.PutObject: s3:PutObject",
                "s3.PutObject: s3:PutObject s3:PutObjectAcl",
                "directory.Open: ",
                "directory.List: ",
                "directory.Inspect: ",
                "directory.Read: ",
                "directory.Write: ",
            ]
        )
    }

    @Test func `of KMS are about the signing key, unpaced, and cost what asymmetric keys do`() {
        #expect(
            KMSOperations.all.map { "\($0): \($0.actions.joined(separator: " "))" } == [
                "kms.Sign: kms:Sign", "kms.GetPublicKey: kms:GetPublicKey",
            ]
        )
        #expect(KMSOperations.all.allSatisfy { $0.rights.map(\.resource) == [.signingKey] })
        #expect(KMSOperations.all.allSatisfy { $0.rates.isEmpty && !$0.isWrite && $0.kind == .work })
        #expect(KMSOperations.all.map(\.dollars) == [0.15 / 10_000, 0.15 / 10_000])
        #expect(KMSOperations.all.map(\.isOptional) == [false, true])
    }

    @Test func `draw on these quotas`() {
        let reads: [RateClass] = [.accountReads]
        let own: [String: [RateClass]] = [
            "codeartifact.ListPackages": [.listPackages, .accountReads],
            "codeartifact.ListPackageVersions": [.listPackageVersions, .accountReads],
            "codeartifact.ListPackageVersionAssets": [.listPackageVersionAssets, .accountReads],
        ]
        for operation in all {
            let expected =
                operation.kind == .store ? [] : operation.isWrite ? [.accountWrites] : own["\(operation)"] ?? reads
            #expect(operation.rates == expected, "\(operation)")
        }
    }

    @Test func `are optional where they read the configuration or older versions, and nowhere else`() {
        #expect(all.filter(\.isOptional) == CodeArtifactOperations.ofConfiguration + [S3Operations.listVersions])
    }

    @Test func `are writes where they change what is there`() {
        #expect(
            all.filter(\.isWrite).map { "\($0)" } == [
                "codeartifact.UpdatePackageVersionsStatus", "codeartifact.PutPackageOriginConfiguration",
                "maven.PutAsset", "maven.PutMetadata", "maven.PutChecksum", "s3.PutObject", "s3.PutObject",
                "directory.Write",
            ]
        )
    }
}
