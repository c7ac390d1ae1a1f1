"""The kit of a bucket of Bedrock's logs as text: steps, and what is pasted in each."""

from claude_dash.connections.bedrock_kit import (
    EXTERNAL_ID,
    POLICY,
    REPLICATION_ROLE,
    UNKNOWN_PRINCIPAL,
    Kit,
    spelled,
)

LOGGING = """\
Logging. In the AWS console of each account and Region that calls Claude, open Bedrock, Settings,
Model invocation logging (https://console.aws.amazon.com/bedrock/home#/settings). It may be on
already: there is one setting for an account and Region, and saving another one replaces it.
Choose S3 as the destination and note bucket and prefix. Switch the delivery of text and other
data off unless somebody needs it: token counts and callers are logged all the same, and no
prompt is stored. Nothing changes for Claude Code itself.
"""
SPECIMEN = """\
EXTERNAL_ID stands for an id that claude-dash makes for each connection: add the connection first,
then print its own kit.
"""
UNKNOWN = """\
{principal} stands for whoever runs claude-dash, which
this machine could not find out: it has no AWS credentials. With them, aws sts get-caller-identity
says who that is; print the kit again then.
"""
ROLE_STEPS = """\
1  Role. In the account of the bucket, open IAM, Roles, Create role, Custom trust policy
   (https://console.aws.amazon.com/iam/home#/roles/create) and paste the trust policy. Name the
   role {role}. The external id was made for this connection alone; leave it as it is.
   Keep the maximum session duration at one hour.
2  Permission. Add an inline policy named {policy} to the role. It lists and reads logs;
   prompts beside them (data/) are denied, and nothing can be written. If the bucket is encrypted
   with a KMS key, allow kms:Decrypt on that key here as well, and allow the role in the policy of
   the key.
3  Check: claude-dash connect test {name}, or Test again on the connect page. It assumes the role,
   proves that it refuses without the external id, and says what it finds.
"""
REPLICATION_STEPS = """\
Into {destination_arn}, of account {account}
(that of claude-dash; put another in its place if the bucket belongs to another).

1  Versioning must be on in both buckets; it costs a little storage in the source.
2  In the source account, make the role {role} with its trust policy and its
   permissions. SOURCE_BUCKET and SOURCE_ACCOUNT stand for where the logs are.
3  In the account of {destination}, add the bucket policy to it.
4  In {source}, Management, Replication rules, make a rule with the prefix {root}. Its
   destination is {destination}, with a change of the owner to the destination's. A rule
   cannot leave data/ out: prompts come along where their delivery is on, so switch it off first,
   or prefer a role. With SSE-KMS choose to replicate encrypted objects, and allow the role on
   both keys.
5  A rule goes forward only. For what is there already, make one S3 Batch Replication job
   (S3, Batch Operations, Create job): manifest by S3, filter "not replicated", with a
   completion report; run it, watch it in the list of jobs, and look at the report when it ended.
6  Whoever runs claude-dash needs the reader's permissions on {destination}. The connection
   has the name of that bucket, and no role.
7  To verify, look at the days on Data trust: replicas usually come within minutes, and older days
   appear in the next sync after they came. To end it, delete the rule; nothing is deleted here.
"""


def role_parts(kit: Kit) -> dict[str, str]:
    """Return what is pasted for the role, by its title."""
    return {
        "Trust policy": spelled(kit.trust()),
        "Permission policy": spelled(kit.permissions()),
        "Terraform": kit.terraform(),
    }


def role_steps(kit: Kit) -> str:
    """Return the steps for a role, and what the placeholders in it stand for."""
    steps = ROLE_STEPS.format(name=kit.name, role=kit.role_name, policy=POLICY)
    return steps + placeholders(kit)


def replication_parts(kit: Kit) -> dict[str, str]:
    """Return what is pasted for replication, by its title."""
    return {
        "Trust policy of the replication's role": spelled(kit.replication_trust()),
        "Permissions of the replication's role": spelled(kit.replication_permissions()),
        "Replication rule": spelled(kit.replication_rule()),
        "Bucket policy of the destination": spelled(kit.bucket_policy()),
        "The reader's permissions": spelled(kit.permissions(kit.destination)),
    }


def replication_steps(kit: Kit) -> str:
    """Return the steps for replication."""
    return REPLICATION_STEPS.format(
        role=REPLICATION_ROLE,
        source=kit.source,
        destination=kit.destination,
        destination_arn=kit.replication_rule()["Rules"][0]["Destination"]["Bucket"],
        account=kit.account,
        root=kit.root,
    )


def placeholders(kit: Kit) -> str:
    """Return what the placeholders of a trust policy stand for; empty when there are none."""
    said = []
    if kit.external_id == EXTERNAL_ID:
        said.append(SPECIMEN)
    elif kit.principal == UNKNOWN_PRINCIPAL:
        said.append(UNKNOWN.format(principal=kit.principal))
    return "".join(f"\n{one}" for one in said)


def written(kit: Kit) -> str:
    """Return the whole kit as text: logging, the role, and replication in its place."""
    parts = [f"{kit.name}: Amazon Bedrock\n", LOGGING]
    if not kit.is_ours:
        parts += ["--- A role that claude-dash assumes ---\n", role_steps(kit)]
        parts += _pasted(role_parts(kit))
        parts.append("--- In its place: replication, without access to the source account ---\n")
    else:
        parts.append("--- Replication, without access to the source account ---\n")
    return "\n".join([*parts, replication_steps(kit), *_pasted(replication_parts(kit))])


def _pasted(parts: dict[str, str]) -> list[str]:
    return [f"{title}:\n\n{text.rstrip()}\n" for title, text in parts.items()]
