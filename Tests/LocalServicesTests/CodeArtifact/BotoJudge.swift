/// The judge of the control API: boto3 calls every operation and checks each answer against the service's model.
///
/// The server has to hold what `BotoTests` puts there. What the judge does not like ends it with a traceback.
let botoJudge = #"""
    import boto3, botocore, json, os, hashlib, urllib.request, base64
    from botocore.config import Config
    from botocore.exceptions import ClientError
    from botocore.validate import ParamValidator

    session = boto3.session.Session()
    client = session.client("codeartifact", config=Config(retries={"total_max_attempts": 1, "mode": "standard"}))
    model = client.meta.service_model
    domain = {"domain": "my-domain", "domainOwner": "111122223333"}
    repository = dict(domain, repository="releases")
    package = dict(repository, format="maven", namespace="com.acme", package="lib")

    def call(operation, **arguments):
        answer = getattr(client, botocore.xform_name(operation))(**arguments)
        shape = model.operation_model(operation).output_shape
        members = {k: v for k, v in answer.items() if k != "ResponseMetadata"}
        unknown = set(members) - set(shape.members)
        assert not unknown, (operation, unknown)
        checked = {k: v for k, v in members.items() if not hasattr(v, "read")}
        report = ParamValidator().validate(checked, shape)
        assert not report.has_errors(), (operation, report.generate_report())
        assert answer["ResponseMetadata"]["RequestId"], operation
        return members

    def refused(code, status, operation, **arguments):
        try:
            call(operation, **arguments)
        except ClientError as error:
            got = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
            assert got == (code, status), (operation, got)
            return error.response
        raise AssertionError((operation, "was not refused"))

    assert call("ListDomains")["domains"][0]["name"] == "my-domain"
    assert call("ListDomains", maxResults=5)["domains"][0]["status"] == "Active"
    assert call("DescribeDomain", **domain)["domain"]["repositoryCount"] == 3
    names = [r["name"] for r in call("ListRepositoriesInDomain", **domain)["repositories"]]
    assert names == ["many", "releases", "synthetic"], names
    assert [r["name"] for r in call("ListRepositories", repositoryPrefix="sy")["repositories"]] == ["synthetic"]
    assert call("CreateRepository", **dict(domain, repository="made", description="d",
        upstreams=[{"repositoryName": "releases"}]))["repository"]["name"] == "made"
    described = call("DescribeRepository", **dict(domain, repository="made"))["repository"]
    assert described["upstreams"] == [{"repositoryName": "releases"}], described
    endpoint = call("GetRepositoryEndpoint", **dict(repository, format="maven"))["repositoryEndpoint"]
    assert endpoint.endswith("/maven/d/my-domain-111122223333/releases/"), endpoint
    token = call("GetAuthorizationToken", **dict(domain, durationSeconds=900))["authorizationToken"]

    assert call("DescribePackage", **package)["package"]["name"] == "lib"
    rows = call("ListPackageVersions", **package)
    assert rows["defaultDisplayVersion"] == "1.1", rows
    by_version = {v["version"]: v for v in rows["versions"]}
    assert by_version["1.0"]["origin"]["domainEntryPoint"] == {"repositoryName": "releases"}
    assert by_version["0.9"]["origin"] == {"domainEntryPoint": {"externalConnectionName": "public:maven-central"},
        "originType": "EXTERNAL"}
    assert "origin" not in by_version["0.8"] and by_version["0.7"]["origin"]["originType"] == "UNKNOWN"
    assert [v["version"] for v in call("ListPackageVersions", **package, status="Unlisted")["versions"]] == ["0.8"]
    assert [v["version"] for v in call("ListPackageVersions", **package, originType="EXTERNAL")["versions"]] == ["0.9"]
    newest = [v["version"] for v in call("ListPackageVersions", **package, sortBy="PUBLISHED_TIME")["versions"]]
    assert newest[0] == "1.1", newest
    described = call("DescribePackageVersion", **package, packageVersion="1.0")["packageVersion"]
    assert described["packageName"] == "lib" and described["publishedTime"].year == 2020, described
    listing = call("ListPackageVersionAssets", **package, packageVersion="1.0")
    assert listing["versionRevision"] == by_version["1.0"]["revision"]
    for asset in listing["assets"]:
        body = client.get_package_version_asset(**package, packageVersion="1.0", asset=asset["name"],
            packageVersionRevision=listing["versionRevision"])
        assert body["assetName"] == asset["name"] and body["packageVersion"] == "1.0"
        data = body["asset"].read()
        assert len(data) == asset["size"]
        for name, algorithm in {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-512": "sha512"}.items():
            assert hashlib.new(algorithm, data).hexdigest() == asset["hashes"][name], (asset, name)
    plus = dict(package, package="plus+plus")
    assert call("ListPackageVersionAssets", **plus, packageVersion="1.0+b1")["assets"][0]["name"] == "a+b c.jar"

    # Paging: every row once, tokens with + / =
    def all_of(operation, key, size, **arguments):
        paginator = client.get_paginator(botocore.xform_name(operation))
        found = list(paginator.paginate(PaginationConfig={"PageSize": size}, **arguments))
        tokens = [p["nextToken"] for p in found if p.get("nextToken")]
        assert all(c in t for t in tokens for c in "+/="), tokens
        return [row for p in found for row in p[key]], len(found)
    rows, count = all_of("ListPackages", "packages", 1000, **dict(domain, repository="synthetic", format="maven"))
    assert len(rows) == 2500 and count == 3 and len({(r["namespace"], r["package"]) for r in rows}) == 2500, count
    rows, count = all_of("ListPackages", "packages", 7, **dict(domain, repository="many", format="maven"))
    assert len(rows) == 30 and count == 5 and len({r["package"] for r in rows}) == 30
    first = dict(domain, repository="synthetic", format="maven", namespace="com.example.group3", package="artifact-000301")
    rows, count = all_of("ListPackageVersions", "versions", 4, **first)
    assert [r["version"] for r in rows] == ["1.%d.0" % i for i in range(9)] and count == 3
    rows, _ = all_of("ListPackageVersionAssets", "assets", 1, **first, packageVersion="1.3.0")
    assert [r["name"] for r in rows] == ["artifact-000301-1.3.0" + s for s in [".pom", ".jar", "-sources.jar"]], rows
    data = client.get_package_version_asset(**first, packageVersion="1.3.0", asset=rows[1]["name"])["asset"].read()
    assert hashlib.sha256(data).hexdigest() == rows[1]["hashes"]["SHA-256"]
    assert len(call("ListPackages", **dict(domain, repository="synthetic"))["packages"]) == 100
    many = dict(domain, repository="many", format="maven", namespace="com.many", package="p07")
    assert len(call("ListPackageVersions", **many)["versions"]) == 50
    assert len(call("ListPackages", **dict(domain, repository="many", format="maven", packagePrefix="p1"))["packages"]) == 10

    # Changes of status: all or nothing
    revision = by_version["1.0"]["revision"]
    done = call("UpdatePackageVersionsStatus", **package, versions=["1.0"], versionRevisions={"1.0": revision},
        expectedStatus="Published", targetStatus="Unlisted")
    assert done["successfulVersions"] == {"1.0": {"revision": revision, "status": "Unlisted"}}, done
    failed = call("UpdatePackageVersionsStatus", **package, versions=["1.0", "1.1", "9"], expectedStatus="Unlisted",
        targetStatus="Published")
    codes = {v: f["errorCode"] for v, f in failed["failedVersions"].items()}
    assert codes == {"1.0": "SKIPPED", "1.1": "MISMATCHED_STATUS", "9": "NOT_FOUND"} and not failed["successfulVersions"]
    assert failed["failedVersions"]["1.1"]["errorMessage"] == "current status: Published, expected status: Unlisted"
    stale = call("DisposePackageVersions", **package, versions=["1.0"], versionRevisions={"1.0": "x"})
    assert stale["failedVersions"]["1.0"]["errorCode"] == "MISMATCHED_REVISION"
    call("UpdatePackageVersionsStatus", **package, versions=["1.0"], targetStatus="Archived")
    refused("ResourceNotFoundException", 404, "GetPackageVersionAsset", **package, packageVersion="1.0",
        asset="lib-1.0.jar")
    assert call("DisposePackageVersions", **package, versions=["1.0"])["successfulVersions"]["1.0"]["status"] == "Disposed"
    assert call("ListPackageVersionAssets", **package, packageVersion="1.0")["assets"] == []
    gone = call("DeletePackageVersions", **package, versions=["1.0"], expectedStatus="Disposed")
    assert gone["successfulVersions"]["1.0"]["status"] == "Deleted"
    refused("ResourceNotFoundException", 404, "DescribePackageVersion", **package, packageVersion="1.0")
    empty = dict(repository, format="maven", namespace="com.acme", package="empty")
    controls = {"publish": "BLOCK", "upstream": "ALLOW"}
    assert call("PutPackageOriginConfiguration", **empty, restrictions=controls)["originConfiguration"] == {
        "restrictions": controls}
    assert call("ListPackageVersions", **empty)["versions"] == []
    assert call("DeletePackage", **empty)["deletedPackage"]["package"] == "empty"

    # Refusals
    refused("ResourceNotFoundException", 404, "DescribePackage", **empty)
    error = refused("ResourceNotFoundException", 404, "ListPackages", **dict(domain, repository="none"))
    assert error["resourceType"] == "repository" and error["resourceId"] == "none", error
    refused("ResourceNotFoundException", 404, "DescribeDomain", domain="other-domain")
    error = refused("ValidationException", 400, "ListPackages", **dict(repository, namespace="com"))
    assert error["reason"] == "FIELD_VALIDATION_FAILED", error
    error = refused("ValidationException", 400, "ListPackages", **dict(repository, nextToken="bm90IGEgdG9rZW4="))
    refused("ValidationException", 400, "ListPackageVersions", **dict(repository, format="maven", package="lib"))
    refused("ValidationException", 400, "GetAuthorizationToken", **dict(domain, durationSeconds=100))
    refused("ConflictException", 409, "CreateRepository", **dict(domain, repository="made"))
    error = refused("ValidationException", 400, "CopyPackageVersions", **dict(domain, sourceRepository="releases",
        destinationRepository="many", format="maven", package="lib"))
    assert error["reason"] == "FIELD_VALIDATION_FAILED", error
    keys = session.get_credentials().get_frozen_credentials()
    for changed, code in [({"aws_secret_access_key": "wrong"}, "InvalidSignatureException"),
                          ({"aws_access_key_id": "AKIAOTHER"}, "UnrecognizedClientException"),
                          ({"aws_session_token": "wrong"}, "UnrecognizedClientException")]:
        arguments = dict(aws_access_key_id=keys.access_key, aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.token)
        arguments.update(changed)
        other = boto3.client("codeartifact", **arguments)
        try:
            other.list_domains()
            raise AssertionError(code)
        except ClientError as error:
            assert error.response["Error"]["Code"] == code, error.response
    print("ACCEPTED")
    """#
