"""Invented invocation logs, and a bucket of them on loopback that answers after a while."""

import asyncio
import gzip
import json
import random
import sys
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID
from xml.sax.saxutils import escape

ACCOUNT, REGION = "111122223333", "us-east-1"
MODELS = ("claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5")
PEOPLE = 200
PAGE = 1000
WORDS = [
    "the",
    "of",
    "return",
    "self",
    "list",
    "value",
    "index",
    "string",
    "number",
    "object",
    "path",
    "file",
    "test",
    "main",
]


def record(rng: random.Random, at: datetime, body_bytes: int) -> dict[str, object]:
    """Return a record; with `body_bytes` its answer is inline, as a list of events."""
    output: dict[str, object] = {"outputContentType": "application/json"}
    if body_bytes:
        output["outputBodyJson"] = [
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {
                    "type": "text_delta",
                    "text": " ".join(f"{rng.choice(WORDS)}{rng.randrange(999)}" for _ in range(6)),
                },
            }
            for _ in range(body_bytes // 140)
        ]
    else:
        output["outputBodyS3Path"] = "s3://logs/data/0_output.json.gz"
    output["outputTokenCount"] = rng.randrange(2000)
    profile = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/global.anthropic."
    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_ClaudeCode_0f3a9c1d2b4e5f60/"
    return {
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "accountId": ACCOUNT,
        "region": REGION,
        "requestId": str(UUID(int=rng.getrandbits(128))),
        "operation": "InvokeModelWithResponseStream",
        "modelId": profile + rng.choice(MODELS),
        "input": {
            "inputContentType": "application/json",
            "inputTokenCount": rng.randrange(50),
            "cacheReadInputTokenCount": rng.randrange(90_000),
            "cacheWriteInputTokenCount": rng.randrange(4000),
        },
        "output": output,
        "identity": {"arn": f"{role}person-{rng.randrange(PEOPLE)}@example.com"},
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
    }


def objects(number: int, records: int, body_bytes: int, days: int = 2) -> Iterator[tuple[str, str]]:
    """Yield the keys and the lines of some objects, over the last days."""
    rng = random.Random(11)  # noqa: S311 - invented records
    first = datetime.now(UTC) - timedelta(days=days)
    for at in range(number):
        when = first + timedelta(days=days) * at / number
        root = f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{REGION}/{when:%Y/%m/%d/%H}"
        lines = (json.dumps(record(rng, when, body_bytes)) for _ in range(records))
        yield f"{root}/{when:%Y%m%dT%H%M%S}000Z_{at:016x}.json.gz", "\n".join(lines) + "\n"


class Bucket:
    """Answers S3's list and get, each request after `latency_s`, as a bucket far away does."""

    def __init__(self, kept: dict[str, bytes], latency_s: float) -> None:
        self._kept = kept
        self._keys = sorted(kept)
        self._latency_s = latency_s

    async def serve(self) -> None:
        """Answer until the process is ended; the port goes to standard output."""
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                writer.close()
                return
            parts = urlsplit(head.split(b" ", 2)[1].decode())
            key = unquote(parts.path).partition("/logs/")[2]
            body = self._kept[key] if key else self._list(parse_qs(parts.query))
            await asyncio.sleep(self._latency_s)
            say = f'HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nETag: "{len(body)}"\r\n\r\n'
            writer.write(say.encode() + body)
            await writer.drain()

    def _list(self, query: dict[str, list[str]]) -> bytes:
        prefix = query.get("prefix", [""])[0]
        is_folder = "delimiter" in query
        after = query.get("start-after", [""])[0]
        found = self._keys[bisect_right(self._keys, max(after, prefix)) :]
        inside = [key for key in found if key.startswith(prefix)]
        if is_folder:
            names = {key[len(prefix) :].partition("/")[0] for key in inside}
            said = [
                f"<CommonPrefixes><Prefix>{prefix}{one}/</Prefix></CommonPrefixes>"
                for one in sorted(names)
            ]
        else:
            said = [
                f"<Contents><Key>{escape(key)}</Key><ETag>&quot;{len(self._kept[key])}&quot;</ETag>"
                f"<Size>{len(self._kept[key])}</Size></Contents>"
                for key in inside[:PAGE]
            ]
        is_more = not is_folder and len(inside) > PAGE
        return (
            f"<ListBucketResult><IsTruncated>{str(is_more).lower()}</IsTruncated>"
            f"{''.join(said)}</ListBucketResult>"
        ).encode()


if __name__ == "__main__":
    count, per_object, latency = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    held = {key: gzip.compress(text.encode()) for key, text in objects(count, per_object, 0)}
    asyncio.run(Bucket(held, latency).serve())
