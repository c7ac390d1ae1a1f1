"""Answers as Amazon S3 and AWS STS do, for one bucket that holds the simulated logs."""

import threading
from bisect import bisect_left, bisect_right
from datetime import date
from hashlib import md5
from urllib.parse import parse_qs

import httpx

from claude_dash.demo.habits import Days
from claude_dash.demo.invocations import FOLDER, REGION, keys, objects

HOST, BUCKET = ".amazonaws.com", "demo-bedrock-logs"
WE = "arn:aws:iam::444455556666:role/claude-dash-demo"
PAGE = 1_000  # keys of a listing
REFUSALS = {"NoSuchBucket": 404, "NoSuchKey": 404, "AccessDenied": 403}
_DAY = slice(len(FOLDER), len(FOLDER) + len("2026/11/18"))


class Cloud:
    """One bucket, read by whoever asks; no role can be assumed. Several threads may share it."""

    def __init__(self, days: Days) -> None:
        self._days = days
        self._keys = keys(days)
        self._held: dict[date, dict[str, bytes]] = {}
        self._lock = threading.Lock()

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.url.host.startswith("sts."):
            return _identity(request)
        if request.url.host.partition(".")[0] != BUCKET:
            return _refused("NoSuchBucket")
        key = request.url.path.removeprefix("/")
        return self._object(key) if key else self._listing(request.url.params)

    def _object(self, key: str) -> httpx.Response:
        body = self._body(key) if key in self._keys else None
        return _refused("NoSuchKey") if body is None else _sent(body, ETag=_etag(body))

    def _listing(self, query: httpx.QueryParams) -> httpx.Response:
        """Return a page of keys under a prefix, in order; those below a delimiter are one."""
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token") or query.get("start-after", "")
        at = max(bisect_left(self._keys, prefix), bisect_right(self._keys, after))
        page, is_cut = dict[str, bool](), False  # keys and folders; a folder is told once
        for key in self._keys[at:]:
            if not key.startswith(prefix):
                break
            head, below, _ = key[len(prefix) :].partition(delimiter or "\n")
            name = f"{prefix}{head}{below}"
            is_cut = len(page) == PAGE and name not in page
            if is_cut:
                break
            page[name], after = bool(below), key
        parts = [f"<IsTruncated>{str(is_cut).lower()}</IsTruncated>"]
        if is_cut:
            parts.append(f"<NextContinuationToken>{after}</NextContinuationToken>")
        parts += [
            f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"
            if is_folder
            else _entry(name, self._body(name))
            for name, is_folder in page.items()
        ]
        return _sent(f"<ListBucketResult>{''.join(parts)}</ListBucketResult>".encode())

    def _body(self, key: str) -> bytes:
        day = date(*map(int, key[_DAY].split("/")))
        with self._lock:
            if day not in self._held:
                self._held[day] = objects(self._days, day)
        return self._held[day][key]


def _entry(key: str, body: bytes) -> str:
    return (
        f"<Contents><Key>{key}</Key><ETag>{_etag(body)}</ETag><Size>{len(body)}</Size></Contents>"
    )


def _etag(body: bytes) -> str:
    return f'"{md5(body, usedforsecurity=False).hexdigest()}"'


def _identity(request: httpx.Request) -> httpx.Response:
    """Say who asks; a role that somebody enters in the demo trusts nobody."""
    if parse_qs(request.content.decode()).get("Action") != ["GetCallerIdentity"]:
        return _refused("AccessDenied", "<ErrorResponse>{}</ErrorResponse>")
    result = f"<GetCallerIdentityResult><Arn>{WE}</Arn></GetCallerIdentityResult>"
    return _sent(f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>".encode())


def _refused(code: str, around: str = "{}") -> httpx.Response:
    body = around.format(f"<Error><Code>{code}</Code></Error>")
    return httpx.Response(REFUSALS[code], content=body.encode())


def _sent(body: bytes, **headers: str) -> httpx.Response:
    headers["x-amz-bucket-region"] = REGION
    return httpx.Response(200, content=body, headers=headers)
