"""Tokens: what drives cost."""

from claude_dash.metrics.define import PEOPLE_GRAINS, Metric, people, total

TOKENS = Metric(
    name="tokens",
    label="Tokens",
    unit="{token}",
    value=total("tokens"),
    definition="Input, output, cache read and cache write tokens.",
)
INPUT_TOKENS = Metric(
    name="input_tokens",
    label="Input tokens",
    unit="{token}",
    value=total("tokens", type="input"),
    definition="Input tokens that were neither read from nor written to the cache.",
)
OUTPUT_TOKENS = Metric(
    name="output_tokens",
    label="Output tokens",
    unit="{token}",
    value=total("tokens", type="output"),
    definition="Tokens that the model wrote.",
)
CACHE_READ_TOKENS = Metric(
    name="cache_read_tokens",
    label="Cache read tokens",
    unit="{token}",
    value=total("tokens", type="cache_read"),
    definition="Input tokens read from the cache.",
)
CACHE_WRITE_TOKENS = Metric(
    name="cache_write_tokens",
    label="Cache write tokens",
    unit="{token}",
    value=total("tokens", type="cache_write"),
    definition="Input tokens written to the cache, whatever its lifetime.",
)
CACHE_HIT_RATIO = Metric(
    name="cache_hit_ratio",
    label="Cache hit ratio",
    unit="1",
    value=total("tokens", type="cache_read")
    / (
        total("tokens", type="cache_read")
        + total("tokens", type="cache_write")
        + total("tokens", type="input")
    ),
    definition="Cache read tokens over cache read, cache write and other input tokens.",
)
TOKENS_PER_ACTIVE_USER = Metric(
    name="tokens_per_active_user",
    label="Tokens per active user",
    unit="{token}/{user}",
    value=total("tokens", people_only=True) / people("active"),
    definition="Tokens of people, without automation, over active users.",
    grains=("day", *PEOPLE_GRAINS),
)
TOKENS_ELSEWHERE = Metric(
    name="tokens_elsewhere",
    label="Tokens of other products",
    unit="{token}",
    value=total("tokens_elsewhere"),
    definition="Tokens of every product but Claude Code, as they are billed.",
)
REQUESTS = Metric(
    name="requests",
    label="Requests",
    unit="{request}",
    value=total("requests"),
    definition="Requests that Claude Code sent to a model.",
)
