"""Lines of session files: what is read of each, and nothing that anybody said or wrote.

Source:  JSON lines of the client, three generations of it (contract, section 9)
Grain:   answer of the API, edit, pull request, cost of a session

Content has no field in the structs below, so the decoder steps over it. Of an edit the decoder is
shown the patch; what is kept of it is how many lines were added and removed.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec

from claude_dash.sources.texts import mended

MAX_COUNT = 10**12  # tokens of a session; far above any, and sums of it still fit 64 bits
MAX_COST = 10**7  # US dollars of a session
READ = frozenset({"assistant", "user", "pr-link", "cost-state"})
_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)] | None
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
NOT_JSON = "a line that is not JSON"
OTHER_SHAPE = "a line whose fields are not those of a session"


class Split(msgspec.Struct, gc=False):
    """Cache writes by how long they are kept."""

    ephemeral_1h_input_tokens: _Count = None


class Usage(msgspec.Struct, gc=False):
    """Tokens of one answer, in the names of the API."""

    input_tokens: _Count = None
    output_tokens: _Count = None
    cache_read_input_tokens: _Count = None
    cache_creation_input_tokens: _Count = None
    cache_creation: Split | None = None
    speed: str | None = None


class Message(msgspec.Struct, gc=False):
    """The head of a message."""

    id: str | None = None
    model: str | None = None
    usage: Usage | None = None


class ModelCost(msgspec.Struct, gc=False, rename="camel"):
    """What the client counted of one model in a session, so far."""

    input_tokens: _Count = None
    output_tokens: _Count = None
    cache_read_input_tokens: _Count = None
    cache_creation_input_tokens: _Count = None
    cost_usd: Annotated[float, msgspec.Meta(ge=0, le=MAX_COST)] | None = msgspec.field(
        name="costUSD", default=None
    )


class Line(msgspec.Struct, gc=False, rename="camel"):
    """One line, of any kind; every field is optional."""

    type: str = ""
    uuid: str | None = None
    session_id: str | None = None
    timestamp: str | None = None
    version: str | None = None
    entrypoint: str | None = None
    agent_id: str | None = None
    request_id: str | None = None
    is_api_error_message: bool | None = None
    message: Message | None = None
    tool_use_result: msgspec.Raw = msgspec.Raw()
    attribution_mcp_server: str | None = None
    attribution_skill: str | None = None
    attribution_plugin: str | None = None
    attribution_agent: str | None = None
    pr_url: str | None = None
    model_usage: dict[str, ModelCost] | None = None
    has_unknown_model_cost: bool | None = None


class _Hunk(msgspec.Struct, gc=False):
    lines: list[msgspec.Raw] | None = None


class _Edited(msgspec.Struct, gc=False, rename="camel"):
    """The result of an edit tool that succeeded; no other result has a patch and a path."""

    structured_patch: list[_Hunk] | None = None
    file_path: msgspec.Raw = msgspec.Raw()
    type: str | None = None
    content: msgspec.Raw = msgspec.Raw()


class _Kind(msgspec.Struct, gc=False):
    type: str = ""


_DECODER = msgspec.json.Decoder(Line)
_EDITED, _KIND = msgspec.json.Decoder(_Edited), msgspec.json.Decoder(_Kind)
_TEXT = msgspec.json.Decoder(str)


def lines_of(block: bytes, reject: dict[str, int]) -> Iterable[Line]:
    """Return the lines of a block; those that cannot be read are counted by reason.

    Args:
        block: Whole lines.
        reject: Reason -> how many; what is found is added.
    """
    try:
        return _DECODER.decode_lines(block)
    except _NOT_JSON:
        return _one_by_one(block, reject)


def _one_by_one(block: bytes, reject: dict[str, int]) -> Iterator[Line]:
    for line in block.split(b"\n"):
        if not line.strip():
            continue
        try:
            yield _mended(line)
        except _NOT_JSON as error:
            kind = _kind_of(line)
            if kind is None:
                reason = NOT_JSON
            elif kind in READ and isinstance(error, msgspec.ValidationError):
                reason = OTHER_SHAPE
            else:
                yield Line(kind)  # of a kind that has other fields
                continue
            reject[reason] = reject.get(reason, 0) + 1


def _mended(line: bytes) -> Line:
    try:
        return _DECODER.decode(line)
    except _NOT_JSON:
        return _DECODER.decode(mended(line))


def _kind_of(line: bytes) -> str | None:
    try:
        return _KIND.decode(mended(line)).type
    except _NOT_JSON:
        return None


def edited(result: msgspec.Raw) -> tuple[int, int] | None:
    """Return how many lines an edit added and removed; None for the result of another tool.

    A file that was created counts the pieces of its text between newlines, as the client's own
    counter does: one more than its lines where it ends in a newline.
    """
    try:
        if bytes(memoryview(result)[:1]) != b"{":
            return None
        found = _EDITED.decode(result)
        if found.structured_patch is None or not memoryview(found.file_path):
            return None
        if found.type == "create" and not found.structured_patch:
            text = _TEXT.decode(found.content)
            return (text.count("\n") + 1 if text else 0), 0
    except _NOT_JSON:
        return None
    marks = [bytes(line)[1:2] for hunk in found.structured_patch for line in hunk.lines or ()]
    return marks.count(b"+"), marks.count(b"-")
