"""A bucket of Bedrock invocation logs: which objects there are, and what they hold.

Source:  [PREFIX/]AWSLogs/ACCOUNT/BedrockModelInvocationLogs/REGION/YYYY/MM/DD/HH/NAME.json.gz
Grain:   object
"""

import re
import threading
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from claude_dash.errors import SourceBusyError, SourceError, SourceObjectError
from claude_dash.facts.logs import Listed
from claude_dash.sources.aws_keys import (
    ACCOUNT,
    DATE_PARTS,
    KEY,
    LOGS,
    REGION,
    day_of,
    past_bodies,
    root_of,
)
from claude_dash.sources.aws_refusals import (
    BROKEN_OFF,
    EXPIRED,
    GONE,
    Refused,
    asked,
    unreachable,
)
from claude_dash.sources.aws_session import READING_TRIES, Access, s3_client

__all__ = ["Access", "Fetched", "LogBucket"]
MAX_OBJECT_BYTES = 256 * 2**20  # as stored; a log object has some kilobytes
CHUNK_BYTES = 256 * 2**10
MAX_DROPS = 5  # of one object's body, each resumed where it broke off


class Fetched(NamedTuple):
    """An object on its way: the ETag that it has now, and its bytes as stored."""

    etag: str
    chunks: Iterator[bytes]


class LogBucket:
    """Lists and reads the logs of a bucket; several threads may share it.

    `requests` and `retries` count what was sent to S3; `region` is the bucket's own once AWS has
    told it. Only keys of logs are ever asked for, never a prompt's under `data/`.

    Args:
        access: Where, and as whom.
        tries: Of one request, before it counts as failed.
        connections: The most that are open at a time.

    Raises:
        SourceError: The SDK finds no usable settings on this machine.
    """

    def __init__(
        self, access: Access, *, tries: int = READING_TRIES, connections: int = 10
    ) -> None:
        self.access = access
        self.root = root_of(access.prefix)
        self.region = access.region
        self.requests = 0
        self.retries = 0
        self._options = {"tries": tries, "connections": connections}
        self._lock = threading.Lock()
        self._client = self._connect()

    def close(self) -> None:
        """Close what is open to AWS."""
        self._client.close()

    # --- listing ---------------------------------------------------------------------------------

    def list_accounts(self) -> list[str]:
        """Return the AWS accounts whose logs are here, sorted."""
        return self._folders(self.root, ACCOUNT)

    def list_regions(self, account: str) -> list[str]:
        """Return the Regions in which calls of an account were logged, sorted."""
        return self._folders(f"{self.root}{account}/{LOGS}/", REGION)

    def list_days(self, account: str, region: str) -> list[date]:
        """Return the UTC days in the keys of an account and Region, oldest first."""
        prefixes = [f"{self.root}{account}/{LOGS}/{region}/"]
        start = len(prefixes[0])
        for part in DATE_PARTS:
            prefixes = [f"{at}{one}/" for at in prefixes for one in self._folders(at, part)]
        return [day for one in prefixes if (day := day_of(one[start:-1])) is not None]

    def list_hours(self, account: str, region: str, day: date) -> list[str]:
        """Return the prefixes of the hours of a day that have logs, oldest first."""
        at = self.folder_of(account, region, day)
        return [f"{at}{hour}/" for hour in self._folders(at, DATE_PARTS[-1])]

    def folders(self) -> dict[date, list[str]]:
        """Return the prefixes of each UTC day that there are."""
        found: dict[date, list[str]] = {}
        for account in self.list_accounts():
            for region in self.list_regions(account):
                for day in self.list_days(account, region):
                    found.setdefault(day, []).append(self.folder_of(account, region, day))
        return found

    def folder_of(self, account: str, region: str, day: date) -> str:
        """Return the prefix of a day's logs of an account and Region."""
        return f"{self.root}{account}/{LOGS}/{region}/{day:%Y/%m/%d}/"

    def objects(self, folder: str) -> Iterator[Listed]:
        """Yield the logs under the prefix of a day, by key; bodies beside them are skipped unseen.

        Raises:
            SourceError: They cannot be listed.
        """
        after = ""
        while True:
            page = self._ask("list_objects_v2", Prefix=folder, StartAfter=after)
            listed = page.get("Contents", [])
            for one in listed:
                match = KEY.search(one["Key"])
                day = day_of(match["day"]) if match else None
                if day is not None:
                    yield Listed(one["Key"], day, one["ETag"], one["Size"])
            if not page.get("IsTruncated") or not listed:
                return
            after = past_bodies(folder, listed[-1]["Key"])

    def account_of(self, key: str) -> str:
        """Return the account that the key of a log names."""
        match = KEY.search(key)
        return match["account"] if match else ""

    def _folders(self, prefix: str, form: re.Pattern[str]) -> list[str]:
        """Return the next segments under a prefix, of those that have the form expected."""
        found: list[str] = []
        token: dict[str, str] = {}
        while True:
            page = self._ask("list_objects_v2", Prefix=prefix, Delimiter="/", **token)
            names = (one["Prefix"][len(prefix) : -1] for one in page.get("CommonPrefixes", []))
            found += filter(form.fullmatch, names)
            if not page.get("IsTruncated"):
                return sorted(found)
            token = {"ContinuationToken": page["NextContinuationToken"]}

    # --- reading ---------------------------------------------------------------------------------

    def get(self, key: str) -> Fetched | None:
        """Return an object as it is now; None when it is gone.

        Raises:
            SourceObjectError: It cannot be read, here or while its bytes are taken; others may be.
            SourceBusyError: AWS stayed busy or out of reach.
            SourceError: Nothing can be read.
        """
        if not KEY.search(key):
            message = "only logs are read"
            raise ValueError(message)
        answer = self._ask("get_object", Key=key)
        return None if answer is None else Fetched(answer["ETag"], self._chunks(key, answer))

    def _chunks(self, key: str, answer: Any) -> Iterator[bytes]:  # noqa: ANN401 - no stubs
        """Yield the bytes of an object; an answer that breaks off goes on where it broke off."""
        etag, size, read = answer["ETag"], int(answer["ContentLength"]), 0
        if size > MAX_OBJECT_BYTES:
            message = f"An object is larger than {MAX_OBJECT_BYTES // 2**20} MiB."
            raise SourceObjectError(message, "It is no log of Bedrock's.")
        failure: SourceError | None = None
        for _ in range(1 + MAX_DROPS):
            body = answer["Body"]
            try:
                for chunk in body.iter_chunks(CHUNK_BYTES):
                    read += len(chunk)
                    yield chunk
            except BROKEN_OFF as error:
                failure = unreachable(error)
            finally:
                body.close()
            if read >= size:
                return
            with self._lock:
                self.retries += 1
            answer = self._ask("get_object", Key=key, IfMatch=etag, Range=f"bytes={read}-")
            if answer is None or "ContentRange" not in answer:
                break
        message = "An object could not be read to its end."
        raise failure or SourceBusyError(message)

    # --- asking ----------------------------------------------------------------------------------

    def _connect(self) -> Any:  # noqa: ANN401 - no stubs
        client = asked(partial(s3_client, self.access, **self._options))
        if isinstance(client, Refused):
            raise client.error
        client.meta.events.register_first("needs-retry.s3", self._hear)
        return client

    def _hear(self, response: Any, attempts: int, **_: Any) -> None:  # noqa: ANN401 - the library's event
        """Count an answer, and learn from any of them in which Region the bucket is."""
        answer = response[1] if response else {}
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = headers.get("x-amz-bucket-region") or answer.get("Error", {}).get("Region", "")
        with self._lock:
            self.requests += 1
            self.retries += attempts > 1
            if REGION.fullmatch(region):
                self.region = region

    def _ask(self, what: str, **params: str) -> Any:  # noqa: ANN401 - no stubs
        """Return an answer of S3; None for an object that is gone.

        Raises:
            SourceError: Why there is no answer.
        """
        params["Bucket"] = self.access.bucket
        for is_last in (False, True):
            client = self._client
            found = asked(partial(getattr(client, what), **params), self.access.role_arn)
            if not isinstance(found, Refused):
                return found
            if is_last or found.code not in EXPIRED:
                break
            with self._lock:  # credentials that ran out all the same are made anew, once
                if self._client is client:
                    self._client = self._connect()
        if found.code in GONE:
            return None
        raise found.error
