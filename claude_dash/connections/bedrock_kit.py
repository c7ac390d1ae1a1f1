"""What the owner of a bucket of Bedrock's logs must install: policies, Terraform, replication."""

import json
from dataclasses import dataclass
from typing import Any

from claude_dash.sources.aws_keys import LOGS, root_of

ROLE, POLICY = "claude-dash-bedrock-logs", "claude-dash-read-bedrock-logs"
REPLICATION_ROLE = "claude-dash-bedrock-replication"
UNKNOWN_PRINCIPAL = "arn:aws:iam::ACCOUNT_OF_CLAUDE_DASH:role/ROLE_OF_CLAUDE_DASH"
_VERSION = "2012-10-17"
Policy = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kit:
    """What a kit is made for.

    principal: who reads, ours; partition: aws, aws-us-gov or aws-cn.
    """

    name: str
    bucket: str = "BUCKET"
    region: str = "REGION"
    prefix: str = ""
    role_arn: str = ""
    external_id: str = "EXTERNAL_ID"
    principal: str = UNKNOWN_PRINCIPAL

    @property
    def _partition(self) -> str:
        return (self.role_arn or self.principal).split(":")[1]

    @property
    def _arn(self) -> str:
        return f"arn:{self._partition}:s3:::{self.bucket}"

    @property
    def role_name(self) -> str:
        """Return the name of the role: that in its ARN, or ours."""
        return self.role_arn.rpartition("/")[2] or ROLE

    def permissions(self) -> Policy:
        """Return what the role may do: list and read logs, and never a body."""
        root = root_of(self.prefix)
        return {
            "Version": _VERSION,
            "Statement": [
                {
                    "Sid": "ListLogs",
                    "Effect": "Allow",
                    "Action": "s3:ListBucket",
                    "Resource": self._arn,
                    "Condition": {"StringLike": {"s3:prefix": [f"{root}*"]}},
                },
                {
                    "Sid": "ReadLogs",
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": f"{self._arn}/{root}*/{LOGS}/*",
                },
                {
                    "Sid": "NeverReadPrompts",
                    "Effect": "Deny",
                    "Action": "s3:GetObject",
                    "Resource": f"{self._arn}/{root}*/data/*",
                },
            ],
        }

    def trust(self) -> Policy:
        """Return who may assume the role: we, with the external id."""
        return {
            "Version": _VERSION,
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": self.principal},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"sts:ExternalId": self.external_id}},
                }
            ],
        }

    def terraform(self) -> str:
        """Return the role with both policies for Terraform."""
        trust, permissions = _indented(self.trust()), _indented(self.permissions())
        return (
            f'resource "aws_iam_role" "claude_dash" {{\n  name               = "{self.role_name}"\n'
            "  max_session_duration = 3600\n"
            f"  assume_role_policy = <<-JSON\n{trust}\n  JSON\n}}\n\n"
            f'resource "aws_iam_role_policy" "claude_dash" {{\n  name   = "{POLICY}"\n'
            f"  role   = aws_iam_role.claude_dash.id\n  policy = <<-JSON\n{permissions}\n"
            "  JSON\n}\n"
        )

    # --- push: replication into a bucket of ours -------------------------------------------------

    def replication_trust(self) -> Policy:
        """Return who may assume the role of replication: S3 itself."""
        return {
            "Version": _VERSION,
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }

    def replication_permissions(self) -> Policy:
        """Return what replication may do: read versions here, write replicas there."""
        return {
            "Version": _VERSION,
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"],
                    "Resource": f"arn:{self._partition}:s3:::SOURCE_BUCKET",
                },
                {
                    "Effect": "Allow",
                    "Action": [
                        "s3:GetObjectVersionForReplication",
                        "s3:GetObjectVersionAcl",
                        "s3:GetObjectVersionTagging",
                    ],
                    "Resource": f"arn:{self._partition}:s3:::SOURCE_BUCKET/*",
                },
                {
                    "Effect": "Allow",
                    "Action": [
                        "s3:ReplicateObject",
                        "s3:ReplicateDelete",
                        "s3:ReplicateTags",
                        "s3:ObjectOwnerOverrideToBucketOwner",
                    ],
                    "Resource": f"{self._arn}/*",
                },
            ],
        }

    def replication_rule(self) -> Policy:
        """Return the replication configuration of the source bucket, for logs alone."""
        return {
            "Role": f"arn:{self._partition}:iam::SOURCE_ACCOUNT:role/{REPLICATION_ROLE}",
            "Rules": [
                {
                    "ID": "claude-dash-bedrock-logs",
                    "Priority": 1,
                    "Status": "Enabled",
                    "Filter": {"Prefix": root_of(self.prefix)},
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Destination": {
                        "Bucket": self._arn,
                        "Account": "ACCOUNT_OF_THIS_BUCKET",
                        "AccessControlTranslation": {"Owner": "Destination"},
                    },
                }
            ],
        }

    def bucket_policy(self) -> Policy:
        """Return what our bucket lets the role of replication do."""
        role = f"arn:{self._partition}:iam::SOURCE_ACCOUNT:role/{REPLICATION_ROLE}"
        return {
            "Version": _VERSION,
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": role},
                    "Action": [
                        "s3:ReplicateObject",
                        "s3:ReplicateDelete",
                        "s3:ReplicateTags",
                        "s3:ObjectOwnerOverrideToBucketOwner",
                    ],
                    "Resource": f"{self._arn}/*",
                },
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": role},
                    "Action": ["s3:GetBucketVersioning", "s3:PutBucketVersioning"],
                    "Resource": self._arn,
                },
            ],
        }


def spelled(policy: Policy) -> str:
    """Return a policy as JSON."""
    return json.dumps(policy, indent=2)


def _indented(policy: Policy) -> str:
    return "\n".join(f"    {line}" for line in spelled(policy).splitlines())


LOGGING = """\
1  Logging. In the AWS console of each account and Region that calls Claude, open Bedrock, Settings,
   Model invocation logging (https://console.aws.amazon.com/bedrock/home#/settings). It may be on
   already: there is one setting for an account and Region, and saving another one replaces it.
   Choose S3 as the destination and note bucket and prefix. Switch the delivery of text and other
   data off unless somebody needs it: token counts and callers are logged all the same, and no
   prompt is stored. Nothing changes for Claude Code itself.
"""
PULL = """\
2  Role. In the account of the bucket, open IAM, Roles, Create role, Custom trust policy
   (https://console.aws.amazon.com/iam/home#/roles/create) and paste the trust policy. Name the
   role {role}. The external id was made for this connection alone; leave it as it is.
   Keep the maximum session duration at one hour.
3  Permission. Add an inline policy named {policy} to the role. It lists and reads logs;
   prompts beside them (data/) are denied. If the bucket is encrypted with a KMS key, add
   kms:Decrypt on that key here and allow the role in the policy of the key.
4  Check. claude-dash connect test {name}
   It assumes the role, proves that it refuses without the external id, and says what it finds.

Trust policy:

{trust}

Permission policy:

{permissions}

Both as Terraform:

{terraform}"""
PUSH = """\
Instead of a role: replication into a bucket of yours, so that nothing of us has access to the
account of the logs. The connection is then made without --role-arn, with the other bucket's name.

1  Versioning must be on in both buckets; it costs a little storage in the source.
2  In the source account, make the role {role} with this trust policy and permissions, and
   put the name of the source bucket in the place of SOURCE_BUCKET.
3  In the account of the destination, add the bucket policy to {bucket}.
4  In the source bucket, Management, Replication rules, make a rule with the prefix {root}.
   Its destination is {bucket}, with a change of the owner to the destination's. A rule
   cannot leave data/ out: prompts come along where their delivery is on, so switch it off first,
   or prefer the role. With SSE-KMS choose to replicate encrypted objects, and allow the role on
   both keys.
5  Replication is not retroactive. For what is there already, make one S3 Batch Replication job
   (S3, Batch Operations, Create job): manifest by S3, filter "not replicated", with a
   completion report; run it, and look at the report when it has ended.
6  To verify, look at the days on Data trust: replicas usually come within minutes, and older days
   appear in the next sync after they came. To end it, delete the rule; nothing is deleted here.

Trust policy of the replication's role:

{trust}

Its permissions:

{permissions}

Replication rule:

{rule}

Bucket policy of the destination:

{bucket_policy}
"""


def written(kit: Kit) -> str:
    """Return the whole kit as text: logging, the role, and replication instead of it."""
    return "\n".join([pull(kit), push(kit)])


def pull(kit: Kit) -> str:
    """Return the steps for a role."""
    role = PULL.format(
        name=kit.name,
        role=kit.role_name,
        policy=POLICY,
        trust=spelled(kit.trust()),
        permissions=spelled(kit.permissions()),
        terraform=kit.terraform(),
    )
    return f"{kit.name}: Amazon Bedrock\n\n{LOGGING}{role}"


def push(kit: Kit) -> str:
    """Return the steps for replication."""
    return PUSH.format(
        role=REPLICATION_ROLE,
        bucket=kit.bucket,
        root=root_of(kit.prefix),
        trust=spelled(kit.replication_trust()),
        permissions=spelled(kit.replication_permissions()),
        rule=spelled(kit.replication_rule()),
        bucket_policy=spelled(kit.bucket_policy()),
    )
